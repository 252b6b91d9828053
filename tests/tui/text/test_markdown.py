"""Light Markdown: what is meant beyond doubt is drawn, all else stays as it was written, and nothing takes long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings, strategies as st

from tui.text.markdown import MAX_SIGNS, Body, body_of
from tui.text.sanitize import kept_text


def parts(text: str) -> list[tuple[str, str]]:
    body = body_of(text)
    return [(span.kind, body.text[span.start : span.end]) for span in body.spans]


@pytest.mark.parametrize(
    ("text", "drawn", "kinds"),
    [
        ("a **b** _c_ ~~d~~ `e*f*`", "a b c d e*f*", ["bold", "italic", "struck", "code"]),
        ("**a _b_**", "a b", ["bold", "italic"]),
        ("  indented *x*  ", "  indented x  ", ["italic"]),
        ("**a**: __init__.py", "a: __init__.py", ["bold"]),
        ("- one *x*\n1. two", "- one x\n1. two", ["italic"]),
        ("\n**a**\n\nb", "\na\n\nb", ["bold"]),
    ],
)
def test_signs_become_what_they_mean(text: str, drawn: str, kinds: list[str]) -> None:
    body = body_of(text)
    assert (body.text, [span.kind for span in body.spans]) == (drawn, kinds)


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4 = 24", "snake_case_name and __init__.py_", "a * b * c", "[see] (this)", "**never ends", "```\nnever ends",
        "[x](javascript:alert(1))", "[x](https://user@evil.example)", "[x]( y)",
        "1 < 2 & <b>x</b> &amp; \\*", "# not a heading\n> said\n---\n    four blanks", "*" * (MAX_SIGNS + 1) + "a**",
    ],
)  # fmt: skip
def test_what_is_not_meant_beyond_doubt_stays(text: str) -> None:
    assert body_of(text).text == text


def test_links_are_kept_from_signs_and_say_where_they_lead() -> None:
    assert parts("see https://a.example/_x_/ and *z*") == [("link", "https://a.example/_x_/"), ("italic", "z")]
    assert body_of("[x](https://exаmple.org)").text == "x (xn--exmple-4nf.org)"  # a Cyrillic letter
    body = body_of("[bank.example](https://evil.example/x) [evil.example](https://evil.example/x)")
    assert body.text == "bank.example (evil.example) evil.example"
    assert {span.link for span in body.spans} == {"https://evil.example/x"}


def test_blocks_of_code_keep_their_blanks_and_signs() -> None:
    body = body_of("look:\n```python\nif *x*:\n    y = `1`\n```\nso **there**")
    assert body.text == "look:\nif *x*:\n    y = `1`\nso there"
    assert [body.text[start:end] for start, end in body.blocks] == ["if *x*:\n    y = `1`"]
    assert body_of("```\n\n```").text == ""


def test_where_grounds_do_not_differ_code_keeps_its_signs() -> None:
    assert body_of("a `b`", tinted=False).text == "a `b`"


@given(st.text(alphabet="ab *_`~[]()\n-\\:/.htps", max_size=120))
@settings(max_examples=150, deadline=None)
def test_no_letter_is_lost_and_spans_lie_within(text: str) -> None:
    body = body_of(text)
    letters = [each for each in body.text if each in "ab"]
    assert [each for each in text if each in "ab"] == letters or "://" in text or "```" in text
    assert all(0 <= span.start <= span.end <= len(body.text) for span in body.spans)
    assert all(0 <= start <= end <= len(body.text) for start, end in body.blocks)


@pytest.mark.parametrize(
    "hostile",
    ["*a **a ", "[", "[a](https://x.example/", "`a``b", "*_", "~~a ~", "_a ", "**a *b c* d**", "[[a]", "](", "https://a*",
     "[*", "```\n", "*a_b~~c`d[", "https://a.b/(", "- *"],
)  # fmt: skip
def test_nothing_that_somebody_writes_takes_long(hostile: str) -> None:
    body_of("*warm* [up](https://a.b)")
    text = kept_text(hostile * (12_000 // len(hostile)))
    few = kept_text((hostile * MAX_SIGNS)[: MAX_SIGNS + 6_000])
    signs = max(1, sum(map(hostile.count, "*_`~[]")))
    for each in (text, few, kept_text(hostile * (MAX_SIGNS // signs))):
        taken = min(_seconds(each) for _ in range(3))
        assert taken < 0.02, taken


def _seconds(text: str) -> float:
    start = time.process_time()
    made = body_of(text)
    assert isinstance(made, Body)
    return time.process_time() - start
