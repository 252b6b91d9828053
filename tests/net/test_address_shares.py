"""Who is one party, and who gives way to whom: shares by networks that lie in each other."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from net.address_shares import Networks, Shares, nested_networks
from net.token_bucket import MAX_NETWORKS, MEMORY, FairUse, TokenBucket

CAPACITY = 24


@pytest.mark.parametrize(
    ("host", "networks"),
    [
        ("8.8.4.4", ("8.8.4.0/24", "8.8.4.4/32")),
        ("203.0.113.9", ("203.0.113.0/24", "203.0.113.9/32")),
        ("2a00:1450:1:22:333::1", ("2a00:1450:1::/48", "2a00:1450:1::/56", "2a00:1450:1:22::/64")),
        ("127.0.0.1", ("127.0.0.1",)),
        ("10.1.2.3", ("10.1.2.3",)),
        ("172.31.0.1", ("172.31.0.1",)),
        ("192.168.4.1", ("192.168.4.1",)),
        ("169.254.0.9", ("169.254.0.9",)),
        ("::1", ("::1",)),
        ("fd00::7", ("fd00::7",)),
        ("fe80::1%eth0", ("fe80::1",)),
        ("a wire", ("a wire",)),
        ("", ("",)),
    ],
)
def test_networks_lie_in_each_other(host: str, networks: Networks) -> None:
    assert nested_networks(host) == networks


@pytest.mark.parametrize("host", ["::ffff:8.8.4.4", "2002:808:404::1", "64:ff9b::808:404", "2001:0:102:304::f7f7:fbfb"])
def test_an_ipv4_address_inside_an_ipv6_one_counts_as_itself(host: str) -> None:
    assert nested_networks(host) == nested_networks("8.8.4.4")


def test_a_carried_address_of_a_house_is_one_of_the_house() -> None:
    assert nested_networks("::ffff:127.0.0.1") == ("127.0.0.1",)


def crowd(*weights: tuple[str, int]) -> Shares[str]:
    """Each is at a host, with a weight, and called by both."""
    shares: Shares[str] = Shares()
    for host, weight in weights:
        shares.add(f"{host} {weight}", nested_networks(host), weight)
    return shares


def test_the_heaviest_holder_of_the_heaviest_host_of_the_heaviest_network_loses() -> None:
    shares = crowd(("8.8.4.1", 9), ("8.8.5.1", 3), ("8.8.5.1", 4), ("8.8.5.2", 5))
    assert shares.heaviest() == "8.8.5.1 4"
    assert shares.loser("new", nested_networks("8.8.6.1"), 1) == "8.8.5.1 4"
    assert shares.loser("new", nested_networks("8.8.4.2"), 1) == "8.8.5.1 4"
    assert shares.loser("new", nested_networks("8.8.4.2"), 3) == "8.8.4.1 9", (
        "then its own network would be the heaviest"
    )
    assert shares.loser("new", nested_networks("8.8.5.2"), 1) == "8.8.5.1 4", (
        "in its own network another host is heavier"
    )
    assert shares.loser("new", nested_networks("8.8.5.1"), 1) == "8.8.5.1 4"
    assert shares.loser("new", nested_networks("8.8.5.1"), 5) is None


def test_who_has_as_much_as_the_heaviest_is_refused() -> None:
    shares = crowd(("8.8.4.1", 1), ("8.8.5.1", 1))
    for host in ("8.8.4.1", "8.8.5.7", "8.8.6.1"):
        assert shares.loser("new", nested_networks(host), 1) is None


def test_an_equal_of_the_same_host_may_be_replaced_the_least_used_first() -> None:
    shares: Shares[int] = Shares()
    for number in range(3):
        shares.add(number, ("here",), 1)
    shares.on_used(0)
    assert shares.loser(9, ("here",), 1) is None
    assert shares.loser(9, ("here",), 1, may_replace=True) == 1
    assert shares.loser(9, ("there",), 1, may_replace=True) == 1


def test_a_holder_that_moves_counts_where_it_is() -> None:
    shares = crowd(("8.8.4.1", 5), ("8.8.5.1", 3))
    shares.add("8.8.4.1 5", nested_networks("8.8.9.1"), 2)
    assert shares.heaviest() == "8.8.5.1 3"
    assert shares.total == 5


class SharedPlaces(RuleBasedStateMachine):
    """Hosts of few networks ask for places; whoever has to go goes at once. Checked against plain counting."""

    hosts = [f"8.8.{network}.{host}" for network in range(4) for host in range(3)] + [
        "10.0.0.1",
        "2a00::1",
        "2a00:0:0:100::1",
    ]

    def __init__(self) -> None:
        super().__init__()
        self.shares: Shares[int] = Shares()
        self.held: dict[int, tuple[str, int]] = {}
        self.count = 0

    def outermost(self) -> Counter[str]:
        counter: Counter[str] = Counter()
        for host, weight in self.held.values():
            counter[nested_networks(host)[0]] += weight
        return counter

    @rule(host=st.sampled_from(hosts), weight=st.integers(1, 3))
    def come(self, host: str, weight: int) -> None:
        self.count += 1
        networks = nested_networks(host)
        while self.shares.total + weight > CAPACITY:
            before = self.outermost()
            loser = self.shares.loser(self.count, networks, weight)
            if loser is None:
                assert before[networks[0]] + weight >= max(before.values()), "refused though others have more"
                return
            theirs = nested_networks(self.held[loser][0])[0]
            if theirs != networks[0]:
                assert before[theirs] == max(before.values()) > before[networks[0]] + weight
            self.leave(loser)
        self.shares.add(self.count, networks, weight)
        self.held[self.count] = (host, weight)

    @rule(at=st.integers(0, 1000))
    def go(self, at: int) -> None:
        if self.held:
            self.leave(sorted(self.held)[at % len(self.held)])

    @rule(at=st.integers(0, 1000), weight=st.integers(1, 3))
    def change(self, at: int, weight: int) -> None:
        if self.held:
            holder = sorted(self.held)[at % len(self.held)]
            self.shares.on_used(holder)
            self.shares.change(holder, min(weight, self.held[holder][1]))
            self.held[holder] = (self.held[holder][0], self.shares.weight_of(holder))

    def leave(self, holder: int) -> None:
        self.shares.remove(holder)
        del self.held[holder]

    @invariant()
    def counts_agree(self) -> None:
        assert self.shares.total == sum(weight for _, weight in self.held.values()) <= CAPACITY
        assert len(self.shares) == len(self.held)
        heaviest = self.shares.heaviest()
        assert (heaviest is None) == (not self.held)
        if heaviest is not None:
            outermost = self.outermost()
            assert outermost[nested_networks(self.held[heaviest][0])[0]] == max(outermost.values())

    def teardown(self) -> None:
        """Nothing is kept of who has gone."""
        for holder in list(self.held):
            self.leave(holder)
        assert self.shares._root.groups == {}


TestSharedPlaces = SharedPlaces.TestCase
TestSharedPlaces.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(
    demands=st.lists(st.integers(1, 60), min_size=1, max_size=8), seed=st.integers(0, 1 << 16), hosts=st.integers(1, 5)
)
@settings(max_examples=60, deadline=None)
def test_every_network_that_asks_gets_its_fair_share(demands: list[int], seed: int, hosts: int) -> None:
    capacity = 64
    random = Random(seed)
    shares: Shares[tuple[int, int]] = Shares()
    asks = [(network, number) for network, demand in enumerate(demands) for number in range(demand)]
    random.shuffle(asks)
    for _ in range(2):  # who was refused or displaced asks again
        for ask in asks:
            networks = nested_networks(f"8.8.{ask[0]}.{ask[1] % hosts}")
            if ask in shares:
                continue
            if len(shares) >= capacity:
                loser = shares.loser(ask, networks, 1)
                if loser is None:
                    continue
                shares.remove(loser)
            shares.add(ask, networks, 1)
    got = Counter(network for network, number in asks if (network, number) in shares)
    fair = capacity // len(demands)
    for network, demand in enumerate(demands):
        assert got[network] >= min(demand, fair)


# Rates.


def shared(rate: float = 20.0, burst: float = 60.0, share: float = 1.0) -> FairUse:
    return FairUse(TokenBucket(rate, burst), share)


def admitted(fair: FairUse, hosts: list[str], now: float, tries: int = 1) -> int:
    return sum(fair.take(nested_networks(host), now) for _ in range(tries) for host in hosts)


@pytest.mark.parametrize(
    "hosts",
    [
        ["8.8.4.1"] * 100,
        [f"8.8.4.{host}" for host in range(100)],
        [f"2a00:1:2:{host:x}00::1" for host in range(1, 100)],
        ["10.0.0.1"] * 100,
    ],
)
def test_who_used_much_leaves_something_for_who_did_not(hosts: list[str]) -> None:
    fair = shared()
    for now in range(50):
        assert admitted(fair, hosts, float(now)) > 0
    assert admitted(fair, ["9.9.9.9"], 49.0) == 1
    assert admitted(fair, ["fd00::1"], 49.0) == 1


def test_one_host_leaves_something_for_its_neighbours() -> None:
    fair = shared()
    for now in range(50):
        admitted(fair, ["8.8.4.1"], float(now), 100)
    assert admitted(fair, ["8.8.4.2"], 49.0) == 1


def test_networks_that_ask_for_too_much_get_the_same_however_many_hosts_they_have() -> None:
    fair, got = shared(share=2.0), Counter[str]()
    crowds = {"one": ["8.8.1.1"] * 30, "many": [f"8.8.2.{host}" for host in range(30)], "six": ["2a00::1"] * 30}
    for turn in range(2000):
        for name, hosts in crowds.items():
            got[name] += admitted(fair, hosts[turn % 30 : turn % 30 + 3], turn / 20)
    assert max(got.values()) < 2 * min(got.values())
    assert sum(got.values()) <= 60 + 20 * 100


def test_what_was_used_is_forgotten() -> None:
    fair = shared()
    first = admitted(fair, ["8.8.4.1"], 0.0, 100)
    assert admitted(fair, ["8.8.4.1"], 20 * MEMORY, 100) == first


def test_networks_whose_use_is_remembered_are_bounded() -> None:
    fair = shared()
    for number in range(MAX_NETWORKS + 50):
        fair.take((str(number),), 0.0)
    assert len(fair._uses) == MAX_NETWORKS
