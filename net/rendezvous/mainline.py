"""Meeting in the public BitTorrent DHT, through libtorrent.

What the DHT learns: this address runs the program, and, if it serves, at which port. Topics are ``net.rendezvous.topic``'s.
Answers are hints; any node of the DHT can put anything there.

libtorrent runs in threads of its own. Its alerts reach trio over a socket pair (``set_alert_fd``): a Python callable as
notification deadlocks between its lock and the interpreter's. No torrent is ever added, no state is written, local service
discovery is off, and the names it could give itself are empty. Nodes that do not serve (leaves, and those that cannot be
reached) are *read-only* (BEP 43): they ask and are not asked. The announced port is always the overlay's own, as strangers
see it where that is known (``net.rendezvous.global_addresses``): an implied one would be that of the DHT's socket,
which is another hole in the same NAT. Which DHT it is, and what is believed there, is ``net.rendezvous.dht_scope``.

Port mapping (UPnP, NAT-PMP, PCP) is libtorrent's too. It is asked for only where there may be a gateway, and only a
dial-back proves that it works.

Where libtorrent has no wheel everything else works: it is imported when the service starts, not with this file. It is also
foreign code with locks and threads of its own: each call of it runs in a worker thread, for a bounded time, so that one that
hangs or fails costs this way to find nodes and nothing else.
"""

from __future__ import annotations

import importlib
import os
import random as random_module
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple, Unpack

import trio

from net.ids import Endpoint
from net.instant import Instant
from net.io.driver import system_clock
from net.rendezvous.dht_scope import (
    DEFAULT_ROUTERS,
    believable,
    least_scope,
    listening_hosts,
    may_have_gateway,
)
from net.rendezvous.global_addresses import Outside
from net.rendezvous.rounds import Rounds
from net.rendezvous.topic import SHARDS, ShardChoice, days_at, topic_of
from net.scope import Scope

if TYPE_CHECKING:
    import libtorrent

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
# Calls libtorrent with what follows, as ``ask`` does.
Ask = Callable[..., Awaitable[Any]]

# Endpoints of one reply that are looked at; stock nodes send 100 at most.
MAX_ENDPOINTS_PER_REPLY: Final = 128
# Alerts that libtorrent keeps for us; beyond, it drops them.
ALERT_QUEUE: Final = 512
# Bytes per second that the DHT may send.
UPLOAD_RATE: Final = 8000
# Seconds between two looks at how many bytes that was, and what IPv4 and UDP put before each message.
COUNT_PERIOD: Final = 30.0
_HEADERS: Final = 28
# Seconds that a call of libtorrent may take, its first with 25 MB from the disk, and that it has to end.
PATIENCE: Final = 20.0
CLOSING_PATIENCE: Final = 3.0
# What keeps the public DHT honest (one node per network, ids bound to addresses, no private addresses) would forbid a
# private one, and is off there.
PRIVATE_RULES: Final[libtorrent.settings_pack] = {
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_prefer_verified_node_ids": False,
    "dht_enforce_node_id": False,
    "dht_ignore_dark_internet": False,
    "dht_block_ratelimit": 1000,
}


class MainlineState(StrEnum):
    """How the service is doing."""

    STOPPED = "stopped"
    MISSING = "libtorrent is not installed"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(slots=True)
class MainlineStatus:
    """For people: ``nodes`` known in the DHT, endpoints ``heard``, announcements made, what a gateway mapped, bytes."""

    state: MainlineState = MainlineState.STOPPED
    reason: str = ""
    nodes: int = 0
    heard: int = 0
    announced: int = 0
    mapped_port: int | None = None
    sent: int = 0
    received: int = 0


async def ask(call: Callable[[Unpack[Arguments]], T], *arguments: *Arguments, patience: float = PATIENCE) -> T:
    """Return what a call of libtorrent returns; raises ``TimeoutError`` when it takes too long."""
    with trio.move_on_after(patience):
        return await trio.to_thread.run_sync(call, *arguments, abandon_on_cancel=True)
    raise TimeoutError("libtorrent does not answer")


