"""How hard a passcode is to guess, as the screen shows it during typing. Core judges again and has the last word."""

from __future__ import annotations

import dataclasses

# zxcvbn's time grows with the square of the length; what follows this many characters cannot make a passcode weaker.
MAX_JUDGED = 64

NAMES = ("very weak", "weak", "fair", "strong", "very strong")
# Cells of the bar.
BAR = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Strength:
    """``score`` 0 (guessed at once) to 4; ``advice`` is one sentence or empty. Holds nothing of the passcode."""

    score: int
    advice: str = ""

    @property
    def name(self) -> str:
        """The score in words."""
        return NAMES[self.score]

    @property
    def bar(self) -> str:
        """The score as ten cells."""
        full = (self.score + 1) * BAR // len(NAMES)
        return "[" + "#" * full + " " * (BAR - full) + "]"


def judge(passcode: str, own_words: tuple[str, ...] = ()) -> Strength:
    """Judge a passcode; ``own_words``, such as the person's name, count as guessable. Takes milliseconds."""
    import zxcvbn

    verdict = zxcvbn.zxcvbn(passcode[:MAX_JUDGED], user_inputs=[word for word in own_words if word])
    feedback = verdict["feedback"]
    advice = feedback["warning"] or next(iter(feedback["suggestions"]), "")
    return Strength(int(verdict["score"]), str(advice))
