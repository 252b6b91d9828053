"""The product with its traffic counted by kind: ``python -m benchmarks.support.counted_program node|rpc --home DIR …``.

SIGUSR1 adds a line to ``DIR.counts``: bytes and datagrams sent and received since the start, headers of IPv4 and UDP among
them. What is counted is what stands in frames before they are sealed and after they are opened, and in the streams of links
and circuits; the product does not notice. A datagram counts as what it carries: an acknowledgement that rides along is free,
and one that carries several messages is shared among them by their bytes.
"""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final, get_args
from weakref import WeakKeyDictionary

from net.ids import Endpoint
from net.instant import Instant
from net.io.udp import Transport
from net.link import frames
from net.link.keys import FRAME_BIT, FrameKeys
from net.link.stream import ReceiveStream, SendStream
from net.messages import Message
from net.messages.growth import head_of
from net.numbers import MESSAGE_LENGTH_SIZE
from net.onion import onion
from net.onion.circuits import stream
from net.onion.circuits.builder import Circuits
from net.onion.circuits.stream import Arrived, CircuitStream
from net.onion.packet_sender import Kind, PacketSender, decode_payload
from net.onion.packets.cipher import INTEGRITY_SIZE

# Bytes of IPv4 and UDP before every datagram.
HEADERS: Final = 28
_NAMES: Final[dict[int, str]] = {each.__struct_config__.tag: each.__name__ for each in get_args(Message)}
# Where a cell of a circuit says what it is and how long its data are (``net.onion.circuits.stream``).
_KIND_AT, _LENGTH_AT = INTEGRITY_SIZE, INTEGRITY_SIZE + 1
_DATA_AT: Final = _LENGTH_AT + 2


class Shares:
    """One direction of a stream of messages: what was paid for its bytes, and which message they turned out to be of.

    ``charge(kind, cost)`` hears it. Either may be known first: of what is sent the message, of what is received the bytes.
    """

    def __init__(self, charge: Callable[[str, float], None]) -> None:
        self._charge = charge
        self._messages: deque[tuple[int, int, str]] = deque(maxlen=4096)  # start, end, kind
        self._end = 0
        self._paid: list[tuple[int, int, float]] = []  # start, end, cost of what no message is known for

    def tell(self, message: bytes) -> None:
        """The next message of the stream."""
        start, self._end = self._end, self._end + MESSAGE_LENGTH_SIZE + len(message)
        self._messages.append((start, self._end, _NAMES.get(head_of(message)[0], "unknown")))
        paid, self._paid = self._paid, []
        for start, end, cost in paid:
            self.pay(start, end, cost)

    def pay(self, start: int, end: int, cost: float) -> None:
        """So much was paid for a range of the stream."""
        if end > self._end:
            self._paid.append((start, end, cost))
            return
        for first, last, kind in reversed(self._messages):
            if last <= start:
                break
            overlap = min(last, end) - max(first, start)
            if overlap > 0:
                self._charge(kind, cost * overlap / (end - start))


