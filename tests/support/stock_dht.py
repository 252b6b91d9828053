"""A BitTorrent DHT of stock nodes: ``python -m tests.support.stock_dht COUNT``, until its input ends.

The nodes are libtorrent's, on loopback, and all know the first, the router. It prints one JSON line, their ports.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from net.rendezvous.mainline import PRIVATE_RULES

HOST = "127.0.0.1"


def _node(router: int | None) -> Any:
    libtorrent: Any = importlib.import_module("libtorrent")
    settings = {
        "listen_interfaces": f"{HOST}:0",
        "dht_bootstrap_nodes": f"{HOST}:{router}" if router else "",
        "dht_upload_rate_limit": 1_000_000,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        **PRIVATE_RULES,
    }
    session: Any = libtorrent.session(settings)
    while not session.listen_port():
        session.wait_for_alert(100)
    if router:
        session.add_dht_node((HOST, router))
    return session


if __name__ == "__main__":
    sessions = [_node(None)]
    sessions += [_node(sessions[0].listen_port()) for _ in range(int(sys.argv[1]) - 1)]
    sys.stdout.write(json.dumps([session.listen_port() for session in sessions]) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
