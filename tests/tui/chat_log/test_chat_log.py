"""The message list keeps one's place, reads pages in time, and gives text back as it was written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from core import api
from tests.support.client import FakeClient
from tests.support.world import BOB, MINUTE, NOW, Room
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.chat.chat import PAGE

pytestmark = pytest.mark.asyncio
LONG_TALK = 3 * PAGE


def long_talk() -> FakeClient:
    room = Room("bob", BOB, "Bob")
    for number in range(LONG_TALK):
        text = f"number {number} " + "and on " * (number % 23)
        room.say(BOB if number % 3 else "me", text, NOW - (LONG_TALK - number) * MINUTE)
    room.read_upto = LONG_TALK
    return FakeClient([room])


def top_text(demo: Demo) -> str:
    """Return the first words at the top of the view."""
    return next(line for line in demo.lines() if "number" in line)


async def test_a_conversation_opens_at_its_end_with_one_page() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        assert len(demo.log.model) == PAGE
        assert f"number {LONG_TALK - 1}" in "\n".join(demo.lines())
        assert demo.log.is_at_end


async def test_older_pages_come_before_the_edge_does_and_nothing_jumps() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        while len(demo.log.model) == PAGE:
            demo.log.scroll_screens(-3)
            before = demo.lines()
            await demo.calm()
            assert demo.lines() == before
        assert len(demo.log.model) == 2 * PAGE


async def test_paging_up_and_down_the_same_way_ends_where_it_began() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        for direction in (-1, 1):
            for _ in range(16):
                demo.log.scroll_screens(direction)
                await demo.calm()
        assert demo.log.is_at_end
        assert f"number {LONG_TALK - 1}" in "\n".join(demo.lines())


async def test_the_very_first_message_can_be_reached() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        await demo.press("alt+home")
        assert "number 0" in top_text(demo)
        assert demo.log.model.at_start
        await demo.press("alt+end")
        assert demo.log.is_at_end


async def test_a_resize_keeps_the_message_one_reads_at_the_top() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        for _ in range(3):
            demo.log.scroll_screens(-1)
        await demo.calm()
        row = demo.log.model.rows[demo.log.row_at(round(demo.log.scroll_y))]
        await demo.pilot.resize_terminal(100, 30)
        await demo.calm()
        assert demo.log.model.rows[demo.log.row_at(round(demo.log.scroll_y))] == row
        await demo.pilot.resize_terminal(60, 20)
        await demo.calm()
        assert demo.log.model.rows[demo.log.row_at(round(demo.log.scroll_y))] == row


async def test_every_line_of_the_view_belongs_to_a_row_at_any_width() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        for columns in (120, 61, 95, 80):
            await demo.pilot.resize_terminal(columns, 24)
            await demo.calm()
            assert not [pair for pair in pairwise(demo.lines()) if not "".join(pair).strip()]


async def test_the_window_stays_bounded_however_far_one_goes() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        demo.log.model.max_rows = PAGE + 50
        await demo.press("alt+home")
        assert len(demo.log.model) <= PAGE + 50
        assert demo.log.model.at_start
        assert not demo.log.model.at_end
        await demo.press("alt+end")
        assert demo.log.is_at_end
        assert f"number {LONG_TALK - 1}" in "\n".join(demo.lines())


async def test_what_arrives_while_the_end_is_not_held_is_found_at_the_end() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        demo.log.model.max_rows = PAGE + 50
        await demo.press("alt+home")
        demo.client.receive("bob", "number last")
        await demo.calm()
        await demo.press("alt+end")
        assert "number last" in "\n".join(demo.lines())


async def test_a_selection_copies_the_text_without_names_and_wrapping() -> None:
    async with running() as demo:
        await demo.open("bob")
        log = demo.log
        index = next(at for at, row in enumerate(log.model.rows) if row.text.startswith("Over three"))
        await until(demo.pilot, lambda: any("Over three" in line for line in demo.lines()))
        y = round(log.scroll_y) + next(at for at, line in enumerate(demo.lines()) if "Over three" in line)
        whole = Selection(Offset(0, y), Offset(70, y + 1))
        assert log.get_selection(whole) == (log.model.rows[index].text, "\n")
        column = demo.lines()[y - round(log.scroll_y)].index("three")
        part = Selection(Offset(column, y), Offset(column + 5, y))
        assert log.get_selection(part) == ("three", "\n")


async def test_ctrl_c_copies_what_the_mouse_selected_and_keeps_what_is_written() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("half")
        y = next(at for at, line in enumerate(demo.lines()) if "Over three" in line) + round(demo.log.scroll_y)
        demo.main.selections = {demo.log: Selection(Offset(0, y), Offset(70, y + 1))}
        await demo.press("ctrl+c")
        assert demo.app.clipboard.startswith("Over three strangers")
        assert demo.composer.text == "half"


async def test_deleting_a_row_takes_its_date_rule_along() -> None:
    async with running(80, 40) as demo:
        await demo.open("carol")
        today = next(row for row in demo.log.model.rows if row.text.startswith("Shall we go to the mountains"))
        assert any("Today" in line for line in demo.lines())
        demo.log.remove_rows([today.id])
        await demo.calm()
        lines = demo.lines()
        assert sum("Today" in line for line in lines) == 1
        assert lines.index(next(line for line in lines if "Today" in line)) < lines.index(
            next(line for line in lines if "Which day" in line)
        )


async def test_clearing_leaves_no_text_behind() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.log.clear_caches()
        await demo.calm()
        assert not "".join(demo.lines()).strip()
        assert not demo.log.model.rows


async def test_a_failed_read_is_told_and_the_chat_stays() -> None:
    async with running(client=long_talk()) as demo:
        await demo.open("bob")
        demo.client.refuse[api.MessageList] = api.ApiError(api.Kind.UNKNOWN_CONVERSATION, "gone")
        demo.log.scroll_screens(-90)
        await demo.calm()
        assert "gone" in demo.status()
        assert demo.log.model.rows
