"""Settles commands of the screens from another thread: each has a future of the screens' loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from core.api import ApiError, Kind
from tui.language import N_


def gone() -> ApiError:
    """Return what a command is refused with once its core is gone."""
    return ApiError(Kind.LOCKED, N_("The program has stopped: start it again."))


def overloaded() -> ApiError:
    """Return what a command is refused with while too many wait."""
    return ApiError(Kind.SLOW_DOWN, N_("The program does not keep up. Try again."), seconds=1)


def settle(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Any],
    *,
    result: object = None,
    error: ApiError | None = None,
) -> None:
    """Resolve a command's future in the screens' loop, which may already be closed."""

    def resolve() -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    with suppress(RuntimeError):  # the loop is closed: no screen waits any more
        loop.call_soon_threadsafe(resolve)
