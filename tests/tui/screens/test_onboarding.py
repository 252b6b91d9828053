"""The first run, as a newcomer goes through it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from core import api
from core.crypto import words
from core.crypto.seed import SEED_SIZE
from tests.support import client as support
from tests.support.client import LINK_TAIL, FakeClient
from tests.support.fake_app import demo_app
from tests.support.world import ALICE
from tests.tui.stage import NOTHING, Stage
from tests.tui.until import paste, until, write
from tui import language
from tui.client import profile_here
from tui.config.machine import Machine
from tui.look.profile import STILL
from tui.screens.onboarding import OnboardingScreen
from tui.screens.onboarding.check import CheckWords
from tui.screens.onboarding.passcode import ChoosePasscode, NameAndPasscode
from tui.screens.onboarding.ready import Ready
from tui.screens.onboarding.restore import EnterWords
from tui.screens.onboarding.screen import pick_positions
from tui.screens.onboarding.welcome import Welcome
from tui.screens.onboarding.words import ShowWords, WordTable, column_count
from tui.screens.page import Page
from tui.screens.pages.invite import InviteScreen
from tui.start_invitation import StartInvitation
from tui.widgets.flat_button import FlatButton
from tui.widgets.secret_field import PasscodeField
from tui.widgets.text_field import TextField
from tui.widgets.word_slot import WordSlot, words_in
from tui.words.format import grouped

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]

SEED_WORDS = words.words_of(bytes(range(SEED_SIZE)))
PASSCODE = "quiet river over stones"
ASKED = (1, 6, 16)


@pytest.fixture(autouse=True)
def _words_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo world's own words are not of the list."""
    monkeypatch.setattr(support, "WORDS", SEED_WORDS)


def newcomer(client: FakeClient | None = None) -> Stage:
    def pick(_: int) -> Sequence[int]:
        return ASKED

    return Stage(lambda core: OnboardingScreen(core, pick=pick), client or FakeClient(exists=False, locked=False))


async def see(pilot: Pilot[Any], step: type[Any]) -> None:
    await until(pilot, lambda: pilot.app.screen.query(step))
    await pilot.pause()


async def choose_passcode(pilot: Pilot[Any], passcode: str = PASSCODE, name: str = "") -> None:
    await see(pilot, ChoosePasscode)
    for text in (name, passcode, passcode):
        await paste(pilot, text)
        await pilot.press("enter")


async def reach_words(pilot: Pilot[Any]) -> None:
    await see(pilot, Welcome)
    await pilot.press("enter")
    await choose_passcode(pilot, name="Anna")
    await see(pilot, ShowWords)


def notice(app: Stage) -> str:
    assert isinstance(app.screen, Page)
    return app.screen.notice.said


def shown(app: Stage) -> str:
    """Everything the screen says, as text."""
    return "\n".join(str(widget.render()) for widget in app.screen.query("*") if widget.display)


# --- creating ---------------------------------------------------------------------------------------------------------


async def test_a_newcomer_gets_an_account_in_four_steps() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_words(pilot)
        await pilot.press("enter")
        await see(pilot, CheckWords)
        for position in ASKED:
            await write(pilot, SEED_WORDS[position][:4])
            await pilot.press("space")
        await see(pilot, Ready)
        assert grouped(ALICE)[:34] in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.result is not NOTHING)
    assert app.result == "invite"
    assert api.AccountCreate(passcode=PASSCODE, name="Anna") in app.world.calls


async def test_where_nothing_names_a_language_the_first_screen_offers_it_and_the_account_keeps_it() -> None:
    app = newcomer()
    app = Stage(app._make_screen, app.world, dataclasses.replace(STILL, offers_languages=True))
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await see(pilot, Welcome)
            assert "[ 简体中文 ]" in shown(app)
            await pilot.press("down", "down", "enter")
            await until(pilot, lambda: "[ English ]" in shown(app))
            assert language.language() == "zh_CN"
            assert "[ 创建账户 ]" in shown(app)
            await until(pilot, lambda: app.focused)
            await reach_words(pilot)
            assert app.world.stored_settings.language == language.language() == "zh_CN"
    finally:
        language.use(language.ENGLISH)


