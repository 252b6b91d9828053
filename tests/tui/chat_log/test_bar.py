"""The scroll bar of the message list: it is seen while there is something below, whatever the terminal can draw."""

from __future__ import annotations

import dataclasses

import pytest

from scripts.pictures.cells import cells_of
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.look.profile import STILL, TerminalProfile

pytestmark = pytest.mark.asyncio
MONO = dataclasses.replace(STILL, theme="mono", no_color=True)
KINDS = {
    "true": STILL, "16": dataclasses.replace(STILL, colours="16"), "mono": MONO,
    "ascii": dataclasses.replace(MONO, glyphs="ascii"),
}  # fmt: skip


def bar(demo: Demo) -> set[object]:
    """Return what the cells of the bar look like."""
    log = demo.log.region
    rows = cells_of(demo.app).rows[log.y : log.bottom]
    return {(row[-1].text[-1], row[-1].look.paper) for row in rows}


@pytest.mark.parametrize("profile", KINDS.values(), ids=KINDS)
async def test_the_bar_is_seen_above_the_end_and_not_at_it(profile: TerminalProfile) -> None:
    async with running(profile=profile) as demo:
        await demo.open("bob")
        assert len(bar(demo)) == 1
        await demo.press("pageup")
        assert len(bar(demo)) > 1
        assert all(row[-1].text.isascii() for row in cells_of(demo.app).rows if profile.glyphs == "ascii")
        await demo.press("alt+end")
        await until(demo.pilot, lambda: len(bar(demo)) == 1)


async def test_the_bar_is_as_the_terminal_draws_it_after_the_signs_were_changed() -> None:
    async with running(profile=KINDS["ascii"]) as demo:
        await demo.open("bob")
        await demo.write("/glyphs unicode")
        await demo.press("enter")
        await until(demo.pilot, lambda: demo.app.profile.glyphs == "unicode")
        assert len(bar(demo)) == 1
        await demo.press("pageup")
        assert len(bar(demo)) > 1
