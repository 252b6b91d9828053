"""Beacons on the local network: IPv4 broadcasts, limited and directed, on every interface.

Two sockets. All nodes of a machine share the one on the well-known port, where broadcasts arrive in copies. Calls leave by a
second one of our own, and so do answers arrive there: the shared port would give a unicast to any of the nodes.

A node bound to one address stays in that address's network; one bound to loopback calls 127.255.255.255 only. Datagrams
from sources outside the networks of our own interfaces are dropped unseen, so no distant node takes part.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Final

import trio

from net.ids import Endpoint
from net.instant import Instant
from net.io.driver import system_clock
from net.rendezvous.beacon import BEACON_SIZE, Beacons
from net.rendezvous.interfaces import own_interfaces

# Where calls go; unassigned, and below the ports that systems give away by themselves.
LAN_PORT: Final = 21925
_LIMITED_BROADCAST: Final = "255.255.255.255"
# Datagrams taken from a socket before others have a turn.
_BATCH: Final = 16
_PAUSE_AFTER_ERROR: Final = 0.1  # seconds: a socket that only fails must not keep a core busy
# Networks smaller than this have no broadcast address: a wire between two ends.
_LONGEST_PREFIX: Final = 30


@dataclass(slots=True)
class LanStatus:
    """How discovery on the local network is doing; ``reason`` says why not when ``is_running`` is False."""

    is_running: bool = False
    reason: str = ""
    networks: int = 0
    called: int = 0
    heard: int = 0


def networks_for(listen_host: str, interfaces: list[IPv4Interface]) -> list[IPv4Network]:
    """Return the networks in which a node bound to ``listen_host`` can be found by broadcast."""
    host = IPv4Address(listen_host)
    networks = [each.network for each in interfaces if each.network.prefixlen <= _LONGEST_PREFIX]
    return [each for each in dict.fromkeys(networks) if host.is_unspecified or host in each]


class LocalDiscovery:
    """Calls and listens for a node that listens at ``listen``; ``heard`` is given every endpoint that turns up."""

    def __init__(
        self,
        listen: Endpoint,
        heard: Callable[[Endpoint], None],
        *,
        port: int = LAN_PORT,
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], Instant] = system_clock,
    ) -> None:
        self._listen = listen
        self._heard = heard
        self._port = port
        self._clock = clock
        self._beacons = Beacons(listen.port, random)
        self._networks: list[IPv4Network] = []
        self.status = LanStatus()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Call and listen until cancelled; where that cannot be, say why in ``status`` and return."""
        try:
            shared, own = self._open()
        except (OSError, ValueError) as error:
            self.status = LanStatus(reason=str(error))
            task_status.started()
            return
        with shared, own:
            self.status.is_running = True
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._listen_at, shared, own)
                nursery.start_soon(self._listen_at, own, own)
                nursery.start_soon(self._call, own)
                task_status.started()

    def _open(self) -> tuple[socket.socket, socket.socket]:
        if ":" in self._listen.host:
            raise ValueError("the node listens on IPv6, which has no broadcast")
        shared = _open_socket("", self._port, is_shared=True)
        try:
            own = _open_socket(self._listen.host, 0, is_shared=False)
        except OSError:
            shared.close()
            raise
        return shared, own

    async def _call(self, own: socket.socket) -> None:
        while True:
            # Looked up each time: laptops move.
            self._networks = networks_for(self._listen.host, own_interfaces())
            self.status.networks = len(self._networks)
            call = self._beacons.call(self._clock())
            if call is not None:
                for target in self._targets():
                    self.status.called += self._send(own, call, Endpoint(target, self._port))
            await trio.sleep(max(0.0, self._beacons.next_deadline() - self._clock().mono))

    def _targets(self) -> list[str]:
        directed = [str(network.broadcast_address) for network in self._networks]
        has_wire = any(not network.is_loopback for network in self._networks)
        return [*directed, _LIMITED_BROADCAST] if has_wire else directed

    async def _listen_at(self, inlet: socket.socket, own: socket.socket) -> None:
        while True:
            await trio.lowlevel.wait_readable(inlet)
            for _ in range(_BATCH):
                try:
                    # One byte more than a beacon has, so that a longer datagram is seen to be none.
                    data, address = inlet.recvfrom(BEACON_SIZE + 1)
                except BlockingIOError:
                    break
                except OSError:
                    await trio.sleep(_PAUSE_AFTER_ERROR)
                    break
                self._receive(data, Endpoint(address[0], address[1]))
            for answer, target in self._beacons.answers_to_send():
                self._send(own, answer, target)

    def _receive(self, data: bytes, source: Endpoint) -> None:
        if not any(IPv4Address(source.host) in network for network in self._networks):
            return
        endpoint = self._beacons.receive(data, source, self._clock())
        if endpoint is not None:
            self.status.heard += 1
            self._heard(endpoint)

    def _send(self, own: socket.socket, datagram: bytes, target: Endpoint) -> bool:
        """Send; what the world does to it (no route, an interface gone) is as good as loss."""
        try:
            own.sendto(datagram, target)
        except OSError as error:
            self.status.reason = error.strerror or ""
            return False
        return True


def _open_socket(host: str, port: int, *, is_shared: bool) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.settimeout(0)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if is_shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "SO_REUSEPORT"):
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened
