"""Days offline, clocks that are wrong, homes that were put back: nothing is lost, nothing comes twice."""

from __future__ import annotations

import shutil
import time
from collections import Counter

import pytest

from core.storage.database import Database
from core.storage.migrations import load_migrations
from core.vault.node_key import load_or_create
from tests.support.processes import Refused, Rpc
from tests.support.shifted_clock import ShiftedClock
from tests.support.story_world import World, send, wait_received, wait_states
from tests.support.tables import table

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(240)]

HOUR = 3600.0
DAY = 24 * HOUR
TEXTS = 6
# Seconds from writing to stored while others' clocks are wrong.
STORED_WITHIN = 15.0


def numbered(who: str, count: int = TEXTS) -> list[str]:
    return [f"{who} {number:02}" for number in range(count)]


def test_a_receiver_who_is_away_for_three_days(world: World, is_full: bool) -> None:
    """It takes minutes until a network in which every clock went on by a day has found itself again."""
    if not is_full:
        pytest.skip("told with --full, and with simulated people")
    clock = ShiftedClock(world.root / "clock")
    world.clock = clock.path
    world.start_nodes()
    alice, a, b = world.open("alice"), world.conversation["alice"], world.conversation["bob"]
    texts = numbered("alice")
    send(alice, a, texts)
    wait_states(alice, a, texts, ["stored"])
    for hours in (45, 76):  # the copies of the first hour live until the forty-ninth
        clock.set(hours * HOUR)
        wait_kept_until(alice, a, texts, time.time() + hours * HOUR)
    bob = world.open("bob")
    wait_received(bob, b, texts)
    wait_states(alice, a, texts, ["delivered"])


def wait_kept_until(rpc: Rpc, conversation: str, texts: list[str], seconds: float) -> None:
    """Wait until the network holds every text at least until then."""

    def is_kept() -> bool:
        rows = [row for row in rpc.sent(conversation) if row["text"] in texts]
        return all(row["state"] == "stored" and row["until"] > seconds * 1000 for row in rows)

    rpc.until("everything is deposited again", is_kept)


@pytest.mark.parametrize("whose", ["alice", "bob"])
def test_a_clock_that_is_a_day_off(world: World, whose: str, is_full: bool) -> None:
    """It is wrong when the program starts, and is then set to be wrong the other way round."""
    if whose == "bob" and not is_full:
        pytest.skip("told with --full")
    clock = ShiftedClock(world.root / "clock")
    world.clocks[whose] = clock.path
    clock.set(DAY)
    world.start_nodes()
    alice, bob = world.open_all()
    for ahead in (DAY, -DAY):
        clock.set(ahead)
        converse(world, alice, bob, f"{ahead / HOUR:+.0f} h")


CASES = [
    pytest.param((0, 0, -5), id="one of three"),
    *(
        pytest.param(hours, id=name, marks=pytest.mark.full)
        for name, hours in {
            "one of three, a day": (24, 0, 0),
            "one of three, 1970": (0, -493_000, 0),
            "two of four": (0, -5, 9, 0),
            "two of four, alike": (0, 24, 24, 0),
        }.items()
    ),
]


@pytest.mark.parametrize("hours", CASES)
def test_clocks_of_nodes_that_jump_while_they_run(world: World, hours: tuple[float, ...]) -> None:
    """Those whose clocks are right go on; the others are named, and used again when they are right."""
    clocks = start_clocked_nodes(world, len(hours))
    alice, bob = world.open_all()
    converse(world, alice, bob, "before")
    for clock, ahead in zip(clocks, hours, strict=True):
        clock.set(ahead * HOUR)
    off = {number for number, ahead in enumerate(hours) if ahead}
    for number, (writer, name) in enumerate([(alice, "alice"), (bob, "bob")] * 2):
        text = f"{name}, while clocks are wrong, {number}"
        send(writer, world.conversation[name], [text])
        wait_states(writer, world.conversation[name], [text], ["stored", "delivered"], STORED_WITHIN)
    for rpc in (alice, bob):
        wait_named(world, rpc, off)
        assert rpc.call("network.status")["clock_alone"] is None
    for clock in clocks:
        clock.set(0.0)
    for rpc in (alice, bob):
        wait_custodians(rpc, len(hours))
    converse(world, alice, bob, "after")


@pytest.mark.parametrize(
    "is_from_the_start", [False, pytest.param(True, marks=pytest.mark.full)], ids=["jump", "start"]
)
def test_who_has_two_witnesses_waits_and_is_told(world: World, is_from_the_start: bool) -> None:
    """Alice's clock is wrong, and of three nodes one's is, too: nobody can know, so nothing of hers is lost or failed."""
    world.clocks["alice"] = (own := ShiftedClock(world.root / "clock")).path
    clocks = start_clocked_nodes(world, 3)
    if is_from_the_start:
        clocks[0].set(-5 * HOUR)
        own.set(30 * HOUR)
    alice, bob = world.open_all()
    a, b = world.conversation["alice"], world.conversation["bob"]
    if not is_from_the_start:
        wait_custodians(alice, 3)
        clocks[0].set(-5 * HOUR)
        own.set(30 * HOUR)
    alice.until("alice is told", lambda: alice.call("network.status")["clock_alone"] is not None)
    alone = alice.call("network.status")["clock_alone"]
    right = {world.nodes[name].spec.rpartition("/")[2] for name in world.node_names[1:3]}
    assert {each["node"] for each in alone["against"]} == {name[: len(alone["against"][0]["node"])] for name in right}
    assert alone["agreeing"] == []
    wait_custodians(alice, 0)
    assert any(event["alone"] for event in alice.of_type("network.clock"))
    with pytest.raises(Refused) as refused:
        alice.call("contact.add", link=bob.call("invite.create", expires_in=3600)["link"], greeting="hello")
    assert refused.value.kind == "clock-off"
    named = {each["node"]: each["ahead_ms"] for each in refused.value.data["against"]}
    assert named == {each["node"]: pytest.approx(each["ahead_ms"], abs=1000) for each in alone["against"]}
    send(alice, a, ["alice, by a wrong clock"])
    send(bob, b, ["bob, meanwhile"])
    wait_states(bob, b, ["bob, meanwhile"], ["stored"], STORED_WITHIN)
    wait_states(alice, a, ["alice, by a wrong clock"], ["queued"])
    own.set(0.0)
    wait_states(alice, a, ["alice, by a wrong clock"], ["stored", "delivered"], 2 * STORED_WITHIN)
    wait_received(bob, b, ["alice, by a wrong clock"])


