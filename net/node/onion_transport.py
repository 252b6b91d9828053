"""The onion transport: questions to custodians over circuits, and boxes as packets, so that no custodian learns whose.

    known    <── the roster, and in a large network what directories found (``known_custodians``)
    ask      ──> one circuit for each custodian and purpose (``net.onion.circuits.pool``), replaced in time
    send_box ──> a packet of its own by a fresh path (``sent_boxes``)

A custodian sees circuits that end at it, each with a few questions for one purpose; it cannot tell whether two of them are
of one reader. What becomes of circuits and sent boxes tells about the nodes on their paths
(``net.onion.paths.reputation``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Final, NamedTuple

from net.bucket import address_of, common_bits
from net.client.ports import Purpose
from net.errors import DecodeError, Unreachable
from net.ids import NodeId, ParcelId
from net.instant import Instant
from net.messages import (
    Boxes,
    Busy,
    DepositAnswer,
    FoundRecord,
    Message,
    Nodes,
    Price,
    Refused,
    Tags,
    UnknownMessage,
    decode_message,
    encode_message,
    is_known,
)
from net.node.known_custodians import KnownCustodians
from net.node.ports import CustodianClientPort, OverlayPort
from net.node.sent_boxes import SentBoxes
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.pool import Builder, CircuitPool, Terms
from net.onion.circuits.requests import CircuitRequests
from net.onion.packet_sender import SendPacket
from net.onion.paths.paths import Paths
from net.onion.paths.reputation import Reputation
from net.overlay.descriptor import Descriptor

_ANSWERS: Final = (DepositAnswer, Tags, Boxes, FoundRecord, Busy, Price, Refused)

# A stream tells its custodian that one reader follows a bucket; ten minutes of that are one piece of an afternoon.
_FOLLOW: Final = Terms(age=600.0, questions=math.inf, idle=math.inf, is_lasting=True)
# Boxes fetched over one circuit are one reader's: a few at a time.
_FETCH: Final = Terms(age=60.0, questions=8, idle=60.0)
# One record each: a link holder knows whose an invitation is, and must not see the same circuit ask for a personal record.
_RECORD: Final = Terms(age=60.0, questions=1, idle=60.0)
# Looking for nodes finds those that are gone: were that a loss, each loss would have us look again.
_SINGLE: Final = Terms(age=60.0, questions=1, idle=60.0, is_judged=False)
_TERMS: Final = {Purpose.FOLLOW: _FOLLOW, Purpose.FETCH: _FETCH, Purpose.RECORD: _RECORD}


class _Key(NamedTuple):
    """What a circuit is for: a purpose of the client's, or one question of ``CircuitRequests`` by its number."""

    node: NodeId
    use: Purpose | int


