"""The simulated world: deterministic, and rough where it is told to be."""

from __future__ import annotations

from hashlib import sha256

import pytest

from net.ids import Endpoint
from net.instant import HOUR_MS, Instant
from net.node.node import Node
from simulator import EPOCH_MS, Host, Machine, Path, World
from simulator.__main__ import Echo, Writer, parcels_at
from simulator.nodes import full_node, leaf_node
from tests.support.parcels import box_bytes
from tests.support.village import Village


class Ear(Echo):
    """Hears and says nothing."""

    def __init__(self, heard: list[tuple[float, bytes]]) -> None:
        super().__init__()
        self._heard = heard

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        self._heard.append((now.mono, data))


def ears(world: World) -> tuple[Host, Host, list[tuple[float, bytes]]]:
    """Two hosts, and what the second hears."""
    heard: list[tuple[float, bytes]] = []
    return world.add(lambda _: Ear([])), world.add(lambda _: Ear(heard)), heard


def send(world: World, one: Host, other: Host, count: int) -> None:
    for number in range(count):
        world.send(one.endpoint, other.endpoint, number.to_bytes(4, "big"))


def trace(seed: int) -> str:
    village = Village(fulls=3, residents=2, seed=seed, path=Path(loss=0.05, duplication=0.05))
    story = sha256()
    village.world.taps.append(lambda now, source, to, data: story.update(repr((now, source, to)).encode() + data))
    village.settle()
    for number in range(10):
        village.residents[0].deposit(box_bytes(number))
    village.fulls[1].restart()
    village.world.churn(village.fulls[:1], up=5, down=5)
    village.world.run_for(30)
    return story.hexdigest()


def test_the_same_seed_tells_the_same_story_to_the_byte() -> None:
    assert trace(7) == trace(7)
    assert trace(7) != trace(8)


def test_latency_is_kept_and_jitter_reorders() -> None:
    world = World(1, Path(latency=0.5, jitter=0.1))
    one, other, heard = ears(world)
    send(world, one, other, 100)
    world.run_for(10)
    assert min(at for at, _ in heard) >= 0.5
    numbers = [data for _, data in heard]
    assert len(numbers) == 100
    assert numbers != sorted(numbers)


def test_loss_and_duplication_are_as_asked() -> None:
    world = World(1, Path(loss=0.3, duplication=0.2))
    one, other, heard = ears(world)
    send(world, one, other, 4000)
    world.run_for(10)
    assert len(heard) == pytest.approx(4000 * 0.7 * 1.2, rel=0.05)
    assert world.totals.lost == pytest.approx(4000 * 0.3, rel=0.1)
    assert world.totals.sent == 4000


def test_a_path_of_its_own_between_two_hosts() -> None:
    world = World(1)
    one, other, heard = ears(world)
    world.set_path(one, other, Path(loss=1.0))
    send(world, one, other, 10)
    world.run_for(1)
    assert heard == []


def test_nothing_crosses_a_partition_until_it_heals() -> None:
    world = World(1)
    one, other, heard = ears(world)
    world.partition([one], [other])
    send(world, one, other, 1)
    world.run_for(1)
    assert heard == []
    world.heal()
    send(world, one, other, 1)
    world.run_for(1)
    assert len(heard) == 1


def test_who_is_down_hears_nothing_and_forgets_its_timers() -> None:
    world = World(1)
    one, other, heard = ears(world)
    rank: list[float] = []
    other.after(1, lambda now: rank.append(now.mono))
    other.kill()
    send(world, one, other, 1)
    world.run_for(2)
    other.start()
    world.run_for(2)
    assert (heard, rank) == ([], [])


def test_every_host_has_its_own_wall_clock() -> None:
    world = World(1)
    host = world.add(lambda _: Echo(), skew_ms=HOUR_MS)
    world.run_for(2)
    assert host.now() == Instant(2.0, EPOCH_MS + 2000 + HOUR_MS)


def test_churn_switches_off_and_on() -> None:
    world = World(1)
    hosts = [world.add(lambda _: Echo()) for _ in range(200)]
    world.churn(hosts, up=10, down=30)
    world.run_for(500)
    assert 20 < sum(host.is_up for host in hosts) < 90


def test_a_crash_at_commit_keeps_the_parcel_and_tells_nobody() -> None:
    village = Village(fulls=1, residents=1)
    village.settle()
    [full], [resident] = village.fulls, village.residents
    full.crash_at_next_commit()
    resident.deposit(box_bytes(1))
    village.world.run_for(5)
    assert not full.is_up
    assert full.store.usage()[0] == 1
    assert resident.copies() == 0
    full.start()
    village.world.run_for(60)
    assert resident.copies() == 1


def test_a_disk_put_back_has_what_it_had() -> None:
    village = Village(fulls=1, residents=1)
    village.settle()
    [full], [resident] = village.fulls, village.residents
    before = full.store.snapshot()
    resident.deposit(box_bytes(1))
    village.settle()
    assert full.store.usage()[0] == 1
    full.roll_back(before)
    assert full.store.usage()[0] == 0


def test_an_actor_owns_its_node_and_lives_by_callbacks() -> None:
    world = World(1)
    hub = world.add(full_node())
    writers: list[Writer] = []

    def build(host: Host) -> Machine:
        writers.append(Writer(host))
        return leaf_node(hub.endpoint)(host)

    host = world.add(build)
    world.run_for(20)
    host.restart()
    world.run_for(20)
    assert len(writers) == 2
    assert parcels_at(hub) >= 12
    assert len(writers[1].tags) >= 12
    assert isinstance(host.machine, Node)


def test_asking_for_a_node_where_none_runs_is_a_mistake() -> None:
    world = World(1)
    host = world.add(lambda _: Echo())
    host.kill()
    with pytest.raises(TypeError):
        host.node()


def test_waiting_for_something_ends_when_it_happens_or_time_is_over() -> None:
    world = World(1)
    assert world.run_while(lambda: world.now < 3, 10)
    assert world.now < 4
    assert not world.run_while(lambda: True, 1)
