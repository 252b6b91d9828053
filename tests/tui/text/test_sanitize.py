"""Nothing from afar reaches the terminal unsanitised, and lines are as wide as they say."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given, strategies as st
from rich.cells import cell_len

from tui.text.cells import MAX_MARKS, ZWJ, ZWNJ
from tui.text.sanitize import clean_line, clean_name, clean_text, fit, pad, wrap

HOSTILE = "\x1b[2J\x1b]52;c;cHduZWQ=\x07\x9b31m\u202eevil\u2066x\u2069\u200b\ufeff\r\n\x00\x7f\u2028"
anything = st.text(st.characters(codec=None), max_size=80)
text_like = st.text(st.sampled_from("ab c日本語é\u0301\u0300👍 \n-😀ไ\u0e31"), max_size=120)


def forbidden(character: str) -> bool:
    category = unicodedata.category(character)
    return (category in {"Cc", "Cs", "Co", "Zl", "Zp"} and character != "\n") or (
        category == "Cf" and character not in {ZWJ, ZWNJ}
    )


@given(anything)
@example(HOSTILE)
def test_cleaned_text_holds_printable_characters_and_line_breaks_only(text: str) -> None:
    assert not [character for character in clean_text(text) if forbidden(character)]


@given(anything)
@example(HOSTILE)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once


@given(st.text(st.sampled_from("e\u0301\u0327\u20dd"), max_size=40))
def test_marks_do_not_pile_up(text: str) -> None:
    run = longest = 0
    for character in clean_text(text):
        run = run + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        longest = max(longest, run)
    assert longest <= MAX_MARKS


@given(anything)
@example("\u202e\u200b")
def test_a_name_is_one_line_and_never_empty(name: str) -> None:
    cleaned = clean_name(name)
    assert cleaned.strip()
    assert "\n" not in cleaned
    assert ZWJ not in cleaned


def test_two_names_that_look_alike_through_invisible_characters_become_alike() -> None:
    assert clean_name("Bo\u200bb\u2066") == clean_name("Bob")
    assert clean_name("B\u200dob\u3164") == "Bob"


def test_escape_sequences_are_shown_instead_of_obeyed() -> None:
    assert clean_text("\x1b[31mred") == "␛[31mred"


def test_every_kind_of_line_end_is_one() -> None:
    assert clean_text("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_a_carriage_return_cannot_overwrite_a_line() -> None:
    assert clean_line("me: no\rBob: yes") == "me: no Bob: yes"


def test_joiners_stay_where_a_script_needs_them_and_go_between_pictures() -> None:
    assert clean_text("نمی\u200cخواهم") == "نمی\u200cخواهم"
    assert ZWJ not in clean_text("👨\u200d👩\u200d👧")


@given(text_like, st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    text = clean_text(text)
    spans = wrap(text, width)
    lines = [text[start:end] for start, end in spans]
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "").replace("\n", "")


@given(text_like, st.integers(2, 40))
def test_wrapped_spans_follow_each_other(text: str, width: int) -> None:
    spans = wrap(clean_text(text), width)
    ends = [0, *(end for _, end in spans)]
    assert all(start >= before for (start, _), before in zip(spans, ends, strict=False))


def test_words_are_kept_whole_where_they_fit() -> None:
    text = "the quick brown fox"
    assert [text[start:end] for start, end in wrap(text, 10)] == ["the quick", "brown fox"]


def test_east_asian_text_breaks_between_any_two_characters() -> None:
    text = "日本語のテキスト"
    assert [text[start:end] for start, end in wrap(text, 6)] == ["日本語", "のテキ", "スト"]


@given(text_like, st.integers(0, 20))
def test_fitted_text_is_never_wider_than_its_room(text: str, width: int) -> None:
    line = clean_line(text)
    assert cell_len(fit(line, width)) <= max(width, 0)


@given(text_like, st.integers(1, 20))
def test_padded_text_is_exactly_as_wide_as_its_room(text: str, width: int) -> None:
    assert cell_len(pad(clean_line(text), width)) == width
