"""One trick each: what the sanitiser takes out of foreign text, what a crash report leaves out."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from rich.cells import cell_len

from core import crash
from tui.text.cells import MAX_SPACING, REPLACEMENT, ZWJ, ZWNJ, width_of
from tui.text.sanitize import MAX_SHOWN, clean_line, clean_name, clean_text, kept_name, kept_text


def test_control_characters_in_plain_text_are_shown() -> None:
    assert clean_text("\x1b]0;title\x07") == "␛]0;title␇"
    assert clean_text("rubbed\x7f out\x08") == "rubbed␡ out␈"


def test_control_characters_beyond_ascii_are_not_obeyed() -> None:
    assert clean_text("\x9b31mred") == f"{REPLACEMENT}31mred"


@pytest.mark.parametrize("sign", ["\ue0b0", "\uf8ff", "\U000f0001", "\U00100000", "\ufffe", "\ud800"])
def test_nobody_draws_our_own_signs_with_private_characters(sign: str) -> None:
    assert clean_text(f"é{sign}") == f"é{REPLACEMENT}"


@pytest.mark.parametrize("selector", ["\ufe0f", "\ufe0e", "\ufe00", "\u180b", "\U000e0101"])
def test_variation_selectors_go(selector: str) -> None:
    assert clean_text(f"❤{selector}x") == "❤x"


def test_what_is_drawn_is_bounded() -> None:
    assert len(clean_text("x" * (MAX_SHOWN + 1))) == MAX_SHOWN
    assert len(clean_text("é" * (MAX_SHOWN + 1))) == MAX_SHOWN


def test_marks_do_not_pile_up_nor_climb_on_what_we_drew() -> None:
    assert clean_text("e" + "\u0301" * 9) == "e" + "\u0301" * 3
    assert clean_text("\u0301\u0301x") == "x"
    assert clean_text("a\n\u0301b") == "a\nb"


@pytest.mark.parametrize(
    "override", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff\u200b"
)
def test_no_override_or_invisible_sign_is_left(override: str) -> None:
    assert kept_text(f"é{override}x") == clean_text(f"é{override}x") == "éx"


def test_a_soft_hyphen_goes() -> None:
    assert clean_text("Bo\u00adb é") == "Bob é"


def test_joiners_are_kept_and_only_those_that_every_terminal_ignores_are_drawn() -> None:
    assert kept_text(f"ن{ZWJ}م") == f"ن{ZWJ}م"
    assert clean_text(f"ن{ZWJ}م") == "نم"
    assert clean_text(f"ن{ZWNJ}م") == f"ن{ZWNJ}م"
    assert clean_text(f"👨{ZWJ}👨") == "👪", "a family is one picture, as most terminals that know it draw it"
    assert clean_text(f"👨{ZWJ}💻") == "👨💻"
    assert clean_text(f"é1{ZWJ}2") == "é12"


@pytest.mark.parametrize("blank", "\u115f\u1160\u17b4\u2800\u3164\uffa0\u200c\u200d")
def test_a_name_holds_nothing_invisible(blank: str) -> None:
    assert clean_name(f"Bo{blank}b") == "Bob"
    assert clean_name(blank) == "nameless"


def test_a_name_or_a_line_is_one_line_without_wide_gaps() -> None:
    assert clean_line("a\nb\u2003\u2003c   d\t\te") == "a b c d e"
    assert clean_name(" Bob \n\n (verified) ") == "Bob (verified)"
    assert cell_len(clean_line("a" + " " * 300 + "b")) == 3


def test_a_crash_report_tells_places_and_quotes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "home" / "somebody" / "lib" / "tui" / "fails.py"
    place.parent.mkdir(parents=True)
    code = compile("def fail(text):\n    raise ValueError(text)\n", str(place), "exec")
    scope: dict[str, object] = {}
    exec(code, scope)
    with pytest.raises(ValueError) as caught:
        eval("fail('my dearest secret')", scope)
    told = crash.report(caught.value)
    assert "ValueError" in told
    assert "lib/tui/fails.py:2 fail" in told
    assert "secret" not in told
    assert "somebody" not in told


def test_what_is_copied_and_stored_keeps_pictures_and_marks_as_they_came() -> None:
    for whole in ("👨‍👩‍👧", "👍🏽", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "ශ්‍රී", "é" + "\u0301" * 9, "葛󠄀"):
        assert kept_text(whole) == kept_name(whole) == whole


@pytest.mark.parametrize(
    "smuggled", ["é\U000e0041\U000e0042", "🏴\U000e0041", "❤\ufe0f\ufe0f\ufe01", "é\U000e0100\U000e0101"]
)
def test_nothing_is_smuggled_in_invisible_letters(smuggled: str) -> None:
    kept = kept_text(smuggled)
    assert kept == kept_text(kept)
    assert sum(unicodedata.category(each) in {"Cf", "Mn", "Cn"} for each in kept) <= 1
    assert len(kept) < len(smuggled)


def test_a_name_that_would_not_be_seen_is_none() -> None:
    assert [kept_name(each) for each in ("\u3164", "\u200d", " \ufe0f", "\u202e")] == [""] * 4


def test_a_name_of_skin_tones_is_seen_and_counted() -> None:
    assert clean_name("🏽" * 16) == REPLACEMENT * 16
    assert clean_name("👍🏽") == "👍"
    assert clean_name("👍🏽🏽") == f"👍{REPLACEMENT}"


def test_spacing_marks_do_not_pile_up() -> None:
    assert width_of("क" + "\u093e" * 60) == 1 + MAX_SPACING
    assert width_of("नमस्ते दुनिया, आप कैसे हैं?") == 20
