"""A rendezvous as its parties see it (``net.onion.circuits.rendezvous`` is the node's part).

Each party has a circuit of its own to the node and asks there once. What becomes of it is told once or twice: *waiting*
to who left a cookie, then *joined* to both, or a failure. With a failure the circuit ends; the next try takes another.
A node that does not know rendezvous refuses the message by its type, as it does any that it does not know: *unsupported*.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from net.agenda import Agenda
from net.errors import DecodeError
from net.instant import Instant
from net.messages import (
    LeaveCookie,
    Message,
    PresentCookie,
    Refused,
    RendezvousAnswer,
    UnknownMessage,
    decode_message,
    encode_message,
)
from net.messages.circuits import Meeting
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.rendezvous import COOKIE_LIFE

_NUMBER_SIZE: Final = 4
# Seconds until the node's answer: the circuit opens meanwhile.
ANSWER_PATIENCE: Final = 15.0


class Outcome(Enum):
    """What became of a rendezvous."""

    WAITING = "the cookie lies at the node"
    JOINED = "what is said comes from and goes to the other party"
    REFUSED = "the node has no such cookie, or has it already"
    FULL = "the node keeps no more cookies"
    UNSUPPORTED = "the node does not know rendezvous"
    SILENT = "the node or the other party did not answer in time"
    LOST = "the circuit is over"
    NONSENSE = "the node said what answers nothing"


_OUTCOMES: Final[dict[int, Outcome]] = {
    Meeting.WAITING: Outcome.WAITING,
    Meeting.JOINED: Outcome.JOINED,
    Meeting.FULL: Outcome.FULL,
}
# Those after which the circuit goes on.
_GOING_ON: Final = frozenset({Outcome.WAITING, Outcome.JOINED})


class Builder(Protocol):
    """What is needed of ``Circuits``."""

    def send(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """Send a message. Raises ``Overloaded`` and ``Unreachable``."""
        ...

    def close(self, circuit: CircuitId, now: Instant) -> None:
        """End a circuit without being told so."""
        ...


class Party(Protocol):
    """What meets. Never called out of ``leave`` and ``present``."""

    def on_rendezvous(self, circuit: CircuitId, outcome: Outcome, now: Instant) -> None:
        """Take what became of a rendezvous."""
        ...


@dataclass(slots=True)
class _Ask:
    message: LeaveCookie | PresentCookie
    is_waiting: bool = False


class RendezvousClient:
    """Asks on circuits that were opened for it; their user passes on what comes back until they are joined."""

    def __init__(self, circuits: Builder, party: Party, random: Callable[[int], bytes]) -> None:
        self._circuits = circuits
        self._random = random
        self._party = party
        self._asks: dict[CircuitId, _Ask] = {}
        self._silences: Agenda[CircuitId] = Agenda()

    def leave(self, circuit: CircuitId, cookie: bytes, now: Instant) -> None:
        """Leave ``COOKIE_SIZE`` random bytes at the end of a circuit. Raises ``Overloaded`` and ``Unreachable``."""
        self._ask(circuit, LeaveCookie(self._number(), cookie), now)

    def present(self, circuit: CircuitId, cookie: bytes, now: Instant) -> None:
        """Present what the other party left at the end of a circuit. Raises ``Overloaded`` and ``Unreachable``."""
        self._ask(circuit, PresentCookie(self._number(), cookie), now)

    def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> bool:
        """Take a message that came out of a circuit; False when it is the other party's, or of another circuit."""
        ask = self._asks.get(circuit)
        if ask is None:
            return False
        try:
            message = decode_message(data)
        except UnknownMessage:
            return True  # passed over, as on every circuit of ours
        except DecodeError:
            message = None
        self._tell(circuit, _outcome_of(ask, message), now)
        return True

    def on_circuit_closed(self, circuit: CircuitId, now: Instant) -> None:
        """A circuit is over by no doing of ours; who is joined hears it from its circuit."""
        if circuit in self._asks:
            self._tell(circuit, Outcome.LOST, now)

    def forget(self, circuit: CircuitId) -> None:
        """A circuit was closed by its user."""
        self._asks.pop(circuit, None)
        self._silences.cancel(circuit)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent."""
        for circuit in self._silences.pop_due(now.mono):
            self._tell(circuit, Outcome.SILENT, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._silences.next_deadline()

    def _ask(self, circuit: CircuitId, message: LeaveCookie | PresentCookie, now: Instant) -> None:
        self._circuits.send(circuit, encode_message(message), now)
        self._asks[circuit] = _Ask(message)
        self._silences.schedule(circuit, now.mono + ANSWER_PATIENCE)

    def _number(self) -> int:
        """Return what an answer repeats: at random, so that it tells nothing of our other circuits."""
        return int.from_bytes(self._random(_NUMBER_SIZE), "big")

    def _tell(self, circuit: CircuitId, outcome: Outcome, now: Instant) -> None:
        if outcome is Outcome.WAITING:
            self._asks[circuit].is_waiting = True
            self._silences.schedule(circuit, now.mono + COOKIE_LIFE + ANSWER_PATIENCE)
        else:
            self.forget(circuit)
        if outcome not in _GOING_ON:
            self._circuits.close(circuit, now)
        self._party.on_rendezvous(circuit, outcome, now)


def _outcome_of(ask: _Ask, message: Message | None) -> Outcome:
    asked = ask.message
    if isinstance(message, Refused) and message.kind == type(asked).__struct_config__.tag and not ask.is_waiting:
        return Outcome.UNSUPPORTED
    if not isinstance(message, RendezvousAnswer) or message.request != asked.request:
        return Outcome.NONSENSE
    # What a later version may answer beside these is a refusal.
    outcome = _OUTCOMES.get(message.meeting, Outcome.REFUSED)
    if outcome is Outcome.JOINED:
        is_in_turn = ask.is_waiting or isinstance(asked, PresentCookie)
    else:
        is_in_turn = not ask.is_waiting and (outcome is not Outcome.WAITING or isinstance(asked, LeaveCookie))
    return outcome if is_in_turn else Outcome.NONSENSE
