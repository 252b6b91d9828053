"""The message list's model, heights and lines, without a screen."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from rich.style import Style

from core.api import Message
from tests.support.world import BOB, MINUTE, NOW
from tui.look.glyphs import ASCII, UNICODE
from tui.widgets.chat_log.cache import DrawnRows
from tui.widgets.chat_log.layout import RowHeights
from tui.widgets.chat_log.model import ChatModel
from tui.widgets.chat_log.render import DrawnRow, Look, Place, Styles, draw, estimates, offset_at
from tui.words.format import Calendar

CALENDAR = Calendar(dt.UTC)
PLAIN = Style()
STYLES = Styles(PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, (PLAIN,) * 8)


def row(number: int, text: str = "hello", *, sender: str = BOB, at: int = NOW, **more: object) -> Message:
    state = "received" if sender != "me" else "delivered"
    return Message(id=f"m{number}", sender=sender, text=text, sent_at=at, **{"state": state, **more})  # type: ignore[arg-type]


def look(width: int = 60, *, ascii_only: bool = False) -> Look:
    glyphs = ASCII if ascii_only else UNICODE
    return Look(width, glyphs, CALENDAR, CALENDAR.day(NOW), STYLES, {"me": "you", BOB: "Bob"})


def shown(message: Message, previous: Message | None = None, *, width: int = 60, **place: object) -> list[str]:
    drawn = draw(message, Place(previous, **place), look(width))  # type: ignore[arg-type]
    return [line.strip.text.rstrip() for line in drawn.lines]


class HeightsAgainstAList(RuleBasedStateMachine):
    """Blocks and bisection give what a plain list of heights gives."""

    def __init__(self) -> None:
        super().__init__()
        self.heights = RowHeights()
        self.naive: list[int] = []

    @rule(new=st.lists(st.integers(1, 9), max_size=600))
    def extend(self, new: list[int]) -> None:
        self.heights.extend(new)
        self.naive += new

    @rule(new=st.lists(st.integers(1, 9), max_size=300))
    def insert_front(self, new: list[int]) -> None:
        self.heights.insert_front(new)
        self.naive[:0] = new

    @rule(data=st.data(), height=st.integers(1, 40))
    def measure(self, data: st.DataObject, height: int) -> None:
        if self.naive:
            index = data.draw(st.integers(0, len(self.naive) - 1))
            assert self.heights.set(index, height) == (self.naive[index] != height)
            self.naive[index] = height
            assert self.heights.is_exact(index)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if self.naive:
            start = data.draw(st.integers(0, len(self.naive) - 1))
            stop = data.draw(st.integers(start, min(len(self.naive), start + 300)))
            self.heights.delete(start, stop)
            del self.naive[start:stop]

    @rule(data=st.data())
    def find_a_line(self, data: st.DataObject) -> None:
        if self.naive:
            line = data.draw(st.integers(0, sum(self.naive) - 1))
            index, within = self.heights.locate(line)
            assert sum(self.naive[:index]) + within == line
            assert 0 <= within < self.naive[index]
            assert self.heights.top(index) == line - within

    @invariant()
    def totals_agree(self) -> None:
        assert self.heights.total == sum(self.naive)
        assert len(self.heights) == len(self.naive)


TestHeights = HeightsAgainstAList.TestCase
TestHeights.settings = TestHeights.settings.__class__(max_examples=25, stateful_step_count=20, deadline=None)


def test_rows_are_found_after_rows_came_and_went_on_both_sides() -> None:
    model = ChatModel()
    model.reset([row(number) for number in range(10, 20)], at_start=False, at_end=True)
    assert model.prepend([row(number) for number in range(5, 10)]) == 5
    assert model.append([row(20), row(19)]) == 1
    model.trim_start(2)
    model.trim_end(1)
    assert model.remove(["m12", "unknown"]) == [5]
    assert [model.index_of(held.id) for held in model.rows] == list(range(len(model)))
    assert [held.id for held in model.rows] == [f"m{number}" for number in (*range(7, 12), *range(13, 20))]
    assert (model.at_start, model.at_end) == (False, False)


def test_the_window_knows_what_it_holds_too_much() -> None:
    model = ChatModel(max_rows=3)
    model.reset([row(number) for number in range(5)], at_start=True, at_end=True)
    assert model.surplus() == 2
    model.trim_start(2)
    assert (model.surplus(), model.at_start) == (0, False)


def test_a_bounded_store_forgets_what_was_used_longest_ago() -> None:
    store = DrawnRows(limit=2)
    drawn = DrawnRow("", ())
    store.put("a", drawn)
    store.put("b", drawn)
    assert store.get("a") is drawn
    store.put("c", drawn)
    assert (store.get("b"), len(store)) == (None, 2)


def test_a_row_shows_hour_name_text_and_state() -> None:
    previous = row(0, at=NOW - 60 * MINUTE)
    assert shown(row(1), previous) == [" 14:30 Bob │ hello"]
    line = shown(row(1, sender="me"), previous)[0]
    assert line.startswith(" 14:30 you │ hello")
    assert line.endswith("✓")


def test_what_one_says_in_one_go_carries_one_name() -> None:
    first = row(0, at=NOW - MINUTE)
    assert shown(row(1), first) == [" 14:30     │ hello"]
    assert shown(row(1, at=first.sent_at + 1000), first) == ["           │ hello"]
    assert shown(row(1), row(0, "long " * 100, at=NOW - MINUTE))[0].startswith(" 14:30 Bob")


def test_a_new_day_begins_with_a_rule() -> None:
    yesterday = row(0, at=NOW - 24 * 60 * MINUTE)
    lines = shown(row(1), yesterday)
    assert " Today " in lines[0]
    assert "Yesterday" in shown(yesterday)[0]


def test_the_unread_rule_counts() -> None:
    assert " 3 new " in shown(row(1), row(0, at=NOW - MINUTE), unread=3)[0]


def test_gaps_newer_kinds_and_late_rows_say_what_they_are() -> None:
    before = row(0, at=NOW - MINUTE)
    assert "missing here" in " ".join(shown(row(1, "", kind="gap"), before))
    assert "newer version" in " ".join(shown(row(1, "", kind="unknown"), before))
    assert "came late" in shown(row(1, late=True), before)[-1]
    assert "not delivered" in " ".join(shown(row(1, sender="me", state="failed"), before))


def test_a_narrow_chat_puts_the_name_on_its_own_line() -> None:
    assert shown(row(1), row(0, at=NOW - 60 * MINUTE), width=30) == [" Bob 14:30", " hello"]


@given(st.text(max_size=200), st.integers(12, 130), st.booleans(), st.sampled_from(["me", BOB]))
def test_every_line_is_exactly_as_wide_as_the_view(text: str, width: int, selected: bool, sender: str) -> None:
    drawn = draw(row(1, text, sender=sender), Place(None, selected=selected), look(width))
    assert {line.strip.cell_length for line in drawn.lines} == {width}


@given(st.text(max_size=200), st.integers(12, 130))
def test_lines_know_which_part_of_the_text_they_show(text: str, width: int) -> None:
    drawn = draw(row(1, text), Place(None), look(width))
    parts = [drawn.text[line.start : line.end] for line in drawn.lines if line.start >= 0]
    assert "".join(parts).replace(" ", "") == drawn.text.replace("\n", "").replace(" ", "")
    for line in drawn.lines:
        if line.start >= 0:
            assert offset_at(drawn.text, line, 0) == line.start
            assert offset_at(drawn.text, line, 999) == line.end


def test_markup_in_a_text_stays_text() -> None:
    assert "[bold red]x[/]" in shown(row(1, "[bold red]x[/]"))[-1]


def test_estimates_come_near_the_truth_for_plain_text() -> None:
    messages = [row(number, "word " * number) for number in range(1, 60)]
    sizes = [len(draw(each, Place(each), look()).lines) for each in messages]
    guesses = estimates(messages, look().text_width)
    assert all(abs(size - guess) <= 3 for size, guess in zip(sizes, guesses, strict=True))
