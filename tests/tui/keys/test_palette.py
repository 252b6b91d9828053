"""The palette finds by words, also by other people's words, and is drawn whole."""

from __future__ import annotations

import gettext
from collections.abc import Iterator

import pytest

from tests.tui.demo import running
from tests.tui.until import until
from tui import language
from tui.keys.matching import score
from tui.keys.palette import Choice, choices, found, title_of
from tui.keys.registry import Context
from tui.screens.catalogue import whole_registry
from tui.screens.help import matching
from tui.screens.main.message_menu import MessageMenu
from tui.screens.pages.invite import YourInvitesScreen
from tui.screens.pages.settings import WordsScreen
from tui.screens.palette import PaletteScreen
from tui.text.sanitize import wrap
from tui.widgets.menu import PickList

REGISTRY = whole_registry()

IN_CHAT = Context(locked=False, in_chat=True)


def offered() -> list[Choice]:
    return choices(REGISTRY.available(IN_CHAT))


def titles(query: str) -> list[str]:
    return [title_of(choice) for choice in found(query, offered())]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("rename", "Rename"), ("ren", "Rename"), ("nickname", "Rename"), ("mute", "Mute"), ("exit", "Quit"),
        ("preferences", "Settings"), ("qr", "Invite someone"), ("shortcuts", "Help"), ("find", "Search"),
        ("theme light", "Colours: light"), ("colors dark", "Colours: dark"), ("icons ascii", "Signs: ascii"),
        ("chinese", "Language: 简体中文"), ("english", "Language: English"), ("light", "Colours: light"),
        ("logout", "Lock now"), ("/unblock", "Unblock"), ("ctrl+k", "Go to a conversation"), ("STATUS", "Network"),
        ("words", "Show my words"), ("recover", "Show my words"), ("revoke", "Your invitations"),
        ("invitations", "Your invitations"), ("smile", "Put a sign into the text"), ("traffic", "Network"),
        ("emoji", "Put a sign into the text"), ("resend", "Send again what you wrote"), ("data", "Network"),
        ("again", "Send again what you wrote"), ("sent before", "Send again what you wrote"), ("connection", "Network"),
    ],
)  # fmt: skip
def test_words_find_what_people_mean_by_them(query: str, first: str) -> None:
    assert titles(query)[0] == first


class Chinese(gettext.NullTranslations):
    """A few texts of the registry, in another language."""

    texts = {
        "Go to a conversation": "转到某个会话", "jump switch open chat talk write message person": "跳转 打开 聊天",
        "Colours": "颜色", "{title}: {argument}": "{title}：{argument}", "Help": "帮助",
    }  # fmt: skip

    def gettext(self, message: str) -> str:
        return self.texts.get(message, message)


@pytest.fixture
def _in_chinese() -> Iterator[None]:
    language.install("zh_CN", Chinese())
    yield
    language.use(language.ENGLISH)


@pytest.mark.usefixtures("_in_chinese")
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("会话", "转到某个会话"), ("聊天", "转到某个会话"), ("conversation go", "转到某个会话"), ("talk", "转到某个会话"),
        ("颜色 light", "颜色：light"), ("colours light", "颜色：light"), ("帮", "帮助"), ("shortcuts", "帮助"),
    ],
)  # fmt: skip
def test_commands_are_found_in_the_language_in_use_and_in_english(query: str, first: str) -> None:
    assert titles(query)[0] == first


@pytest.mark.usefixtures("_in_chinese")
def test_help_is_found_in_the_language_in_use_and_in_english() -> None:
    assert matching(REGISTRY, "会话 打开") == matching(REGISTRY, "go jump conversation ctrl+k")
    assert [spec.id for spec in matching(REGISTRY, "会话 打开")] == ["go.switcher"]


def test_signs_without_spaces_are_found_within_a_run_of_them_and_letters_only_from_its_beginning() -> None:
    assert score("会话", [("转到会话ctrl", 1.0)]) > 0
    assert score("ctrl", [("转到会话ctrl", 1.0)]) > 0
    assert score("会话", [("会话", 1.0)]) > score("会话", [("会话框", 1.0)]) > score("会话", [("新会话", 1.0)])
    assert score("话会", [("会话", 1.0)]) == 0
    assert score("trl", [("ctrl", 1.0)]) == 0


def test_an_account_is_more_than_its_removal() -> None:
    assert {"Show my words", "Settings", "Remove this account"} <= set(titles("account"))