class OnionTransport:
    """A ``Transport``, and the user of our circuits. ``serve`` comes before anything else; those it joins are made with it.

    ``check`` returns a genuine descriptor (``net.overlay.descriptor.Verifier.check``). Every ``now`` carries network time.
    """

    _paths: Paths
    _reputation: Reputation
    _sent_boxes: SentBoxes
    _circuit_pool: CircuitPool[_Key]
    _client: CustodianClientPort

    def __init__(
        self,
        overlay: OverlayPort,
        check: Callable[[bytes, Instant], Descriptor],
        circuit_requests: CircuitRequests,
        rng: random.Random,
    ) -> None:
        self._overlay = overlay
        self._rng = rng
        self._circuit_requests = circuit_requests
        self._known = KnownCustodians(overlay, check, circuit_requests, rng, self._on_custodians_found)
        self._now = Instant(0.0, 0)

    def serve(
        self,
        client: CustodianClientPort,
        paths: Paths,
        reputation: Reputation,
        circuits: Builder,
        send_packet: SendPacket,
    ) -> None:
        """Carry questions of ``client`` over ``circuits``, which call back here, and boxes by ``send_packet``."""
        self._paths = paths
        self._reputation = reputation
        self._sent_boxes = SentBoxes(paths, send_packet)
        self._circuit_pool = CircuitPool(circuits, paths, self, self._rng)
        self._client = client
        self._known.serve(paths, reputation)
        self._circuit_requests.line = self

    # --- custodians ---------------------------------------------------------------------------------------------------

    def known(self, address: int) -> list[NodeId]:
        """Return custodians for the bucket of an address, those that share most bits with it first.

        When there are none that can be reached, the client's ``on_custodians_found`` is called as soon as there are.
        """
        return self._known.near(address, self._now)

    def custodians(self) -> list[NodeId]:
        """Return the nodes that questions can go to now."""
        return self._known.all(self._now)

    def shares(self, custodian: NodeId, address: int) -> int:
        """Return how many leading bits of an address are the custodian's own, 0 when it is not known any more."""
        descriptor = self._known.descriptor(custodian, self._now)
        return common_bits(address, address_of(descriptor.overlay_id)) if descriptor else 0

    def width(self) -> int:
        """Return the width of the network's buckets, in bits."""
        return self._overlay.width()

    def suspect(self, custodian: NodeId, now: Instant) -> None:
        """Take note that a custodian withheld, altered, invented, or stayed silent."""
        self._reputation.suspect(custodian, now)

    def look_again(self, now: Instant) -> None:
        """Clocks agree again: custodians that were left for theirs may be asked again."""
        self._now = now
        self._known.tell_found(now)

    def _on_custodians_found(self, now: Instant) -> None:
        self._client.on_custodians_found(now)

    # --- questions and boxes ------------------------------------------------------------------------------------------

    def ask(self, custodian: NodeId, purpose: Purpose, message: Message, now: Instant) -> None:
        """Put a question. Raises ``Unreachable``, or ``Overloaded`` when the circuit is full for the moment."""
        descriptor = self._reachable(custodian, now)
        self._known.on_asked(descriptor, now)
        self._circuit_pool.ask(_Key(custodian, purpose), descriptor, _TERMS[purpose], encode_message(message), now)

    def send_box(self, custodian: NodeId, box: bytes, now: Instant, *, is_again: bool = False) -> None:
        """Send a box by a fresh path; there is no answer. Raises ``Unreachable``, ``Overloaded``, ``DecodeError``."""
        self._sent_boxes.send(self._reachable(custodian, now), box, now, is_again=is_again)

    def _reachable(self, custodian: NodeId, now: Instant) -> Descriptor:
        self._now = now
        descriptor = self._known.descriptor(custodian, now)
        if descriptor is None:
            raise Unreachable
        return descriptor

    def on_delivered(self, parcel_id: ParcelId, now: Instant) -> None:
        """A custodian named a box that was sent."""
        self._sent_boxes.on_delivered(parcel_id, now)

    def on_overdue(self, parcel_id: ParcelId, since: float, now: Instant) -> None:
        """A custodian that should know a box does not: what it was sent by before ``since`` lost it."""
        self._sent_boxes.on_overdue(parcel_id, since, now)

    def on_missing(self, parcel_id: ParcelId, now: Instant) -> None:
        """No custodian named a sent box in time."""
        self._sent_boxes.on_missing(parcel_id, now)

    # --- ends of circuits ---------------------------------------------------------------------------------------------

    def renew(self, custodian: NodeId, purpose: Purpose, now: Instant) -> None:
        """End a circuit that brings nothing; the next question opens another over other relays."""
        self._now = now
        self._circuit_pool.renew(_Key(custodian, purpose), now)

    def hang_up(self, now: Instant) -> None:
        """End all circuits: the next reader may be another person, and no custodian is to see both on one circuit."""
        self._now = now
        self._circuit_pool.hang_up(now)

    def leave(self, node: NodeId, now: Instant) -> None:
        """Ask a node nothing more, and go on without what was asked there: its clock is of another time than ours."""
        self._now = now
        self._known.forget(node)
        for purpose in Purpose:
            self._circuit_pool.drop(_Key(node, purpose), now)
            self._client.on_circuit_lost(node, purpose, now)

    # --- the user of circuits -----------------------------------------------------------------------------------------

    def on_circuit_opened(self, circuit: CircuitId, now: Instant) -> None:
        """The far end answered."""
        self._circuit_pool.on_circuit_opened(circuit, now)

    def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """A message came back."""
        self._now = now
        self._circuit_pool.on_circuit_data(circuit, data, now)

    def on_circuit_closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        """A circuit is over by no doing of ours."""
        self._now = now
        self._circuit_pool.on_circuit_closed(circuit, now, is_silent=is_silent)

    # --- the user of the pool -----------------------------------------------------------------------------------------

    def on_message(self, key: _Key, data: bytes, now: Instant) -> bool:
        """Decode one message of a custodian; an undecodable or unasked one closes its circuit.

        A message of unknown kind is passed over and never refused: a refusal would tell a custodian which version reads
        there.
        """
        try:
            message = decode_message(data)
        except UnknownMessage:
            return False
        except DecodeError:
            message = None
        if isinstance(message, Refused) and not is_known(message.kind):
            return False  # of what we never said
        if isinstance(key.use, Purpose) and isinstance(message, _ANSWERS):
            self._client.receive(key.node, message, now)
        elif isinstance(key.use, int) and isinstance(message, Nodes):
            self._circuit_requests.receive(key.node, message, now)
        else:
            self._circuit_pool.drop(key, now)
            if not isinstance(message, Refused):
                self._reputation.suspect(key.node, now)
            self.on_circuit_lost(key, now)
        return True

    def on_circuit_lost(self, key: _Key, now: Instant) -> None:
        """A circuit is gone with what was asked there."""
        if isinstance(key.use, Purpose):
            self._client.on_circuit_lost(key.node, key.use, now)
        else:
            self._circuit_requests.on_circuit_lost(key.use, now)

    # --- circuits of single requests ----------------------------------------------------------------------------------

    def is_possible(self, now: Instant) -> bool:
        """Say whether there are circuits to be had."""
        return self._paths.is_possible(now)

    def ask_afar(self, node: Descriptor, number: int, message: Message, now: Instant) -> None:
        """Put a question over a circuit of its own. Raises ``Unreachable`` or ``Overloaded``."""
        self._circuit_pool.ask(_Key(node.node, number), node, _SINGLE, encode_message(message), now)

    def end_afar(self, node: NodeId, number: int, now: Instant) -> None:
        """End the circuit of a question that is done with."""
        self._circuit_pool.drop(_Key(node, number), now)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self._now = now
        self._circuit_pool.handle_timeout(now)
        self._circuit_requests.handle_timeout(now)
        self._known.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(each.next_deadline() for each in (self._circuit_pool, self._circuit_requests, self._known))
