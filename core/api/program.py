"""Commands about the program that carries the others out: which version it is, and its end."""

from __future__ import annotations

from typing import ClassVar

from core.api.account import Done
from core.api.base import Carrier, Command, Record


class CoreInfo(Record, frozen=True, omit_defaults=False):
    """The running program. ``runs_on``: it is a core of its own, which goes on without screens (``sottovoce core``).

    ``started_at`` in ms of Unix time; ``attached``: screens and programs that use it now, the caller among them.
    """

    version: str
    started_at: int
    attached: int
    runs_on: bool
    pid: int


class CoreGet(Command[CoreInfo], frozen=True, tag="core.info"):
    """Tell which program answers. Works while locked.

    ``version`` is the caller's own. Over the socket of a core this comes first: until a caller said the version that the
    core has, it is answered nothing else but ``core.stop`` (core-version).
    """

    carrier: ClassVar = Carrier.GATE
    while_locked: ClassVar = True

    version: str = ""


class CoreStop(Command[Done], frozen=True, tag="core.stop"):
    """End the core that runs on; what is committed stays. Works while locked: its user can end the process anyway.

    Errors: not-allowed, where the program that answers ends with its only screen or input.
    """

    carrier: ClassVar = Carrier.GATE
    while_locked: ClassVar = True
