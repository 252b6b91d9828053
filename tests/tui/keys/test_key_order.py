"""Keys typed faster than the screen follows mean what they would have meant, typed slowly."""

from __future__ import annotations

import pytest
from textual.events import Key

from tests.support.world import ALICE
from tests.tui.screens.test_screens_snapshots import SEED_WORDS, step
from tests.tui.stage import Stage
from tests.tui.until import until
from tui.app import key_order
from tui.app.key_order import KeyOrder, KeyPassed
from tui.screens.onboarding.check import CheckWords
from tui.screens.onboarding.ready import Ready
from tui.widgets.flat_button import FlatButton
from tui.widgets.word_slot import WordSlot

pytestmark = pytest.mark.asyncio


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, no key is given up."""
    monkeypatch.setattr(key_order, "PATIENCE", 60.0)


def burst(app: Stage, *keys: str) -> None:
    for key in keys:
        app.post_message(Key(key, " " if key == "space" else key if len(key) == 1 else None))


@pytest.mark.usefixtures("patience")
async def test_down_and_enter_in_one_burst_press_the_button_below() -> None:
    app = Stage(step(lambda: Ready(ALICE, restored=False)))
    pressed: list[str] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, FlatButton))
        buttons = list(app.screen.query(FlatButton))
        app.screen.query_one(Ready).answer = pressed.append  # type: ignore[method-assign,assignment]
        burst(app, "down", "enter")
        await until(pilot, lambda: pressed)
        assert app.focused is buttons[1]


@pytest.mark.usefixtures("patience")
async def test_words_in_one_burst_land_each_in_its_slot() -> None:
    app = Stage(step(lambda: CheckWords(SEED_WORDS, (1, 6, 16))))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        first, second = SEED_WORDS[1], SEED_WORDS[6]
        burst(app, *first[:4], "space", *second[:4], "space")
        await until(pilot, lambda: [slot.word for slot in app.screen.query(WordSlot)][:2] == [first, second])


async def test_a_key_of_which_nothing_comes_back_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def swallow(_: KeyOrder, __: KeyPassed) -> None:
        pass

    monkeypatch.setattr(KeyOrder, "passed", swallow)
    app = Stage(step(lambda: CheckWords(SEED_WORDS, (1, 6, 16))))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        burst(app, "a", "b", "c")
        await until(pilot, lambda: app.screen.query(WordSlot).first().word == "abc")
