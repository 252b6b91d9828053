"""What comes together is read and drawn together: a key pressed meanwhile waits for one reading, not for a thousand."""

from __future__ import annotations

import msgspec
import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.world import NOW
from tests.tui.demo import running
from tui.chat.chat import NEAR, PAGE, runs

ROWS = 150


def test_rows_near_to_each_other_are_read_as_one_run_of_a_page_at_most() -> None:
    assert runs([]) == []
    assert runs([3, 1, 2]) == [(1, 3)]
    assert runs([1, 1 + NEAR, 2 + 2 * NEAR]) == [(1, 1 + NEAR), (2 + 2 * NEAR, 2 + 2 * NEAR)]
    assert all(last - first < PAGE for first, last in runs(range(5 * PAGE)))
    assert sum(last - first + 1 for first, last in runs(range(5 * PAGE))) == 5 * PAGE


@pytest.mark.asyncio
async def test_reactions_to_all_rows_are_shown_after_a_few_questions() -> None:
    client = FakeClient()
    room = client.room("bob")
    for number in range(ROWS):
        room.say(
            "me" if number % 2 else room.identity,
            f"text {number}",
            NOW,
            state="delivered" if number % 2 else "received",
        )
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.calm()
        asked = len(client.calls)
        texts = [row for row in room.rows if row.text.startswith("text ")]
        for row in texts:
            client.react(row.id, room.identity, "🔥")
        await demo.calm()
        held = {row.id: row for row in demo.log.model.rows}
        assert all(held[row.id].reactions for row in texts)
        assert len(client.calls) - asked < 10
        assert "🔥" in "\n".join(demo.lines())


@pytest.mark.asyncio
async def test_states_that_change_together_are_all_shown_without_a_question_for_each() -> None:
    client = FakeClient()
    room = client.room("bob")
    for number in range(ROWS):
        room.say("me", f"text {number}", NOW, state="sent")
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.calm()
        asked = len(client.calls)
        states: tuple[api.State, ...] = ("stored", "delivered", "read")
        for index, row in enumerate(room.rows):
            if row.sender == "me" and row.state == "sent":
                room.rows[index] = msgspec.structs.replace(row, state="read")
                for state in states:
                    client.emit(api.MessageStateChanged(conversation="bob", id=row.id, state=state))
        await demo.calm()
        assert {row.state for row in demo.log.model.rows if row.text.startswith("text ")} == {"read"}
        assert len(client.calls) - asked < 10