async def test_where_a_language_is_named_the_first_screen_offers_none() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        assert [button.id for button in app.screen.query(FlatButton)] == ["create", "restore"]


@pytest.mark.parametrize(
    ("environ", "chosen", "offered"),
    [
        ({"LANG": "C"}, "", True),
        ({"LANG": "C.UTF-8"}, "", True),
        ({}, "", True),
        ({"LANG": "de_DE.UTF-8"}, "", True),
        ({"LANG": "en_GB"}, "", False),
        ({"LANG": "zh_CN"}, "", False),
        ({"LANG": "C"}, "en", False),
    ],
)
async def test_languages_are_offered_where_none_of_ours_is_named(
    environ: dict[str, str], chosen: str, offered: bool
) -> None:
    assert profile_here(Machine(language=chosen), environ, "utf-8").offers_languages is offered


async def test_where_nothing_will_be_left_of_the_account_nobody_is_examined_about_its_words() -> None:
    app = newcomer()
    app.is_throwaway, app.start_invitation = True, StartInvitation("Echo", LINK_TAIL)
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_words(pilot)
        assert "this account goes when you leave" in shown(app)
        await pilot.press("enter")
        await see(pilot, Ready)
        ways = list(app.screen.query(FlatButton))
        assert [way.id for way in ways] == ["add", "invite", "look"]
        assert app.focused is ways[0]


async def test_all_eighteen_words_are_on_an_80_by_24_screen() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_words(pilot)
        table = app.screen.query_one(WordTable)
        assert app.screen.region.contains_region(table.region)
        drawn = str(table.render())
        assert all(f"{number:>2} {word}" in drawn for number, word in enumerate(SEED_WORDS, 1))
        assert "Settings shows them again" in shown(app)


@pytest.mark.parametrize(("width", "columns"), [(74, 3), (41, 3), (40, 2), (26, 2), (25, 1), (10, 1)])
async def test_the_words_are_shown_in_as_many_columns_as_fit(width: int, columns: int) -> None:
    assert column_count(width) == columns


async def test_a_wrong_word_is_marked_and_the_words_can_be_seen_again() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_words(pilot)
        await pilot.press("enter")
        await see(pilot, CheckWords)
        for word in (SEED_WORDS[ASKED[0]], SEED_WORDS[0], SEED_WORDS[ASKED[2]]):
            await paste(pilot, word)
            await pilot.press("enter")
        await until(pilot, lambda: notice(app))
        assert [slot.number for slot in app.screen.query(WordSlot) if slot.is_marked] == [ASKED[1] + 1]
        assert "Word 7 is not" in notice(app)
        await pilot.press("escape")
        await see(pilot, ShowWords)


