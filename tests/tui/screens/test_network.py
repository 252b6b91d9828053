"""What the network screen says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from core import api
from tests.support.client import FakeClient
from tests.tui.stage import Stage
from tests.tui.until import until
from tui.screens.pages.network import Line, NetworkScreen, peer_line
from tui.words.network import clock_words, facts_of, is_silent

STATUS = asyncio.run(FakeClient().call(api.NetworkStatusGet()))


def like(**changes: Any) -> api.NetworkStatus:
    return msgspec.structs.replace(STATUS, **changes)


def answering(status: api.NetworkStatus) -> Callable[[api.NetworkStatusGet], api.NetworkStatus]:
    def answer(_: api.NetworkStatusGet) -> api.NetworkStatus:
        return status

    return answer


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (-40, "agrees with the other nodes"),
        (90_000, "1 min behind the other nodes"),
        (-7_200_000, "2 hours ahead of the other nodes"),
    ],
)
def test_the_clock_in_words(offset: int, words: str) -> None:
    assert clock_words(offset) == words


def test_whose_clock_is_off_is_told_beside_the_own() -> None:
    off = [api.ClockOff(node=f"abcdefgh{each}", ahead_ms=-18_000_000, left_out=True) for each in ("ijkl", "mnop")]
    assert (
        facts_of(like(clocks_off=off[:1], clocks_agreeing=2))["clock"] == "2 others agree; abcdefgh is 5 hours behind"
    )
    assert facts_of(like(clocks_off=off))["clock"] == "3 others agree; abcdefgh is 5 hours behind (and 1 more)"
    alone = api.ClockAlone(agreeing=[], against=off)
    assert facts_of(like(clock_alone=alone, clock_offset_ms=18_000_000))["clock"] == (
        "5 hours behind the other nodes, and alone with it"
    )


def test_linked_nodes_are_told_by_how_they_were_found() -> None:
    sources = {"join": 0, "lan": 1}
    assert facts_of(like(peers=1, peers_by_source=sources))["peers"] == "1 node: 1 in the local net"
    assert facts_of(like(peers=1, peers_by_source={}))["peers"] == "1 node"


def test_named_nodes_are_told_with_what_became_of_them_and_without_their_keys() -> None:
    def named(spec: str, state: api.JoinState, answering: str = "") -> api.JoinInfo:
        return api.JoinInfo(spec=spec, state=state, addresses=[], answering=answering, reason="")

    assert "joins" not in facts_of(like(joins=[]))
    joins = [
        named("192.0.2.1:4/" + "a" * 52, "linked", "192.0.2.1:4"),
        named("seed.example:4", "answered", "[::1]:4"),
        named("x.example:4", "unknown-name"),
    ]
    assert facts_of(like(joins=joins))["joins"] == (
        "192.0.2.1:4: linked; seed.example:4 ([::1]:4): answered when it was asked; x.example:4: no such name now"
    )
    assert facts_of(like(listen="*:4040", public=""))["address"] == "port 4040 of IPv4 and IPv6"


def test_a_peer_takes_one_line_however_hostile_its_name() -> None:
    peer = api.PeerInfo(node="\x1b[2J\n" * 40, endpoint="x" * 300, role="leaf", rtt_ms=1e9, following=True)
    line = peer_line(peer, 74)
    assert line.isprintable()
    assert len(line) <= 74


def test_where_there_is_room_for_no_address_there_is_no_sign_of_it() -> None:
    peer = api.PeerInfo(node="01f3a9c1", endpoint="192.0.2.1:4400", role="full", rtt_ms=18.0, following=True)
    assert peer_line(peer, 74).endswith("192.0.2.1:4400")
    assert "guard  192.0.2" in peer_line(peer, 42)
    assert peer_line(peer, 34).endswith("guard")


def test_links_that_do_not_answer_are_no_network() -> None:
    """Frozen nodes stay linked for most of a minute; what is sent by them goes nowhere before that."""
    links = [msgspec.structs.replace(link, answering=not link.following) for link in STATUS.links]
    assert not is_silent(STATUS)
    assert is_silent(like(links=links))
    assert "do not answer" in facts_of(like(links=links))["peers"]
    assert "silent" in peer_line(links[0], 76)
    assert not is_silent(like(links=[]))  # that is no network at all


@pytest.mark.asyncio
async def test_a_look_that_finds_nothing_new_redraws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Stage(NetworkScreen)
    redrawn: list[str] = []
    original = Line.update

    def spy(line: Line, *arguments: Any, **more: Any) -> None:
        redrawn.append(str(line.id))
        original(line, *arguments, **more)

    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "4 nodes" in app.screen.query_one("#peers", Line).said)
        monkeypatch.setattr(Line, "update", spy)
        monkeypatch.setattr(app.world, "_network_status", answering(like(datagrams_in=18235)))
        app.screen._look()  # type: ignore[attr-defined]  # the timer's own callback, without its two seconds
        await until(pilot, lambda: "18 235 in" in app.screen.query_one("#datagrams", Line).said)
    assert redrawn == ["datagrams"]


@pytest.mark.asyncio
async def test_no_peers_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    world = FakeClient(locked=True)
    alone = like(peers=0, links=[], custodians=0, mainline=None)
    monkeypatch.setattr(world, "_network_status", answering(alone))
    app = Stage(NetworkScreen, world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one("#warning").has_class("-shown"))
        assert "--join" in app.screen.query_one("#warning", Line).said


@pytest.mark.asyncio
async def test_a_small_network_is_warned_of_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    world = FakeClient()
    monkeypatch.setattr(world, "_network_status", answering(like(anonymity_set=99)))
    app = Stage(NetworkScreen, world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "too few to hide among" in app.screen.query_one("#warning", Line).said)
        monkeypatch.setattr(world, "_network_status", answering(like(anonymity_set=100)))
        app.screen._look()  # type: ignore[attr-defined]  # the timer's own callback, without its two seconds
        await until(pilot, lambda: not app.screen.query_one("#warning").has_class("-shown"))
