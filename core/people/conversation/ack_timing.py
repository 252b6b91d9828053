"""The time at which an acknowledgement leaves by itself: soon in a chat on the screen, late and at random elsewhere.

Sent at once it would tell an observer of both ends which device heard which, and when (``docs/TRAPS.md``). A text that is
written meanwhile takes it along. The delays are those of ``core.people.format.acknowledgement``.
"""

from __future__ import annotations

import math
from random import Random
from typing import Final

from core.people.conversation import acks
from core.people.format import acknowledgement
from core.people.work import Work
from core.storage import conversations

# A person looks at a chat that a screen shows while they are there, or that was listed or written to in these seconds.
OPEN_CHAT_SECONDS: Final = 120.0


class AckTiming:
    """The conversations in which an acknowledgement is owed, each with the monotonic time at which it is written."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._at: dict[int, float] = {}
        self._open_until: dict[int, float] = {}
        self._receipts: set[int] = set()  # of them, those in which only what was read is to be told

    def look_at(self, conversation: int, now: float) -> None:
        """Acknowledge soon what is owed in a chat that the person looks at."""
        self._open_until[conversation] = now + OPEN_CHAT_SECONDS
        if conversation in self._receipts:
            return  # soon after the person looked it would tell when that was
        at = self._at.get(conversation, 0.0)
        if now + acknowledgement.OPEN_DELAY < at <= now + acknowledgement.IDLE_DELAY[1]:
            self._at[conversation] = now + acknowledgement.OPEN_DELAY

    def next_deadline(self) -> float:
        """Return when the first is to be written; infinity when none is owed."""
        return min(self._at.values(), default=math.inf)

    def take_due(self, work: Work) -> list[int]:
        """Return the conversations whose time has come, and forget their times."""
        due: list[int] = []
        for conversation in conversations.acks_due(work.tx):
            if conversations.by_id(work.tx, conversation).blocked:
                continue  # a blocked contact is told nothing
            at = self._at.get(conversation)
            if at is None:
                self._at[conversation] = work.now.mono + self._delay(work, conversation)
            elif at <= work.now.mono:
                due.append(conversation)
                del self._at[conversation]
        return due

    def note(self, work: Work) -> None:
        """Give each that is newly owed its time, and forget those that rode along with something else."""
        due, receipts = set(conversations.acks_due(work.tx)), set(conversations.receipts_due(work.tx))
        now_owed = self._receipts - receipts  # beside what was read, an acknowledgement is
        for conversation in [known for known in self._at if known not in due or known in now_owed]:
            del self._at[conversation]
        self._receipts = receipts
        for conversation in due - set(self._at):
            self._at[conversation] = work.now.mono + self._delay(work, conversation)

    def _delay(self, work: Work, conversation: int) -> float:
        if acks.is_unheard(work, conversation):
            return acknowledgement.UNHEARD_DELAY
        is_shown = conversations.by_id(work.tx, conversation).public_id in work.now.attention.looked_at
        is_open = is_shown or self._open_until.get(conversation, 0.0) > work.now.mono
        if is_open and conversation not in self._receipts:
            return acknowledgement.OPEN_DELAY
        return self._random.uniform(*acknowledgement.IDLE_DELAY)
