"""The base of commands, results and events: frozen records that serialise."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

import msgspec

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of results and events."""


class Command(msgspec.Struct, Generic[R_co], frozen=True, kw_only=True, tag_field="method", forbid_unknown_fields=True):
    """Base of commands; ``Command[R]`` is answered by an ``R``."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Base of events."""


class Client(Protocol):
    """What screens and adapters hold: a way to give commands. Events reach them separately."""

    async def call(self, command: Command[R]) -> R:
        """Carry out a command and return its result; raises ``ApiError``."""
        ...


def method_of(command: type[Command[Any]] | Command[Any]) -> str:
    """Return the method name of a command, as ``rpc`` spells it."""
    tag = command.__struct_config__.tag
    return str(tag)
