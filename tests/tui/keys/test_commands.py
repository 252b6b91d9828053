"""One registry feeds keys, slash commands, palette, help and completion; errors are all explained."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App

from core.api import ApiError, Kind
from tests.tui.demo import running
from tui.keys.handlers import CarriesCommands, DuplicateHandler, Handlers
from tui.keys.keymap import bindings, enter_breaks_line, key_name, key_names
from tui.keys.registry import CommandSpec, Context, DuplicateCommand, Registry, Scope, message_text, parse_slash
from tui.screens.catalogue import load_pages, whole_registry
from tui.screens.page import Page
from tui.words.errors import EXPLANATIONS, explain

REGISTRY = whole_registry()

IN_CHAT = Context(locked=False, in_chat=True)
# What flow control, terminals and multiplexers keep for themselves, or what is another key in disguise.
BAD_ALONE = {"ctrl+s", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+b", "ctrl+a"}


@pytest.mark.asyncio
async def test_every_command_has_a_handler_where_it_says_and_every_handler_a_command() -> None:
    async with running() as demo:
        carriers: dict[Scope, CarriesCommands] = {
            Scope.APP: demo.app,
            Scope.MAIN: demo.main,
            Scope.COMPOSER: demo.composer,
            Scope.SELECT: demo.log,
        }
        for scope, carrier in carriers.items():
            specs = demo.app.registry.of_scope(scope)
            assert carrier.handlers.ids == {spec.id for spec in specs}, scope
            assert set(carrier.handlers.texts) == {spec.id for spec in specs if spec.argument}, scope


@pytest.mark.asyncio
async def test_the_app_knows_every_page_once_it_runs() -> None:
    async with running() as demo:
        assert [spec.id for spec in demo.app.registry] == [spec.id for spec in REGISTRY]


@pytest.mark.asyncio
async def test_a_binding_ends_in_the_handler_of_its_command() -> None:
    done: list[str] = []

    class Carrier(App[None], CarriesCommands):
        BINDINGS = bindings([REGISTRY.get("go.last")])
        handlers = Handlers({"go.last": lambda: done.append("went back")})

    async with Carrier().run_test() as pilot:
        await pilot.press("ctrl+o")
    assert done == ["went back"]


@pytest.mark.asyncio
async def test_a_handler_is_given_the_text_if_its_command_takes_one() -> None:
    done: list[str] = []

    async def later(text: str) -> None:
        done.append(text)

    handlers = Handlers({"plain": lambda: done.append("plain")}, {"text": done.append, "later": later})
    for command_id in ("plain", "text", "later"):
        await handlers.run(command_id, "words")
    assert done == ["plain", "words", "words"]
    with pytest.raises(KeyError):
        await handlers.run("unknown")


def test_two_handlers_cannot_claim_one_command() -> None:
    handlers = Handlers({"one": list})
    with pytest.raises(DuplicateHandler):
        handlers.add(Handlers(texts={"one": list}))


def test_a_command_stands_behind_the_one_it_names() -> None:
    names = [("c", "b"), ("a", ""), ("b", "a"), ("d", ""), ("e", "unknown")]
    specs = [CommandSpec(id=each, after=after, title="T", help="H.", group="G") for each, after in names]
    assert [spec.id for spec in Registry(specs)] == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(("spec", "page"), load_pages(), ids=lambda value: getattr(value, "id", ""))
def test_a_page_declares_how_it_is_opened(spec: CommandSpec, page: type[Page[Any]]) -> None:
    assert spec.scope is Scope.APP
    assert spec.slash
    assert spec.after in {each.id for each in REGISTRY}
    assert page.heading


@pytest.mark.parametrize("spec", REGISTRY, ids=lambda spec: spec.id)
def test_every_command_explains_itself_in_a_sentence(spec: CommandSpec) -> None:
    assert spec.help.endswith(".")
    assert spec.title[0].isupper()


@pytest.mark.parametrize("scopes", [(Scope.MAIN, Scope.COMPOSER, Scope.APP), (Scope.MAIN, Scope.SELECT, Scope.APP)])
def test_no_key_means_two_things_in_one_place(scopes: tuple[Scope, ...]) -> None:
    keys = [key for spec in REGISTRY.of_scope(*scopes) for key in spec.keys.split(",") if key]
    shared = {"up", "down", "home", "end", "enter", "escape"}  # the inner place goes first with these
    assert not {key for key in keys if keys.count(key) > 1} - shared


def test_no_command_hangs_on_a_key_that_does_not_arrive() -> None:
    for spec in REGISTRY:
        keys = set(filter(None, spec.keys.split(",")))
        assert not keys or keys - BAD_ALONE, spec
        assert not keys or not all(key.startswith("f") and key[1:].isdecimal() for key in keys) or spec.slash, spec


def test_two_commands_cannot_share_a_name() -> None:
    registry = Registry([REGISTRY.get("app.lock")])
    with pytest.raises(DuplicateCommand):
        registry.register(REGISTRY.get("app.lock"))


def test_a_locked_screen_offers_nothing_that_shows_content() -> None:
    offered = {spec.id for spec in REGISTRY.available(Context(locked=True, in_chat=False))}
    assert "app.help" in offered
    assert not offered & {"go.search", "go.switcher", "people.invite", "select.copy", "app.settings"}


def test_completion_offers_the_shortest_match_first() -> None:
    names = [spec.slash for spec in REGISTRY.completions("s", IN_CHAT)]
    assert names == sorted(names, key=lambda name: (len(name), name))
    assert "search" in names


@pytest.mark.parametrize(
    ("text", "name", "argument"), [("/msg bob", "msg", "bob"), ("/lock", "lock", ""), ("/ x", "", "x")]
)
def test_a_slash_begins_a_command(text: str, name: str, argument: str) -> None:
    slash = parse_slash(text)
    assert slash is not None
    assert (slash.name, slash.argument) == (name, argument)


@pytest.mark.parametrize("text", ["hello", "//me waves", "/lock\nand more", " /lock"])
def test_everything_else_is_a_message(text: str) -> None:
    assert parse_slash(text) is None


def test_two_slashes_send_one() -> None:
    assert message_text("//me waves") == "/me waves"
    assert message_text("a//b") == "a//b"


def test_every_binding_can_be_changed_by_its_commands_id() -> None:
    made = bindings(REGISTRY.of_scope(Scope.MAIN))
    assert {getattr(binding, "id", None) for binding in made} == {spec.id for spec in REGISTRY.of_scope(Scope.MAIN)}


def test_enter_can_break_the_line_instead() -> None:
    keymap = enter_breaks_line()
    send = REGISTRY.get("write.send")
    assert key_names(send) == ("Enter",)
    assert "Enter" not in key_names(send, keymap)


@pytest.mark.parametrize(
    ("key", "name"),
    [("ctrl+k", "Ctrl+K"), ("alt+g", "Alt+G"), ("f1", "F1"), ("question_mark", "?"), ("y", "y"), ("G", "G")],
)
def test_keys_are_written_as_on_keyboards(key: str, name: str) -> None:
    assert key_name(key) == name


@pytest.mark.parametrize("kind", Kind)
def test_every_error_is_explained(kind: Kind) -> None:
    assert EXPLANATIONS[kind].sentence.endswith(".")
    assert "{" not in str(explain(ApiError(kind, "no words for people")))


def test_a_hint_carries_the_figures_of_its_error() -> None:
    assert "5 seconds" in explain(ApiError(Kind.SLOW_DOWN, "", seconds=5)).hint
    assert "12288" in explain(ApiError(Kind.TOO_LONG, "", limit=12288)).hint
