"""Names, blocking, removing and deleting: what the commands send, what is asked before, and what the screens then say."""

from __future__ import annotations

from typing import TypeVar

import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.world import BOB, NOW
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.keys.commands import REGISTRY
from tui.screens.catalogue import whole_registry
from tui.screens.confirm import ConfirmScreen
from tui.screens.help import help_text
from tui.screens.main.news import GATHER
from tui.screens.rename import RenameScreen
from tui.widgets.chat_header import ChatHeader
from tui.widgets.details import Details
from tui.widgets.text_field import TextField

pytestmark = pytest.mark.asyncio

C = TypeVar("C", bound=api.Command[object])

SMALL = [(80, 24), (50, 20)]
WIDE = (120, 40)
COMMANDS = ("rename", "devices", "block", "unblock", "remove", "delete-conversation")


async def say(demo: Demo, command: str) -> None:
    await demo.write(command)
    await demo.press("enter")


def sent(demo: Demo, kind: type[C]) -> list[C]:
    return [call for call in demo.client.calls if isinstance(call, kind)]


def asked(demo: Demo) -> str:
    """Return the question on the screen, and everything of it must be in sight."""
    screen = demo.app.screen
    assert isinstance(screen, ConfirmScreen), screen
    bottom = max(widget.region.bottom for widget in screen.query("#answers *"))
    assert bottom < demo.app.size.height
    assert all(widget.region.height for widget in screen.query("#question, #detail, #answers *"))
    return " ".join(str(widget.render()) for widget in screen.query("#question, #detail"))


def header(demo: Demo) -> str:
    return str(demo.main.query_one(ChatHeader).render())


def details(demo: Demo) -> str:
    return str(demo.main.query_one(Details).render())


def listed(demo: Demo) -> str:
    view = demo.main.panes.list
    return "\n".join(view.render_line(y).text for y in range(view.size.height))


async def test_every_command_is_in_help_and_offered_while_one_types() -> None:
    for width in (76, 46):
        text = help_text(whole_registry(), "", width).plain
        assert all(f"/{command}" in text for command in COMMANDS)
    async with running(50, 20) as demo:
        await demo.open("bob")
        for command in COMMANDS:
            await demo.write(f"/{command[:-1]}")
            assert f"/{command}" in str(demo.main.panes.writing.completion.render())
            await demo.press("ctrl+c")


# --- names ------------------------------------------------------------------------------------------------------------


async def test_a_contact_is_called_as_one_likes_and_its_own_name_stands_beside() -> None:
    client = FakeClient()
    client.room("bob").own_name = "Bob"
    async with running(*WIDE, client=client) as demo:
        await demo.open("bob")
        assert "(Bob)" not in header(demo) + listed(demo)
        await say(demo, "/rename  Uncle Bert ")
        assert sent(demo, api.ContactRename) == [api.ContactRename(identity=BOB, name="Uncle Bert")]
        assert "Uncle Bert (Bob)" in header(demo)
        assert "Uncle Bert (Bob)" in listed(demo)
        assert "their own name\nBob" in details(demo)
        assert "Uncle Bert" in demo.status()


@pytest.mark.parametrize("size", SMALL)
async def test_without_a_name_it_is_asked_for_and_left_empty_it_is_their_own(size: tuple[int, int]) -> None:
    client = FakeClient()
    client.room("bob").name, client.room("bob").own_name = "Bobby", "Bob"
    async with running(*size, client=client) as demo:
        await demo.open("bob")
        await say(demo, "/rename")
        assert isinstance(demo.app.screen, RenameScreen)
        assert demo.app.screen.query_one(TextField).value == "Bobby"
        await demo.press("escape")
        assert sent(demo, api.ContactRename) == []
        await say(demo, "/rename")
        await demo.press("ctrl+u", "enter")
        assert sent(demo, api.ContactRename) == [api.ContactRename(identity=BOB, name="")]
        assert "Bob" in header(demo)
        assert "Bobby" not in header(demo)


