"""A language that needs no translator: each Latin letter of a text becomes one of another script, and fields stay.

What is still Latin on a screen then was never given to ``tr``. A letter for a letter: no text grows, and none is cut that
was not, so that nothing hides beside an edge.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Generator
from contextlib import contextmanager

from tui import language

LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER = "абцдефгхийклмнопярстувщхызАБЦДЕФГХИЙКЛМНОПЯРСТУВЩХЫЗ"
_LETTERS = str.maketrans(LATIN, OTHER)
_FIELD = re.compile(r"(\{[^{}]*\})")
CODE = "xx"


def other(text: str) -> str:
    """Return a text in the other script."""
    return "".join(part if part.startswith("{") else part.translate(_LETTERS) for part in _FIELD.split(text))


class OtherScript(gettext.NullTranslations):
    """The catalogue of that language."""

    def gettext(self, message: str) -> str:
        """Return the text in the other script."""
        return other(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for ``n`` in the other script."""
        return other(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """Return the text in the other script, whatever it means."""
        return other(message)


@contextmanager
def spoken() -> Generator[None]:
    """Speak it for a block, and English afterwards."""
    language.install(CODE, OtherScript())
    try:
        yield
    finally:
        language.use(language.ENGLISH)
