"""Which of our frames came, which are lost, and how long to wait.

Every frame has a number, never used again; what was in a lost frame goes out under a new one, so a round trip is never
measured ambiguously. A frame is lost when three later ones came, or one later one came and some time passed; when nothing
comes at all the retransmission timeout gives up the oldest.

References: RFC 9002 (loss by number and time), RFC 6298 (round trip, timeout).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from net.errors import DecodeError
from net.link.congestion import Congestion
from net.link.frames import Ack

REORDER_FRAMES: Final = 3  # RFC 9002, 6.1.1
REORDER_TIME_FACTOR: Final = 9 / 8  # of a round trip; RFC 9002, 6.1.2
MIN_REORDER_TIME: Final = 0.005  # seconds: a slice of the receiver's event loop is not a loss
# Seconds. RFC 6298's one second is for the age of coarse clocks; a tenth still outlasts any pause of a busy peer.
MIN_TIMEOUT: Final = 0.1
MAX_TIMEOUT: Final = 8.0
INITIAL_ROUND_TRIP: Final = 0.333  # seconds, RFC 9002; only until the first sample
# Seconds: four timeouts on a usual path, and more than a busy peer pauses; at least so many round trips on a long one.
SUSPECT_AFTER: Final = 2.0
SUSPECT_ROUND_TRIPS: Final = 4
PROBES: Final = 2  # frames given up at a first timeout: enough to get an answer, no verdict on the path
BLACKOUT_TIMEOUTS: Final = 2  # in a row: everything under way is given up


class SentFrame(NamedTuple):
    """What has to be known of a frame until its fate is: a stream range (empty for none) and what else rode in it."""

    sent_at: float
    size: int
    start: int
    end: int
    has_ping: bool
    has_window: bool


@dataclass(frozen=True, slots=True)
class Fates:
    """What an acknowledgement or a timer decided."""

    confirmed: list[SentFrame]
    lost: list[SentFrame]


class Recovery:
    """The frames under way on one link."""

    def __init__(self, round_trip: float | None) -> None:
        self.congestion = Congestion()
        self.in_flight = 0  # bytes
        self.smoothed = INITIAL_ROUND_TRIP if round_trip is None else round_trip
        self._variation = self.smoothed / 2
        self._has_sample = round_trip is not None
        self._sent: dict[int, SentFrame] = {}  # in rising order
        self._largest_confirmed = -1
        self._timeouts = 0  # in a row
        self._last_sent_at = -math.inf

    def has_room(self) -> bool:
        """Return whether the congestion window allows another frame."""
        return self.in_flight < self.congestion.window

    def is_waiting(self) -> bool:
        """Return whether an acknowledgement is owed to us."""
        return bool(self._sent)

    def on_sent(self, number: int, frame: SentFrame) -> None:
        """A frame that asks for an acknowledgement went out."""
        if not self._sent and frame.sent_at - self._last_sent_at > self.timeout():
            self.congestion.on_idle()
        self._sent[number] = frame
        self._last_sent_at = frame.sent_at
        self.in_flight += frame.size

    def on_ack(self, ack: Ack, next_number: int, now: float) -> Fates:
        """Settle what the peer says it has.

        Raises:
            DecodeError: it names a frame that was never sent (``next_number`` is the first such).
        """
        largest = ack.ranges[0][1] - 1
        if largest >= next_number:
            raise DecodeError("ack: of a frame never sent")
        was_limited = self.in_flight * 2 >= self.congestion.window
        newest = self._sent.get(largest)
        confirmed = self._take_confirmed(ack)
        if not confirmed:
            return Fates([], [])
        self._timeouts = 0
        self._largest_confirmed = max(self._largest_confirmed, largest)
        round_trip = None
        if newest is not None:
            round_trip = now - newest.sent_at
            if round_trip - ack.delay > 0:  # the peer's own delay is no queue of the path
                round_trip -= ack.delay
            self._note_round_trip(round_trip)
        size = sum(frame.size for frame in confirmed)
        self.congestion.on_confirmed(size, round_trip, now, was_limited=was_limited)
        return Fates(confirmed, self._take_lost(now))

    def deadline(self) -> float:
        """Return when ``handle_timeout`` wants to be called, ``inf`` for never."""
        if not self._sent:
            return math.inf
        oldest = next(iter(self._sent))
        sent_at = self._sent[oldest].sent_at
        if oldest < self._largest_confirmed:
            return sent_at + self._reorder_time()
        return max(sent_at, self._last_sent_at if self._timeouts else sent_at) + self.timeout()

    def handle_timeout(self, now: float) -> Fates:
        """Give up what has waited too long."""
        lost = self._take_lost(now)
        if lost or not self._sent or now < self.deadline():
            return Fates([], lost)
        self._timeouts += 1
        given_up = len(self._sent) if self._timeouts >= BLACKOUT_TIMEOUTS else PROBES
        if self._timeouts >= BLACKOUT_TIMEOUTS:
            self.congestion.on_blackout()
        for number in list(self._sent)[:given_up]:
            lost.append(self._take(number))
        self._last_sent_at = now
        return Fates([], lost)

    def on_moved(self) -> Fates:
        """The peer is elsewhere: what is under way goes nowhere, and of the new way nothing is known (RFC 9000, 9.4)."""
        lost = [self._take(number) for number in list(self._sent)]
        self.congestion = Congestion()
        self._timeouts = 0
        self._has_sample = False
        return Fates([], lost)

    def timeout(self) -> float:
        """Return the retransmission timeout, seconds: RFC 6298, doubled for every one in a row."""
        plain = max(self.smoothed + 4 * self._variation, MIN_TIMEOUT)
        return min(plain * (1 << min(self._timeouts, 6)), MAX_TIMEOUT)

    def patience(self) -> float:
        """Return how long the peer may be silent while something is owed to us before we doubt that it is there, seconds."""
        return max(SUSPECT_AFTER, SUSPECT_ROUND_TRIPS * self.smoothed)

    def _take(self, number: int) -> SentFrame:
        frame = self._sent.pop(number)
        self.in_flight -= frame.size
        return frame

    def _take_confirmed(self, ack: Ack) -> list[SentFrame]:
        confirmed: list[SentFrame] = []
        for low, high in reversed(ack.ranges):
            if not self._sent:
                break
            # A range may reach back to the first frame ever; only what is under way is looked at.
            first = max(low, next(iter(self._sent)))
            confirmed.extend(self._take(number) for number in range(first, high) if number in self._sent)
        return confirmed

    def _take_lost(self, now: float) -> list[SentFrame]:
        lost: list[SentFrame] = []
        reorder_time = self._reorder_time()
        while self._sent:
            number = next(iter(self._sent))
            # The same sum as in ``deadline``: another order of it may round to a time that never comes.
            is_late = number < self._largest_confirmed and self._sent[number].sent_at + reorder_time <= now
            if not is_late and number > self._largest_confirmed - REORDER_FRAMES:
                break
            lost.append(self._take(number))
        if lost:
            self.congestion.on_lost(lost[-1].sent_at, now)
        return lost

    def _reorder_time(self) -> float:
        return max(REORDER_TIME_FACTOR * self.smoothed, MIN_REORDER_TIME)

    def _note_round_trip(self, sample: float) -> None:
        if not self._has_sample:
            self._has_sample = True
            self.smoothed, self._variation = sample, sample / 2
            return
        self._variation += (abs(self.smoothed - sample) - self._variation) / 4
        self.smoothed += (sample - self.smoothed) / 8
