"""Parts of texts and names of people who mean harm: each repeated, or mixed with others, as long as a message may be.

What they try is to move the cursor, to set the clipboard or the title, to be drawn wider than they were counted, to read
backwards, to lead elsewhere than they say, and to take long.
"""

from __future__ import annotations

import string
from typing import Final

from core.api import MAX_TEXT_SIZE
from tui.text.markdown import MAX_SIGNS

CONTROLS: Final = (
    "\x1b[2J", "\x1b]52;c;cHduZWQ=\x07", "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\", "\x1bP+q\x1b\\", "\x1b7\x1b8",
    "\x9b31m", "\x9d52;c;x\x9c", "\x90q\x9c", "\x84\x85\x88", "\r", "\x08", "\x7f", "\x00",
    "\x07", "\x0b\x0c", "\x0e\x0f", "\t",
    "\n", "\r\n", "\u2028", "\u2029",
)  # fmt: skip
INVISIBLE: Final = (
    "\u202e", "\u2066x\u2069", "\u200b", "\u200d", "\u200c", "\u2060", "\ufeff", "\u00ad",
    "\u061c", "\u180e", "\u034f", "\u3164",
    "\u115f", "\u2800", "\ufe0f", "\ufe0e", "\U000e0041", "\U000e0100", "\ud800", "\ue000",
    "\ufdd0", "\u00a0", "\u3000",
)  # fmt: skip
SCRIPTS: Final = (
    "plain words ", "日本語", "שלום עולם ", "مرحبا ", "ا\u200c", "क्षत्रिय ", "क्", "मृ", "မြို့",
    "กำ", "ཀྵ", "ක්\u200dෂ", "\u17d2ក", "각", "ᄀ", "가",
    "ᅡ", "e\u0301\u0300\u0327\u0316\u0489", "\u0301", "\u20dd", "中\u0301", "x\u0303" * 9,
)  # fmt: skip
PICTURES: Final = (
    "👨\u200d👩\u200d👧\u200d👦", "👨\u200d", "👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿", "❤\ufe0f", "👍🏽", "🏽",
    "🇩🇪", "🇩", "1\ufe0f\u20e3", "🏳\ufe0f\u200d🌈",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "☰", "⚀", "\U0001fae8",
    "\U0001face",
)  # fmt: skip
MARKDOWN: Final = (
    *string.punctuation, "**a *b c* d** ", "_a_ ", "~~a~~ ", "`a``b", "`a` ", "```\n",
    "```\na\n```\n", "[[a]", "[]", "](", "[*", "*a_b~~c`d[",
    "> ", "# ", "|a|b|\n|-|-|\n", "- a\n", "- ", "  - a\n", "1. a\n", "&lt;&#x1b;", "<b>",
    "<!--", "\\*", "![a](https://a.b/c) ",
    "[a]: https://a.b\n", "a\n", ":", "://",
)  # fmt: skip
LINKS: Final = (
    "[bank.example](https://evil.example/) ", "[a](https://x.example/\x1b\\) ",
    "[a](javascript:x) ", "[https://a.b](https://c.d) ",
    "https://a.b/ ", "https://a.b/", "https://a.b/(", "https://a.b/)", "https://a.b/.",
    "https://", "http://x", "HTTPS://A.B ",
    "https://bank.example@evil.example ", "https://xn--e1afmkfd.example/ ",
    "https://аpple.com/ ", "https://a.b/\x1b]8;;\x1b\\ ",
    "https://a.b/\u202egnp.exe ", "<https://a.b>", "https://[::1]:80/ ", "https://a.b:99999/ ",
    "https://a.b/日本語", "https://a.b/e\u0301",
    f"https://a.b/{'x' * 60} ", f"https://a.b/{'.' * 500} ", f"https://a.b/{')' * 500} ",
)  # fmt: skip
PARTS: Final = (*CONTROLS, *INVISIBLE, *SCRIPTS, *PICTURES, *MARKDOWN, *LINKS)
_SIGNS: Final = "*_`~[]"


def fitted(text: str, size: int = MAX_TEXT_SIZE) -> str:
    """Return the beginning of a text that a message has room for."""
    if text.isascii():
        return text[:size]
    return text.encode("utf-8", "surrogatepass")[:size].decode("utf-8", "replace")


def long_texts(part: str) -> list[str]:
    """Return texts of the greatest length: of a part alone, behind a sign that is meant, and with as many as are parsed."""
    times = MAX_TEXT_SIZE // len(part.encode("utf-8", "surrogatepass")) + 1
    signs = max(1, sum(map(part.count, _SIGNS)))
    parsed = part * min(times, max(1, (MAX_SIGNS - 4) // signs))
    return [fitted(part * times), fitted("*a* " + part * times), fitted("*a* " + parsed + "x y " * MAX_TEXT_SIZE)]