async def test_a_name_that_is_too_long_is_refused_before_it_is_sent() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, f"/rename {'ü' * 33}")
        assert "64 bytes" in demo.status()
        assert sent(demo, api.ContactRename) == []


async def test_a_name_of_nothing_visible_does_not_take_the_present_one_away() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "/rename \u3164")
        assert isinstance(demo.app.screen, RenameScreen)
        assert sent(demo, api.ContactRename) == []


# --- being heard ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SMALL)
async def test_blocking_is_asked_first_shown_and_ended(size: tuple[int, int]) -> None:
    async with running(*size) as demo:
        await demo.open("bob")
        await say(demo, "/block")
        assert "Nobody is told" in asked(demo)
        await demo.press("escape")
        assert sent(demo, api.ContactBlock) == []
        await say(demo, "/block")
        await demo.press("y")
        assert sent(demo, api.ContactBlock) == [api.ContactBlock(identity=BOB)]
        assert "blocked" in header(demo)
        assert "blocked: /unblock to write" in str(demo.composer.placeholder)
        await say(demo, "/block")
        assert "already" in demo.status()
        await say(demo, "/unblock")
        assert sent(demo, api.ContactUnblock) == [api.ContactUnblock(identity=BOB)]
        assert "blocked" not in header(demo)
        assert str(demo.composer.placeholder) == "Write to Bob"
        await say(demo, "/unblock")
        assert "not blocked" in demo.status()


async def test_nothing_is_written_to_a_blocked_contact_and_what_was_typed_is_kept() -> None:
    client = FakeClient()
    client.room("bob").blocked = True
    async with running(client=client) as demo:
        await demo.open("bob")
        assert "/unblock" in demo.status()
        await say(demo, "hello")
        assert "Unblock Bob?" in asked(demo)
        await demo.press("n")
        assert demo.composer.text == "hello"
        await demo.press("enter", "y")
        assert sent(demo, api.ContactUnblock) == [api.ContactUnblock(identity=BOB)]
        assert sent(demo, api.MessageSend) == []
        assert demo.composer.text == "hello"
        await demo.press("enter")
        assert [call.text for call in sent(demo, api.MessageSend)] == ["hello"]


async def test_a_block_made_elsewhere_is_explained_and_loses_no_text() -> None:
    client = FakeClient()
    async with running(client=client) as demo:
        await demo.open("bob")
        client.room("bob").blocked = True
        await say(demo, "hello")
        assert "blocked" in demo.status()
        assert demo.composer.text == "hello"


@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
async def test_the_list_shows_who_is_blocked_and_who_is_odd(glyphs: str) -> None:
    client = FakeClient()
    client.room("carol").blocked = True
    client.room("yuki").warning = "look-alike"
    async with running(client=client) as demo:
        await demo.app.run_command(REGISTRY.get("view.glyphs"), glyphs)
        lines = listed(demo).splitlines()
        sign = {"unicode": "⊘", "ascii": "#"}[glyphs]
        assert f"Carol {sign} " in next(line for line in lines if "Carol" in line)
        assert "Yuki ! " in next(line for line in lines if "Yuki" in line)
        assert not any(mark in line for line in lines if "Bob" in line for mark in "⊘#!")


async def test_a_warning_and_overdue_keys_stand_where_one_looks() -> None:
    client = FakeClient()
    room = client.room("bob")
    room.warning, room.rekey_overdue = "both-alive", True
    async with running(*WIDE, client=client) as demo:
        await demo.open("bob")
        assert "unknown device in use (/devices)" in header(demo)
        assert "! A known device and an unknown one are both in use. (/devices)" in details(demo)
        assert "keys\noverdue" in details(demo)
        room.warning, room.rekey_overdue = None, False
        client.emit(api.ContactChanged(identity=BOB))
        await until(demo.pilot, lambda: "overdue" not in details(demo) and "unknown" not in header(demo))