def start_clocked_nodes(world: World, count: int) -> list[ShiftedClock]:
    """Start so many nodes with clocks of their own; people serve nobody."""
    world.leaves = frozenset(world.identity)
    names = world.node_names[:count]
    clocks = [ShiftedClock(world.root / f"{name}.clock") for name in names]
    world.clocks |= {name: clock.path for name, clock in zip(names, clocks, strict=True)}
    world.start_nodes(names)
    return clocks


def wait_custodians(rpc: Rpc, count: int) -> None:
    rpc.until(f"{count} nodes can be used", lambda: rpc.call("network.status")["custodians"] == count)


def wait_named(world: World, rpc: Rpc, off: set[int]) -> None:
    """Wait until a person is told that just these nodes are left out for their clocks."""
    rpc.until(f"nodes {off} are named", lambda: named_off(world, rpc) == off)


def named_off(world: World, rpc: Rpc) -> set[int]:
    keys = [world.nodes[name].spec.rpartition("/")[2] for name in world.node_names if name in world.nodes]
    left_out = [each["node"] for each in rpc.call("network.status")["clocks_off"] if each["left_out"]]
    return {number for number, key in enumerate(keys) if any(key.startswith(each) for each in left_out)}


def test_a_network_that_forgot_everything(world: World) -> None:
    """The receiver finds that something is missing as soon as something later comes, and asks for it."""
    world.start_nodes()
    alice, a, b = world.open("alice"), world.conversation["alice"], world.conversation["bob"]
    texts = numbered("alice")
    send(alice, a, texts)
    wait_states(alice, a, texts, ["stored"])
    alice.stop()
    for name in world.node_names:  # what the network held is gone with it
        world.nodes[name].kill()
        (world.place(name).home / "parcels.db").unlink()
        (world.place(name).home / "parcels.db-wal").unlink(missing_ok=True)
    world.start_nodes()
    alice, bob = world.open_all()
    converse(world, alice, bob, "afterwards")
    wait_received(bob, b, texts)


def converse(world: World, alice: Rpc, bob: Rpc, about: str) -> None:
    """Let both say something until both know that it arrived."""
    a, b = world.conversation["alice"], world.conversation["bob"]
    mine, theirs = numbered(f"alice, {about},", 3), numbered(f"bob, {about},", 3)
    send(alice, a, mine)
    send(bob, b, theirs)
    wait_received(bob, b, mine)
    wait_received(alice, a, theirs)
    wait_states(alice, a, mine, ["delivered"])
    wait_states(bob, b, theirs, ["delivered"])


@pytest.mark.parametrize("keeps_mark", [True, False], ids=["mark kept", "mark lost"])
def test_an_old_copy_of_a_home_is_put_back(world: World, keeps_mark: bool, is_full: bool) -> None:
    if keeps_mark and not is_full:
        pytest.skip("told with --full")
    world.start_nodes()
    alice, bob = world.open_all()
    a, b = world.conversation["alice"], world.conversation["bob"]
    converse(world, alice, bob, "before")
    alice.stop()
    place = world.place("alice")
    backup = world.root / "backup"
    shutil.copytree(place.home, backup)

    alice = world.open("alice")
    lost_here = numbered("alice, forgotten by herself,", 12)
    said_again = numbered("bob, heard and forgotten,", 4)
    send(alice, a, lost_here)
    send(bob, b, said_again)
    wait_received(bob, b, lost_here)
    wait_received(alice, a, said_again)
    wait_states(bob, b, said_again, ["delivered"])
    alice.kill()
    shutil.rmtree(place.home)
    shutil.copytree(backup, place.home)
    if not keeps_mark:
        shutil.rmtree(place.state)

    alice = world.open("alice")
    converse(world, alice, bob, "after")
    wait_received(alice, a, said_again)
    everything = [*numbered("alice, before,", 3), *lost_here, *numbered("alice, after,", 3)]
    assert [text for text in bob.received(b) if text.startswith("alice,")] == everything
    world.stop()
    assert ids_of_several_variants(world) == []


def ids_of_several_variants(world: World) -> list[tuple[str, str, int]]:
    """Return (node, id, variants) of every id that a node has seen with different bytes."""
    found: list[tuple[str, str, int]] = []
    for name in world.node_names:
        home = world.place(name).home
        database = Database.open(
            home / "parcels.db", load_or_create(home / "node.key").database_key, load_migrations("parcels")
        )
        with database.read() as snapshot:
            variants = Counter(row["id"].hex() for row in table(snapshot, "box"))
        database.close()
        assert variants
        found += [(name, each, count) for each, count in variants.items() if count > 1]
    return found
