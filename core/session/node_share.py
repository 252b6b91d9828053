"""Several people engines over one node, without I/O: a *share* of the node for each, as if it had the node alone.

    engine ── Share.request ─┐                       ┌─ sort ──> engine
    engine ── Share.request ─┼─> node ──> its events ┤
                             │                       └─ sort ──> engine

Requests that set a whole list (the addresses that are read, those kept for friends) are merged, and the share's part is
removed when it is closed. Each event of the node goes only to the engine that it is for: tags by the buckets that are read;
boxes, records and answers to deposits by the engine that asked. A bucket that two engines read is followed once, from the
earlier of their cursors; the other engine gets events that it knows again, which changes nothing. So custodians see one
reader of all these addresses, as of an account with more conversations.

An engine may join when others read the same addresses already; the node has announced the custodians there, so ``owed``
repeats this for it. A stream begins when all engines that were told of its custodian gave a cursor, or after
``FOLLOW_PATIENCE``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from core.people.moment import Attention, Moment
from net.bucket import Bucket
from net.errors import DecodeError, Overloaded
from net.events import (
    BoxAbsent,
    BoxArrived,
    ClocksChanged,
    CustodianDown,
    CustodianUp,
    DepositAnswered,
    NodeEvent,
    PriceRisen,
    RecordAnswered,
    TagsArrived,
)
from net.ids import Cursor, NodeId, tag_of
from net.instant import Instant
from net.parcel.box import decode_box
from net.parcel.record import decode_record
from net.requests import Deposit, Fetch, FindRecord, Follow, KeepForFriends, PutRecord, Read, Request, Retry

# Shares of one node. All of them together read no more addresses than a node follows (``net.client.follows``).
MAX_SHARES: Final = 8
# Tags and ids that a share remembers to have asked for, the oldest go: as many fetches and deposits as a node has under way.
MAX_ASKED: Final = 1 << 14
# Seconds for which a stream waits for the cursors of all engines told of it: one of them may have no room on its disk.
FOLLOW_PATIENCE: Final = 30.0

_StreamKey: TypeAlias = tuple[NodeId, Bucket]


class NodePort(Protocol):
    """What engines need of a node."""

    def now(self) -> Instant:
        """Return the present; the wall clock is the machine's own."""
        ...

    def network_ms(self) -> int:
        """Return network time, Unix milliseconds."""
        ...

    def custodians(self) -> list[NodeId]:
        """Return the full nodes that can be asked now."""
        ...

    def shown_width(self) -> int:
        """Return how many bits of an address a new box shows."""
        ...

    def price_factor(self, address: int, /) -> int:
        """Return how many times the usual work a box to this address must carry now."""
        ...

    def request(self, request: Request, /) -> None:
        """Ask for something. Raises what the request says."""
        ...

    async def note_metered(self, *, is_metered: bool) -> None:
        """Remember for the next start whether the owner calls the line metered."""
        ...


class Share:
    """One engine's share of the node. ``NodeShares.open`` makes it."""

    def __init__(self, shares: NodeShares) -> None:
        self._shares = shares
        self.node = shares.node
        self.read: frozenset[int] = frozenset()
        self.kept: frozenset[int] = frozenset()
        self.asked: dict[bytes, None] = {}  # tags of boxes and ids of parcels, the oldest first
        self.owed: list[NodeEvent] = []
        self.has_told = False  # whether it set a whole list at the node
        self.attention: Callable[[], Attention] = Attention  # of the persons whose account this engine runs

    @property
    def is_open(self) -> bool:
        """Whether it was not closed yet."""
        return self._shares.has(self)

    def moment(self) -> Moment:
        """Return the present as the engine sees it."""
        now, node = self.node.now(), self.node
        custodians = len(node.custodians())
        return Moment(now.wall_ms, node.network_ms(), now.mono, custodians, node.shown_width(), self.attention())

    def request(self, request: Request) -> None:
        """Ask the node for something. Raises what the request says, and then has changed nothing."""
        self._shares.request(self, request)

    def close(self) -> None:
        """Take back all that this share told the node."""
        self._shares.close(self)

    def ask(self, key: bytes) -> None:
        """Remember that this share asked for an id or a tag."""
        self.asked[key] = None
        if len(self.asked) > MAX_ASKED:
            del self.asked[next(iter(self.asked))]

    def forget_owed(self, event: NodeEvent) -> None:
        """Owe an event no longer: the node reports it itself."""
        self.owed = [each for each in self.owed if each != event]

    def reads(self, bucket: Bucket) -> bool:
        """Say whether an address that is read lies in a bucket."""
        return any(bucket.covers(address) for address in self.read)


