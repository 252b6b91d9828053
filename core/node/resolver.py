"""Looks up host names: all addresses of both families, within a deadline.

The system's resolver may wait for ever, and cannot be stopped; it runs in a thread that is abandoned at the deadline. So
that such threads cannot pile up, few run at a time, apart from the program's other work.
"""

from __future__ import annotations

import ipaddress
import socket
from functools import partial
from typing import Final

import trio

from core.sentence import N_
from net.errors import CannotListen
from net.ids import Endpoint
from net.scope import EVERYWHERE, is_ipv6, speaks

# Seconds that an answer may take: a resolver asks two or three servers in that time.
DEADLINE: Final = 6.0
# Questions under way at a time.
_MAX_ASKED: Final = 8
# Addresses of one name that count: a name for a crowd of nodes brings in a few.
MAX_ADDRESSES: Final = 4

_limiter: trio.lowlevel.RunVar[trio.CapacityLimiter] = trio.lowlevel.RunVar("resolvers")


class Unresolved(Exception):
    """A name that has no address now. ``reason`` is a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_numeric(host: str) -> bool:
    """Say whether a host is an address, not a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def resolve(endpoint: Endpoint, deadline: float = DEADLINE) -> list[Endpoint]:
    """Return the addresses of a name, IPv4 first; of an address, itself.

    Raises ``Unresolved``, as well when nobody answered for ``deadline`` seconds.
    """
    if is_numeric(endpoint.host):
        return [endpoint]
    ask = partial(socket.getaddrinfo, endpoint.host, endpoint.port, type=socket.SOCK_DGRAM)
    try:
        with trio.fail_after(deadline):
            found = await trio.to_thread.run_sync(ask, abandon_on_cancel=True, limiter=_resolvers())
    except trio.TooSlowError:
        raise Unresolved(N_("nobody answers who knows the name")) from None
    except OSError as error:
        raise Unresolved((error.strerror or N_("it is not known")).lower()) from None
    except ValueError:  # Unicode's rules for names refuse it
        raise Unresolved(N_("that is no name")) from None
    hosts = dict.fromkeys(str(each[4][0]) for each in found if each[0] in {socket.AF_INET, socket.AF_INET6})
    ordered = sorted(hosts, key=is_ipv6)
    # Some of each family: one may use the room that the other leaves.
    families = [[host for host in ordered if is_ipv6(host) is family] for family in (False, True)]
    half = MAX_ADDRESSES // 2
    taken = [*families[0][: max(half, MAX_ADDRESSES - len(families[1]))], *families[1]][:MAX_ADDRESSES]
    if not taken:
        raise Unresolved(N_("it has no address"))
    return [Endpoint(host, endpoint.port) for host in taken]


async def resolve_own(listen: Endpoint) -> Endpoint:
    """Return where to listen: a name of this machine by its first address. Raises ``CannotListen``."""
    if listen.host == EVERYWHERE or is_numeric(listen.host):
        return listen
    try:
        return (await resolve(listen))[0]
    except Unresolved as error:
        raise CannotListen(str(listen), error.reason) from None


async def resolve_for(endpoint: Endpoint, ours: Endpoint) -> Endpoint | None:
    """Return an address that we can send to from where we listen, None if there is none now."""
    try:
        found = await resolve(endpoint)
    except Unresolved:
        return None
    return next((each for each in found if speaks(ours.host, each.host)), None)


def _resolvers() -> trio.CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        limiter = trio.CapacityLimiter(_MAX_ASKED)
        _limiter.set(limiter)
        return limiter