class Tally:
    """All counts of this process. Keys are ``sent`` or ``received``, then what."""

    def __init__(self) -> None:
        self.bytes: Counter[str] = Counter()
        self.count: Counter[str] = Counter()
        self._charges: dict[str, float] = {}
        self._streams: WeakKeyDictionary[object, tuple[Shares, Shares]] = WeakKeyDictionary()
        self._circuits: WeakKeyDictionary[object, tuple[Shares, Shares]] = WeakKeyDictionary()
        self._cost = 0  # of the frame that was opened last
        self._taken: tuple[Shares, int, int] | None = None  # bytes of a stream for the next frame that is sealed

    def figures(self) -> dict[str, dict[str, float]]:
        """Return everything so far."""
        return {"bytes": {**self.bytes, **self._charges}, "count": dict(self.count)}

    def stream(self, owner: object) -> tuple[Shares, Shares]:
        """Return what a link's stream says: sent, received."""
        if owner not in self._streams:
            self._streams[owner] = (self._shares("sent", "message"), self._shares("received", "message"))
        return self._streams[owner]

    def circuit(self, owner: CircuitStream) -> tuple[Shares, Shares]:
        """Return the same of one end of a circuit; a builder's is our own, others are of those whom we serve."""
        if owner not in self._circuits:
            whose = _whose(owner)
            sent, received = (self._shares(way, f"circuit.{whose}") for way in ("sent", "received"))
            self._circuits[owner] = (sent, received)
        return self._circuits[owner]

    def datagram(self, way: str, data: bytes) -> None:
        """A datagram passed the socket."""
        self.bytes[f"{way}.all"] += len(data) + HEADERS
        self.count[f"{way}.all"] += 1
        if not data[0] & FRAME_BIT:
            self._add(way, "handshake", len(data) + HEADERS)

    def sealed(self, body: bytes, size: int) -> None:
        """A frame was sealed."""
        taken, self._taken = self._taken, None
        kind = _kind_of(body)
        if kind == "stream" and taken is not None:
            taken[0].pay(taken[1], taken[2], size + HEADERS)
            self.count["sent.stream"] += 1
        else:
            self._add("sent", kind, size + HEADERS)

    def taken(self, owner: SendStream, found: tuple[int, bytes] | None) -> None:
        """Bytes of a stream were taken for the next frame."""
        if found is not None:
            self._taken = (self.stream(owner)[0], found[0], found[0] + len(found[1]))

    def opened(self, body: bytes, size: int) -> None:
        """A frame was opened."""
        self._cost = size + HEADERS
        kind = _kind_of(body)
        if kind != "stream":
            self._add("received", kind, self._cost)
        else:
            self.count["received.stream"] += 1

    def arrived(self, owner: ReceiveStream, offset: int, size: int) -> None:
        """The frame that was opened last brought bytes of a stream."""
        self.stream(owner)[1].pay(offset, offset + size, self._cost)

    def circuit_cell(self, owner: CircuitStream, way: str, body: bytes, offset: int) -> int:
        """A cell of a circuit that begins or ends here; return the bytes of messages in it, which begin at ``offset``."""
        whose = _whose(owner)
        kind = stream.Kind(body[_KIND_AT]).name.lower()
        self.count[f"{way}.circuit.{whose}"] += 1
        if kind != "data":
            self.count[f"{way}.circuit.{whose}.{kind}"] += 1
            return 0
        size = int.from_bytes(body[_LENGTH_AT:_DATA_AT], "big")
        self.circuit(owner)[way == "received"].pay(offset, offset + size, 1.0)
        return size

    def _shares(self, way: str, what: str) -> Shares:
        def charge(kind: str, cost: float) -> None:
            key = f"{way}.{what}.{kind}"
            self._charges[key] = self._charges.get(key, 0.0) + cost

        return Shares(charge)

    def _add(self, way: str, kind: str, size: int) -> None:
        self.bytes[f"{way}.{kind}"] += size
        self.count[f"{way}.{kind}"] += 1


def _kind_of(body: bytes) -> str:
    """Return what a frame is sent for."""
    if body[0] == frames.CellKind.PACKET:
        return "cell"
    if body[0] != frames.PARTS[0]:
        return "unknown"
    names = [type(part).__name__.lower() for part in frames.decode_parts(body)]
    if "streamdata" in names:
        return "stream"
    others = [name for name in names if name != "ack"]
    return others[0] if others else "ack"


def _whose(owner: CircuitStream) -> str:
    return "own" if owner._is_builder else "served"  # pyright: ignore[reportPrivateUsage]


