"""Several messages marked at once: marking by Space and by range, and what is then done with all of them."""

from __future__ import annotations

import pytest

from core import api
from tests.support.client import FakeClient
from tests.tui.demo import Demo, running
from tui.chat.chat import PAGE
from tui.screens.confirm import ConfirmScreen
from tui.screens.main.many_actions import copied, wanted_of_many
from tui.screens.main.message_menu import MessageMenu
from tui.screens.switcher import ForwardScreen
from tui.widgets.chat_log.model import ChatModel
from tui.widgets.chat_log.picked import MAX_PICKED, Picked
from tui.words.format import Calendar

pytestmark = pytest.mark.asyncio


def message(number: int, text: str = "a text", **more: object) -> api.Message:
    known = {"id": str(number), "sender": "b", "sent_at": number * 60_000, "state": "received", "text": text}
    return api.Message(**(known | more))  # type: ignore[arg-type]  # by name, as a test needs them


def model_of(count: int) -> ChatModel:
    model = ChatModel()
    model.reset([message(number) for number in range(count)], at_start=True, at_end=True)
    return model


async def selecting(demo: Demo, name: str = "bob") -> list[api.Message]:
    """Open a conversation and select its newest message; return its rows."""
    await demo.open(name)
    demo.log.begin_selecting()
    demo.log.select(demo.log.model.rows[-1].id)
    await demo.calm()
    return list(demo.log.model.rows)


def marked(demo: Demo) -> list[str]:
    return [row.id for row in demo.log.marked]


async def test_space_marks_and_goes_on_the_way_that_was_gone_last() -> None:
    async with running() as demo:
        rows = await selecting(demo)
        await demo.press("space", "space")
        assert marked(demo) == [rows[-2].id, rows[-1].id]
        assert demo.log.selected_id == rows[-3].id
        await demo.press("down", "space")
        assert marked(demo) == [rows[-1].id], "a second time takes the mark away"
        assert demo.log.selected_id == rows[-1].id, "it goes on downwards now"
        assert "1 marked" in demo.status()


async def test_a_range_grows_and_shrinks_and_leaves_what_was_marked_before() -> None:
    async with running() as demo:
        rows = await selecting(demo)
        await demo.press("space", "up", "shift+up", "shift+up")
        assert marked(demo) == [rows[index].id for index in (-5, -4, -3, -1)]
        await demo.press("shift+down")
        assert marked(demo) == [rows[index].id for index in (-4, -3, -1)]
        await demo.press("shift+down", "shift+down", "shift+down")
        assert marked(demo) == [rows[index].id for index in (-3, -2, -1)], "on the other side of where it began"
        assert demo.log.selected_id == rows[-1].id


async def test_esc_lets_go_of_the_marks_and_only_then_goes_back_to_writing() -> None:
    async with running() as demo:
        await selecting(demo)
        await demo.press("space")
        await demo.press("down", "down", "down")
        assert demo.log.has_focus, "marks are not lost by going too far"
        await demo.press("escape")
        assert not marked(demo)
        assert demo.log.has_focus
        assert "marked" not in demo.status()
        await demo.press("escape")
        assert demo.composer.has_focus


async def test_esc_lets_go_of_the_marks_first_with_the_keys_of_vim_too() -> None:
    world = FakeClient()
    world.stored_settings = type(world.stored_settings)(keys="vim")
    async with running(client=world) as demo:
        await selecting(demo)
        await demo.press("space", "escape")
        assert not marked(demo)
        assert demo.log.has_focus
        await demo.press("escape")
        assert demo.composer.has_focus


async def test_a_range_begins_anew_where_the_selection_was_moved_in_between() -> None:
    async with running() as demo:
        rows = await selecting(demo)
        await demo.press("shift+up", "up", "up", "shift+up")
        assert marked(demo) == [rows[index].id for index in (-5, -4, -2, -1)]


async def test_marks_end_with_the_selection_and_stay_while_another_window_is_in_front() -> None:
    async with running() as demo:
        rows = await selecting(demo)
        await demo.press("space")
        demo.app.app_focus = False
        await demo.calm()
        demo.app.app_focus = True
        await demo.calm()
        assert marked(demo) == [rows[-1].id]
        await demo.write("x")
        assert demo.composer.has_focus
        assert not marked(demo)
        await selecting(demo)
        await demo.press("space")
        await demo.open("carol")
        await demo.open("bob")
        assert not marked(demo)


@pytest.mark.parametrize("layout", ["dialogue", "letter"])
async def test_a_mark_is_a_sign_at_the_edge_and_moves_no_line(layout: str) -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write(f"/layout {layout}")
        await demo.press("enter")
        assert demo.app.settings.layout == layout
        await selecting(demo)
        await demo.press("up", "up")
        before = demo.lines()
        await demo.press("space", "down", "down")
        assert any("●" in line for line in demo.lines())
        await demo.press("escape", "up")
        assert demo.lines() == before


