"""The onion transport: questions over circuits, boxes as packets, and nobody learns whose.

    ask    ──> one way for each custodian and purpose (``net.onion.circuits.pool``), replaced in time
    send_box ─> a packet of its own by a fresh path (``net.onion.packet_sender``)
    known  <── the roster, and in a large network what directories found (``net.onion.paths.directory``)

A custodian sees circuits that end at it, each with a few questions for one purpose; it cannot tell whether two of them are
of one reader. What becomes of circuits and sent boxes tells about the nodes on their paths
(``net.onion.paths.reputation``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from net.bucket import Bucket, address_of, common_bits
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
from net.node.transport_ports import CustodianClientPort, OnionPort, OverlayPort
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.pool import CircuitPool
from net.onion.circuits.requests import CircuitRequests
from net.onion.packet_sender import Kind, Sender
from net.onion.paths.directory import FEW, Directory
from net.onion.paths.paths import Path, Paths
from net.onion.paths.reputation import Reputation
from net.overlay.descriptor import Descriptor, epoch_of
from net.parcel.box import decode_box

# Custodians of a bucket below which others are asked where there are more, and above which nobody suspected is named.
ENOUGH: Final = 4
ENOUGH_UNSUSPECTED: Final = 2
# Sent boxes whose fate is still of interest; beyond, the oldest are forgotten. A night's queue of texts.
MAX_SENT_BOXES: Final = 1024
# Paths remembered of one of them: two custodians, twice.
MAX_PATHS_PER_BOX: Final = 4
# Buckets for which more custodians than are known would be news; beyond, those asked for longest ago are forgotten.
MAX_LACKING: Final = 256
# Seconds between two looks for news, and how that grows up to the most while there are none.
FIRST_LOOK: Final = 0.1
LOOK_GROWTH: Final = 1.25
MAX_LOOK: Final = 30.0

_EVERYWHERE: Final = Bucket(0, 0)
_ANSWERS: Final = (DepositAnswer, Tags, Boxes, FoundRecord, Busy, Price, Refused)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a way may serve; see ``net.onion.circuits.pool.Terms``."""

    age: float
    questions: float
    idle: float
    is_lasting: bool = False
    is_judged: bool = True


# A stream tells its custodian that one reader follows a bucket; ten minutes of that are one piece of an afternoon.
_FOLLOW: Final = Terms(age=600.0, questions=math.inf, idle=math.inf, is_lasting=True)
# Boxes fetched over one circuit are one reader's: a few at a time.
_FETCH: Final = Terms(age=60.0, questions=8, idle=60.0)
# One record each: a link holder knows whose an invitation is, and must not see the same circuit ask for a personal record.
_RECORD: Final = Terms(age=60.0, questions=1, idle=60.0)
# Looking for nodes finds those who are gone: were that a loss, each loss would have us look again.
_AFAR: Final = Terms(age=60.0, questions=1, idle=60.0, is_judged=False)
_TERMS: Final = {Purpose.FOLLOW: _FOLLOW, Purpose.FETCH: _FETCH, Purpose.RECORD: _RECORD}


class _Key(NamedTuple):
    """What a way is for: a purpose of the client's, or one question of ``CircuitRequests`` by its number."""

    node: NodeId
    use: Purpose | int


class _SentBox(NamedTuple):
    path: Path
    at: float  # monotonic seconds


