"""Style sheets are parsed once for all tests of a process: a quarter of what starting an app costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
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
