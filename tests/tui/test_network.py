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
from tui.screens.network import CLOCK_TOLERANCE_MS, Line, NetworkScreen, clock_words, facts_of, peer_line, warnings_of

STATUS = asyncio.run(FakeClient().call(api.NetworkStatusGet()))


def like(**changes: Any) -> api.NetworkStatus:
    return msgspec.structs.replace(STATUS, **changes)


def answering(status: api.NetworkStatus) -> Callable[[api.NetworkStatusGet], api.NetworkStatus]:
    def answer(_: api.NetworkStatusGet) -> api.NetworkStatus:
        return status

    return answer


def test_nothing_is_said_of_copies_that_were_not_compared() -> None:
    status = like(copies_agree=None)
    assert warnings_of(status) == []
    assert "agree" not in facts_of(status)["custodians"]
    assert "agree" in facts_of(like(copies_agree=True))["custodians"]


def test_all_well_warns_of_nothing() -> None:
    assert warnings_of(STATUS) == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (like(peers=0, links=[]), "linked to nobody"),
        (like(custodians=0), "No peer keeps parcels"),
        (like(custodians=1), "Only one node"),
        (like(copies_agree=False), "different copies"),
        (like(clock_offset_ms=CLOCK_TOLERANCE_MS + 1), "clock is far off"),
        (like(clock_offset_ms=-CLOCK_TOLERANCE_MS - 1), "clock is far off"),
    ],
)
def test_what_is_wrong_is_said(status: api.NetworkStatus, words: str) -> None:
    (warning,) = warnings_of(status)
    assert words in warning


@pytest.mark.parametrize(
    ("offset", "words"),
    [(-40, "agrees with the peers"), (90_000, "1 min behind the peers"), (-7_200_000, "2 hours ahead of the peers")],
)
def test_the_clock_in_words(offset: int, words: str) -> None:
    assert clock_words(offset) == words


def test_every_fact_has_words() -> None:
    assert all(facts_of(STATUS).values())
    assert facts_of(like(peers=1))["peers"] == "1 node linked"


def test_a_peer_takes_one_line_however_hostile_its_name() -> None:
    peer = api.PeerInfo(node="\x1b[2J\n" * 40, endpoint="x" * 300, role="leaf", rtt_ms=1e9, following=True)
    line = peer_line(peer, 74)
    assert line.isprintable()
    assert len(line) <= 74


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
    monkeypatch.setattr(world, "_network_status", answering(like(peers=0, links=[])))
    app = Stage(NetworkScreen, world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one("#warning").has_class("-shown"))
        assert "--join" in app.screen.query_one("#warning", Line).said