def _around(owner: type, name: str, before: Callable[..., None] | None, after: Callable[..., None] | None) -> None:
    """Wrap a method: ``before(self, *arguments)`` runs before it, ``after(self, result, *arguments)`` after it."""
    method = getattr(owner, name)

    def told(self: object, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - any method
        if before is not None:
            before(self, *arguments)
        result = method(self, *arguments, **named)
        if after is not None:
            after(self, result, *arguments)
        return result

    setattr(owner, name, told)


def count_datagrams(tally: Tally) -> None:
    """Watch the socket, and frames of links."""

    def sending(_: object, batch: list[tuple[bytes, Endpoint]]) -> None:
        for data, _to in batch:
            tally.datagram("sent", data)

    def drained(_: object, batch: list[tuple[bytes, Endpoint]]) -> None:
        for data, _source in batch:
            tally.datagram("received", data)

    def sealed(_: object, datagram: bytes, number: int, body: bytes) -> None:
        del number
        tally.sealed(body, len(datagram))

    def opened(_: object, body: bytes, number: int, datagram: bytes) -> None:
        del number
        tally.opened(body, len(datagram))

    _around(Transport, "send", sending, None)
    _around(Transport, "_drain", None, drained)
    _around(FrameKeys, "seal", None, sealed)
    _around(FrameKeys, "open", None, opened)


def count_messages(tally: Tally) -> None:
    """Watch the streams of links."""

    def pushed(self: SendStream, _: None, message: bytes) -> None:
        tally.stream(self)[0].tell(message)

    def took(self: SendStream, found: tuple[int, bytes] | None, room: int) -> None:
        del room
        tally.taken(self, found)

    def arriving(self: ReceiveStream, offset: int, data: bytes) -> None:
        tally.arrived(self, offset, len(data))

    def took_message(self: ReceiveStream, message: bytes | None) -> None:
        if message is not None:
            tally.stream(self)[1].tell(message)

    _around(SendStream, "push", None, pushed)
    _around(SendStream, "take", None, took)
    _around(ReceiveStream, "on_data", arriving, None)
    _around(ReceiveStream, "take_message", None, took_message)


def count_onion(tally: Tally) -> None:
    """Watch what our own packets and circuits carry, and what ends here of others'."""
    offsets: WeakKeyDictionary[object, list[int]] = WeakKeyDictionary()  # bytes of messages sent, received

    def pushed(self: CircuitStream, _: None, message: bytes) -> None:
        tally.circuit(self)[0].tell(message)

    def next_body(self: CircuitStream, body: bytes | None) -> None:
        if body is not None:
            places = offsets.setdefault(self, [0, 0])
            places[0] += tally.circuit_cell(self, "sent", body, places[0])

    def received(self: CircuitStream, arrived: Arrived, body: bytes) -> None:
        places = offsets.setdefault(self, [0, 0])
        places[1] += tally.circuit_cell(self, "received", body, places[1])
        for message in arrived.messages:
            tally.circuit(self)[1].tell(message)

    def departing(_: object, __: None, path: object, kind: Kind, body: bytes) -> None:
        del path, body
        tally.count[f"sent.cell.own_{kind.name.lower()}"] += 1

    def opened(_: object, circuit: object, hops: object, now: Instant) -> None:
        del circuit, hops, now
        tally.count["sent.setup.own"] += 1

    def decoded(payload: bytes) -> tuple[Kind, bytes]:
        kind, body = decode_payload(payload)
        tally.count[f"received.cell.{kind.name.lower()}_for_us"] += 1
        return kind, body

    _around(CircuitStream, "push", None, pushed)
    _around(CircuitStream, "next_body", None, next_body)
    _around(CircuitStream, "receive", None, received)
    _around(PacketSender, "send", None, departing)
    _around(Circuits, "open", None, opened)
    setattr(onion, "decode_payload", decoded)  # noqa: B010 - others see a function


def counts_of(home: Path) -> Path:
    """Return where a program's counts are."""
    return home.with_name(f"{home.name}.counts")


def main(arguments: list[str]) -> int:
    """Run the product."""
    path = counts_of(Path(arguments[arguments.index("--home") + 1]))
    tally = Tally()
    count_datagrams(tally)
    count_messages(tally)
    count_onion(tally)

    def tell(number: int, frame: FrameType | None) -> None:
        del number, frame
        with path.open("a") as file:
            file.write(json.dumps(tally.figures()) + "\n")

    signal.signal(signal.SIGUSR1, tell)
    from tests.support.thrifty import lower

    lower()
    from tui.cli.arguments import main as product

    return product(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
