"""A disk that is full: each refusal says so, nothing that was accepted is lost, and with room again all goes on."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.support.processes import Place, Process, Rpc
from tests.support.story_world import PASSCODE, World, send, wait_received, wait_states

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="no prlimit: a full disk cannot be played"),
]


def fill_disk(process: Process) -> None:
    """Let no file of a running process grow any more: to it that is a disk with no room left."""
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))


def make_room(process: Process) -> None:
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def test_a_sender_whose_disk_is_full(world: World) -> None:
    world.start_nodes()
    alice, bob = world.open_all()
    a, b = world.conversation["alice"], world.conversation["bob"]
    send(alice, a, ["before it was full"])
    fill_disk(alice)
    for _ in range(3):
        assert alice.refusal("message.send", conversation=a, text="does not fit") == "disk-full"
    texts = [f"to a full disk {number}" for number in range(4)]
    send(bob, b, texts)
    wait_states(bob, b, texts, ["stored"])
    assert not set(texts) & set(alice.received(a)), "what could not be kept was shown"
    make_room(alice)
    send(alice, a, ["there is room again"])
    wait_received(alice, a, texts)
    wait_received(bob, b, ["before it was full", "there is room again"])
    assert "does not fit" not in bob.received(b)
    wait_states(alice, a, ["before it was full", "there is room again"], ["delivered"])
    wait_states(bob, b, texts, ["delivered"])
    alice.stop()


def test_an_account_that_does_not_fit(tmp_path: Path) -> None:
    rpc = Rpc("ivy", Place(tmp_path), 0, [])
    rpc.call("account.info")
    fill_disk(rpc)
    assert rpc.refusal("account.create", passcode=PASSCODE) == "disk-full"
    make_room(rpc)
    assert rpc.call("account.create", passcode=PASSCODE)["identity"]
    rpc.stop()


def test_a_node_whose_disk_is_full_refuses_and_recovers(world: World) -> None:
    world.start_nodes()
    alice, a = world.open("alice"), world.conversation["alice"]
    for name in ("node0", "node1", "node2"):
        fill_disk(world.nodes[name])
    texts = [f"only one has room {number}" for number in range(5)]
    send(alice, a, texts)
    alice.until("one copy", lambda: [row for row in alice.sent(a) if row["state"] == "sent"])
    assert not [row for row in alice.sent(a) if row["text"] in texts and row["state"] == "stored"]
    for name in ("node0", "node1", "node2"):
        make_room(world.nodes[name])
    wait_states(alice, a, texts, ["stored"])
    bob = world.open("bob")
    wait_received(bob, world.conversation["bob"], texts)