class OnionTransport:
    """A ``Transport``, and the user of our circuits. ``serve`` comes before anything else; those it joins are made with it.

    ``check`` returns a genuine descriptor (``net.overlay.descriptor.Verifier.check``). Every ``now`` carries network time.
    """

    _paths: Paths
    _reputation: Reputation
    _packet_sender: Sender
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
        self._directory = Directory(circuit_requests, self._others, check, rng, self._tell_found)
        self._sent: dict[ParcelId, list[_SentBox]] = {}  # the one sent longest ago first
        self._lost: dict[ParcelId, list[Path]] = {}  # by which it did not arrive: the next goes apart from them
        self._lacking: dict[Bucket, int] = {}  # how many were named last; the one asked for longest ago first
        self._look_at = math.inf
        self._look_pause = FIRST_LOOK
        self._now = Instant(0.0, 0)

    def serve(self, client: CustodianClientPort, onion: OnionPort) -> None:
        """Carry questions of ``client`` through ``onion``."""
        self._paths = onion.paths
        self._reputation = onion.reputation
        self._packet_sender = onion.packet_sender
        self._circuit_pool = CircuitPool(onion.circuits, onion.paths, self, self._rng)
        self._client = client
        self._circuit_requests.line = self

    # --- the onion transport ------------------------------------------------------------------------------------------

    def known(self, address: int) -> list[NodeId]:
        """Return custodians for the bucket of an address, those that share most bits with it first.

        Of the address no more bits count than a writer shows. When there are few, a search begins; when there are none
        that can be reached, the client's ``on_custodians_found`` is called as soon as there are. For a bucket with hardly
        any node in it those of the next wider one cover (``net.overlay.coverage``).
        """
        width = self._overlay.width()
        bucket = Bucket.of(address, width)
        nodes = self._known_in(bucket)
        while len(nodes) < FEW and bucket.width and (not self._is_sample() or self._directory.is_searched(bucket)):
            bucket = Bucket.of(address, bucket.width - 1)
            nodes = self._known_in(bucket)
        if len(nodes) < ENOUGH:
            self._look_out(bucket, len(nodes))
        self._rng.shuffle(nodes)
        nodes.sort(key=lambda each: -min(width + 1, common_bits(address, address_of(each.overlay_id))))
        trusted = [each.node for each in nodes if self._is_trusted(each.node)]
        if len(trusted) >= ENOUGH_UNSUSPECTED:
            return trusted
        return trusted + [each.node for each in nodes if each.node not in trusted]

    def _is_trusted(self, node: NodeId) -> bool:
        return not self._reputation.is_suspect(node, self._now) and not self._reputation.is_away(node)

    def custodians(self) -> list[NodeId]:
        """Return the nodes that questions can go to now."""
        return [each.node for each in self._custodians(_EVERYWHERE)]

    def shares(self, custodian: NodeId, address: int) -> int:
        """Return how many leading bits of an address are the custodian's own, 0 when it is not known any more."""
        descriptor = self._descriptor(custodian)
        return common_bits(address, address_of(descriptor.overlay_id)) if descriptor else 0

    def width(self) -> int:
        """Return the width of the network's buckets, in bits."""
        return self._overlay.width()

    def ask(self, custodian: NodeId, purpose: Purpose, message: Message, now: Instant) -> None:
        """Put a question. Raises ``Unreachable``, or ``Overloaded`` when the way is full for the moment."""
        self._now = now
        descriptor = self._descriptor(custodian)
        if descriptor is None:
            raise Unreachable
        if self._is_sample() and descriptor.epoch < epoch_of(now):
            # The roster forgets it soon; a custodian that serves well is worth looking up.
            self._directory.want(Bucket.of(address_of(descriptor.overlay_id), self._overlay.width()))
        self._circuit_pool.ask(_Key(custodian, purpose), descriptor, _TERMS[purpose], encode_message(message), now)

    def send_box(self, custodian: NodeId, box: bytes, now: Instant, *, is_again: bool = False) -> None:
        """Send a box by a fresh path; nobody answers. Raises ``Unreachable``, ``Overloaded``, ``DecodeError``."""
        self._now = now
        descriptor = self._descriptor(custodian)
        if descriptor is None:
            raise Unreachable
        box_id = decode_box(box).box_id
        before = [*self._lost.get(box_id, ()), *(each.path for each in self._sent.get(box_id, ()))] if is_again else []
        apart_from = {node for path in before for node in path.nodes}
        path = self._paths.choose(descriptor, now, is_delayed=True, apart_from=apart_from)
        self._packet_sender.send(path, Kind.BOX, box)
        sent = _SentBox(path, now.mono)
        self._sent[box_id] = [*self._sent.pop(box_id, [])[-MAX_PATHS_PER_BOX + 1 :], sent]
        if len(self._sent) > MAX_SENT_BOXES:
            del self._sent[next(iter(self._sent))]

    def renew(self, custodian: NodeId, purpose: Purpose, now: Instant) -> None:
        """End a circuit that brings nothing; the next question opens another over other relays."""
        self._now = now
        self._circuit_pool.renew(_Key(custodian, purpose), now)

    def suspect(self, custodian: NodeId, now: Instant) -> None:
        """Take note that a custodian withheld, altered, invented, or stayed silent."""
        self._reputation.suspect(custodian, now)

    def on_delivered(self, parcel_id: ParcelId, now: Instant) -> None:
        """A custodian named a box that was sent: the paths it went are sound, at least one of them."""
        for sent in self._sent.pop(parcel_id, ()):
            self._paths.on_path_worked(sent.path, now)
        self._lost.pop(parcel_id, None)

    def on_overdue(self, parcel_id: ParcelId, since: float, now: Instant) -> None:
        """Somebody who should know of a box does not: what it was sent by before ``since`` lost it."""
        sent = self._sent.get(parcel_id, [])
        late = [each for each in sent if each.at < since]
        if late:
            self._sent[parcel_id] = [each for each in sent if each.at >= since]
            self._lost[parcel_id] = [*self._lost.pop(parcel_id, []), *(each.path for each in late)][-MAX_PATHS_PER_BOX:]
            if len(self._lost) > MAX_SENT_BOXES:
                del self._lost[next(iter(self._lost))]
            for each in late:
                self._paths.on_path_failed(each.path, now)

    def on_missing(self, parcel_id: ParcelId, now: Instant) -> None:
        """A box that was sent has not been named by anybody in time: on each of its paths somebody lost it."""
        for sent in self._sent.pop(parcel_id, ()):
            self._paths.on_path_failed(sent.path, now)
        self._lost.pop(parcel_id, None)

    def hang_up(self, now: Instant) -> None:
        """End all circuits: whoever reads next may be somebody else, and no custodian is to see both on one."""
        self._now = now
        self._circuit_pool.hang_up(now)

    def leave(self, node: NodeId, now: Instant) -> None:
        """Ask a node nothing more, and go on without what was asked there: it is of another time than ours."""
        self._now = now
        self._directory.forget(node)
        for purpose in Purpose:
            self._circuit_pool.drop(_Key(node, purpose), now)
            self._client.on_circuit_lost(node, purpose, now)

    def look_again(self, now: Instant) -> None:
        """Clocks agree again: there may be somebody to ask."""
        self._now = now
        self._tell_found(now)

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

    # --- the user of ways ---------------------------------------------------------------------------------------------

    def on_message(self, key: _Key, data: bytes, now: Instant) -> bool:
        """Take what came over a way; who says what nobody asked for is not talked to any more.

        What we do not know is passed over and never refused: a refusal would tell a custodian which version reads there.
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
        """A way is gone with what was asked there."""
        if isinstance(key.use, Purpose):
            self._client.on_circuit_lost(key.node, key.use, now)
        else:
            self._circuit_requests.on_circuit_lost(key.use, now)

    # --- the line of far calls ----------------------------------------------------------------------------------------

    def is_possible(self, now: Instant) -> bool:
        """Say whether there are circuits to be had."""
        return self._paths.is_possible(now)

    def ask_afar(self, node: Descriptor, number: int, message: Message, now: Instant) -> None:
        """Put a question over a circuit of its own. Raises ``Unreachable`` or ``Overloaded``."""
        self._circuit_pool.ask(_Key(node.node, number), node, _AFAR, encode_message(message), now)

    def end_afar(self, node: NodeId, number: int, now: Instant) -> None:
        """End the circuit of a question that is done with."""
        self._circuit_pool.drop(_Key(node, number), now)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self._now = now
        self._circuit_pool.handle_timeout(now)
        self._circuit_requests.handle_timeout(now)
        self._directory.handle_timeout(now)
        if now.mono >= self._look_at:
            self._look(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        machines = (self._circuit_pool, self._circuit_requests, self._directory)
        return min(*(each.next_deadline() for each in machines), self._look_at)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _others(self, count: int, now: Instant) -> Sequence[Descriptor]:
        return self._paths.others(count, now)

    def _descriptor(self, node: NodeId) -> Descriptor | None:
        """Return what is known of a node: what we found ourselves counts more than what we were told."""
        epoch = epoch_of(self._now)
        for each in (self._overlay.roster.get(node), self._directory.get(node)):
            if each is not None and each.key_of(epoch) is not None:
                return each
        return None

    def _custodians(self, bucket: Bucket) -> list[Descriptor]:
        """Return whom we know in a bucket; nobody while nothing can be sent."""
        if not self._paths.is_possible(self._now):
            return []
        fresh = [each for each in self._overlay.roster.fresh() if bucket.covers(address_of(each.overlay_id))]
        own = self._paths.own
        known = {each.node for each in fresh} | {own}
        return [each for each in fresh if each.node != own] + [
            each for each in self._directory.found(bucket, epoch_of(self._now)) if each.node not in known
        ]

    def _known_in(self, bucket: Bucket) -> list[Descriptor]:
        """Return whom we know in a bucket, and have it searched where others may be there."""
        nodes = self._custodians(bucket)
        if self._is_sample() and sum(self._overlay.roster.get(each.node) is not None for each in nodes) < ENOUGH:
            self._directory.want(bucket)
        return nodes

    def _is_sample(self) -> bool:
        """Say whether there are nodes that the roster does not hold."""
        return self._overlay.size() > len(self._overlay.roster.fresh()) + 1

    def _look_out(self, bucket: Bucket, count: int) -> None:
        """Look out for more custodians of a bucket than so many."""
        is_new = self._lacking.pop(bucket, None) is None
        self._lacking[bucket] = count
        if len(self._lacking) > MAX_LACKING:
            del self._lacking[next(iter(self._lacking))]
        if is_new or self._look_at == math.inf:
            self._look_pause = FIRST_LOOK
            self._look_at = min(self._look_at, self._now.mono + FIRST_LOOK)

    def _look(self, now: Instant) -> None:
        """Tell the client when a bucket has more custodians than it was told of."""
        counts = {bucket: len(self._custodians(bucket)) for bucket in self._lacking}
        if any(count > self._lacking[bucket] for bucket, count in counts.items()):
            self._tell_found(now)
            return
        self._look_pause = min(LOOK_GROWTH * self._look_pause, MAX_LOOK)
        self._look_at = now.mono + self._look_pause

    def _tell_found(self, now: Instant) -> None:
        """Call the client, which asks again for what it still lacks."""
        self._lacking.clear()
        self._look_at = math.inf
        self._client.on_custodians_found(now)
