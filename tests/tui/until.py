"""Wait for the screens without sleeping for a guess."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from textual import events
from textual.css.query import NoMatches
from textual.pilot import Pilot

T = TypeVar("T")

# Turns of the loop, a hundredth of a second each, until a test gives up.
_TURNS = 1500


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the app run until ``condition`` holds."""
    for _ in range(_TURNS):
        with suppress(NoMatches):  # the widget asked for is not mounted yet
            if condition():
                return
        await pilot.pause(0.01)
    raise AssertionError("it never came to that")


async def until_equal(pilot: Pilot[Any], read: Callable[[], T], expected: T) -> None:
    """Let the app run until ``read`` gives ``expected``."""
    await until(pilot, lambda: read() == expected)


async def until_in(pilot: Pilot[Any], read: Callable[[], str], part: str) -> None:
    """Let the app run until ``part`` is in what ``read`` gives."""
    await until(pilot, lambda: part in read())


async def until_still(pilot: Pilot[Any]) -> None:
    """Let the app run until it shows the same twice."""
    shown: list[object] = []

    def is_still() -> bool:
        rows = [list(strip) for strip in cast("Any", pilot.app.screen)._compositor.render_strips()]
        shown.append(rows)
        return len(shown) > 1 and rows == shown[-2]

    await until(pilot, is_still)


async def focus(pilot: Pilot[Any], selector: str) -> None:
    """Go to a widget; a key that is pressed next is for it."""

    def is_there() -> bool:
        widget = pilot.app.screen.query_one(selector)
        if pilot.app.focused is not widget:
            widget.focus()  # again, where the screen itself has just begun elsewhere
        return pilot.app.focused is widget

    await until(pilot, is_there)


async def write(pilot: Pilot[Any], text: str) -> None:
    """Type ``text`` faster than anything can follow."""
    for each in text:
        pilot.app.post_message(events.Key("space" if each == " " else each, each))
    await pilot.pause()


async def paste(pilot: Pilot[Any], text: str) -> None:
    """Paste ``text`` as a terminal would."""
    pilot.app.post_message(events.Paste(text))
    await pilot.pause()