async def test_the_words_cannot_be_skipped() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_words(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen.query(ShowWords)
        await pilot.press("enter")
        await see(pilot, CheckWords)
        await pilot.press("enter", "enter", "enter")
        await pilot.pause()
        assert app.screen.query(CheckWords)


async def test_a_weak_passcode_is_refused_by_core_with_its_suggestions() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        await pilot.press("enter")
        await choose_passcode(pilot, passcode="short", name="Anna")
        await until(pilot, lambda: "Add another word" in notice(app))
        assert app.screen.query_one("#person").value == "Anna"  # type: ignore[attr-defined]
        first, again = app.screen.query(PasscodeField)
        assert (first.value, again.value) == ("short", "")  # to be mended, and seen
        await pilot.press("ctrl+t")
        assert first.render_line(0).text.startswith("short")
        await pilot.press("tab")
        assert first.render_line(0).text.startswith("•••••")


async def test_two_passcodes_that_differ_are_not_sent() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        await pilot.press("enter")
        await see(pilot, ChoosePasscode)
        await pilot.press("enter")
        await paste(pilot, PASSCODE)
        await pilot.press("enter")
        await paste(pilot, "something else")
        await pilot.press("enter")
        await until(pilot, lambda: "differ" in notice(app))
        assert [field.value for field in app.screen.query(PasscodeField)] == [PASSCODE, "something else"]
    assert not any(isinstance(call, api.AccountCreate) for call in app.world.calls)


@pytest.mark.parametrize("walk", ["tab", "enter"])
async def test_keys_that_arrive_all_at_once_land_in_their_own_fields(walk: str) -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        await pilot.press("enter")
        await see(pilot, ChoosePasscode)
        burst = ["A", walk, *"abc", walk, *"abd"]
        for key in burst:  # as one read of a slow line hands them over: nothing is processed in between
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        fields = [app.screen.query_one("#person", TextField), *app.screen.query(PasscodeField)]
        await until(pilot, lambda: fields[2].value)
        await pilot.pause()
        assert [field.value for field in fields] == ["A", "abc", "abd"]


async def test_arrows_go_to_the_field_above_and_below_the_passcode() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        await pilot.press("enter")
        await see(pilot, ChoosePasscode)
        for key, place in (("down", "new"), ("down", "again"), ("up", "new"), ("up", "person")):
            await pilot.press(key)
            await until(pilot, lambda place=place: app.focused and app.focused.id == place)  # type: ignore[misc]


async def test_the_strength_is_judged_while_one_types() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        await pilot.press("enter")
        await see(pilot, ChoosePasscode)
        await pilot.press("enter")
        await paste(pilot, "password")
        await until(pilot, lambda: "very weak" in shown(app))
        await write(pilot, " of river")
        await until(pilot, lambda: " strong" in shown(app))


async def test_esc_leads_back_to_the_beginning_before_there_is_an_account() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        for way in ("enter", "down"):
            await pilot.press(way)
            if way == "down":
                await pilot.press("enter")
            await until(pilot, lambda: not app.screen.query(Welcome))
            await pilot.press("escape")
            await see(pilot, Welcome)
    assert app.result is NOTHING


# --- restoring --------------------------------------------------------------------------------------------------------


async def reach_restore(pilot: Pilot[Any]) -> None:
    await see(pilot, Welcome)
    await pilot.press("down", "enter")
    await see(pilot, EnterWords)


async def test_words_typed_by_their_first_letters_in_any_case_restore_the_account() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_restore(pilot)
        for word in SEED_WORDS[:3]:
            await write(pilot, word[:4].upper())
            await pilot.press("space")
        await paste(pilot, " ".join(word[:4] for word in SEED_WORDS[3:]))
        assert [slot.word for slot in app.screen.query(WordSlot)] == SEED_WORDS
        await pilot.press("tab", "enter")
        await choose_passcode(pilot)
        await see(pilot, Ready)
        assert "Your account is back" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.result is not NOTHING)
    assert app.result == "look"
    restored = next(call for call in app.world.calls if isinstance(call, api.AccountRestore))
    assert restored.words == SEED_WORDS


async def test_a_numbered_list_can_be_pasted_into_any_field() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_restore(pilot)
        await pilot.press("tab", "tab")
        await paste(pilot, "\n".join(f"{number}. {word.title()}" for number, word in enumerate(SEED_WORDS, 1)))
        await until(pilot, lambda: [slot.word for slot in app.screen.query(WordSlot)] == SEED_WORDS)


async def test_a_word_that_is_not_in_the_list_is_marked_with_what_was_meant() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_restore(pilot)
        await write(pilot, "hosre")
        await pilot.press("space")
        await until(pilot, lambda: "did you mean 'horse'" in notice(app))
        assert app.screen.query(WordSlot).first().is_marked


