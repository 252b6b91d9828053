"""Strangers at the door."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st

from core import api
from core.people.contact.lookalike import look_alike, skeleton
from tests.support.client import FakeClient
from tests.tui.stage import NOTHING, Stage
from tests.tui.until import until, until_equal
from tui.screens.confirm import ConfirmScreen
from tui.screens.pages.greetings import GreetingsScreen
from tui.widgets.hints import Hints
from tui.widgets.identity import IdentityView, identity_lines
from tui.widgets.menu import Menu


def door(client: FakeClient | None = None) -> Stage:
    return Stage(GreetingsScreen, client)


def shown(app: Stage) -> str:
    return "\n".join(str(widget.render()) for widget in app.screen.query("Static, IdentityView") if widget.display)


def rows(app: Stage) -> int:
    return app.screen.query_one(Menu).option_count


@pytest.mark.asyncio
async def test_accepting_opens_the_conversation() -> None:
    app = door()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        await pilot.press("a")
        await until(pilot, lambda: app.result is not NOTHING)
    assert app.result == "from-g1"


@pytest.mark.asyncio
async def test_rejecting_asks_first_and_then_deletes() -> None:
    app = door()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        for answer, left in (("escape", 2), ("y", 1)):
            await pilot.press("r")
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(app.screen, GreetingsScreen))
            await until_equal(pilot, lambda: rows(app), left)
    assert app.result is NOTHING


@pytest.mark.asyncio
async def test_a_strangers_words_reach_the_terminal_sanitised() -> None:
    app = door()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        await pilot.press("j")
        await until(pilot, lambda: "click here" in shown(app))
        everything = shown(app) + str(app.screen.query_one(Menu).options[1].prompt)
        assert not any(character in everything for character in "\x1b\x07\u202e\r")


@pytest.mark.asyncio
async def test_an_empty_door_explains_itself() -> None:
    world = FakeClient()
    world.greetings.clear()
    app = door(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.has_class("-empty"))
        assert "Nobody is waiting." in shown(app)
        await pilot.press("a", "r")
        await pilot.pause()
        assert isinstance(app.screen, GreetingsScreen)


@pytest.mark.asyncio
async def test_whoever_comes_meanwhile_appears() -> None:
    world = FakeClient()
    stranger = world.greetings.pop()
    app = door(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: rows(app) == 1)
        world.greetings.append(stranger)
        world.emit(api.GreetingReceived(id=stranger.id, identity=stranger.identity, name="X", text=""))
        await until(pilot, lambda: rows(app) == 2)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"known": True}, "new device"),
        ({"warning": "look-alike", "warning_text": "This is not your contact Bob."}, "! This is not your contact Bob."),
        (
            {"warning": "look-alike", "warning_text": "Not \x1b[2J\u202eBob."},
            "! Not \u241b[2JBob. Compare the identity.",
        ),
    ],
)
async def test_a_known_identity_and_what_the_core_warns_of_are_pointed_out(
    change: dict[str, object], words: str
) -> None:
    world = FakeClient()
    world.greetings = [msgspec.structs.replace(world.greetings[0], **change)]
    app = door(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: words in shown(app))


@pytest.mark.asyncio
async def test_an_answered_greeting_is_explained() -> None:
    world = FakeClient()
    world.refuse[api.GreetingAccept] = api.ApiError(api.Kind.UNKNOWN_GREETING, "")
    app = door(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "already answered" in shown(app))


def test_an_identity_is_never_cut_within_a_group() -> None:
    identity = "abcd" * 13
    for width in range(1, 80):
        lines = identity_lines(identity, width)
        assert all(group == "abcd" for line in lines for group in line.split())
        assert len(" ".join(lines).split()) == 13
    assert len(identity_lines(identity, 74)) == 2
    assert IdentityView("").render().plain == ""


@given(st.text(max_size=30), st.text(max_size=30))
def test_looking_alike_is_mutual(one: str, other: str) -> None:
    assert look_alike(one, other) == look_alike(other, one)
    if one.isascii():  # elsewhere, upper and lower case are not each other's inverse
        assert skeleton(one) == "" or look_alike(one, one.upper().lower())


@pytest.mark.parametrize(("one", "other"), [("Alice", "Аlicе"), ("Bill", "BiII"), ("modern", "modem"), ("Zoé", "zoe")])
def test_names_that_fool_the_eye_look_alike(one: str, other: str) -> None:
    assert look_alike(one, other)


def test_other_names_do_not() -> None:
    assert not look_alike("Alice", "Bob")
    assert not look_alike("", " ")


@pytest.mark.asyncio
async def test_at_the_answers_enter_is_said_to_answer_and_in_the_list_to_go_there() -> None:
    app = door()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: rows(app) == 2)
        hints = app.screen.query_one(Hints)
        assert ("Enter", "go to the answers") in hints.hints
        await pilot.press("enter")
        await until(pilot, lambda: ("Enter", "do") in hints.hints)
        await pilot.press("shift+tab")
        await until(pilot, lambda: ("Enter", "go to the answers") in hints.hints)
