"""What may be put to a message as a reaction: one emoji, as a grammar of signs (UTS 51, *possible emoji*) without a table.

A base is a sign that is no letter, mark, space, control or format character, and is beyond ASCII; after it a presentation
selector, a skin tone, or the tags of a flag; several are joined by ZERO WIDTH JOINER. Two regional indicators are a flag, an
ASCII digit, # or * with U+20E3 a key. Signs of the emoji planes that this Python does not know yet pass, since other people
may have a newer one.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from core.api import MAX_EMOJI_SIZE

_KEY: Final = re.compile("[0-9#*]\ufe0f?\u20e3")
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_TAIL: Final = re.compile(
    "(?:\ufe0f\u20e3?|\ufe0e|[\U0001f3fb-\U0001f3ff]\ufe0f?|[\U000e0020-\U000e007e]{1,8}\U000e007f)?"
)
_JOINER: Final = "\u200d"
_CATEGORIES: Final = frozenset({"So", "Sm", "Po", "Pd"})
_LETTER: Final = "\u2139"  # the one emoji that Unicode calls a letter
_PLANE: Final = range(0x1F000, 0x1FB00)


def is_emoji(text: str) -> bool:
    """Tell whether a text is one emoji of at most ``MAX_EMOJI_SIZE`` bytes."""
    if not text or len(text) > MAX_EMOJI_SIZE or len(text.encode(errors="replace")) > MAX_EMOJI_SIZE:
        return False
    if _KEY.fullmatch(text) or _FLAG.fullmatch(text):
        return True
    return all(_is_part(part) for part in text.split(_JOINER))


def _is_part(part: str) -> bool:
    return bool(part) and _is_base(part[0]) and _TAIL.fullmatch(part, 1) is not None


def _is_base(sign: str) -> bool:
    if "\U0001f1e6" <= sign <= "\U0001f1ff":
        return False  # half a flag
    if ord(sign) in _PLANE and unicodedata.category(sign) in {"Cn", "So", "Sk"}:
        return True
    return sign == _LETTER or (not sign.isascii() and unicodedata.category(sign) in _CATEGORIES)
