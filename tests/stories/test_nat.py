"""Two people on real networks: behind NATs, in bad weather, off the wire and back, carried elsewhere.

Four nodes stand in the open and serve every story; who lives behind what is told anew in each.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.lab_world import LabWorld, hear, nat_of, say, talk
from tests.support.nat_box import NatKind
from tests.support.netlab import Internet, NetLab, Weather, why_not
from tests.support.processes import Rpc

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(300)]

NODES = 4
# Seconds off the wire: long enough for retransmissions to slow down; in full, for links to be given up, too.
OUTAGE = 5.0
LONG_OUTAGE = 65.0
ROUGH = Weather(loss=0.05, delay=0.08, jitter=0.04)
OPEN, CONE, RESTRICTED, SYMMETRIC = None, NatKind.FULL_CONE, NatKind.PORT_RESTRICTED, NatKind.SYMMETRIC
# What a device may say of each; where strangers are few, nobody may have been there to try.
TRUE: dict[NatKind | None, set[tuple[str, bool | None]]] = {
    CONE: {("cone", True), ("unknown", None)},
    RESTRICTED: {("restricted", False), ("unknown", None)},
    SYMMETRIC: {("symmetric", False)},
    OPEN: {("open", True)},
}


@pytest.fixture(scope="module")
def internet() -> Iterator[Internet]:
    if reason := why_not():
        pytest.skip(reason)
    with NetLab() as lab:
        yield lab.internet()


@pytest.fixture(scope="module")
def town(internet: Internet, origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[LabWorld]:
    """Nodes in the open, and two people who have not come yet."""
    made = LabWorld.plan(tmp_path_factory.mktemp("town"), origin)
    try:
        made.start_nodes([internet.host() for _ in range(NODES)])
        yield made
    finally:
        made.close()


@pytest.fixture
def world(internet: Internet, town: LabWorld) -> Generator[LabWorld]:
    """The town in good weather. Who was there goes home afterwards, and comes again from elsewhere."""
    internet.weather = Weather()
    yield town
    town.close_people()


@pytest.mark.parametrize(
    ("one", "other", "is_rare"),
    [
        (RESTRICTED, SYMMETRIC, False),
        (CONE, RESTRICTED, True),
        (CONE, SYMMETRIC, True),
        (RESTRICTED, RESTRICTED, True),
        (SYMMETRIC, SYMMETRIC, True),
        (CONE, CONE, True),
    ],
)
def test_two_people_behind_nats_talk(
    internet: Internet, world: LabWorld, one: NatKind, other: NatKind, is_rare: bool, is_full: bool
) -> None:
    if is_rare and not is_full:
        pytest.skip("told with --full")
    alice, bob = world.open({"alice": internet.host(one), "bob": internet.host(other)})
    talk(world, alice, bob, "through the walls")
    for rpc, kind in ((alice, one), (bob, other)):
        rpc.until("it says what stands before it", partial(says_the_truth, rpc, kind))


def test_texts_come_once_and_in_order_through_storm_outage_and_removal(
    internet: Internet, world: LabWorld, is_full: bool
) -> None:
    laptop = internet.host(RESTRICTED)
    alice, bob = world.open({"alice": laptop, "bob": internet.host()})
    internet.weather = ROUGH
    talk(world, alice, bob, "through the storm")
    internet.weather = Weather()
    internet.unplug(laptop)
    said = say(world, [alice, bob], "into the dark", 3)
    time.sleep(LONG_OUTAGE if is_full else OUTAGE)  # an outage is a stretch of time
    internet.plug(laptop)
    hear(world, alice, bob, said)
    laptop = internet.move(laptop, SYMMETRIC)
    talk(world, alice, bob, "from elsewhere", 3)
    laptop = internet.move(laptop)
    talk(world, alice, bob, "in the open", 3)
    alice.until("it says where it is", partial(says_the_truth, alice, OPEN))


def says_the_truth(rpc: Rpc, kind: NatKind | None) -> bool:
    return nat_of(rpc) in TRUE[kind]
