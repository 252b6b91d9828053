"""A screen may be taken away while it is still being opened: that is no fault. What is missed by one that stays still is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.css.query import NoMatches
from textual.screen import Screen

from core.api import Client
from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.tui.demo import running
from tui.screens.catalogue import load_pages
from tui.screens.lock import LockScreen
from tui.screens.onboarding import OnboardingScreen

pytestmark = pytest.mark.asyncio

# What is made from a client alone, but for the main screen: that is there already, and there is one of it.
OTHERS: list[Callable[[Client], Screen[Any]]] = [LockScreen, OnboardingScreen, *(page for _, page in load_pages())]


class Hollow(Screen[None]):
    """A screen with a fault: it looks for what it never had."""

    def on_mount(self) -> None:
        """Look for it."""
        self.query_one("#nowhere")


@pytest.mark.parametrize("make", OTHERS)
async def test_a_screen_whose_program_ends_while_it_opens_misses_nothing(make: Callable[[Client], Screen[Any]]) -> None:
    async with running() as demo:
        demo.app.push_screen(make(demo.client))
        demo.app.exit()


@pytest.mark.parametrize("make", OTHERS)
async def test_a_screen_taken_away_while_it_opens_misses_nothing(make: Callable[[Client], Screen[Any]]) -> None:
    async with running() as demo:
        demo.app.push_screen(make(demo.client))
        await demo.app.pop_screen()
        await demo.calm()
        assert demo.app.is_running


async def test_what_a_screen_that_stays_misses_is_a_fault() -> None:
    with pytest.raises(NoMatches):
        async with demo_app(FakeClient()).run_test() as pilot:
            await pilot.app.push_screen(Hollow())
