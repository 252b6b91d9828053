"""What makes a hundred apps affordable: style sheets are parsed once, and frames that nobody sees are not painted.

Headless apps paint each frame and throw it away, which is half of what a test costs. Here only whole pictures are painted:
those that a test looks at, and one of the state in which each app ends, so that no state is left that cannot be drawn.
Frames as a terminal gets them are the business of ``test_terminal``, whose apps are processes of their own.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest
from textual import _callback
from textual._compositor import Compositor
from textual.app import App, ScreenStackError
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@pytest.fixture(scope="session", autouse=True)
def _sheets_are_parsed_once() -> Iterator[None]:
    parsed: dict[tuple[Any, ...], list[RuleSet]] = {}
    sheet: Any = Stylesheet
    original = sheet._parse_rules

    def parse_once(self: Any, *arguments: Any, **more: Any) -> list[RuleSet]:
        key = (arguments, frozenset(more.items()), frozenset(self._variables.items()))
        if key not in parsed:
            parsed[key] = original(self, *arguments, **more)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet, "_parse_rules", parse_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _rules_are_hashed_in_c() -> Iterator[None]:
    """Textual's rules hash by identity, in Python, hundreds of thousands of times in an app; objects do so by themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RuleSet, "__hash__", object.__hash__)
        yield


@pytest.fixture(scope="session", autouse=True)
def _parameters_are_counted_by_code() -> Iterator[None]:
    """Textual asks ``inspect`` how many parameters each new function has: one for each widget and pause of a test."""
    callback: Any = _callback
    original = callback._count_parameters

    def count(function: Any) -> int:
        if type(function) is not FunctionType or hasattr(function, "__wrapped__"):
            return int(original(function))
        code = function.__code__
        stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
        return code.co_argcount + code.co_kwonlyargcount + stars

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callback, "_count_parameters", count)
        yield


@pytest.fixture(scope="session", autouse=True)
def _unseen_frames_are_not_painted() -> Iterator[None]:
    compositor: Any = Compositor
    app: Any = App
    paint, shut_down = compositor.render_update, app._shutdown

    def paint_whole_pictures(self: Any, full: bool = False, *arguments: Any, **more: Any) -> Any:
        if full:
            return paint(self, full, *arguments, **more)
        self._dirty_regions.clear()
        return None

    async def paint_the_last(self: Any) -> None:
        try:
            self.screen._compositor.render_update(full=True, screen_stack=self._background_screens)
        except ScreenStackError:
            pass  # it ended before anything was shown
        finally:
            await shut_down(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compositor, "render_update", paint_whole_pictures)
        patch.setattr(app, "_shutdown", paint_the_last)
        yield