async def test_words_that_core_refuses_are_marked_by_position() -> None:
    world = FakeClient(exists=False)
    world.refuse[api.AccountRestore] = api.ApiError(api.Kind.BAD_WORDS, "", positions=[3, 17], count=18)
    app = newcomer(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_restore(pilot)
        await paste(pilot, " ".join(SEED_WORDS))
        await pilot.press("tab", "enter")
        await choose_passcode(pilot)
        await see(pilot, EnterWords)
        assert [slot.number for slot in app.screen.query(WordSlot) if slot.is_marked] == [4, 18]
        assert [slot.word for slot in app.screen.query(WordSlot)] == SEED_WORDS


async def test_words_that_do_not_belong_together_warn_and_offer_to_go_on() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_restore(pilot)
        await paste(pilot, " ".join([SEED_WORDS[1], SEED_WORDS[0], *SEED_WORDS[2:]]))
        for answer, leads_to in (("enter", EnterWords), ("y", Ready)):
            app.screen.query_one("#go-on").focus()
            await pilot.press("enter")
            await choose_passcode(pilot)
            await until(pilot, lambda: type(app.screen).__name__ == "ConfirmScreen")
            await pilot.press(answer)
            await see(pilot, leads_to)


async def test_a_missing_word_is_named() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_restore(pilot)
        await paste(pilot, " ".join(SEED_WORDS[:17]))
        await pilot.press("tab", "tab", "enter")
        await until(pilot, lambda: notice(app) == "Word 18 is missing.")


@pytest.mark.parametrize(
    ("text", "found"), [("1. able\n2) baker", ["able", "baker"]), ("  ", []), ("“x”", ["“x”"]), ("1 2 3", [])]
)
async def test_pasted_words_lose_their_numbers(text: str, found: list[str]) -> None:
    assert words_in(text) == found


# --- secrets ----------------------------------------------------------------------------------------------------------


async def test_three_different_words_are_asked_for_in_order() -> None:
    for _ in range(50):
        positions = pick_positions(18)
        assert positions == sorted(set(positions))
        assert len(positions) == 3
        assert all(0 <= position < 18 for position in positions)


async def test_neither_passcode_nor_words_are_in_the_repr_of_any_widget_or_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = newcomer()
    seen: list[str] = []
    original = PasscodeField.post_message

    def spy(field: PasscodeField, message: Any) -> bool:
        seen.append(repr(message) + repr(vars(message)))
        return original(field, message)

    monkeypatch.setattr(PasscodeField, "post_message", spy)
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_words(pilot)
        seen.extend(repr(widget) for widget in app.screen.query("*"))
        await pilot.press("enter")
        await see(pilot, CheckWords)
        await write(pilot, SEED_WORDS[ASKED[0]])
        seen.extend(repr(widget) for widget in app.screen.query("*"))
    assert not any(SEED_WORDS[ASKED[0]] in each for each in seen if "Changed" not in each)
    assert PASSCODE not in repr(NameAndPasscode("Anna", PASSCODE))


async def test_copying_from_a_secret_field_copies_nothing() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        await pilot.press("enter")
        await see(pilot, ChoosePasscode)
        await pilot.press("enter")
        await paste(pilot, PASSCODE)
        await pilot.press("ctrl+shift+a", "ctrl+c", "ctrl+x")
        field = app.screen.query_one("#new", PasscodeField)
        assert field.value == PASSCODE
    assert app.copied == []


async def test_secret_fields_forget_when_their_screen_goes() -> None:
    app = newcomer()
    async with app.run_test(size=(80, 24)) as pilot:
        await see(pilot, Welcome)
        await pilot.press("enter")
        await see(pilot, ChoosePasscode)
        await pilot.press("enter")
        await paste(pilot, PASSCODE)
        field = app.screen.query_one("#new", PasscodeField)
        await pilot.press("escape")
        await see(pilot, Welcome)
        await until(pilot, lambda: not field.value)


async def test_what_the_newcomer_chose_to_do_first_is_what_the_app_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    def pick(_: int) -> list[int]:
        return [0, 1, 2]

    monkeypatch.setattr(OnboardingScreen.__init__, "__kwdefaults__", {"pick": pick})
    app = demo_app(FakeClient(exists=False))
    async with app.run_test(size=(80, 24)) as pilot:
        await reach_words(pilot)
        await pilot.press("enter")
        await see(pilot, CheckWords)
        for word in SEED_WORDS[:3]:
            await paste(pilot, word)
            await pilot.press("enter")
        await see(pilot, Ready)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, InviteScreen))
        assert [screen.id for screen in app.screen_stack if screen.id] == ["main"]
