"""Finds links in messages, and decides which of them a terminal may be told to be links (OSC 8).

A link is what it shows: the target is the very text on the screen, so nothing can be hidden behind other words. Marked are
only ``http`` and ``https`` with a host of plain ASCII, without a user name: of ``https://bank.example@evil.example`` the eye
sees the wrong half, and letters of other scripts can be mistaken. What is not marked is text like any other, and can be
copied all the same. Addresses of mail (``mailto:``) and invitations are found too, to be opened by a key or copied.
"""

from __future__ import annotations

import re
from typing import Final

# Longest link marked, in characters: terminals ignore longer ones (VTE from 2083 on).
MAX_LINK: Final = 2000

# What may be copied as one: from the scheme up to a blank or a quoting sign.
_LINK: Final = re.compile(r"\bhttps?://[^\s<>\"“”„«»]+", re.IGNORECASE)
# Addresses of mail, and the first line of an invitation, which may go on in the next.
_OTHER: Final = re.compile(r"\bmailto:[^\s<>\"“”„«»]+|\bsottovoce:[A-Z2-7]{8,}", re.IGNORECASE)
# What may be marked: letters, digits and signs of RFC 3986, with a host, and a port that may be missing.
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\])"
_REST: Final = r"(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?"
_PLAIN: Final = re.compile(rf"https?://{_HOST}(?::\d{{1,5}})?{_REST}", re.IGNORECASE)
# Signs that end a sentence rather than a link.
_TRAILING: Final = ".,;:!?'*_…’"
_BRACKETS: Final = {")": "(", "]": "[", "}": "{"}


def spans(text: str) -> list[tuple[int, int]]:
    """Return where links begin and end in a cleaned text."""
    found = ((match.start(), match.start() + len(_trimmed(match.group()))) for match in _LINK.finditer(text))
    return [(start, end) for start, end in found if end - start > len("https://")]


def links_in(text: str) -> list[str]:
    """Return the links of a cleaned text, addresses of mail and invitations among them, each once, in their order."""
    found = spans(text)
    for match in _OTHER.finditer(text):
        link = _trimmed(match.group())
        if "@" in link or link[:1] in "sS":
            found.append((match.start(), match.start() + len(link)))
    outer, end_of_last = [], 0
    for start, end in sorted(found):
        if start >= end_of_last:  # not within another link
            outer.append(text[start:end])
            end_of_last = end
    return list(dict.fromkeys(outer))


def may_be_marked(link: str) -> bool:
    """Whether a terminal may be told that this is a link to itself."""
    return len(link) <= MAX_LINK and _PLAIN.fullmatch(link) is not None


def link_end(text: str, start: int) -> int | None:
    """Return where the link ends that begins at a place of a cleaned text; None where none does."""
    match = _LINK.match(text, start)
    end = start if match is None else start + len(_trimmed(match.group()))
    return end if end - start > len("https://") else None


def _trimmed(link: str) -> str:
    """Return a link without the signs of the sentence around it; a bracket belongs to it if it was opened in it."""
    end = len(link)
    unopened = {last: link.count(last) - link.count(first) for last, first in _BRACKETS.items()}
    while end and ((last := link[end - 1]) in _TRAILING or unopened.get(last, 0) > 0):
        if last in unopened:
            unopened[last] -= 1
        end -= 1
    return link[:end]
