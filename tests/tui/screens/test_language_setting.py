"""The language is chosen on the settings page, by command, by the machine's file or the environment, and holds at once."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import api
from tests.support.client import PASSCODE, FakeClient
from tests.support.other_language import OtherScript, other
from tests.tui.demo import running
from tests.tui.stage import Stage
from tests.tui.until import focus, until, until_equal
from tui import language
from tui.cli.arguments import main, make_parser
from tui.cli.help_format import cells_of, wrapped
from tui.config.spoken import SpokenLanguage, choose_language
from tui.keys.commands import LANGUAGE_NAMES
from tui.screens.main import MainScreen
from tui.screens.pages.settings import SettingsScreen
from tui.screens.pages.settings.rows import ROWS
from tui.widgets.choice import Choice

CHINESE = "zh_CN"


@pytest.fixture(autouse=True)
def _chinese_in_another_script(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whether a text is translated already is no question of this file."""

    def translation(*_: object, **__: object) -> OtherScript:
        return OtherScript()

    monkeypatch.setattr(gettext, "translation", translation)
    yield
    language.use(language.ENGLISH)


def drawn(app: Any) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def top(app: Any) -> str:
    return type(app.screen).__name__


# --- the settings page ------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_the_page_itself_speaks_the_language_that_is_chosen_on_it_and_keeps_its_place() -> None:
    app = Stage(SettingsScreen)
    async with app.run_test(size=(80, 40)) as pilot:
        await until(pilot, lambda: app.focused)
        await focus(pilot, "#language")
        assert other("Language") not in drawn(app)
        await pilot.press("right", "right")
        await until_equal(pilot, lambda: app.world.stored_settings.language, CHINESE)
        await until(pilot, lambda: other("Language") in drawn(app))
        assert app.screen.query_one("#language", Choice).value == CHINESE
        await until(pilot, lambda: app.focused and app.focused.id == "language")
        await until(pilot, lambda: app.screen.query_one("#person").value == "Alice")  # type: ignore[attr-defined]
        await pilot.press("left")
        await until(pilot, lambda: other("Language") not in drawn(app))
        assert app.world.stored_settings.language == "en"