# --- being rid of somebody --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SMALL)
async def test_removing_says_what_goes_and_then_leaves(size: tuple[int, int]) -> None:
    async with running(*size) as demo:
        await demo.open("bob")
        await say(demo, "/remove")
        question = asked(demo)
        for part in ("every key", "Nobody is told", "cannot be taken back", "greet"):
            assert part in question
        await demo.press("enter")
        assert sent(demo, api.ContactRemove) == [], "a stray Enter removes nobody"
        await say(demo, "/remove")
        await demo.press("y")
        assert sent(demo, api.ContactRemove) == [api.ContactRemove(identity=BOB)]
        assert demo.main.navigation.current is None
        assert demo.main.navigation.find("bob") is None
        assert demo.log.model.rows == []
        assert not demo.main.has_class("in-chat")
        assert demo.app.last_conversation is None
        assert "Bob is removed" in demo.status()
        await demo.pilot.pause(2 * GATHER)
        await demo.calm()
        assert "Bob is removed" in demo.status(), "nobody is told twice"


async def test_what_was_being_written_to_a_removed_contact_is_forgotten() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "/remove")
        await demo.press("y")
        demo.client.calls.clear()
        await demo.main.save_work()
        assert [call for call in sent(demo, api.DraftSet) if call.conversation == "bob"] == []


async def test_a_contact_that_another_program_removes_is_left_at_once() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.client.rooms.remove(demo.client.room("bob"))
        demo.client.emit(api.ContactChanged(identity=BOB))
        await until(demo.pilot, lambda: demo.main.navigation.current is None)
        assert not demo.main.has_class("in-chat")
        assert "gone" in demo.status()


@pytest.mark.parametrize("size", SMALL)
async def test_a_conversation_is_emptied_and_the_contact_stays(size: tuple[int, int]) -> None:
    async with running(*size) as demo:
        await demo.open("bob")
        await say(demo, "/delete-conversation")
        assert "texts that have left cannot be taken back" in asked(demo)
        await demo.press("n")
        assert sent(demo, api.ConversationDelete) == []
        await say(demo, "/delete-conversation")
        await demo.press("y")
        assert sent(demo, api.ConversationDelete) == [api.ConversationDelete(conversation="bob")]
        assert demo.log.model.rows == []
        assert demo.main.navigation.current == "bob"
        assert "on its way already" in demo.status(), "the text that was stored only"
        await say(demo, "hello again")
        assert [row.text for row in demo.log.model.rows] == ["hello again"]


async def test_a_greeting_that_was_not_answered_goes_with_its_conversation() -> None:
    async with running() as demo:
        await demo.open("dave")
        await say(demo, "/delete-conversation")
        assert "Forget the greeting" in asked(demo)
        await demo.press("y")
        assert sent(demo, api.ConversationDelete) == [api.ConversationDelete(conversation="dave")]
        assert demo.main.navigation.current is None
        assert demo.main.navigation.find("dave") is None


@pytest.mark.parametrize(
    ("state", "words"),
    [("queued", "Taken back: it had not left"), ("sent", "cannot be taken back"), ("read", "Deleted.")],
)
async def test_deleting_a_message_says_what_became_of_it(state: str, words: str) -> None:
    client = FakeClient()
    client.room("bob").say("me", "wrong window", NOW, state=state)
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.press("up", "d")
        assert "wrong window" in asked(demo)
        await demo.press("x")
        assert words in demo.status()


async def test_a_remark_is_called_a_remark_when_it_is_deleted() -> None:
    client = FakeClient()
    client.room("bob").say(BOB, "", NOW, kind="device")
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.press("up", "d")
        assert "Delete this remark" in asked(demo)


@pytest.mark.parametrize("kind", [api.Kind.UNKNOWN_CONTACT, api.Kind.BLOCKED])
async def test_a_refusal_is_a_sentence(kind: api.Kind) -> None:
    client = FakeClient()
    client.refuse[api.ContactRename] = api.ApiError(kind, "")
    async with running(client=client) as demo:
        await demo.open("bob")
        await say(demo, "/rename Robert")
        assert {api.Kind.UNKNOWN_CONTACT: "contact is gone", api.Kind.BLOCKED: "blocked"}[kind] in demo.status()
