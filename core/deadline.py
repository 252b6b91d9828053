"""A deadline for calls that have none: what lies outside the program may hang, and nobody inside waits for ever.

A call that blocks cannot be ended from outside. So it runs in a thread of its own, which is left behind when its time is
over; such a thread does not keep the process alive.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_NAME: Final = "outside"


class _Outcome(Generic[T]):
    """What became of a call, and whether somebody still waits for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = threading.Event()
        self.given_up = False
        self.result: list[T] = []
        self.fault: BaseException | None = None


def within(seconds: float, call: Callable[[], T], undo: Callable[[], object] | None = None) -> T:
    """Return what ``call`` returns, or raise what it raises; ``TimeoutError``, an ``OSError``, when it takes too long.

    ``undo`` is carried out when a call succeeds after it was given up: what was said to have failed has no effect.
    """
    outcome = _Outcome[T]()

    def run() -> None:
        try:
            outcome.result.append(call())
        except BaseException as fault:  # noqa: BLE001 -- it is raised where the call was asked for
            outcome.fault = fault
        with outcome.lock:
            outcome.done.set()
            is_late = outcome.given_up
        if is_late and undo is not None and outcome.fault is None:
            with suppress(Exception):  # nobody is left who could be told
                undo()

    try:
        threading.Thread(target=run, name=_NAME, daemon=True).start()
    except RuntimeError as error:  # no thread to be had: the system says so in no other way
        raise OSError(errno.EAGAIN, "no thread") from error
    outcome.done.wait(seconds)
    with outcome.lock:
        outcome.given_up = not outcome.done.is_set()
    if outcome.given_up:
        raise TimeoutError(f"no answer within {seconds:g} s")
    if outcome.fault is not None:
        raise outcome.fault
    return outcome.result[0]
