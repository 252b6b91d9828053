"""How the screens look on every kind of terminal: each at four sizes, each with all colours, 256, sixteen and none.

Not each size with each number of colours: two pictures a screen, so chosen that each of the smallest and the largest size
meets each of 256 and sixteen colours on every second screen. The main screen is drawn in all combinations. What
``test_screens_snapshots`` and ``test_main_snapshots`` draw (80x24 and 120x40, true colour and none) is not drawn again.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from scripts.pictures.scenes import CHOICES, MODES, SCENES, SIZES, Size, played
from tests.tui.screens.drawn_text import drawn_text
from tui.screens.catalogue import load_pages

LOOKS = {**MODES, **CHOICES}
SMALLEST, LARGEST = SIZES[0], SIZES[-1]
DRAWN_ELSEWHERE = {(size, mode) for size in SIZES[1:-1] for mode in ("true", "mono")}
# Scenes of the main screen itself; each other one is a page, a sheet or a state of it.
MAIN = ("chat", "letter")


def _pairs() -> list[tuple[str, Size, str]]:
    """Return what is drawn: scene, size, colours."""
    pairs = [
        ("chat", size, mode) for size, mode in itertools.product(SIZES, MODES) if (size, mode) not in DRAWN_ELSEWHERE
    ]
    pairs += [("letter", size, mode) for size, mode in zip(SIZES, ("mono", "true", "16", "256"), strict=True)]
    pairs += [("chat", SMALLEST, choice) for choice in CHOICES]
    for number, name in enumerate(name for name in SCENES if name not in MAIN):
        small, large = ("256", "16") if number % 2 else ("16", "256")
        pairs += [(name, SMALLEST, small), (name, LARGEST, large)]
    return pairs


PAIRS = _pairs()


class AsText(SingleFileSnapshotExtension):
    """Keeps each picture in a file of its own."""

    _file_extension = "txt"
    _write_mode = WriteMode.TEXT


def name_of(each: object) -> str | None:
    return f"{each[0]}x{each[1]}" if isinstance(each, tuple) else None


@pytest.mark.slow
@pytest.mark.asyncio
@pytest.mark.parametrize(("name", "size", "mode"), PAIRS, ids=name_of)
async def test_scene(name: str, size: Size, mode: str, snapshot: SnapshotAssertion) -> None:
    async with played(name, size, LOOKS[mode]) as app:
        assert drawn_text(app) == snapshot(extension_class=AsText)


def test_every_screen_meets_the_smallest_and_the_largest_terminal_256_colours_and_sixteen() -> None:
    for name in SCENES:
        drawn: list[tuple[Any, ...]] = [(size, mode) for other, size, mode in PAIRS if other == name]
        assert {SMALLEST, LARGEST} <= {size for size, _ in drawn}, name
        assert {"256", "16"} <= {mode for _, mode in drawn}, name
    assert {(size, mode) for name, size, mode in PAIRS if name == "chat"} >= {
        *itertools.product(SIZES, MODES)
    } - DRAWN_ELSEWHERE


def test_every_page_has_a_scene() -> None:
    assert [spec.slash for spec, _ in load_pages() if spec.slash not in SCENES] == []
