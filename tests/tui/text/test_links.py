"""Links are found, marked where that is safe, never cut where it can be avoided, and copied whole."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from core import api
from tests.support.client import FakeClient
from tests.support.world import BOB, NOW
from tests.tui.demo import Demo, running
from tui.terminal.clipboard import SENT
from tui.text.links import MAX_LINK, links_in, may_be_marked
from tui.text.markdown import Body, Span, body_of
from tui.text.sanitize import wrap
from tui.widgets.chat_log.setting import Setting

LONG = "https://example.org/a/rather/long/path/to/a/page-that-nobody-would-type?with=parameters&and=more#fragment"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://example.org.", ["https://example.org"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("<http://example.org:8080/x?y=1#z>", ["http://example.org:8080/x?y=1#z"]),
        ("“https://example.org/ü” und", ["https://example.org/ü"]),
        ("HTTPS://EXAMPLE.ORG twice HTTPS://EXAMPLE.ORG", ["HTTPS://EXAMPLE.ORG"]),
        ("ftp://example.org javascript:alert(1) example.org", []),
        ("https:// http://", []),
        ("a\nhttps://example.org/1\nhttps://example.org/2, b", ["https://example.org/1", "https://example.org/2"]),
    ],
)
def test_links_are_found_without_the_sentence_around_them(text: str, links: list[str]) -> None:
    assert links_in(text) == links


@pytest.mark.parametrize(
    "link",
    ["https://example.org", "http://example.org:80/x;y=%20?a[]=1", "https://[2001:db8::1]/x", LONG, "https://a.b./"],
)
def test_what_is_plainly_a_link_may_be_marked(link: str) -> None:
    assert may_be_marked(link)


@pytest.mark.parametrize(
    "link",
    [
        "https://bank.example@evil.example/", "https://user:word@example.org", "https://exаmple.org", "https://-x.org",
        "https://example.org/ü", "javascript:alert(1)", "file:///etc/passwd", "https://example.org/\x1b]8;;x",
        "https://example.org\\@evil.example", "https:///x", "https://example.org:99999999/", f"https://a.b/{'x' * MAX_LINK}",
        "https://example.org/ x", "https://example..org", "https://a.b/\x07",
    ],
)  # fmt: skip
def test_what_could_deceive_is_not_marked(link: str) -> None:
    assert not may_be_marked(link)


@given(st.text(alphabet="ab ./é\n字", max_size=60), st.integers(8, 60), st.text(alphabet="ab ./é\n", max_size=40))
def test_all_of_a_text_is_in_its_lines_and_none_is_too_wide(before: str, width: int, after: str) -> None:
    text = f"{before} {LONG} {after}"
    at = len(before) + 1
    setting = Setting(Body(text, (Span(at, at + len(LONG), "link", LONG),)))
    lines = [(line.start, line.end) for line in setting.lines(width)]
    shown = "".join(text[start:end] for start, end in lines)
    assert shown.replace(" ", "") == text.replace(" ", "").replace("\n", "")
    assert all(first[1] <= second[0] for first, second in pairwise(lines))
    assert all(wrap(text[start:end], width) == [(0, end - start)] for start, end in lines)


def test_a_text_without_long_links_is_wrapped_as_ever() -> None:
    text = "one https://example.org/two three " * 5
    assert [(line.start, line.end) for line in Setting(body_of(text)).lines(40)] == wrap(text, 40)


def saying(text: str) -> FakeClient:
    client = FakeClient()
    client.room("bob").say(BOB, text, NOW)
    return client


def marked(demo: Demo) -> list[tuple[str, str]]:
    """Return each part of the list that the terminal is told of as a link, and to what."""
    strips = [demo.log.render_line(y) for y in range(demo.log.view_height)]
    return [(seg.text, seg.style.link) for strip in strips for seg in strip if seg.style is not None and seg.style.link]


@pytest.mark.asyncio
async def test_a_long_link_is_one_to_the_terminal_and_no_sign_cuts_it() -> None:
    async with running(client=saying(f"Look: {LONG} it says")) as demo:
        await demo.open("bob")
        parts = marked(demo)
        assert "".join(text for text, _ in parts) == LONG
        assert {target for _, target in parts} == {LONG}
        assert all(text[-1] in "/?&=#-" for text, _ in parts[:-1])
        later = [line for line in demo.lines() if any(part in line for part, _ in parts[1:])]
        assert later
        assert not any("│" in line for line in later)


@pytest.mark.asyncio
async def test_hostile_links_are_text() -> None:
    text = "https://bank.example@evil.example/ \x1b]8;;https://evil.example\x07https://good.example\x1b]8;;\x07 javascript:x"
    async with running(client=saying(text)) as demo:
        await demo.open("bob")
        assert [(shown, target) for shown, target in marked(demo) if shown != target] == []
        assert not any("bank" in target or "evil" in target for _, target in marked(demo))


@pytest.mark.asyncio
async def test_a_link_is_copied_whole_by_a_key() -> None:
    async with running(client=saying(f"Look: {LONG}, and https://example.org.")) as demo:
        demo.app.copy_to_clipboard = demo.copied.append  # type: ignore[method-assign,assignment]
        await demo.open("bob")
        await demo.press("up", "l")
        assert demo.copied == [f"{LONG}\nhttps://example.org"]
        assert SENT.split(";")[0] in demo.status()
        await demo.press("up", "l")
        assert "There is no link in this message." in demo.status()
        assert not [call for call in demo.client.calls if isinstance(call, api.MessageSend)]
