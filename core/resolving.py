"""Host names of nodes to join through."""

from __future__ import annotations

import ipaddress
import logging
from typing import Final

import trio

from net.ids import Endpoint

_log = logging.getLogger(__name__)

# Seconds until a host name that does not resolve is tried again.
RESOLVE_RETRY: Final = 30.0


async def resolve(endpoint: Endpoint, ours: Endpoint) -> Endpoint:
    """Return an endpoint with a numeric address of our own family; a name that has none is tried again for ever."""
    if _is_numeric(endpoint.host):
        return endpoint
    family = trio.socket.AF_INET6 if ":" in ours.host else trio.socket.AF_INET
    while True:
        try:
            found = await trio.socket.getaddrinfo(endpoint.host, endpoint.port, family, trio.socket.SOCK_DGRAM)
            return Endpoint(str(found[0][4][0]), endpoint.port)
        except OSError as error:
            _log.warning("%s does not resolve: %s", endpoint.host, error.strerror)
        await trio.sleep(RESOLVE_RETRY)


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
