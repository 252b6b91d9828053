"""Days as people type them, and going to one."""

from __future__ import annotations

import datetime as dt

import pytest

from core import api
from tests.tui.demo import running
from tui.words.dates import day_of
from tui.words.format import Calendar

UTC = Calendar(dt.UTC)
# A Tuesday.
NOW = int(dt.datetime(2026, 11, 17, 12, tzinfo=dt.UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-03", "2026-11-03"), ("yesterday", "2026-11-16"), ("3 nov", "2026-11-03"), ("3. Nov", "2026-11-03"),
        ("November 3rd, 2025", "2025-11-03"), ("nov 3", "2026-11-03"), ("3 dec", "2025-12-03"),
        ("Monday", "2026-11-16"), ("tue", "2026-11-17"), ("wednesday", "2026-11-11"), ("11月3日", "2026-11-03"),
    ],
)  # fmt: skip
def test_a_day_is_understood_and_is_not_after_today(typed: str, meant: str) -> None:
    assert day_of(typed, NOW, UTC) == dt.date.fromisoformat(meant).toordinal()


@pytest.mark.parametrize("typed", ["", "soon", "31 feb", "3 foo", "0 nov", "3 nov 1969", "13月1日"])
def test_what_names_no_day_is_none(typed: str) -> None:
    assert day_of(typed, NOW, UTC) is None


@pytest.mark.asyncio
async def test_going_to_a_day_selects_what_was_first_said_from_it_on() -> None:
    async with running() as demo:
        await demo.open("bob")
        calendar = demo.app.calendar
        rows = await demo.client.call(api.MessageList(conversation="bob", limit=500))
        day = calendar.day(rows[-1].sent_at)
        await demo.write(f"/date {dt.date.fromordinal(day).isoformat()}")
        await demo.press("enter")
        first = next(row for row in rows if row.sent_at >= calendar.begins(day))
        assert demo.log.selected_id == first.id
