"""The message list's model, heights and lines, without a screen."""

from __future__ import annotations

import datetime as dt

import msgspec
from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.api import Message, Quote, Reaction
from tests.support.world import BOB, MINUTE, NOW
from tui.look.glyphs import UNICODE
from tui.widgets.chat_log.cache import DrawnRows
from tui.widgets.chat_log.layout import RowHeights
from tui.widgets.chat_log.model import ChatModel
from tui.widgets.chat_log.render import draw
from tui.widgets.chat_log.rows import DrawnRow, Layout, Look, Place, estimates, offset_at
from tui.words.format import Calendar

CALENDAR = Calendar(dt.UTC)
NAMES = {"me": "you", BOB: "Bob"}


def row(number: int, text: str = "hello", *, sender: str = BOB, at: int = NOW, **more: object) -> Message:
    state = "received" if sender != "me" else "delivered"
    return Message(id=f"m{number}", sender=sender, text=text, sent_at=at, **{"state": state, **more})  # type: ignore[arg-type]


def look(width: int = 60, layout: Layout = "dialogue", names: dict[str, str] = NAMES) -> Look:
    return Look(width, UNICODE, CALENDAR, CALENDAR.day(NOW), names, layout=layout)


def shown(message: Message, previous: Message | None = None, seen: Look | None = None, **place: object) -> list[str]:
    drawn = draw(message, Place(previous, **place), seen or look())  # type: ignore[arg-type]
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


def test_theirs_is_left_and_ones_own_right_and_each_ends_with_its_time() -> None:
    previous = row(0, at=NOW - 60 * MINUTE)
    assert shown(row(1), previous) == ["", " ▌ hello  14:30"]
    assert shown(row(1, sender="me"), previous) == ["", " " * 46 + "hello  14:30 ▐"]
    assert shown(row(1, sender="me"), previous, marked=True)[1].endswith("14:30 ✓ ▐")
    assert shown(row(1, sender="me", state="sent"), previous)[1].endswith("14:30 ◌ ▐")


def test_what_is_said_in_one_go_stands_close_and_its_bar_is_notched() -> None:
    first = row(0, at=NOW - MINUTE)
    assert shown(row(1), first) == [" ▖ hello  14:30"]
    assert shown(row(1, "long " * 18), first) == [
        " ▖ long long long long long long long long long long",
        " ▌ long long long long long long long long     14:30",
    ]
    for other in (
        row(0, at=NOW - 6 * MINUTE),
        row(0, sender="me", at=NOW - MINUTE),
        row(0, kind="gap", at=NOW - MINUTE),
    ):
        assert shown(row(1), other)[0] == ""


def test_a_block_is_as_narrow_as_its_rows_allow() -> None:
    lines = shown(row(1, "one two three four five six seven eight nine ten eleven"), row(0, at=NOW - 60 * MINUTE))
    assert len(lines) == 3
    assert lines[2].endswith("14:30")
    text = [line[3:].removesuffix("14:30").strip() for line in lines[1:]]
    assert abs(len(text[0]) - len(text[1]) - len("  14:30")) <= 8


def test_where_a_message_is_stands_there_in_words_when_it_is_the_last_or_chosen() -> None:
    held = row(1, sender="me", state="stored", copies=3)
    assert "held" not in "".join(shown(held))
    assert "held for Bob by 3 nodes" in "".join(shown(held, newest=True))
    assert "held for Bob by 3 nodes" in "".join(shown(held, selected=True))
    assert "nobody fetched it in time" in "".join(shown(row(1, sender="me", state="failed"), selected=True))


def test_in_a_group_a_run_begins_with_a_name() -> None:
    group = look(names={**NAMES, "carol": "Carol"})
    assert shown(row(1), row(0, at=NOW - 60 * MINUTE), group)[1] == " ▌ Bob"
    assert shown(row(1), row(0, at=NOW - MINUTE), group) == [" ▖ hello  14:30"]


def test_in_letter_a_run_has_a_line_with_name_and_time() -> None:
    letter = look(layout="letter")
    assert shown(row(1), row(0, at=NOW - 60 * MINUTE), letter) == ["", " ▌ Bob  14:30", " ▌ hello"]
    later = shown(row(1), row(0, at=NOW - MINUTE), letter)
    assert (len(later), later[0][:8], later[0][-5:]) == (1, " ▌ hello", "14:30")
    assert shown(row(1, sender="me"), row(0, at=NOW - 60 * MINUTE), letter)[1] == " ▌ you  14:30"


def test_a_new_day_begins_with_its_name() -> None:
    yesterday = row(0, at=NOW - 24 * 60 * MINUTE)
    assert "Today" in shown(row(1), yesterday)[1]
    assert "Yesterday" in shown(yesterday)[0]


def test_the_unread_rule_counts() -> None:
    assert "─ 3 new ─" in shown(row(1), row(0, at=NOW - MINUTE), unread=3)[1]


def test_a_quote_reactions_and_an_edit_stand_where_they_are_looked_for() -> None:
    message = msgspec.structs.replace(
        row(1, "an answer"),
        reply_to="0",
        quote=Quote(sender="me", text="what **was**\nsaid " * 9),
        reactions=[Reaction(emoji="❤️", senders=[BOB]), Reaction(emoji="+1", senders=["me", BOB])],
        edited_at=NOW,
        pinned=True,
    )
    lines = shown(message, row(0, at=NOW - MINUTE))
    assert lines[0] == ""
    assert lines[1].startswith(" ▌ ▎ you  what **was** said what")
    assert lines[1].endswith("…")
    assert lines[2] == " ▌ an answer"
    assert lines[3].startswith(" ▌ ♥ Bob  +1 2")
    assert lines[3].endswith("▴ edited 14:30")


def test_gaps_newer_kinds_and_late_rows_say_what_they_are() -> None:
    before = row(0, at=NOW - MINUTE)
    assert "missing here" in " ".join(shown(row(1, "", kind="gap"), before))
    assert "newer version" in " ".join(shown(row(1, "", kind="unknown"), before))
    assert "came late" in shown(row(1, late=True), before)[-1]
    assert "unknown device" in shown(row(1, known=False), before)[-1]
    assert "not delivered" in " ".join(shown(row(1, sender="me", state="failed"), before))


@given(
    st.text(max_size=200) | st.text(alphabet="ab `*_\n-[](:/h字", max_size=200), st.integers(24, 130), st.booleans(),
    st.sampled_from(["me", BOB]), st.sampled_from(["dialogue", "letter"]),
)  # fmt: skip
def test_every_line_is_exactly_as_wide_as_the_view(
    text: str, width: int, selected: bool, sender: str, layout: Layout
) -> None:
    drawn = draw(row(1, text, sender=sender), Place(None, selected=selected), look(width, layout))
    assert {line.strip.cell_length for line in drawn.lines} == {width}


@given(st.text(max_size=200), st.integers(24, 130))
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