@dataclass(slots=True)
class _Stream:
    """A custodian's tag stream of one bucket. ``position``: how far it was followed, None: from its beginning."""

    told_at: float
    owing: set[Share] = field(default_factory=set[Share])  # told of the custodian; they gave no cursor yet
    cursors: list[Cursor | None] = field(default_factory=list[Cursor | None])  # said since it was begun
    followers: set[Share] = field(default_factory=set[Share])
    is_begun: bool = False
    position: Cursor | None = None


class NodeShares:
    """All shares of one node. ``wake`` is called when ``owed`` has something that no event of the node brings."""

    def __init__(self, node: NodePort, wake: Callable[[], None] = lambda: None) -> None:
        self.node = node
        self._wake = wake
        self._shares: dict[Share, None] = {}
        self._streams: dict[_StreamKey, _Stream] = {}

    def open(self) -> Share:
        """Return a new share. Raises ``Overloaded``."""
        if len(self._shares) >= MAX_SHARES:
            raise Overloaded("engines")
        share = Share(self)
        self._shares[share] = None
        return share

    def has(self, share: Share) -> bool:
        """Say whether a share is open."""
        return share in self._shares

    def close(self, share: Share) -> None:
        """Take back what a share told the node."""
        if share not in self._shares:
            return
        del self._shares[share]
        self._leave(share)
        if share.has_told:
            self._tell_read()
            self.node.request(KeepForFriends(self._all_kept()))

    # --- down ---------------------------------------------------------------------------------------------------------

    def request(self, share: Share, request: Request) -> None:
        """Pass a request on, merged with what other shares want."""
        match request:
            case Read():
                self._read(share, request.addresses)
            case KeepForFriends():
                before, share.kept, share.has_told = share.kept, request.addresses, True
                try:
                    self.node.request(KeepForFriends(self._all_kept()))
                except Overloaded:
                    share.kept = before
                    raise
            case Follow():
                self._follow(share, request)
            case _:
                for key in _keys_of(request):
                    share.ask(key)
                self.node.request(request)

    def _all_kept(self) -> frozenset[int]:
        return frozenset[int]().union(*(share.kept for share in self._shares))

    def _tell_read(self) -> None:
        wanted = frozenset[int]().union(*(share.read for share in self._shares))
        self.node.request(Read(wanted))
        if not wanted:
            self._streams.clear()  # the node ends all streams, and announces every custodian to the next reader

    def _read(self, share: Share, addresses: frozenset[int]) -> None:
        before, share.read, share.has_told = share.read, addresses, True
        try:
            self._tell_read()
        except Overloaded:
            share.read = before
            raise
        if not addresses:
            self._leave(share)
            return
        for (custodian, bucket), stream in self._streams.items():
            if share not in stream.followers | stream.owing and share.reads(bucket):
                stream.owing.add(share)
                stream.told_at = self.node.now().mono
                share.owed.append(CustodianUp(custodian, bucket))
        if share.owed:
            self._wake()

    def _leave(self, share: Share) -> None:
        share.owed.clear()
        for key, stream in list(self._streams.items()):
            stream.followers.discard(share)
            if share in stream.owing:
                stream.owing.discard(share)
                self._begin(key, stream)

    def _follow(self, share: Share, request: Follow) -> None:
        key = request.custodian, request.bucket
        stream = self._streams.get(key)
        if stream is None:
            return  # it ended meanwhile
        stream.owing.discard(share)
        stream.followers.add(share)
        stream.cursors.append(request.cursor)
        self._begin(key, stream)

    def _begin(self, key: _StreamKey, stream: _Stream, *, even_so: bool = False) -> None:
        """Begin a stream once all gave a cursor, or go back in it for a share that joined later with an earlier cursor."""
        if not stream.cursors or (stream.owing and not even_so):
            return
        cursors, stream.cursors = stream.cursors, []
        start = _earliest([*cursors, stream.position] if stream.is_begun else cursors)
        if not stream.is_begun or start != stream.position:
            stream.is_begun, stream.position = True, start
            self.node.request(Follow(*key, start))

    # --- up -----------------------------------------------------------------------------------------------------------

    def sort(self, events: Iterable[NodeEvent]) -> list[tuple[Share, list[NodeEvent]]]:
        """Return the node's events by the share that they are for."""
        sorted_out: dict[Share, list[NodeEvent]] = {}
        for event in events:
            for share in self._owners(event):
                sorted_out.setdefault(share, []).append(event)
        self._lose_patience()
        return list(sorted_out.items())

    def owed(self) -> list[tuple[Share, list[NodeEvent]]]:
        """Return the events that shares missed since the node reported them earlier; each is returned once."""
        owed = [(share, share.owed) for share in self._shares if share.owed]
        for share, _ in owed:
            share.owed = []
        return owed

    def _owners(self, event: NodeEvent) -> list[Share]:
        match event:
            case CustodianUp():
                owners = self._or_only([share for share in self._shares if share.reads(event.bucket)])
                self._streams[event.custodian, event.bucket] = _Stream(self.node.now().mono, set(owners))
                for share in owners:
                    share.forget_owed(event)  # it is told by this
                return owners
            case CustodianDown():
                stream = self._streams.pop((event.custodian, event.bucket), None)
                return self._or_only([] if stream is None else list(stream.followers | stream.owing))
            case TagsArrived():
                stream = self._streams.get((event.custodian, event.bucket))
                if stream is None:
                    return self._or_only([])
                stream.position = event.cursor
                return [share for share in self._shares if share in stream.followers]
            case ClocksChanged():
                return list(self._shares)
            case _:
                key = _key_of(event)
                return self._or_only([share for share in self._shares if key in share.asked])

    def _or_only(self, owners: list[Share]) -> list[Share]:
        """Return the owners, or the only share: with one engine, an unasked answer is for a former engine's request."""
        return owners or (list(self._shares) if len(self._shares) == 1 else [])

    def _lose_patience(self) -> None:
        latest = self.node.now().mono - FOLLOW_PATIENCE
        for key, stream in list(self._streams.items()):
            if stream.owing and stream.told_at < latest:
                self._begin(key, stream, even_so=True)


def _earliest(cursors: list[Cursor | None]) -> Cursor | None:
    """Return the cursor from which a stream misses nothing for any share; cursors of several runs do not compare."""
    known = [cursor for cursor in cursors if cursor is not None]
    if len(known) < len(cursors) or len({cursor.run for cursor in known}) != 1:
        return None
    return min(known, key=lambda cursor: cursor.arrival)


def _keys_of(request: Request) -> list[bytes]:
    """Return the tags or ids by which the answers to a request are recognized."""
    match request:
        case Fetch():
            return list(request.tags)
        case Retry():
            return [request.tag]
        case Deposit():
            return [decode_box(request.box).box_id]
        case PutRecord():
            return [decode_record(request.record).record_id]
        case FindRecord():
            return [request.record_id]
        case _:
            return []


def _key_of(event: BoxArrived | BoxAbsent | DepositAnswered | PriceRisen | RecordAnswered) -> bytes:
    match event:
        case BoxArrived():
            try:
                return tag_of(decode_box(event.box).box_id)
            except DecodeError:
                return b""
        case BoxAbsent():
            return event.tag
        case DepositAnswered() | PriceRisen():
            return event.parcel_id
        case RecordAnswered():
            return event.record_id
