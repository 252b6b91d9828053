"""Export, import and removal as a person goes through them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from core import api
from tests.support.client import PASSCODE
from tests.tui.stage import Stage
from tests.tui.until import until
from tui.screens.confirm import ConfirmScreen
from tui.screens.pages.export import ExportScreen
from tui.screens.pages.import_archive import ImportScreen
from tui.screens.pages.wipe import WipeScreen
from tui.widgets.path_field import PathField
from tui.widgets.secret_field import PasscodeField
from tui.widgets.text_field import TextField

pytestmark = pytest.mark.asyncio


def calls(app: Stage, kind: type[Any]) -> list[Any]:
    return [call for call in app.world.calls if isinstance(call, kind)]


def said(app: Stage) -> str:
    return str(app.screen.query_one("#notice").render())


async def on(screen: Callable[..., Any], story: Callable[[Stage, Pilot[Any]], Any]) -> None:
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await story(app, pilot)


async def test_without_a_password_it_warns_and_asks_before_writing() -> None:
    async def story(app: Stage, pilot: Pilot[Any]) -> None:
        assert "lies open" in str(app.screen.query_one("#warning", Static).render())
        app.screen.query_one("#passcode", PasscodeField).value = PASSCODE
        await pilot.click("#write")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")  # the careful answer
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        assert calls(app, api.ArchiveExport) == []
        await pilot.click("#write")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "Written to" in said(app))
        (command,) = calls(app, api.ArchiveExport)
        assert (command.password, command.passcode, command.what) == (None, PASSCODE, "all")
        assert app.screen.query_one("#passcode", PasscodeField).value == ""

    await on(ExportScreen, story)


async def test_with_one_it_writes_at_once() -> None:
    async def story(app: Stage, pilot: Pilot[Any]) -> None:
        app.screen.query_one("#password", PasscodeField).value = "seven slow herons"
        await until(pilot, lambda: "Encrypted" in str(app.screen.query_one("#warning", Static).render()))
        app.screen.query_one("#passcode", PasscodeField).value = PASSCODE
        app.screen.query_one(PathField).value = "/tmp/all.age"
        app.screen.query_one("#passcode").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Written to" in said(app))
        (command,) = calls(app, api.ArchiveExport)
        assert (command.path, command.password) == ("/tmp/all.age", "seven slow herons")

    await on(ExportScreen, story)


async def test_an_export_asks_for_the_passcode_and_keeps_what_is_there() -> None:
    async def story(app: Stage, pilot: Pilot[Any]) -> None:
        await pilot.click("#write")
        await until(pilot, lambda: "passcode" in said(app))
        assert calls(app, api.ArchiveExport) == []
        app.screen.query_one("#password", PasscodeField).value = "seven slow herons"
        app.screen.query_one("#passcode", PasscodeField).value = PASSCODE
        app.screen.query_one(PathField).value = "/taken.zip"
        app.screen.query_one("#passcode").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "/taken.zip" in str(app.screen.query_one("#detail").render())
        await pilot.press("enter")  # the careful answer
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))
        await until(pilot, lambda: "already" in said(app))
        assert [call.overwrite for call in calls(app, api.ArchiveExport)] == [False]
        app.screen.query_one("#passcode", PasscodeField).value = PASSCODE
        app.screen.query_one("#passcode").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "Written to" in said(app))
        assert [call.overwrite for call in calls(app, api.ArchiveExport)] == [False, False, True]

    await on(ExportScreen, story)


async def test_an_encrypted_file_asks_for_its_password() -> None:
    async def story(app: Stage, pilot: Pilot[Any]) -> None:
        app.screen.query_one(PathField).value = "/tmp/all.age"
        await pilot.click("#take")
        await until(pilot, lambda: "password" in said(app))
        assert app.focused is app.screen.query_one("#password")
        await pilot.press(*"heron", "enter")
        await until(pilot, lambda: "120 texts" in said(app))
        assert "One was left out." in said(app)

    await on(ImportScreen, story)


async def test_an_account_goes_only_by_passcode_and_word() -> None:
    async def story(app: Stage, pilot: Pilot[Any]) -> None:
        passcode, word = app.screen.query_one("#passcode", PasscodeField), app.screen.query_one("#word", TextField)
        for typed, code in (("", ""), ("remove", ""), ("", PASSCODE), ("yes", PASSCODE)):
            word.value, passcode.value = typed, code
            await pilot.click("#wipe")
            await pilot.pause()
            assert calls(app, api.AccountWipe) == []
        word.value, passcode.value = "Remove ", "wrong"
        await pilot.click("#wipe")
        await until(pilot, lambda: "passcode" in said(app))
        passcode.value = PASSCODE
        await pilot.click("#wipe")
        await until(pilot, lambda: app.removed)
        assert "gone from this machine" in app.removed[0]

    await on(WipeScreen, story)


async def test_tab_completes_the_path(tmp_path: Path) -> None:
    (tmp_path / "sottovoce.zip").write_bytes(b"")

    async def story(app: Stage, pilot: Pilot[Any]) -> None:
        field = app.screen.query_one(PathField)
        field.value = f"{tmp_path}/so"
        await pilot.press("t")
        await until(pilot, lambda: field._suggestion)
        await pilot.press("tab")
        assert field.value == f"{tmp_path}/sottovoce.zip"
        await pilot.press("tab")
        assert app.focused is app.screen.query_one("#password")

    await on(ImportScreen, story)