class Mainline:
    """Announces and looks up a node that listens at ``listen``.

    ``heard`` is given the endpoints of each reply, ``mapped`` the external port that a gateway gave us (None: no more);
    ``ask`` calls libtorrent.
    """

    def __init__(
        self,
        listen: Endpoint,
        heard: Callable[[Sequence[Endpoint]], None],
        mapped: Callable[[int | None], None],
        *,
        routers: Sequence[Endpoint] = (),
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], Instant] = system_clock,
        ask: Ask = ask,
        closing_patience: float = CLOSING_PATIENCE,
    ) -> None:
        self._ask, self._closing_patience = ask, closing_patience
        self._listen = listen
        self._heard = heard
        self._mapped = mapped
        self._routers = tuple(routers)
        self._clock = clock
        self._shards = ShardChoice(random)
        self._rounds = Rounds(random_module.Random(random(16)))
        self._is_serving = self._told_serving = False  # as it is, and as the library was told
        self._random = random
        self._port = listen.port  # that is announced
        self._started: Callable[[], None] | None = None
        self.outside: Outside | None = None  # while it runs
        self._changed = trio.Event()
        self.status = MainlineStatus()

    def set_serving(self, *, is_serving: bool) -> None:
        """Say whether others can reach us: then we announce ourselves and answer as any DHT node does."""
        if is_serving != self._is_serving:
            self._is_serving = is_serving
            self._changed.set()

    @property
    def routers(self) -> Sequence[Endpoint]:
        """Where the DHT is entered; hosts may be names."""
        return self._routers or [
            Endpoint(host, int(port)) for host, port in (each.split(":") for each in DEFAULT_ROUTERS)
        ]

    def set_port(self, port: int | None) -> None:
        """Say at which port strangers reach us; None: at the one where we listen."""
        if (port or self._listen.port) != self._port:
            self._port = port or self._listen.port
            self._rounds.hurry(self._clock())
            self._changed.set()

    def set_lacking(self, *, is_lacking: bool) -> None:
        """Say whether the node lacks links."""
        self._rounds.set_lacking(self._clock(), is_lacking=is_lacking)
        self._changed.set()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Meet others until cancelled; where that cannot be, say why in ``status`` and return."""
        self._started = task_status.started
        try:
            await self._run()
        except* Exception as faults:  # noqa: BLE001 -- foreign code: whatever it is, everything else goes on
            fault = faults.exceptions[0]
            while isinstance(fault, BaseExceptionGroup):
                fault = fault.exceptions[0]
            state = MainlineState.MISSING if isinstance(fault, ImportError) else MainlineState.FAILED
            self.status = MainlineStatus(state, str(fault) or type(fault).__name__)
        self._tell_started()

    async def _run(self) -> None:
        await self._ask(importlib.import_module, "libtorrent")
        inlet, outlet = socket.socketpair()
        with inlet, outlet:
            inlet.settimeout(0)
            outlet.settimeout(0)
            session: libtorrent.session = await self._ask(self._open)
            self.outside = self._make_outside()
            self.status.state = MainlineState.RUNNING
            try:
                await self._ask(session.set_alert_fd, outlet.fileno())
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._take_alerts, session, inlet)
                    nursery.start_soon(self._keep_rounds, session)
                    nursery.start_soon(self._count_bytes, session)
                    self._tell_started()
            finally:
                self.outside = None
                self.status.state = MainlineState.STOPPED
                last = [session]
                del session
                # Letting go of a session waits for libtorrent's threads: milliseconds, but for a slow gateway.
                with trio.move_on_after(self._closing_patience, shield=True) as closing:
                    await trio.to_thread.run_sync(_close, last, abandon_on_cancel=True)
                if closing.cancelled_caught:
                    outlet.detach()  # it may be written to yet: its number must not become another socket's

    def _tell_started(self) -> None:
        started, self._started = self._started, None
        if started is not None:
            started()

    def _open(self) -> libtorrent.session:
        import libtorrent as lt

        self._told_serving = self._is_serving
        session = lt.session(session_settings(self._listen, self._routers, is_serving=self._told_serving))
        for router in self._routers:
            session.add_dht_node((router.host, router.port))
        if may_have_gateway(self._listen, self._routers):
            session.add_port_mapping(lt.portmap_protocol.udp, self._listen.port, self._listen.port)
        return session

    def _make_outside(self) -> Outside:
        import libtorrent as lt

        return Outside(lt.bencode, lt.bdecode, self._random)

    async def _keep_rounds(self, session: libtorrent.session) -> None:
        while True:
            self._changed = trio.Event()
            now = self._clock()
            if self._told_serving is not self._is_serving:
                self._told_serving = self._is_serving
                await self._ask(partial(_set_serving, session, is_serving=self._told_serving))
            due = self._rounds.take(now, is_serving=self._is_serving)
            if due is not None:
                days = list(days_at(now.wall_ms))
                announced = [topic_of(day, self._shards.on(day)) for day in days if due.announces]
                sought = [topic_of(day, shard) for day in days for shard in range(SHARDS if due.looks_up else 0)]
                await self._ask(_do_round, session, announced, sought, self._port)
                self.status.announced += len(announced)
            with trio.move_on_after(max(0.0, self._rounds.next_deadline() - self._clock().mono)):
                await self._changed.wait()

    async def _count_bytes(self, session: libtorrent.session) -> None:
        while True:
            await trio.sleep(COUNT_PERIOD)
            await self._ask(session.post_session_stats)

    async def _take_alerts(self, session: libtorrent.session, inlet: socket.socket) -> None:
        while True:
            await trio.lowlevel.wait_readable(inlet)
            inlet.recv(ALERT_QUEUE)
            for alert in await self._ask(session.pop_alerts):
                self._take(alert)

    def _take(self, alert: libtorrent.alert) -> None:
        import libtorrent as lt

        if isinstance(alert, lt.dht_get_peers_reply_alert):
            self._take_reply(alert.peers()[:MAX_ENDPOINTS_PER_REPLY])
        elif isinstance(alert, lt.dht_stats_alert):
            self.status.nodes = sum(bucket["num_nodes"] for bucket in alert.routing_table)
        elif isinstance(alert, lt.session_stats_alert):
            sent, received = (_on_the_wire(alert.values, way) for way in ("out", "in"))
            self.status.sent, self.status.received = sent, received
        elif isinstance(alert, lt.portmap_alert) and alert.map_protocol == lt.portmap_protocol.udp:
            self._take_mapping(alert.external_port)
        elif isinstance(alert, lt.portmap_error_alert) and self.status.mapped_port is not None:
            self._take_mapping(None)
        elif isinstance(alert, lt.listen_failed_alert):
            self.status.state = MainlineState.FAILED
            self.status.reason = alert.message()

    def _take_reply(self, peers: Sequence[tuple[str, int]]) -> None:
        believed = believable(peers, self._listen.host, least_scope(self._routers))
        if believed:
            self.status.heard += len(believed)
            self._heard(believed)

    def _take_mapping(self, port: int | None) -> None:
        self.status.mapped_port = port
        self._mapped(port)


def _set_serving(session: libtorrent.session, *, is_serving: bool) -> None:
    session.apply_settings({"dht_read_only": not is_serving})


def _do_round(session: libtorrent.session, announced: Sequence[bytes], sought: Sequence[bytes], port: int) -> None:
    """Announce our port under some topics, and look up others."""
    import libtorrent as lt

    session.post_dht_stats()
    for topic in announced:
        session.dht_announce(lt.sha1_hash(topic), port, 0)
    for topic in sought:
        session.dht_get_peers(lt.sha1_hash(topic))


def _close(last: list[libtorrent.session]) -> None:
    """Let go of a session; ``last`` holds the last reference to it."""
    last[0].set_alert_fd(-1)
    last.clear()


def _on_the_wire(counts: Mapping[str, int], way: str) -> int:
    """Return the DHT's bytes in a direction since the start; it counts none of the headers."""
    return counts.get(f"dht.dht_bytes_{way}", 0) + _HEADERS * counts.get(f"dht.dht_messages_{way}", 0)


