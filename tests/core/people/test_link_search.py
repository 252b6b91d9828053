"""An invitation is found however it reached somebody; the checksum decides what one is."""

from __future__ import annotations

import base64
import html
import json
import quopri
import textwrap
from urllib.parse import quote

import pytest
from hypothesis import given, settings, strategies as st

from core.api import ApiError, Kind
from core.crypto import primitives
from core.errors import Malformed
from core.people.format import link_search
from core.people.format.invitation import Link, decode_link, encode_link, links_in
from core.session import invitation_lookup
from tui.widgets.link_field import joined

LINK = Link(1_900_000_000, primitives.ed25519_public(b"\x05" * 32), b"s" * 16, b"h" * 16)
OTHER = Link(1_900_000_001, primitives.ed25519_public(b"\x06" * 32), b"t" * 16, b"i" * 16)
TEXT = encode_link(LINK)
BODY = TEXT.removeprefix("SOTTOVOCE:")
HALF = len(TEXT) // 2
ONE, TWO = TEXT[:HALF], TEXT[HALF:]
PROSE = "this is the messenger that I told you of, a fast one and as easy as any. " * 30


def wrapped(width: int, head: str = "", tail: str = "", text: str = TEXT) -> str:
    return "\n".join(head + text[at : at + width] + tail for at in range(0, len(text), width))


