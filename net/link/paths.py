"""Where a peer is, as far as it has shown; a frame alone shows nothing, since a source address can be forged.

    a frame, newer than all before, from elsewhere
         │  challenges: one to there, one to where the peer was; nothing else goes to there
         ├── both answer, or the former alone ──> the peer is where it was: its frames are copied, or it has two ways
         ├── the new one alone ────────────────> the peer has moved
         └── neither ──────────────────────────> nothing changes; silence ends a link by itself

To a place that has not answered go challenges alone, of 256 bytes each, and never more than three times what came from it.
A new link's peer is where its handshake was answered, whatever source its first frame carries.

Reference: RFC 9000, 8.2 (path validation) and 9.3 (responding to migration).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from net.ids import Endpoint
from net.link.frames import TOKEN_SIZE

# Challenges to a place for one frame that came from there, none of which is smaller: so what goes there is at most three
# times what came (RFC 9000, 8.1). The pause before the first repetition, which doubles, in seconds.
TRIES: Final = 3
FIRST_PAUSE: Final = 0.4
# Seconds that the former place has for its answer before a new one counts; two round trips where those are longer.
LEAST_PATIENCE: Final = 0.1
MAX_OWED: Final = 3  # frames at a time: an answer, and two challenges
# Seconds for which another place is not asked again, after the former answered or neither did.
REST: Final = 5.0


class Owed(NamedTuple):
    """A challenge or its answer, and where to."""

    token: bytes
    to: Endpoint
    is_answer: bool = False


@dataclass(slots=True)
class _Trial:
    """A place that may be the peer's."""

    endpoint: Endpoint
    token: bytes
    former_token: bytes
    begun_at: float
    next_at: float
    tries: int = 0
    has_answered: bool = False


class Paths:
    """The place of one peer. ``random`` gives so many bytes."""

    def __init__(self, endpoint: Endpoint, random: Callable[[int], bytes]) -> None:
        self.endpoint = endpoint
        self.source = endpoint  # of the newest frame: what the peer is told when it asks where it is seen
        self._random = random
        self._trial: _Trial | None = None
        self._resting: Endpoint | None = None
        self._rests_until = -math.inf
        self._answer: Owed | None = None  # one for each frame at most, as large as that or smaller

    def on_newest(self, source: Endpoint, now: float) -> None:
        """A frame of the peer came, newer than all before."""
        self.source = source
        is_asked = self._trial is not None and source == self._trial.endpoint
        is_resting = source == self._resting and now < self._rests_until
        if source != self.endpoint and not is_asked and not is_resting:
            tokens = self._random(2 * TOKEN_SIZE)
            self._trial = _Trial(source, tokens[:TOKEN_SIZE], tokens[TOKEN_SIZE:], now, now)

    def on_challenge(self, token: bytes, source: Endpoint) -> None:
        """The peer asks whether we are where it sent this."""
        self._answer = Owed(token, source, is_answer=True)

    def on_answer(self, token: bytes, now: float) -> None:
        """The peer got a challenge of ours."""
        trial = self._trial
        if trial is None:
            return
        if token == trial.former_token:
            self._stay(trial, now)
        elif token == trial.token:
            trial.has_answered = True

    def settle(self, round_trip: float, now: float) -> bool:
        """Decide what is due; tell whether the peer has moved."""
        trial = self._trial
        if trial is None or now < self._decides_at(trial, round_trip):
            return False
        if trial.has_answered:
            self.endpoint, self._trial = trial.endpoint, None
            return True
        self._stay(trial, now)
        return False

    def owed(self, now: float) -> list[Owed]:
        """Return what is to be sent now, each in a small datagram of its own."""
        due = [] if self._answer is None else [self._answer]
        self._answer = None
        trial = self._trial
        if trial is not None and self._may_ask(trial) and trial.next_at <= now:
            trial.next_at = now + FIRST_PAUSE * (1 << trial.tries)
            trial.tries += 1
            due += [Owed(trial.token, trial.endpoint), Owed(trial.former_token, self.endpoint)]
        return due

    def deadline(self, round_trip: float) -> float:
        """Return when something is due."""
        trial = self._trial
        if trial is None:
            return math.inf
        decides_at = self._decides_at(trial, round_trip)
        return min(trial.next_at, decides_at) if self._may_ask(trial) else decides_at

    def _stay(self, trial: _Trial, now: float) -> None:
        self._trial, self._resting, self._rests_until = None, trial.endpoint, now + REST

    @staticmethod
    def _may_ask(trial: _Trial) -> bool:
        return not trial.has_answered and trial.tries < TRIES

    @staticmethod
    def _decides_at(trial: _Trial, round_trip: float) -> float:
        if trial.has_answered:
            return trial.begun_at + max(2 * round_trip, LEAST_PATIENCE)
        return trial.begun_at + FIRST_PAUSE * ((1 << TRIES) - 1)  # as long as all tries and their pauses take
