"""Settings are drawn and stored as one changes them."""

from __future__ import annotations

import pytest
from textual.containers import Vertical

from core import api
from tests.support.client import PASSCODE, WORDS, FakeClient
from tests.tui.demo import running
from tests.tui.stage import Stage
from tests.tui.until import focus, until, until_equal, write
from tui.screens.confirm import ConfirmScreen
from tui.screens.onboarding.words import WordTable
from tui.screens.page import Page
from tui.screens.pages.keys import KeysScreen
from tui.screens.pages.settings import SettingsScreen
from tui.screens.pages.settings.passcode import ChangePasscodeScreen
from tui.screens.pages.settings.rows import ROWS, groups
from tui.screens.pages.settings.words import WordsScreen
from tui.widgets.choice import Choice
from tui.widgets.hints import Hints
from tui.widgets.new_passcode import NewPasscode
from tui.widgets.secret_field import PasscodeField

pytestmark = pytest.mark.asyncio
NEW = "quiet river over stones"


def settling(client: FakeClient | None = None) -> Stage:
    return Stage(SettingsScreen, client)


def notice(app: Stage) -> str:
    assert isinstance(app.screen, Page)
    return app.screen.notice.said


def meaning(app: Stage) -> str:
    return str(app.screen.query_one("#meaning").render())


def stores(app: Stage) -> int:
    return sum(isinstance(call, api.SettingsSet) for call in app.world.calls)


async def test_a_theme_is_drawn_and_stored_at_once() -> None:
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("right", "right")
        await until(pilot, lambda: app.theme == "sottovoce-light")
        await until(pilot, lambda: app.world.stored_settings.theme == "light")


async def test_every_setting_has_a_row_that_changes_only_itself() -> None:
    without = set(api.Settings.__struct_fields__) - set(ROWS)
    assert without <= {"last_conversation", "layout"}  # where one was, and what the look of messages adds
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        for number, field in enumerate(ROWS, 1):
            before = app.world.stored_settings
            row: Choice[object] = app.screen.query_one(f"#{field}", Choice)
            row.focus()
            await until(pilot, lambda row=row: app.focused is row)  # type: ignore[misc]  # bound at once
            await pilot.press("right" if row.chosen == 0 else "left")
            await until_equal(pilot, lambda: stores(app), number)
            assert getattr(app.world.stored_settings, field) == row.value
            changed = {each for each in ROWS if getattr(before, each) != getattr(app.world.stored_settings, each)}
            assert changed == {field}


async def test_every_default_is_on_offer() -> None:
    for field, (_, options, _) in ROWS.items():
        assert getattr(api.Settings(), field) in [value for _, value in options]


async def test_a_stored_value_that_is_not_on_offer_survives_other_changes() -> None:
    world = FakeClient()
    world.stored_settings = api.Settings(lock_after=1234)
    app = settling(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("right")
        await until(pilot, lambda: world.stored_settings.theme == "dark")
    assert world.stored_settings.lock_after == 1234


async def test_the_name_is_changed_by_enter() -> None:
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one("#person").value == "Alice")  # type: ignore[attr-defined]
        await focus(pilot, "#person")
        await write(pilot, " B")
        await pilot.press("enter")
        await until(pilot, lambda: app.world.name == "Alice B")


@pytest.mark.parametrize(("old", "said"), [(PASSCODE, ""), ("wrong", "not the passcode")])
async def test_the_passcode_is_changed_by_who_knows_the_old_one(old: str, said: str) -> None:
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await focus(pilot, "#passcode")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChangePasscodeScreen))
        for field, text in zip(app.screen.query(PasscodeField), (old, NEW, NEW), strict=True):
            field.value = text
        await focus(pilot, "#change")
        await pilot.press("enter")
        if said:
            await until(pilot, lambda: said in notice(app))
            assert [field.value for field in app.screen.query(PasscodeField)] == ["", NEW, NEW]
        else:
            await until(pilot, lambda: notice(app) == "Your passcode is changed.")
    assert app.world.passcode == (PASSCODE if said else NEW)