def full_width(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


def mathematical(text: str) -> str:
    return "".join(chr(ord(each) - ord("A") + 0x1D400) if each.isalpha() else each for each in text)


def soft_breaks(text: str) -> str:
    return "=\r\n".join(text[at : at + 75] for at in range(0, len(text), 75))


def in_base64(text: str) -> str:
    return base64.encodebytes(text.encode()).decode()


WAYS = {
    "as it is": TEXT,
    "small letters": TEXT.lower(),
    "small letters of a Turkish program": TEXT.lower().replace("i", "ı"),
    "capitals of a Turkish program": TEXT.replace("I", "İ"),
    "without its scheme": BODY,
    "without its scheme, in a sentence": f"my code is {BODY} have fun",
    "blanks around it": f" \t {TEXT}\r\n\r\n",
    "tabs and blanks in it": "\t".join(textwrap.wrap(TEXT, 10)),
    "in groups of four": " ".join(textwrap.wrap(TEXT, 4)),
    "in groups with hyphens": "-".join(textwrap.wrap(TEXT, 5)),
    "blank after the colon": TEXT.replace(":", ": "),
    "line end after the colon": TEXT.replace(":", ":\n"),
    "no colon": TEXT.replace(":", ""),
    "slashes of a URL": TEXT.replace(":", "://").lower(),
    "byte order mark": "\ufeff" + TEXT,
    # punctuation
    "full stop": TEXT + ".",
    "comma": TEXT + ", see you",
    "no blank behind it": TEXT + "see you",
    "semicolon and dash": f"{TEXT}; — Ann",
    "exclamation marks": TEXT + "!!!",
    "angle brackets": f"<{TEXT}>",
    "parentheses": f"({TEXT})",
    "square brackets": f"[{TEXT}]",
    "quotes": f"“{TEXT}”",
    "guillemets": f"« {TEXT} »",
    "apostrophes": f"'{TEXT}'",
    "Chinese punctuation": f"邀请：{TEXT}。",
    "Arabic around it": f"دعوة \u200f{TEXT}\u200f؟",
    "isolates": f"\u2068{TEXT}\u2069",
    "emoji": f"👉🏽{TEXT}👈🏽",
    # markup
    "back-ticks": f"`{TEXT}`",
    "code block": f"```\n{wrapped(60)}\n```",
    "code block, indented": textwrap.indent(wrapped(40), "    "),
    "bold": f"**{TEXT}**",
    "markdown link": f"[join me]({TEXT})",
    "markdown table": f"| name | link |\n|---|---|\n| Ann | {TEXT} |",
    "wiki": f"[[{TEXT}|join]]",
    "spoiler": f"||{TEXT}||",
    "HTML": f'<p>Join: <a href="{TEXT}">here</a></p>',
    "HTML, broken by hints": "<wbr>".join(textwrap.wrap(TEXT, 12)),
    "HTML, lines": "<br/>\n".join(textwrap.wrap(TEXT, 40)),
    "HTML, marked": f"<b>{TEXT[:30]}</b><span class='a'>{TEXT[30:70]}</span>{TEXT[70:]}",
    "HTML entity": TEXT.replace(":", "&#58;"),
    "every character an entity": "".join(f"&#{ord(each)};" for each in TEXT),
    "entities of line ends": "&#13;&#10;".join(textwrap.wrap(TEXT, 50)),
    "no-break blanks": "&nbsp;".join(textwrap.wrap(TEXT, 20)),
    "escaped twice": html.escape(html.escape(f"<{TEXT}>")),
    # invisible
    "zero width": "\u200b".join(textwrap.wrap(TEXT, 7)),
    "word joiner": TEXT[:50] + "\u2060" + TEXT[50:],
    "soft hyphens": "\u00ad".join(textwrap.wrap(TEXT, 9)),
    "zero bytes between": "\0".join(TEXT),
    "colours of a terminal": "\x1b[31m" + "\x1b[0m\x1b[32m".join(textwrap.wrap(TEXT, 30)) + "\x1b[0m",
    "colours of IRC": "\x0304,12" + "\x0304".join(textwrap.wrap(TEXT, 30)),
    "full-width": full_width(TEXT),
    "full-width colon": TEXT.replace(":", "："),
    "mathematical bold": mathematical(TEXT),
    # URLs
    "percent-encoded colon": TEXT.replace(":", "%3A"),
    "percent-encoded, all of it": "".join(f"%{ord(each):02X}" for each in TEXT),
    "percent-encoded line ends": quote(wrapped(60).replace("\n", "\r\n")),
    "percent-encoded twice": quote(quote(wrapped(60))),
    "form": "q=" + quote(f"join me at {wrapped(40)} now").replace("%20", "+"),
    "tracking parameter": TEXT + "?fbclid=IwAR0abcdefghijklmn234567",
    "fragment": TEXT + "#",
    "guarded by a mail server": f"https://eur01.safelinks.example/?url={quote(TEXT, safe='')}&data=05%7C01%7Cann",
    "rewritten by a guard": f"https://urldefense.example/v3/__{TEXT.lower()}__;!!ABCDEFGH$",
    "mailto": f"mailto:?subject=Hi&body=Join%20{quote(TEXT)}%0D%0Abye",
    # mail
    "wrapped": ONE + "\r\n" + TWO,
    "wrapped narrowly": wrapped(20),
    "wrapped, indented": wrapped(40, head="      "),
    "hyphenated": ONE + "-\n" + TWO,
    "wrapped by a shell": " \\\n".join(textwrap.wrap(TEXT, 60)),
    "quoted": wrapped(70, head="> "),
    "quoted twice": wrapped(60, head=">> "),
    "quoted with bars": wrapped(60, head="| > "),
    "quoted with initials": "Ann wrote:\nBB> Hello\n" + wrapped(60, head="BB> ") + "\nBB> bye",
    "flowed": " \n".join(f"> {each}" for each in textwrap.wrap(TEXT, 70)),
    "quoted-printable": soft_breaks(TEXT),
    "quoted-printable, all of it": "".join(f"={ord(each):02X}" for each in TEXT),
    "quoted-printable in a mail": quopri.encodestring(f"Schöne Grüße = {TEXT} €\n".encode()).decode(),
    "quoted-printable, line ends": "=0D=0A".join(textwrap.wrap(TEXT, 60)),
    "base64 of a mail": f"Content-Transfer-Encoding: base64\n\n{in_base64(f'Hello, {TEXT} bye')}",
    "base64 of a quoted mail": in_base64(wrapped(60, head="> ")),
    "base64 of HTML": in_base64("<br>".join(textwrap.wrap(f"Hello {TEXT}", 40))),
    "a whole mail": f"Hello,\n\n{PROSE}\n\nMy invitation:\n{ONE}\n{TWO}\n\nUntil soon\nAnn\n",
    "headers": f"From: ann@example.org\nSubject: =?utf-8?Q?hi?=\n\nOn Mon, 30 Nov, Bob wrote:\n{TEXT}\n-- \nBob",
    "signature": f"{ONE}\n{TWO}\n-- \nANN AEA234 DEAREST ABCDEFGH",
    "calendar folding": "DESCRIPTION:" + "\r\n ".join(textwrap.wrap(TEXT, 60)),
    # chats and programs
    "sentence": f"Here is my invitation: {TEXT} see you there!",
    "line with a time": f"[14:02] bob: {TEXT}",
    "frames of a chat": "\n".join(f"[14:0{at}] bob: {each}" for at, each in enumerate((ONE, TWO))),
    "frames with dates": wrapped(50, head="[30.11.26, 22:22:33] Bob Feather: "),
    "frames behind": wrapped(60, tail=" | 22:47 bob"),
    "window with two columns": "\n".join(
        f" {left:<9}│ {right}" for left, right in zip(("bob", "an", "feed", "zed"), textwrap.wrap(TEXT, 40), strict=True)
    ),
    "box": wrapped(44, head="│ ", tail=" │"),
    "line numbers": "\n".join(f"{at:6}\t{each}" for at, each in enumerate(textwrap.wrap(TEXT, 50), 2)),
    "diff": wrapped(60, head="+"),
    "comments": wrapped(60, head="# "),
    "JSON": json.dumps({"jsonrpc": "2.0", "result": {"link": TEXT}}),
    "JSON with line ends": json.dumps(f"join:\n{wrapped(50)}\nbye"),
    "JSON in ASCII": json.dumps(full_width(TEXT)),
    "JSON in JSON": json.dumps(json.dumps(wrapped(50))),
    "source": ' +\n    '.join(f'"{each}"' for each in textwrap.wrap(TEXT, 50)),
    "shell": f"$ sottovoce --add '{TEXT}'\n$ ",
    # several
    "a damaged one first": f"{TEXT[:-3]}AAA\n{TEXT}",
    "a cut one first": f"{TEXT[:80]}...\nagain, whole:\n{TEXT}",
    "a cut one behind": f"{TEXT}\n{TEXT[:80]}",
    "twice": f"{TEXT} {TEXT}",
    "text and target": f"<{TEXT}|{TEXT.lower()}>",
}  # fmt: skip


def test_there_are_many_ways() -> None:
    assert len(WAYS) >= 60


@pytest.mark.parametrize("way", WAYS)
def test_a_link_is_found_however_it_came(way: str) -> None:
    assert decode_link(WAYS[way]) == LINK, "by rpc"
    assert joined(WAYS[way]) == TEXT, "on the screen"


@pytest.mark.parametrize("way", WAYS)
def test_one_letter_changed_and_it_is_refused_however_it_came(way: str) -> None:
    """What stands around a link never makes up for what is wrong in it."""
    wrong = TEXT[:40] + ("A" if TEXT[40] != "A" else "B") + TEXT[41:]
    said = WAYS[way].replace(TEXT[36:44], wrong[36:44]).replace(TEXT[36:44].lower(), wrong[36:44].lower())
    if said != WAYS[way] and TEXT[36:44] not in said.upper():
        with pytest.raises(Malformed):
            decode_link(said)


def test_all_links_are_found_in_order_each_once() -> None:
    said = f"{encode_link(OTHER)} or {TEXT}, that is {TEXT.lower()}\n> {TEXT[:60]}\n> {TEXT[60:]}"
    assert list(links_in(said)) == [OTHER, LINK]
    assert joined(said) == f"{encode_link(OTHER)} {TEXT}"


BEFORE, AFTER = 1_900_000_000_500, 1_900_000_001_000  # between the ends of the two; behind both


def test_of_several_links_the_one_is_followed_that_can_be() -> None:
    own, over = (encode_link(OTHER), OTHER.identity), TEXT
    said = f"mine: {own[0]}\nyours: {TEXT}"
    assert invitation_lookup.read_link(said, own[1], 0) == LINK, "one's own is passed over"
    assert invitation_lookup.read_link(f"{over}\n{encode_link(OTHER)}", b"", BEFORE) == OTHER, (
        "and so is one that is over"
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (f"{encode_link(OTHER)} {TEXT}", Kind.OWN_INVITE),
        (f"{TEXT} {encode_link(OTHER)}", Kind.INVITE_EXPIRED),
        (f"{TEXT[:-1]} only", Kind.BAD_INVITE),
        ("hello", Kind.BAD_INVITE),
        ("", Kind.BAD_INVITE),
    ],
)
def test_where_none_can_be_followed_the_first_says_why(said: str, kind: Kind) -> None:
    with pytest.raises(ApiError) as refused:
        invitation_lookup.read_link(said, OTHER.identity, AFTER)
    assert refused.value.kind is kind