def session_settings(listen: Endpoint, routers: Sequence[Endpoint], *, is_serving: bool) -> libtorrent.settings_pack:
    """Return what makes of libtorrent a DHT node and nothing else."""
    import libtorrent as lt

    category = lt.alert.category_t
    has_gateway = may_have_gateway(listen, routers)
    settings: libtorrent.settings_pack = {
        "listen_interfaces": ",".join(str(Endpoint(host, 0)) for host in listening_hosts(listen, routers)),
        "alert_mask": category.dht_notification
        | category.dht_operation_notification
        | category.port_mapping_notification
        | category.error_notification
        | category.status_notification,
        "alert_queue_size": ALERT_QUEUE,
        "user_agent": "",
        "peer_fingerprint": "",
        "enable_lsd": False,
        "enable_upnp": has_gateway,
        "enable_natpmp": has_gateway,
        "enable_incoming_tcp": False,
        "enable_outgoing_tcp": False,
        "enable_incoming_utp": False,
        "enable_outgoing_utp": False,
        "dht_bootstrap_nodes": ",".join(str(each) for each in routers or DEFAULT_ROUTERS),
        "dht_read_only": not is_serving,
        "dht_upload_rate_limit": UPLOAD_RATE,
    }
    return settings if least_scope(routers) is Scope.PUBLIC else {**settings, **PRIVATE_RULES}
