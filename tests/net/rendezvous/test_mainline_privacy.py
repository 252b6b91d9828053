"""What the BitTorrent DHT is told, in full: the day's topics and our own port. A session that only writes down stands in.

Whoever is at home there could draw who talks with whom from topics of people or buckets; there are none. Anything new that
libtorrent is asked to do or given fails here first.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import trio

from net.ids import Endpoint
from net.instant import HOUR_MS, Instant
from net.rendezvous.dht_scope import DEFAULT_ROUTERS
from net.rendezvous.mainline import Mainline, MainlineState, session_settings

ROOT = Path(__file__).parents[3]
PORT, DAYS = 4077, 3
START_MS = 20_700 * 24 * HOUR_MS
SETTINGS = {
    "alert_mask",
    "alert_queue_size",
    "dht_bootstrap_nodes",
    "dht_read_only",
    "dht_upload_rate_limit",
    "enable_incoming_tcp",
    "enable_incoming_utp",
    "enable_lsd",
    "enable_natpmp",
    "enable_outgoing_tcp",
    "enable_outgoing_utp",
    "enable_upnp",
    "listen_interfaces",
    "peer_fingerprint",
    "user_agent",
}


@dataclass
class Written:
    """Everything that was handed over."""

    settings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    announced: list[tuple[bytes, int, int]] = field(default_factory=list[tuple[bytes, int, int]])
    looked_up: list[bytes] = field(default_factory=list[bytes])
    nodes: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    mapped: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])


class Session:
    """Has what is used of a session and nothing else: more would be an ``AttributeError``."""

    written = Written()

    def __init__(self, settings: dict[str, Any]) -> None:
        self.written.settings.append(settings)

    def apply_settings(self, settings: dict[str, Any]) -> None:
        self.written.settings.append(settings)

    def add_dht_node(self, node: tuple[str, int]) -> None:
        self.written.nodes.append(node)

    def add_port_mapping(self, _: object, external: int, internal: int) -> None:
        self.written.mapped.append((external, internal))

    def dht_announce(self, topic: bytes, port: int, flags: int) -> None:
        self.written.announced.append((topic, port, flags))

    def dht_get_peers(self, topic: bytes) -> None:
        self.written.looked_up.append(topic)

    def set_alert_fd(self, descriptor: int) -> None:
        pass

    def post_dht_stats(self) -> None:
        pass

    def post_session_stats(self) -> None:
        pass

    def pop_alerts(self) -> list[object]:
        return []


async def at_once(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call without a thread: while one works, the tests' clock would jump to its deadline."""
    return call(*arguments)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    class Recorder(Session):
        written = Written()

    kinds = dict.fromkeys(
        (f"{kind}_notification" for kind in ("dht", "dht_operation", "port_mapping", "error", "status")), 1
    )
    library = ModuleType("libtorrent")
    library.__dict__.update(
        session=Recorder,
        sha1_hash=bytes,
        portmap_protocol=SimpleNamespace(udp=1),
        bencode=None,  # what is asked of nodes of the DHT directly: ``test_outside``
        bdecode=None,
        alert=SimpleNamespace(category_t=SimpleNamespace(**kinds)),
    )
    monkeypatch.setitem(sys.modules, "libtorrent", library)
    return Recorder.written


def public_topics(day: int) -> set[bytes]:
    """Return what anybody can compute of a day: it hangs on nothing else."""
    label = b"sottovoce/v1/mainline" + day.to_bytes(4, "big")
    return {hashlib.sha1(label + bytes([shard]), usedforsecurity=False).digest() for shard in range(256)}


async def live(seed: int, *, is_serving: bool) -> None:
    """Let a node look for others for some days, from the first of them on."""
    began = trio.current_time()
    mainline = Mainline(
        Endpoint("0.0.0.0", PORT),
        lambda _: None,
        lambda _: None,
        random=Random(seed).randbytes,
        ask=at_once,
        clock=lambda: Instant(trio.current_time(), START_MS + round((trio.current_time() - began) * 1000)),
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(mainline.run)
        assert mainline.status.state is MainlineState.RUNNING
        mainline.set_serving(is_serving=is_serving)
        mainline.set_lacking(is_lacking=True)
        await trio.sleep(3600)
        mainline.set_lacking(is_lacking=False)
        await trio.sleep(DAYS * 24 * 3600)
        nursery.cancel_scope.cancel()


@pytest.mark.trio
@pytest.mark.parametrize("is_serving", [True, False])
async def test_the_dht_is_told_the_days_topics_and_our_port_and_nothing_else(
    autojump_clock: trio.testing.MockClock, written: Written, is_serving: bool
) -> None:
    await live(1, is_serving=is_serving)
    first = START_MS // HOUR_MS // 24
    topics = set[bytes]().union(*(public_topics(day) for day in range(first - 1, first + DAYS + 3)))
    assert written.looked_up
    assert {*written.looked_up, *(topic for topic, _, _ in written.announced)} <= topics
    assert {(port, flags) for _, port, flags in written.announced} == ({(PORT, 0)} if is_serving else set())
    assert (written.nodes, written.mapped) == ([], [(PORT, PORT)])


@pytest.mark.trio
async def test_two_nodes_ask_the_dht_for_the_same(autojump_clock: trio.testing.MockClock, written: Written) -> None:
    """All shards of the day, whoever asks: a lookup tells nobody apart."""
    await live(1, is_serving=False)
    one, written.looked_up = set(written.looked_up), []
    await live(2, is_serving=False)
    assert set(written.looked_up) == one


@pytest.mark.parametrize("is_serving", [True, False])
def test_no_setting_names_us_or_leaves_anything_on_the_disk(written: Written, is_serving: bool) -> None:
    settings: dict[str, Any] = {**session_settings(Endpoint("0.0.0.0", PORT), [], is_serving=is_serving)}
    assert settings.keys() == SETTINGS
    said = {key: value for key, value in settings.items() if isinstance(value, str) and value}
    assert said == {"listen_interfaces": "0.0.0.0:0", "dht_bootstrap_nodes": ",".join(DEFAULT_ROUTERS)}


def test_one_file_speaks_with_libtorrent_and_knows_nobody() -> None:
    """Nothing of people, parcels, buckets or the overlay is even imported there."""
    users: dict[str, set[str]] = {}
    for top in ("net", "core", "tui"):
        for path in (ROOT / top).rglob("*.py"):
            imported = set[str]()
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    imported.add(node.module or "")
            if "libtorrent" in imported or 'import_module("libtorrent' in text:
                users[str(path.relative_to(ROOT))] = {each for each in imported if each.startswith(("net", "core"))}
    assert users == {
        "net/rendezvous/mainline.py": {
            "net.io.driver",
            "net.ids",
            "net.instant",
            "net.rendezvous.global_addresses",
            "net.rendezvous.rounds",
            "net.rendezvous.topic",
            "net.rendezvous.dht_scope",
            "net.scope",
        }
    }
