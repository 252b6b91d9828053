"""What can be done with a message of the list: its menu, answers, reactions, other versions, pins, forwarding."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from textual.widgets import OptionList, Static

from core import api
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.screens.confirm import ConfirmScreen
from tui.screens.emoji import EmojiScreen
from tui.screens.main.message_menu import MessageMenu, wanted_of, why_not
from tui.screens.switcher import ForwardScreen
from tui.widgets.chat_log.widget import WANTED
from tui.widgets.status_line import StatusLine

pytestmark = pytest.mark.asyncio

C = TypeVar("C", bound=api.Command[Any])


def given(demo: Demo, kind: type[C]) -> list[C]:
    """Return the commands of a kind that the core was given."""
    return [command for command in demo.client.calls if isinstance(command, kind)]


def shown(demo: Demo) -> type[object]:
    """Return the class of the screen on top."""
    return type(demo.app.screen)


def purpose(demo: Demo) -> str:
    """Return the line that says what is written for."""
    line = demo.main.panes.writing.query_one("#purpose")
    return str(line.render()) if line.display else ""


async def mark(demo: Demo, sender: str) -> api.Message:
    """Mark the newest text of a sender in the open conversation."""
    rows = [row for row in demo.log.model.rows if (row.sender == "me") == (sender == "me") and row.kind == "text"]
    demo.log.focus()
    await demo.calm()
    demo.log.select(rows[-1].id)
    await demo.calm()
    return rows[-1]


async def test_answering_editing_and_leaving_either() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("half a")
        theirs = await mark(demo, "bob")
        await demo.press("r")
        assert purpose(demo).startswith("Answer to Bob: ")
        assert demo.composer.text == "half a", "what was written stays"
        await demo.write(" thought")
        await demo.press("enter")
        assert [(sent.text, sent.reply_to) for sent in given(demo, api.MessageSend)] == [("half a thought", theirs.id)]
        assert purpose(demo) == ""
        own = await mark(demo, "me")
        assert own.quote is not None
        assert own.quote.text == theirs.text

        await demo.press("escape")
        await demo.write("a draft")
        await mark(demo, "me")
        await demo.press("e")
        assert (purpose(demo), demo.composer.text) == ("Another version of: half a thought", "half a thought")
        await demo.press("escape")
        assert (purpose(demo), demo.composer.text) == ("", "a draft"), (
            "the draft is back, and nothing was said otherwise"
        )
        await mark(demo, "me")
        await demo.press("e")
        await demo.write("s")
        await demo.press("enter")
        assert [(edit.id, edit.text) for edit in given(demo, api.MessageEdit)] == [(own.id, "half a thoughts")]
        assert demo.composer.text == "a draft"
        assert demo.log.model.rows[-1].text == "half a thoughts", "the row is read anew when the core tells"

        await mark(demo, "me")
        await demo.press("e")
        await demo.open("carol")
        assert purpose(demo) == ""
        await demo.open("bob")
        assert (purpose(demo), demo.composer.text) == ("", "a draft"), "an edit that was left is over"
        assert demo.client.room("bob").draft == "a draft"


async def test_reactions_pins_and_the_menu() -> None:
    async with running() as demo:
        await demo.open("bob")
        theirs = await mark(demo, "bob")
        await demo.press("e")
        assert not given(demo, api.MessageEdit)
        assert "Only your own messages can be edited." in demo.status()
        await demo.press("plus")
        assert shown(demo) is EmojiScreen
        await demo.write("heart")
        await demo.press("enter")
        assert demo.client.row(theirs.id).reactions == [api.Reaction(emoji="❤️", senders=["me"])]
        assert demo.log.selected is not None
        assert demo.log.selected.reactions, "the marked row is drawn anew"
        await demo.press("plus", "enter")  # the one that is there comes first
        assert demo.client.row(theirs.id).reactions == []
        await demo.press("enter")
        assert shown(demo) is MessageMenu
        await demo.write("pin")
        await demo.press("enter")
        assert demo.client.row(theirs.id).pinned
        await demo.press("p")
        assert not demo.client.row(theirs.id).pinned


async def test_a_quote_leads_to_what_it_quotes_and_a_message_to_another_conversation() -> None:
    async with running() as demo:
        bob = demo.client.room("bob")
        old = bob.rows[3]
        bob.say(bob.identity, "do you remember?", demo.client.now, reply_to=old.id, quote=demo.client.quote_of(old.id))
        await demo.open("bob")
        await mark(demo, "bob")
        await demo.press("Q")
        assert demo.log.selected_id == old.id
        await demo.press("f")
        assert shown(demo) is ForwardScreen
        await demo.write("carol")
        await demo.press("enter")
        carol = demo.client.room("carol").rows[-1]
        assert (carol.text, carol.forwarded) == (old.text, True)
        assert "Forwarded to Carol." in demo.status()


@pytest.mark.parametrize(
    ("typed", "first"), [("f", "forward"), ("d", "delete"), ("+", "react"), ("det", "info"), ("y", "copy")]
)
async def test_in_the_menu_a_key_that_is_typed_chooses_its_row(typed: str, first: str) -> None:
    async with running() as demo:
        await demo.open("bob")
        await mark(demo, "me")
        await demo.press("enter")
        menu = demo.app.screen
        assert isinstance(menu, MessageMenu)
        await demo.write(typed)
        option = menu.query_one(OptionList).highlighted_option
        assert option is not None
        assert option.id == f"select.{first}"


async def test_in_the_menu_titles_that_begin_with_what_is_typed_come_before_others() -> None:
    async with running() as demo:
        await demo.open("bob")
        await mark(demo, "me")
        await demo.press("enter")
        menu = demo.app.screen
        assert isinstance(menu, MessageMenu)
        assert [str(each.id) for each in menu.options("d")][:2] == ["select.delete", "select.info"]
        assert "select.edit" in [each.id for each in menu.options("d")]
        assert menu.options("no such thing") == []


async def test_d_in_the_menu_of_marked_messages_deletes() -> None:
    async with running() as demo:
        await demo.open("bob")
        await mark(demo, "me")
        await demo.press("shift+up", "shift+up", "enter", "d", "enter")
        assert shown(demo) is ConfirmScreen


async def test_where_a_message_is_forwarded_to_is_asked_in_those_words() -> None:
    async with running() as demo:
        await demo.open("bob")
        await mark(demo, "me")
        await demo.press("f")
        picker = demo.app.screen
        assert isinstance(picker, ForwardScreen)
        assert picker.heading == "Forward to"
        assert ("Enter", "forward") in picker.keys


async def test_what_another_screen_deletes_goes_from_this_one() -> None:
    async with running() as demo:
        await demo.open("bob")
        bob = demo.client.room("bob")
        gone = bob.rows.pop(-2)
        demo.client.emit(api.MessageChanged(conversation="bob", id=gone.id, what="deleted"))
        await demo.calm()
        assert gone.id not in {row.id for row in demo.log.model.rows}
        assert demo.log.model.rows[-1].id == bob.rows[-1].id
        bob.rows.clear()
        demo.client.emit(api.MessageChanged(conversation="bob", id="", what="deleted"))
        await demo.calm()
        assert not demo.log.model.rows


async def test_what_can_be_done_depends_on_the_row() -> None:
    row = api.Message(id="1", sender="me", text="see https://example.org", sent_at=0, state="sent")
    assert {"edit", "link", "answer"} <= set(wanted_of(row))
    theirs = api.Message(id="1", sender="x", text="no link", sent_at=0, state="received")
    assert not {"edit", "link", "quoted"} & set(wanted_of(theirs))
    gap = api.Message(id="1", sender="x", text="", sent_at=0, state="received", kind="gap")
    assert wanted_of(gap) == ["copy", "pin", "info", "delete"]


async def test_any_sign_can_be_typed_and_words_are_none() -> None:
    screen = EmojiScreen("🦉")
    assert [option.id for option in screen.options("")][:1] == ["🦉"]
    assert [option.id for option in screen.options("🦉")] == ["🦉"]
    assert [option.id for option in screen.options("thumbs down")] == ["👎"]
    assert screen.options("no such thing") == []


@pytest.mark.parametrize("key", ["enter", "plus"])
async def test_the_message_that_a_sheet_is_about_stays_in_sight(key: str) -> None:
    async with running() as demo:
        await demo.open("bob")
        chosen, log = await mark(demo, "me"), demo.log
        await demo.press(key)
        sheet = demo.app.screen
        assert isinstance(sheet, (MessageMenu, EmojiScreen))
        lit = log.region_of(chosen.id)
        assert lit.height >= 2
        assert sheet.lit is not None
        assert sheet.lit() == lit
        assert not sheet.sheet.region.overlaps(lit)
        demo.client.receive("bob", "and one more")
        await until(demo.pilot, lambda: log.region_of(chosen.id).y < lit.y)
        assert sheet.lit() == log.region_of(chosen.id), "it goes with what it is about"
        assert not log.region_of("gone")


async def test_a_sheet_goes_aside_only_where_it_could_hide_what_it_is_about() -> None:
    for rows, place in ((24, "top"), (60, "middle")):
        async with running(120, rows) as demo:
            await demo.open("bob")
            await mark(demo, "me")
            await demo.press("enter")
            assert demo.app.screen.styles.align_vertical == place


async def test_the_hints_of_a_message_offer_what_can_be_done_with_it() -> None:
    async with running() as demo:
        await demo.open("bob")
        hints = demo.main.query_one(StatusLine)
        for sender, can_edit in (("me", True), ("bob", False), ("me", True)):
            await mark(demo, sender)
            assert (("e", "edit") in hints._hints) == can_edit
            assert ("r", "answer") in hints._hints


@pytest.mark.parametrize("kind", ["text", "gap", "imported"])
async def test_whatever_cannot_be_done_with_a_message_has_its_reason(kind: Any) -> None:
    row = api.Message(id="1", sender="x", text="no link", sent_at=0, state="received", kind=kind)
    for wanted in set(WANTED) - {"menu"}:
        assert bool(why_not(wanted, row)) == (wanted not in wanted_of(row))


async def test_a_quoted_message_is_asked_about_in_one_pair_of_quotes() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.client.receive("bob", "“good 😄”")
        await demo.calm()
        await mark(demo, "bob")
        await demo.press("d")
        question = "\n".join(str(each.render()) for each in demo.app.screen.query(Static))
        assert "Delete “good 😄” from this device?" in question
