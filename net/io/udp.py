"""A UDP socket; the only file that opens one.

A datagram costs Python and trio far more than it costs the kernel, so both directions work in batches: wait until the socket
is readable, then drain it without waiting; send without waiting, and wait only when the kernel refuses. One checkpoint
per batch (nine times the datagrams of one ``await`` each).

What the world does to a socket (no route, an interface gone, a port unreachable) is counted, never raised: to the links
above it is loss. Offloading runs of equal datagrams to the kernel (``UDP_SEGMENT``, ``UDP_GRO``) would fit into ``send``
and ``receive`` without a change of their shapes.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import trio

from net.errors import CannotListen
from net.ids import Endpoint
from net.scope import EVERYWHERE, is_ipv6

# Bytes asked of the kernel for each direction. The default of 208 KiB holds 170 datagrams, which is what arrives while
# Python collects garbage; the kernel may grant less.
SOCKET_BUFFER: Final = 4 * 1024 * 1024
RECEIVE_BATCH: Final = 128  # datagrams drained before others have a turn
LONG_BATCH: Final = 16  # datagrams sent, a tenth of a millisecond, after which others have a turn
# Bytes; above our largest datagram, so that a longer one is seen to be of a wrong size.
_READ_SIZE: Final = 1500
# How IPv4 looks to a socket of both families (RFC 4291, 2.5.5.2). It is undone here: above, a peer has one name.
_MAPPED: Final = "::ffff:"
# Why a port cannot be had; anything else on both families at once means that this machine has one of them.
_OF_THE_PORT: Final = frozenset({errno.EADDRINUSE, errno.EACCES, errno.EPERM})
_PAUSE_AFTER_ERROR: Final = 0.1  # seconds: a socket that only fails must not keep a core busy


@dataclass(slots=True)
class TransportCounters:
    """What went through, and what the world refused."""

    sent: int = 0
    received: int = 0
    send_errors: int = 0
    receive_errors: int = 0
    last_error: str = ""


class Transport:
    """A bound UDP socket, IPv4 or IPv6 by the address it is bound to, or both. A context manager that closes it."""

    def __init__(self, bound: socket.socket, *, is_everywhere: bool = False) -> None:
        """Take over a bound, non-blocking datagram socket; one that ``is_everywhere`` is of IPv6 and takes IPv4, too."""
        self._socket = bound
        self._is_everywhere = is_everywhere
        self.counters = TransportCounters()
        host, port = bound.getsockname()[:2]
        self.local = Endpoint(EVERYWHERE if is_everywhere else host, port)

    @classmethod
    def open(cls, host: str, port: int) -> Self:
        """Bind to a numeric address, or to ``EVERYWHERE`` as far as this machine goes; port 0 lets the kernel choose.

        Raises:
            CannotListen: the address is not ours, or none, or the port is taken.
        """
        try:
            if host != EVERYWHERE:
                return cls(_bound(host, port))
            try:
                return cls(_bound("::", port, takes_ipv4=True), is_everywhere=True)
            except OSError as error:
                if error.errno in _OF_THE_PORT:
                    raise
                return cls(_bound("0.0.0.0", port))  # noqa: S104 - a node is there to be reached
        except OSError as error:
            raise CannotListen(str(Endpoint(host, port)), str(error.strerror)) from error
        except ValueError as error:  # no name at all: Unicode's rules refuse it
            raise CannotListen(str(Endpoint(host, port)), "that is no address") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket; who waits in ``receive`` or ``send`` gets ``trio.ClosedResourceError``."""
        if self._socket.fileno() != -1:
            trio.lowlevel.notify_closing(self._socket)
            self._socket.close()

    async def receive(self) -> list[tuple[bytes, Endpoint]]:
        """Wait for datagrams and return at least one, at most ``RECEIVE_BATCH``."""
        while True:
            await trio.lowlevel.wait_readable(self._socket)
            errors = self.counters.receive_errors
            batch = self._drain()
            if batch:
                return batch
            if self.counters.receive_errors > errors:
                await trio.sleep(_PAUSE_AFTER_ERROR)

    async def send(self, batch: list[tuple[bytes, Endpoint]]) -> None:
        """Send datagrams in order, each at most once; waits only while the kernel's buffer is full.

        A checkpoint for a long batch only: acknowledgements would else cost a turn of the event loop each.
        """
        counters, sendto, is_everywhere = self.counters, self._socket.sendto, self._is_everywhere
        for datagram, endpoint in batch:
            host, port = endpoint
            target = (_MAPPED + host, port) if is_everywhere and not is_ipv6(host) else endpoint
            while True:
                try:
                    sendto(datagram, target)
                    counters.sent += 1
                except BlockingIOError:
                    await trio.lowlevel.wait_writable(self._socket)
                    continue
                except OSError as error:
                    self._check_open()
                    counters.send_errors += 1
                    counters.last_error = error.strerror or ""
                break
        if len(batch) >= LONG_BATCH:
            await trio.lowlevel.checkpoint()

    def _drain(self) -> list[tuple[bytes, Endpoint]]:
        batch: list[tuple[bytes, Endpoint]] = []
        receive, is_everywhere = self._socket.recvfrom, self._is_everywhere
        try:
            for _ in range(RECEIVE_BATCH):
                data, address = receive(_READ_SIZE)
                host = address[0].removeprefix(_MAPPED) if is_everywhere else address[0]
                batch.append((data, Endpoint(host, address[1])))
        except BlockingIOError:
            pass
        except OSError as error:
            self._check_open()
            self.counters.receive_errors += 1
            self.counters.last_error = error.strerror or ""
        self.counters.received += len(batch)
        return batch

    def _check_open(self) -> None:
        if self._socket.fileno() == -1:
            raise trio.ClosedResourceError("transport closed")


def _bound(host: str, port: int, *, takes_ipv4: bool = False) -> socket.socket:
    """Return a non-blocking socket that is bound."""
    bound = socket.socket(socket.AF_INET6 if is_ipv6(host) else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.settimeout(0)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            bound.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
        if is_ipv6(host):
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not takes_ipv4))
        bound.bind((host, port))
    except (OSError, ValueError):
        bound.close()
        raise
    return bound