async def test_the_words_are_shown_for_the_passcode_and_forgotten_at_a_lock() -> None:
    app = Stage(WordsScreen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await write(pilot, "wrong")
        await pilot.press("enter")
        await until(pilot, lambda: "not the passcode" in notice(app))
        assert not app.screen.query(WordTable)
        await write(pilot, PASSCODE)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query(WordTable))
        table = app.screen.query_one(WordTable)
        assert all(word in str(table.render()) for word in WORDS)
        assert isinstance(app.screen, WordsScreen)
        app.screen.clear_caches()
        assert not any(word in str(table.render()) for word in WORDS)


async def test_logging_out_asks_first() -> None:
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        for answer, happened in (("enter", False), ("y", True)):
            await focus(pilot, "#logout")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
            await until_equal(pilot, lambda: app.was_locked, happened)
    assert any(isinstance(call, api.AccountLogout) for call in app.world.calls)


async def test_lock_now_locks() -> None:
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await focus(pilot, "#lock")
        await pilot.press("enter")
        await until(pilot, lambda: app.was_locked)


async def test_arrows_walk_through_all_rows_and_back() -> None:
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        seen = []
        for _ in range(len(ROWS) + 4):
            assert app.focused is not None
            seen.append(app.focused.id)
            await pilot.press("down")
        assert seen == [
            *groups()[0][1],
            "open-keys",
            *(field for _, fields in groups()[1:] for field in fields),
            "person",
            "passcode",
            "export-all",
        ]


async def test_the_button_of_keys_opens_their_page() -> None:
    async with running() as demo:
        demo.app.open_page("settings")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, SettingsScreen))
        await focus(demo.pilot, "#open-keys")
        await demo.press("enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, KeysScreen))


async def test_the_row_of_the_enter_key_names_the_key_that_does_the_other() -> None:
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await focus(pilot, "#enter_sends")
        await until(pilot, lambda: "Ctrl+J breaks the line" in meaning(app))
        await pilot.press("right")
        await until(pilot, lambda: "Ctrl+J sends" in meaning(app))


@pytest.mark.parametrize("rows", [24, 30])
async def test_the_page_of_the_words_is_as_high_as_what_it_holds_and_its_lower_edge_is_seen(rows: int) -> None:
    app = Stage(WordsScreen)
    async with app.run_test(size=(80, rows)) as pilot:
        await until(pilot, lambda: app.focused)

        def is_whole() -> bool:
            edge = app.screen.query_one(Hints).region
            return edge.height == 1 and edge.bottom == app.screen.query_one("#card", Vertical).region.bottom < rows

        await until(pilot, is_whole)
        await write(pilot, PASSCODE)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query(WordTable))
        await until(pilot, is_whole)


async def test_advice_about_a_passcode_is_read_to_its_end() -> None:
    app = Stage(ChangePasscodeScreen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await focus(pilot, "#new")
        await write(pilot, "abcdefgh")
        line = app.screen.query_one(NewPasscode).query_one("#strength")
        await until(pilot, lambda: line.size.height == 2)
        drawn = " ".join(strip.text.strip() for strip in line.render_lines(line.size.region))
        assert drawn.endswith("are easy to guess.")


async def test_arrows_walk_along_a_row_of_buttons_and_across_to_the_next() -> None:
    app = settling()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await focus(pilot, "#passcode")
        walk = {"right": "words", "down": "import", "left": "export-all", "up": "passcode"}
        for key, place in walk.items():
            await pilot.press(key)
            await until_equal(pilot, lambda: str(app.focused.id) if app.focused else "", place)
        await pilot.press("up")
        await until(pilot, lambda: app.focused and app.focused.id not in {"passcode", "words", "lock", "logout"})