def test_help_finds_traffic_and_the_words() -> None:
    assert "app.network" in [spec.id for spec in matching(REGISTRY, "traffic")]
    assert "app.words" in [spec.id for spec in matching(REGISTRY, "recover")]


def test_scattered_letters_find_nothing() -> None:
    assert "Details pane" not in titles("rename")
    for letters in ("rnm", "stng", "dtls", "qt"):
        assert titles(letters) == []


def test_colours_are_found_by_theme_each_by_its_name() -> None:
    assert {"Colours: dark", "Colours: light", "Colours: contrast", "Colours: mono", "Colours: terminal"} <= set(
        titles("theme")
    )


def test_every_word_must_match() -> None:
    assert titles("rename qqq") == []
    assert score("é", [("Elan", 1.0)]) > 0


def test_with_nothing_typed_all_is_there_once() -> None:
    assert found(" ", offered()) == offered()
    assert len({title_of(choice) for choice in offered()}) == len(offered())


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 20)])
async def test_it_is_drawn_whole_with_one_cursor(size: tuple[int, int]) -> None:
    async with running(*size) as demo:
        await demo.open("bob")
        await demo.press("ctrl+p")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, PaletteScreen) and demo.app.focused)
        await demo.calm()
        box = demo.app.screen.query_one("#sheet").region
        rows = ["".join(segment.text for segment in strip) for strip in demo.app.screen._compositor.render_strips()]
        assert rows[box.y][box.x] == "╭"
        assert rows[box.bottom - 1][box.right - 1] == "╯"
        assert all(rows[y][box.x] == rows[y][box.right - 1] == "│" for y in range(box.y + 1, box.bottom - 1))
        main = demo.app.screen_stack[-2]
        assert main.focused is not None
        assert not main.focused.has_focus
        await demo.press("escape")
        assert demo.composer.has_focus
        await demo.write("on")
        assert demo.composer.text == "on"


@pytest.mark.asyncio
async def test_enter_does_what_is_chosen() -> None:
    async with running() as demo:
        await demo.press("ctrl+p")
        await demo.write("theme light")
        await demo.press("enter")
        await until(demo.pilot, lambda: demo.client.stored_settings.theme == "light")
        assert demo.app.profile.theme == "light"
        await demo.press("ctrl+p")
        await demo.press("ctrl+p")
        await until(demo.pilot, lambda: demo.app.screen is demo.app.screen_stack[1])


@pytest.mark.asyncio
async def test_what_stands_on_pages_and_in_writing_is_opened_or_done_from_the_palette() -> None:
    async with running() as demo:
        await demo.open("bob")
        for words, page in (("recover", WordsScreen), ("revoke", YourInvitesScreen)):
            await demo.press("ctrl+p")
            await demo.write(words)
            await demo.press("enter")
            await until(demo.pilot, lambda page=page: isinstance(demo.app.screen, page))  # type: ignore[misc]
            await demo.press("escape")
        await demo.write("well")
        await demo.press("ctrl+p")
        await demo.write("emoji")
        await demo.press("enter")
        await until(demo.pilot, lambda: demo.composer.text == "well :")
        assert demo.composer.has_focus


@pytest.mark.asyncio
async def test_what_one_wrote_is_sent_again_from_the_palette() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("the same once more")
        await demo.press("enter")
        await until(demo.pilot, lambda: demo.composer.text == "")
        await demo.press("ctrl+p")
        await demo.write("resend")
        await demo.press("enter")
        await until(demo.pilot, lambda: demo.composer.text == "the same once more")


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 40)])
async def test_what_the_chosen_command_does_stands_below_the_list_uncut(size: tuple[int, int]) -> None:
    async with running(*size) as demo:
        await demo.open("bob")
        await demo.press("ctrl+p")
        await demo.write("unread")
        for _ in range(2):
            await demo.press("down")
            screen = demo.app.screen
            assert isinstance(screen, PaletteScreen)
            shown = screen.query_one(PickList)
            assert shown.highlighted is not None
            spec, _argument = screen.result_of(shown.get_option_at_index(shown.highlighted))
            said = screen.query_one("#about")
            assert str(said.render()) == spec.help
            assert len(wrap(spec.help, said.size.width)) <= said.size.height


@pytest.mark.asyncio
async def test_what_can_be_done_with_a_message_is_said_uncut() -> None:
    async with running(80, 24) as demo:
        await demo.open("bob")
        await demo.press("up", "enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, MessageMenu))
        await demo.write("details")
        await until(demo.pilot, lambda: str(demo.app.screen.query_one("#about").render()).endswith("who signed it."))
