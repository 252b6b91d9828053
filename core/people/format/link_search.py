"""Finds where in a text a link may stand: in a mail, a chat, a quotation, a URL, however it was broken on its way.

A link is a row of base32 characters that ends with a checksum. So the text around it does not matter: every place where
its characters may begin is proposed, and the checksum decides (``core.people.format.invitation``). In this order:

1. the text, and what it is once the wrappings are taken off that programs put around texts: percent-encoding, HTML,
   quoted-printable, escapes, base64, one inside another;
2. in each, all that is none of a link's characters left out: blanks, line ends, marks of quotation, invisible signs;
3. in each, words left out as well, such as names and times that a chat puts before every line.

Text that was not wrapped turns into nonsense when it is unwrapped, which no checksum fits. All steps are bounded, since the
text may be a stranger's: characters, unwrappings, proposals.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final
from urllib.parse import unquote

SCHEME: Final = "SOTTOVOCE:"
# Base32 characters of a link of this version, 74 bytes, and the first of them: they say version 1 and no flags.
TEXT_SIZE: Final = 119
_START: Final = "AEA"
# No version's link is longer: what a QR code holds. Base32 characters.
MAX_TEXT_SIZE: Final = 4096
# Characters of a text that are looked at: a long mail with all that it quotes.
MAX_LOOKED_AT: Final = 256 * 1024
# Texts that come of taking wrappings off, and how many lie one inside another.
_MAX_TEXTS: Final = 24
_MAX_DEPTH: Final = 3
# Proposals made for one text, each word that is tried counted in: a tenth of a second. An honest text has a handful.
MAX_PROPOSALS: Final = 20_000
# Those of other versions, which may be thirty times as long.
MAX_LONGER: Final = 1000
# The shortest piece of a link on a line, but for the last: no program wraps narrower. Characters.
_MIN_PIECE: Final = 8
# Words between two pieces: a time with a date, a name of several words.
_MAX_BETWEEN: Final = 16
# Bytes of base64 that are worth a look: a link has more.
_MIN_ENCODED: Final = 100

_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_NO_CHARACTER: Final = re.compile(r"[^A-Z2-7]+")
_WORD: Final = re.compile(r"[A-Z0-9]+")
# Capitals of ASCII, and what Turkish programs make of I and i.
_CAPITALS: Final = {ord(small): small.upper() for small in "abcdefghijklmnopqrstuvwxyz"} | {0x131: "I", 0x130: "I"}
# Signs that are not seen: soft hyphens, joiners, marks of direction, byte order marks, the ends of strings in C.
_INVISIBLE: Final = re.compile(
    "[\0\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
# Colours and movements of a terminal (ECMA-48, 5.4), colours of IRC.
_CONTROL: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x03\d{0,2}(?:,\d{1,2})?")
_ESCAPE: Final = re.compile(r"\\(?:u\{?([0-9A-Fa-f]{4})\}?|x([0-9A-Fa-f]{2})|.|$)", re.MULTILINE)
_BASE64: Final = re.compile(rf"[A-Za-z0-9+/_-](?:[A-Za-z0-9+/_-]|\s(?=[A-Za-z0-9+/_-])){{{_MIN_ENCODED},}}=*")


def proposals(text: str) -> Iterator[str]:
    """Yield what may be a link of this version, the likeliest first; only what has ``TEXT_SIZE`` characters can be one."""
    return islice(_propose(text), MAX_PROPOSALS)


def longer_proposals(text: str) -> Iterator[str]:
    """Yield what may be a link of another version: what follows the scheme, up to the end of each word."""
    return islice(_propose_longer(text), MAX_LONGER)


def likeliest(text: str) -> str:
    """Return the likeliest partial link of a text without a whole one, as one printable word for people to look at."""
    scheme = SCHEME.removesuffix(":")
    for each in _texts(text):
        characters = "".join(_WORD.findall(each))  # those too that are in no link: they may be mistyped
        at = characters.find(scheme)
        if at >= 0:
            return SCHEME + characters[at + len(scheme) :][:TEXT_SIZE]
    return "".join(
        each for each in _normal(text[:MAX_TEXT_SIZE]) if each.isascii() and each.isprintable() and each != " "
    )


def _propose(text: str) -> Iterator[str]:
    texts: list[str] = []
    for each in _texts(text):
        texts.append(each)
        yield from _in_a_row(_NO_CHARACTER.sub("", each))
    for each in texts:
        yield from _between_words(each)


def _propose_longer(text: str) -> Iterator[str]:
    for each in _texts(text):
        characters = _NO_CHARACTER.sub("", each)
        yield characters[:MAX_TEXT_SIZE]
        for scheme in re.finditer(r"SOTTOVOCE", each):
            said = ""
            for word in _WORD.finditer(each, scheme.end()):
                said += _NO_CHARACTER.sub("", word[0])
                if len(said) > MAX_TEXT_SIZE:
                    break
                yield said


def _in_a_row(characters: str) -> Iterator[str]:
    at = characters.find(_START)
    while 0 <= at <= len(characters) - TEXT_SIZE:
        yield characters[at : at + TEXT_SIZE]
        at = characters.find(_START, at + 1)


def _between_words(text: str) -> Iterator[str]:
    """Put pieces together with words between them that do not belong to the link."""
    words = [word for word in _WORD.findall(text) if _ALPHABET.issuperset(word)]
    for number, word in enumerate(words):
        for start in re.finditer(f"(?={_START})", word):
            yield from _continued(word[start.start() :], words, number + 1)


def _continued(begun: str, words: list[str], at: int) -> Iterator[str]:
    lacking = TEXT_SIZE - len(begun)
    if lacking <= 0:
        yield begun[:TEXT_SIZE]
        return
    for number in range(at, min(at + _MAX_BETWEEN + 1, len(words))):
        word = words[number]
        yield ""  # a step that counts
        if len(word) >= min(lacking, _MIN_PIECE):
            yield from _continued(begun + word, words, number + 1)


# --- wrappings ------------------------------------------------------------------------------------------------------


def _texts(text: str) -> Iterator[str]:
    """Give a text and what it is without its wrappings, each once, in the characters that links are written in."""
    seen: set[str] = set()
    layer = [text[:MAX_LOOKED_AT]]
    for _ in range(_MAX_DEPTH + 1):
        for each in layer:
            if (normal := _normal(each)) not in seen and len(seen) < _MAX_TEXTS:
                seen.add(normal)
                yield normal
        stripped = [other for each in layer for take_off in _WRAPPINGS if (other := take_off(each)) != each]
        layer = list(dict.fromkeys(stripped))[:_MAX_TEXTS]


def _normal(text: str) -> str:
    """Write every letter as ASCII capitals do that is one in another width, shape or case; leave invisible signs out."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).translate(_CAPITALS))


def _without_percent(text: str) -> str:
    return unquote(text, errors="ignore")


def _without_html(text: str) -> str:
    return html.unescape(_TAG.sub("", text))


def _without_entities(text: str) -> str:
    return html.unescape(text)


def _without_quoted_printable(text: str) -> str:
    return binascii.a2b_qp(text.encode(errors="ignore")).decode(errors="ignore")


def _without_control(text: str) -> str:
    return _CONTROL.sub("", text)


def _without_escapes(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else "\\" if found[0] == "\\\\" else " "


def _without_base64(text: str) -> str:
    return _BASE64.sub(lambda found: _decoded(found[0]), text)


def _decoded(encoded: str) -> str:
    together = "".join(encoded.split()).rstrip("=").replace("-", "+").replace("_", "/")
    together = together[: len(together) - (len(together) % 4 == 1)]
    try:
        return base64.b64decode(together + "=" * (-len(together) % 4)).decode()
    except ValueError:  # some other row of letters
        return encoded


_WRAPPINGS: Final[tuple[Callable[[str], str], ...]] = (
    _without_percent,
    _without_entities,
    _without_html,
    _without_quoted_printable,
    _without_escapes,
    _without_control,
    _without_base64,
)