def later_version(version: int = 2, more: int = 30) -> str:
    body = bytes([version, 0]) + bytes(at % 251 for at in range(68 + more))
    checksum = primitives.sha256(b"sottovoce/v1/link-check" + body)[:4]
    return "SOTTOVOCE:" + base64.b32encode(body + checksum).decode().rstrip("=")


@pytest.mark.parametrize("more", [0, 1, 30, 700])
def test_a_link_of_a_later_version_is_found_in_a_text_as_well_and_shown_whole(more: int) -> None:
    newer = later_version(more=more)
    said = "Join me:\n> " + "\n> ".join(textwrap.wrap(newer, 70)) + "\nsee you there"
    with pytest.raises(ApiError, match="newer version"):
        invitation_lookup.read_link(said, b"", 0)
    assert joined(said) == newer
    assert invitation_lookup.read_link(f"{said} {TEXT}", b"", 0) == LINK, "and one that can be followed goes before it"


@pytest.mark.parametrize(
    "hostile",
    [
        "AEA" * 90_000,
        "AEA " * 90_000,
        "AEAABCDE " * 30_000,
        "SOTTOVOCE:" * 30_000,
        "SOTTOVOCE " * 30_000,
        "%25" * 90_000,
        "&amp;" * 60_000,
        "<" * 260_000,
        "\\" * 260_000,
        "=\n" * 130_000,
        "A" * 2_000_000,
        "A \n" * 90_000,
        "\x1b[" * 130_000,
        "\u0130\ufdfa" * 130_000,
    ],
    ids=lambda text: repr(text[:9]),
)
def test_the_search_in_a_hostile_text_ends(hostile: str) -> None:
    tried = sum(1 for _ in link_search.proposals(hostile)) + sum(1 for _ in link_search.longer_proposals(hostile))
    assert tried <= link_search.MAX_PROPOSALS + link_search.MAX_LONGER
    with pytest.raises(Malformed):
        decode_link(hostile)


def test_a_link_behind_a_long_mail_is_found_and_one_behind_a_book_is_not() -> None:
    assert decode_link("word " * 40_000 + TEXT) == LINK
    with pytest.raises(Malformed):
        decode_link("word " * 60_000 + TEXT)


@settings(max_examples=200)
@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_before_and_behind(before: str, behind: str) -> None:
    assert LINK in links_in(f"{before}\n{TEXT}\n{behind}")


@given(st.text())
def test_what_the_screen_shows_is_one_printable_line(text: str) -> None:
    shown = joined(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert " " not in shown
    assert joined(shown) == shown
