"""How hard a passcode is to guess, as the screen shows it during typing. Core judges again and has the last word."""

from __future__ import annotations

import dataclasses

from tui.language import N_, tr

# zxcvbn's time grows with the square of the length; what follows this many characters cannot make a passcode weaker.
MAX_JUDGED = 64

NAMES = (N_("very weak"), N_("weak"), N_("fair"), N_("strong"), N_("very strong"))
# What zxcvbn says, for the catalogue; core's refusals of a weak passcode have it as suggestions.
ADVICE = (
    N_("Add another word or two. Uncommon words are better."),
    N_("Capitalization doesn't help very much."),
    N_("Reversed words aren't much harder to guess."),
    N_("Predictable substitutions like '@' instead of 'a' don't help very much."),
    N_("Use a few words, avoid common phrases."),
    N_("No need for symbols, digits, or uppercase letters."),
    N_("Straight rows of keys are easy to guess."),
    N_("Short keyboard patterns are easy to guess."),
    N_("This is a top-10 common password."),
    N_("This is similar to a commonly used password."),
    N_("A word by itself is easy to guess."),
    N_("All-uppercase is almost as easy to guess as all-lowercase."),
    N_("Use a longer keyboard pattern with more turns."),
    N_('Repeats like "aaa" are easy to guess.'),
    N_('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
    N_("This is a top-100 common password."),
    N_("This is a very common password."),
    N_("Names and surnames by themselves are easy to guess."),
    N_("Common names and surnames are easy to guess."),
    N_("Avoid repeated words and characters."),
    N_('Sequences like "abc" or "6543" are easy to guess.'),
    N_("Avoid sequences."),
    N_("Recent years are easy to guess."),
    N_("Dates are often easy to guess."),
    N_("Avoid recent years."),
    N_("Avoid years that are associated with you."),
    N_("Avoid dates and years that are associated with you."),
)
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
        return tr(NAMES[self.score])

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
    return Strength(int(verdict["score"]), tr(str(advice)))