async def test_one_copy_of_all_in_order_with_who_and_when() -> None:
    async with running() as demo:
        rows = await selecting(demo)
        texts = [row for row in rows[-3:] if row.kind == "text"]
        await demo.press("space", "space", "space", "y")
        first, *_ = demo.app.clipboard.splitlines()
        assert first.endswith(texts[0].text.splitlines()[0])
        assert [demo.app.clipboard.index(row.text.splitlines()[0]) for row in texts] == sorted(
            demo.app.clipboard.index(row.text.splitlines()[0]) for row in texts
        )
        assert not marked(demo), "the next key means one message again"


async def test_a_line_of_a_text_does_not_pass_for_another_message() -> None:
    rows = [message(0, "yes\n1970-01-01 00:01  you: no"), message(1, "ok", sender="me"), message(2, "", kind="gap")]
    text = copied(rows, {"me": "you", "b": "Bob"}, Calendar(None))
    lines = text.splitlines()
    assert [line.endswith(end) for line, end in zip(lines, ["Bob: yes", "you: no", "you: ok"], strict=False)] == [
        True
    ] * 3
    assert lines[1].startswith("    ")
    assert "[something is missing here" in lines[3]
    assert copied(rows[:1], {}, Calendar(None)) == rows[0].text, "a single one is its text alone"


async def test_forwarding_all_keeps_their_order() -> None:
    async with running() as demo:
        rows = await selecting(demo)
        await demo.press("space", "space", "f")
        assert type(demo.app.screen) is ForwardScreen
        await demo.press("escape")
        assert len(marked(demo)) == 2, "who thinks better of it has the marks still"
        await demo.press("f")
        await demo.write("carol")
        await demo.press("enter")
        assert [row.text for row in demo.client.room("carol").rows[-2:]] == [row.text for row in rows[-2:]]
        assert "Forwarded to Carol: 2 messages." in demo.status()
        assert not marked(demo)


async def test_deleting_all_takes_one_question_that_says_how_many() -> None:
    async with running() as demo:
        rows = await selecting(demo)
        await demo.press("space", "space", "space", "d")
        question = demo.app.screen
        assert isinstance(question, ConfirmScreen)
        assert "Delete 3 messages" in str(question.query_one("#question").render())
        await demo.press("enter")
        assert len(marked(demo)) == 3, "the careful answer has the focus"
        await demo.press("d", "x")
        assert [row.id for row in demo.log.model.rows] == [row.id for row in rows[:-3]]
        assert not marked(demo)
        assert demo.log.selected is not None, "the keys go on meaning a message"


async def test_the_menu_offers_only_what_can_be_done_with_several() -> None:
    async with running() as demo:
        await selecting(demo)
        await demo.press("space", "space", "r")
        assert "Esc lets go" in demo.status()
        await demo.press("enter")
        menu = demo.app.screen
        assert isinstance(menu, MessageMenu)
        assert [option.id for option in menu.options("")] == ["select.copy", "select.forward", "select.delete"]
        await demo.write("copy")
        await demo.press("enter")
        assert demo.app.clipboard.count("\n") >= 1
        assert not marked(demo)


async def test_remarks_are_not_forwarded() -> None:
    gap = message(1, "", kind="gap")
    assert "forward" not in wanted_of_many([gap, gap])
    assert "forward" in wanted_of_many([gap, message(2)])


async def test_no_more_are_marked_than_can_be_handled() -> None:
    model, picked = model_of(PAGE + 50), Picked()
    assert picked.extend(model, "0", str(MAX_PICKED - 1))
    assert not picked.extend(model, "0", str(MAX_PICKED))
    assert not picked.toggle("249")
    assert len(picked.rows(model)) == MAX_PICKED
    assert picked.toggle("3")
    assert picked.toggle("249")


async def test_marks_of_rows_that_are_gone_do_not_count() -> None:
    model, picked = model_of(9), Picked()
    assert picked.extend(model, "2", "5")
    model.remove(["2", "3"])
    assert [row.id for row in picked.rows(model)] == ["4", "5"]
    assert picked.extend(model, "5", "7"), "a range that began at a row that is gone begins anew"
    assert [row.id for row in picked.rows(model)] == ["4", "5", "6", "7"]
    picked.keep(["4", "7", "8"])
    assert picked.ids == {"4", "7"}


async def test_too_many_at_once_is_told_and_nothing_moves() -> None:
    async with running() as demo:
        rows = await selecting(demo)
        demo.log.picked.extend(model_of(MAX_PICKED), "0", str(MAX_PICKED - 1))
        await demo.press("shift+up")
        assert f"No more than {MAX_PICKED}" in demo.status()
        assert demo.log.selected_id == rows[-1].id
