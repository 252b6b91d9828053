"""A screen may be taken away while it is still being opened: that is no fault. What is missed by one that stays still is."""

from __future__ import annotations

import pytest
from textual.css.query import NoMatches
from textual.screen import Screen

from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.tui.demo import running
from tui.screen_names import ROOMS, make_screen

pytestmark = pytest.mark.asyncio

# The main screen is there already, and there is one of it.
OTHERS = [name for name in ROOMS if name != "main"]


class Hollow(Screen[None]):
    """A screen with a fault: it looks for what it never had."""

    def on_mount(self) -> None:
        """Look for it."""
        self.query_one("#nowhere")


@pytest.mark.parametrize("name", OTHERS)
async def test_a_screen_whose_program_ends_while_it_opens_misses_nothing(name: str) -> None:
    async with running() as demo:
        demo.app.push_screen(make_screen(name, demo.client))
        demo.app.exit()


@pytest.mark.parametrize("name", OTHERS)
async def test_a_screen_taken_away_while_it_opens_misses_nothing(name: str) -> None:
    async with running() as demo:
        demo.app.push_screen(make_screen(name, demo.client))
        await demo.app.pop_screen()
        await demo.calm()
        assert demo.app.is_running


async def test_what_a_screen_that_stays_misses_is_a_fault() -> None:
    with pytest.raises(NoMatches):
        async with demo_app(FakeClient()).run_test() as pilot:
            await pilot.app.push_screen(Hollow())
