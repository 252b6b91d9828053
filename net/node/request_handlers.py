"""What a node does for each request of its owner: one table, from the request's type to its handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from net.client import CustodianClient
from net.instant import Instant
from net.node.onion_transport import OnionTransport
from net.onion.paths.paths import Paths
from net.parcel.box import decode_box
from net.parcel.record import decode_record
from net.parcel.store import Kind
from net.peers.dialer import Dialer
from net.reach import Reach
from net.requests import (
    Deposit,
    Fetch,
    FindRecord,
    Follow,
    Join,
    KeepForFriends,
    Leave,
    PutRecord,
    Read,
    Request,
    Retry,
    SetCoverProfile,
    SetOwnEndpoints,
    SetSeenOutside,
    TryHints,
    Withdraw,
)


class RequestHandlers:
    """The parts of a node that its owner's requests concern. ``net.requests`` says what each request means and raises."""

    def __init__(
        self, *, client: CustodianClient, transport: OnionTransport, paths: Paths, dialer: Dialer, reach: Reach
    ) -> None:
        self._client = client
        self._transport = transport
        self._paths = paths
        self._dialer = dialer
        self._reach = reach

    def handle(self, request: Request, now: Instant) -> None:
        """Do what is asked; the wall clock of ``now`` is network time."""
        self.TABLE[type(request)](self, request, now)

    def _read(self, request: Read, now: Instant) -> None:
        self._client.read(request.addresses, now)
        if not request.addresses:
            self._transport.hang_up(now)

    def _follow(self, request: Follow, now: Instant) -> None:
        self._client.follow(request.custodian, request.bucket, request.cursor, now)

    def _fetch(self, request: Fetch, now: Instant) -> None:
        self._client.fetch(request.tags, now)

    def _retry(self, request: Retry, now: Instant) -> None:
        self._client.retry(request.tag, now)

    def _deposit(self, request: Deposit, now: Instant) -> None:
        self._client.deposit(Kind.BOX, decode_box(request.box).box_id, request.box, now)

    def _withdraw(self, request: Withdraw, now: Instant) -> None:
        self._client.withdraw(request.parcel_id, now)

    def _put_record(self, request: PutRecord, now: Instant) -> None:
        self._client.deposit(Kind.RECORD, decode_record(request.record).record_id, request.record, now)

    def _find_record(self, request: FindRecord, now: Instant) -> None:
        self._client.search(request.record_id, now)

    def _keep_for_friends(self, request: KeepForFriends, now: Instant) -> None:
        self._client.keep(request.addresses, now)

    def _set_cover_profile(self, request: SetCoverProfile, _: Instant) -> None:
        self._paths.cover_profile = request.profile
        self._client.set_cover_profile(request.profile)

    def _join(self, request: Join, now: Instant) -> None:
        self._dialer.join(request.endpoint, request.peer, now)

    def _leave(self, request: Leave, _: Instant) -> None:
        self._dialer.leave(request.endpoint)

    def _try_hints(self, request: TryHints, now: Instant) -> None:
        self._dialer.hint(request.endpoints, request.source, now)

    def _set_own_endpoints(self, request: SetOwnEndpoints, _: Instant) -> None:
        self._reach.set_own(request.endpoints)

    def _set_seen_outside(self, request: SetSeenOutside, now: Instant) -> None:
        self._reach.on_seen_outside(request.endpoint, now)

    TABLE: Final[dict[type[Request], Callable[[Any, Any, Instant], None]]] = {
        Read: _read,
        Follow: _follow,
        Fetch: _fetch,
        Retry: _retry,
        Deposit: _deposit,
        Withdraw: _withdraw,
        PutRecord: _put_record,
        FindRecord: _find_record,
        KeepForFriends: _keep_for_friends,
        SetCoverProfile: _set_cover_profile,
        Join: _join,
        Leave: _leave,
        TryHints: _try_hints,
        SetOwnEndpoints: _set_own_endpoints,
        SetSeenOutside: _set_seen_outside,
    }
