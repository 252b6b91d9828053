"""What of typing and presence was told lately, and heard lately: kept in memory, since it matters for minutes.

Each notice is a box with its proof of work. So one leaves seldom, and only where someone may be there to see it.
"""

from __future__ import annotations

from random import Random, SystemRandom
from typing import Final

# Between two notices of typing in one conversation. Seconds.
TYPING_PAUSE: Final = 20.0
# Between two notices of presence to one contact: at random, so that they keep no beat that could be recognised. Seconds.
HERE_PAUSE: Final = (600.0, 900.0)
# A notice of typing goes only to a contact of which something that it wrote just then came within so long. Seconds.
HEARD_LATELY: Final = 600.0


class Presence:
    """Times are monotonic seconds, conversations their numbers."""

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or SystemRandom()
        self._heard: dict[int, float] = {}
        self._typed: dict[int, float] = {}
        self._here_from: dict[int, float] = {}
        self.shared: tuple[bytes, int] = (b"", 0)  # settings as they are stored, and what they let contacts know
        self.typing: set[int] = set()  # conversations in which the person types, and it is to be told
        self.here_until: dict[int, int] = {}  # contacts that are shown as there, until this by our own clock

    def heard(self, conversation: int, now: float) -> None:
        """Note that a contact wrote something just now."""
        self._heard[conversation] = now

    def types(self, conversation: int, now: float) -> None:
        """Note that the person types; it is told if that was not done just now, and the contact may be there."""
        heard, typed = self._heard.get(conversation), self._typed.get(conversation)
        if heard is None or now - heard > HEARD_LATELY or (typed is not None and now - typed < TYPING_PAUSE):
            return
        self._typed[conversation] = now
        self.typing.add(conversation)

    def is_here_due(self, conversation: int, now: float) -> bool:
        """Tell whether a contact may be told again that the person is there."""
        return now >= self._here_from.get(conversation, 0.0)

    def told_here(self, conversation: int, now: float) -> None:
        """Note that it was told."""
        self._here_from[conversation] = now + self._random.uniform(*HERE_PAUSE)

    def left(self, own_ms: int) -> list[int]:
        """Return the contacts that are there no longer, and forget them."""
        gone = [conversation for conversation, until in self.here_until.items() if until <= own_ms]
        for conversation in gone:
            del self.here_until[conversation]
        return gone