@pytest.mark.asyncio
async def test_a_name_that_is_being_typed_outlives_another_language() -> None:
    app = Stage(SettingsScreen)
    async with app.run_test(size=(80, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one("#person").value == "Alice")  # type: ignore[attr-defined]
        app.screen.query_one("#person").value = "Alice B"  # type: ignore[attr-defined]
        await app.apply_settings(api.Settings(language=CHINESE))
        await until(pilot, lambda: other("Language") in drawn(app))
        await pilot.pause()
        await app.workers.wait_for_complete()
        assert app.screen.query_one("#person").value == "Alice B"  # type: ignore[attr-defined]


def test_names_of_languages_are_never_translated_and_all_are_on_offer() -> None:
    language.use(CHINESE)
    assert [name for name, _ in ROWS["language"][1]] == list(LANGUAGE_NAMES)
    assert LANGUAGE_NAMES[1:] == ("English", "简体中文")


# --- the command --------------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["简体中文", "zh_CN", "zh"])
async def test_the_command_takes_a_name_or_a_code_and_is_stored(name: str) -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write(f"/language {name}")
        await demo.press("enter")
        await until_equal(demo.pilot, lambda: demo.client.stored_settings.language, CHINESE)
        assert language.language() == CHINESE
        await demo.write("/language auto")
        await demo.press("enter")
        await until_equal(demo.pilot, lambda: demo.client.stored_settings.language, "")
        assert language.language() == "en"


@pytest.mark.asyncio
@pytest.mark.parametrize("said", ["/language", "/language tlh"])
async def test_without_a_name_that_there_is_one_is_told_which_there_are(said: str) -> None:
    async with running(120, 40) as demo:
        await demo.open("bob")
        await demo.write(said)
        await demo.press("enter")
        await until(demo.pilot, lambda: "now auto" in demo.status())
        assert all(name in demo.status() for name in LANGUAGE_NAMES)
        assert demo.client.stored_settings.language == ""


@pytest.mark.asyncio
async def test_there_and_back_leaves_the_main_screen_as_one_that_never_left() -> None:
    async with running(160, 40) as fresh:
        await fresh.open("bob")
        expected = drawn(fresh.app)
    language.use(CHINESE)
    async with running(160, 40) as fresh:
        await fresh.open("bob")
        expected_other = drawn(fresh.app)
    language.use(language.ENGLISH)
    async with running(160, 40) as demo:
        await demo.open("bob")
        for chosen, shown in ((CHINESE, expected_other), ("", expected), (CHINESE, expected_other)):
            await demo.app.apply_settings(api.Settings(language=chosen))
            await demo.calm()
            assert drawn(demo.app) == shown


@pytest.mark.asyncio
async def test_what_the_person_is_called_in_open_messages_is_said_in_the_other_language_too() -> None:
    client = FakeClient()
    rows = client.room("bob").rows
    rows[-1] = msgspec.structs.replace(rows[-1], reactions=[api.Reaction(emoji="👍", senders=["me"])])
    async with running(160, 40, client=client) as demo:
        await demo.open("bob")
        await until(demo.pilot, lambda: "👍 you" in drawn(demo.app))
        await demo.app.apply_settings(api.Settings(language=CHINESE))
        await until(demo.pilot, lambda: f"👍 {other('you')}" in drawn(demo.app))


# --- accounts and the lock ------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_an_accounts_language_comes_with_unlocking_and_the_lock_screen_keeps_it() -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(language=CHINESE)
    async with running(client=client) as demo:
        assert language.language() == CHINESE
        await demo.press("alt+l")
        await until(demo.pilot, lambda: top(demo.app) == "LockScreen" and client.locked)
        assert language.language() == CHINESE
        client.stored_settings = api.Settings()  # another profile's, say
        await demo.write(PASSCODE)
        await demo.press("enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, MainScreen))
        assert language.language() == "en"


@pytest.mark.asyncio
async def test_a_language_of_a_later_version_is_as_none() -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(language="tlh")
    language.use(CHINESE)
    async with running(client=client):
        assert language.language() == CHINESE


# --- the start ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "environ", "expected"),
    [
        (None, {"LANG": "zh_CN.UTF-8"}, CHINESE),
        ("language = 'en'", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("language = 'zh'", {"LC_ALL": "C"}, CHINESE),
        ("language = 'tlh'", {"LANG": "zh_CN.UTF-8"}, CHINESE),
        ("language = [", {}, "en"),
    ],
)
def test_the_machines_file_outranks_the_environment(
    text: str | None, environ: dict[str, str], expected: str, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    if text is not None:
        (tmp_path / "config.toml").write_text(text)
        (tmp_path / "config.toml").chmod(0o600)
    choose_language(tmp_path, environ)
    assert language.language() == expected


def test_a_file_that_others_may_write_chooses_no_language(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "config.toml").write_text("language = 'zh_CN'")
    (tmp_path / "config.toml").chmod(0o666)
    choose_language(tmp_path, {})
    assert language.language() == "en"


def test_the_help_of_the_command_line_is_made_when_it_is_asked_for() -> None:
    english = make_parser().format_help()
    language.use(CHINESE)
    spoken = make_parser().format_help()
    language.use(language.ENGLISH)
    assert "without servers" in english
    assert other("without servers") in spoken
    assert "--home" in spoken
    assert make_parser().format_help() == english


def test_the_command_line_speaks_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for locale, said in (("zh_CN.UTF-8", other("without servers")), ("de_DE.UTF-8", "without servers")):
        monkeypatch.setenv("LC_ALL", locale)
        with pytest.raises(SystemExit):
            main(["--help"])
        assert said in capsys.readouterr().out


def test_speaking_what_is_spoken_changes_nothing() -> None:
    speaker = SpokenLanguage()
    assert [speaker.speak(chosen) for chosen in ("", "en", "zh", CHINESE, "zh-Hans", "")] == [
        False, False, True, False, False, True,
    ]  # fmt: skip


def test_help_breaks_chinese_by_cells_and_english_as_argparse_does() -> None:
    text = "在这台机器上运行一个私有网络，一个友好的联系人（Echo），以及客户端。`sottovoce core --stop` 结束它。"
    lines = wrapped(text, 30)
    assert max(map(cells_of, lines)) <= 30
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not [line for line in lines if line[0] in "，。）"]
    assert wrapped("a few words of English", 10) == ["a few", "words of", "English"]
