"""The strength of passcodes: which are good enough, and what to say about the others.

The estimate is zxcvbn's. Its score 3 means at least 10^8 guesses; at a second and 256 MiB each (``core.vault.cost``)
that is three years of one machine for an account, which is what the people who would try can be made to pay.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from core.sentence import N_, sentence
from core.vault.errors import WeakPasscode

MIN_LENGTH: Final = 8  # characters
MIN_SCORE: Final = 3  # zxcvbn's "safely unguessable", 10^8 guesses
ESTIMATED_LENGTH: Final = 64  # characters that the estimator sees: its time grows with the square of the length

TOO_SHORT: Final = sentence("Shorter than {count} characters.", count=MIN_LENGTH)
TOO_EASY: Final = N_("Too easy to guess.")
IN_USE: Final = N_("This passcode cannot be used here.")
LONGER: Final = N_("Use a few uncommon words in a row, or a longer passcode.")


def normalise(passcode: str) -> bytes:
    """Return the bytes a passcode stands for, the same from every keyboard (NFKC, UTF-8)."""
    return unicodedata.normalize("NFKC", passcode).encode("utf-8", "surrogatepass")


def check_strength(passcode: str, known_words: Sequence[str] = ()) -> None:
    """Refuse a passcode that is too easy; ``known_words`` (a name, say) count as guessable. Raises ``WeakPasscode``."""
    text = unicodedata.normalize("NFKC", passcode)
    if len(text) < MIN_LENGTH:
        raise WeakPasscode((TOO_SHORT,), (LONGER,))
    from zxcvbn import zxcvbn  # 30 000 words of dictionary: loaded when a passcode is chosen, not when one is typed

    estimate = zxcvbn(text[:ESTIMATED_LENGTH], user_inputs=["sottovoce", *known_words], max_length=ESTIMATED_LENGTH)
    if estimate["score"] < MIN_SCORE:
        feedback = estimate["feedback"]
        reasons = (feedback["warning"],) if feedback["warning"] else (TOO_EASY,)
        raise WeakPasscode(reasons, tuple(feedback["suggestions"]) or (LONGER,))
