"""A deadline for blocking calls that have none: system services may hang, and the program must not wait for ever.

A blocked call cannot be ended from outside. So it runs in a thread of its own, which is abandoned when its time is over;
such a thread does not keep the process alive.
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
    """The result of a call, and whether the caller still waits for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = threading.Event()
        self.given_up = False
        self.result: list[T] = []
        self.fault: BaseException | None = None


def within(seconds: float, call: Callable[[], T], undo: Callable[[], object] | None = None) -> T:
    """Return what ``call`` returns, or raise what it raises; ``TimeoutError``, an ``OSError``, when it takes too long.

    ``undo`` is called when a call succeeds after it was given up, so that a call reported as failed has no effect.
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
            with suppress(Exception):  # the caller no longer waits for an error
                undo()

    try:
        threading.Thread(target=run, name=_NAME, daemon=True).start()
    except RuntimeError as error:  # the system has no room for another thread
        raise OSError(errno.EAGAIN, "no thread") from error
    outcome.done.wait(seconds)
    with outcome.lock:
        outcome.given_up = not outcome.done.is_set()
    if outcome.given_up:
        raise TimeoutError(f"no answer within {seconds:g} s")
    if outcome.fault is not None:
        raise outcome.fault
    return outcome.result[0]
