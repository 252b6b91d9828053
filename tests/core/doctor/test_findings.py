"""What the doctor finds, and what it lets pass."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import api
from core.doctor import examination
from core.doctor.examination import is_complete
from core.doctor.findings import SETTLING, findings_of, needs_attention
from core.node.opening import OWN_NODE
from core.vault.profile import Profile
from net.errors import Unreachable
from net.ids import Endpoint
from net.instant import HOUR_MS
from net.network_time import AGREEMENT_MS
from tests.support.cheap_node import CHEAP, LOOPBACK, alone
from tests.support.client import FakeClient

WELL = asyncio.run(FakeClient().call(api.NetworkStatusGet()))
SILENT = api.FinderInfo(running=True, reason="", contacts=0, heard=0)
HEARD = api.FinderInfo(running=True, reason="", contacts=3, heard=2)
MISSING = api.FinderInfo(running=False, reason="libtorrent is not installed", contacts=0, heard=0)
OFF = api.ClockOff(node="abcdefghijkl", ahead_ms=-5 * HOUR_MS, left_out=True)
DIFFERING = msgspec.structs.replace(OFF, ahead_ms=15 * 60_000, left_out=False)
NOBODY = {"peers": 0, "custodians": 0, "guards": 0, "guards_linked": 0, "mailboxes": [], "copies_agree": None}


UNHELPFUL: tuple[api.JoinState, ...] = ("unknown-name", "other-family", "silent", "useless")


def join(state: api.JoinState, spec: str = "seed.example:4040", *addresses: str) -> api.JoinInfo:
    return api.JoinInfo(spec=spec, state=state, addresses=list(addresses), answering="", reason="no such name")


def like(**changes: Any) -> api.NetworkStatus:
    return msgspec.structs.replace(WELL, **changes)


def kinds(status: api.NetworkStatus) -> list[str]:
    return [each.kind for each in findings_of(status)]


def test_a_healthy_node_has_nothing_to_say() -> None:
    assert findings_of(WELL) == []
    assert kinds(like(role="leaf", reachable=False, nat="symmetric")) == []
    assert kinds(like(copies_agree=None, reachable=None, nat="unknown", mailboxes=[])) == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (like(**NOBODY), "no-network"),
        (like(**NOBODY, uptime=SETTLING - 1), "starting"),
        (like(guards_linked=0), "no-guards"),
        (like(custodians=1), "few-custodians"),
        (like(copies_agree=False), "copies-differ"),
        (like(clock_offset_ms=AGREEMENT_MS + 1), "clock-off"),
        (like(clock_offset_ms=-AGREEMENT_MS - 1), "clock-off"),
        (like(clocks_off=[OFF]), "clock-off"),
        (like(clock_alone=api.ClockAlone(agreeing=[], against=[OFF])), "clock-off"),
        (like(reachable=False, nat="restricted"), "unreachable"),
        (like(reachable=False, nat="symmetric"), "symmetric-nat"),
        (like(loops_sent=40, loops_lost=20), "loops-lost"),
        (like(anonymity_set=99), "small-network"),
        (like(hops=2), "short-paths"),
        (like(price_factor=4), "flood"),
        (like(mainline=MISSING), "no-mainline"),
        *((like(joins=[join(state)]), "join-failed") for state in UNHELPFUL),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_each_trouble_is_one_finding(status: api.NetworkStatus, kind: str) -> None:
    assert kinds(status) == [kind]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mainline": None, "lan": None}, "switched off"),
        ({"mainline": SILENT, "lan": None}, "no UDP out"),
        ({"mainline": HEARD, "lan": SILENT}, "none of them answers"),
        ({"mainline": MISSING, "lan": SILENT}, "cannot be asked"),
        ({"mainline": None, "lan": SILENT}, "no other node was found"),
    ],
)
def test_who_is_alone_is_told_the_likely_reason(changes: dict[str, Any], words: str) -> None:
    (finding,) = findings_of(like(**NOBODY, **changes))
    assert words in finding.text


@pytest.mark.parametrize(
    ("state", "listen", "words"),
    [
        ("unknown-name", "*:4", "--join seed.example:4040: the name does not resolve: no such name."),
        ("other-family", "0.0.0.0:4", "it is at [2001:db8::1]:4040, and this node listens at 0.0.0.0:4 alone"),
        ("other-family", "0.0.0.0:4", "--listen [::]:0"),
        ("other-family", "[::]:4", "--listen 0.0.0.0:0"),
        ("silent", "*:4", "nobody answers at [2001:db8::1]:4040"),
        ("useless", "*:4", "a leaf, which serves nobody"),
    ],
)
def test_what_became_of_a_named_node_is_told_and_what_to_do(state: api.JoinState, listen: str, words: str) -> None:
    (finding,) = findings_of(like(joins=[join(state, "seed.example:4040", "[2001:db8::1]:4040")], listen=listen))
    assert words in finding.text
    assert not needs_attention(finding), "there is a network without it"


def test_a_named_node_that_is_well_or_not_known_yet_is_no_finding() -> None:
    states: list[api.JoinState] = ["linked", "answered", "trying", "resolving"]
    assert findings_of(like(joins=[join(state) for state in states])) == []
    assert kinds(like(**NOBODY, uptime=SETTLING - 1, joins=[join("silent")])) == ["starting"]


def test_the_doctor_waits_for_what_becomes_of_named_nodes_but_not_for_ever() -> None:
    assert is_complete(like(joins=[join("silent"), join("linked")]))
    assert not is_complete(like(joins=[join("resolving")]))
    assert not is_complete(like(joins=[join("trying")], uptime=SETTLING - 1))
    assert is_complete(like(joins=[join("trying")], uptime=SETTLING))


def test_a_clock_is_told_by_how_much_and_to_which_side() -> None:
    behind, ahead = (findings_of(like(clock_offset_ms=sign * 45 * 60_000))[0].text for sign in (1, -1))
    assert "45 minutes behind" in behind
    assert "45 minutes ahead of" in ahead


@pytest.mark.parametrize(
    ("ahead_ms", "words"),
    [
        (11 * 60_000, "11 minutes ahead"),
        (-5 * HOUR_MS, "5 hours behind"),
        (72 * HOUR_MS, "3 days ahead"),
        (-497_223 * HOUR_MS, "57 years behind"),
    ],
)
def test_whose_clock_is_wrong_is_told_by_name(ahead_ms: int, words: str) -> None:
    (finding,) = findings_of(like(clocks_off=[api.ClockOff(node="abcdefghijkl", ahead_ms=ahead_ms, left_out=True)]))
    assert f"abcdefghijkl is {words}" in finding.text
    assert "other way round" not in finding.text


def test_a_clock_that_does_no_harm_is_told_where_it_may_be_ones_own() -> None:
    assert kinds(like(clocks_off=[DIFFERING])) == []
    assert kinds(like(clocks_off=[DIFFERING], anonymity_set=5)) == ["clocks-differ", "small-network"]
    assert not needs_attention(findings_of(like(clocks_off=[DIFFERING], anonymity_set=5))[0])


def test_two_against_two_either_may_be_right() -> None:
    off = [OFF, msgspec.structs.replace(OFF, node="mnopqrstuvwx", ahead_ms=OFF.ahead_ms + 60_000)]
    (finding,) = findings_of(like(clocks_off=off, clocks_agreeing=1))
    assert "abcdefghijkl is 5 hours behind and mnopqrstuvwx is 5 hours behind" in finding.text
    assert "other way round" in finding.text


def test_who_is_alone_with_its_clock_hears_both_groups_and_that_texts_wait() -> None:
    off = [OFF, msgspec.structs.replace(OFF, node="mnopqrstuvwx")]
    alone = api.ClockAlone(agreeing=["zyxwvutsrqpo"], against=off)
    (finding,) = findings_of(like(clock_alone=alone, clock_offset_ms=OFF.ahead_ms))
    assert "This machine's clock is 5 hours ahead of that of abcdefghijkl and mnopqrstuvwx" in finding.text
    assert "only zyxwvutsrqpo agrees with it" in finding.text
    assert "waits here" not in finding.text
    nobody = api.ClockAlone(agreeing=[], against=off)
    (stuck,) = findings_of(like(clock_alone=nobody, custodians=0, guards_linked=0))
    assert "nobody's agrees with it" in stuck.text
    assert "What you write waits here" in stuck.text


def test_with_one_other_there_is_nobody_to_tell_which_is_right() -> None:
    (finding,) = findings_of(like(clock_alone=api.ClockAlone(agreeing=[], against=[OFF])))
    assert "nobody to tell which is right" in finding.text


def test_what_nobody_can_help_is_no_reason_to_call_somebody() -> None:
    assert not any(map(needs_attention, findings_of(like(anonymity_set=3, hops=3, price_factor=2, mainline=MISSING))))
    assert all(map(needs_attention, findings_of(like(nat="symmetric", clock_offset_ms=10**7, copies_agree=False))))


def test_waiting_ends_when_there_is_nothing_more_to_learn() -> None:
    assert is_complete(WELL)
    assert not is_complete(like(custodians=1))
    assert is_complete(like(custodians=0, clock_alone=api.ClockAlone(agreeing=[], against=[OFF])))
    assert not is_complete(like(reachable=None))
    assert not is_complete(like(nat="unknown"))
    assert is_complete(like(role="leaf", reachable=None, nat="unknown"))


@pytest.mark.trio
@pytest.mark.network
async def test_beside_a_running_client_the_doctor_is_a_leaf_and_touches_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with Profile(home / OWN_NODE):
        told = await examination.examine(home, alone(), tuning=CHEAP, patience=1.0)
    assert told.role == "leaf"
    assert [each.kind for each in told.findings][-1] == "home-in-use"
    assert not told.is_well  # it is alone
    assert [path.name for path in (home / OWN_NODE).iterdir()] == ["lock"]


@pytest.mark.trio
@pytest.mark.network
async def test_a_port_that_is_taken_is_told_as_such(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(LOOPBACK)
        options = alone(listen=Endpoint(*taken.getsockname()))
        with pytest.raises(Unreachable):
            await examination.examine(tmp_path / "home", options, tuning=CHEAP)
