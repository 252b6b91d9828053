"""A disk that is full: each refusal says so, nothing that was accepted is lost, and with room again all goes on."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.support.processes import Place, Process, Refused, Rpc
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


def test_a_sender_whose_disk_is_full(town: World, pair: tuple[Rpc, Rpc]) -> None:
    alice, bob = pair
    a, b = town.conversation["alice"], town.conversation["bob"]
    send(alice, a, ["before it was full"])
    fill_disk(alice)
    for _ in range(3):
        assert alice.refusal("message.send", conversation=a, text="does not fit") == "disk-full"
    texts = [f"to a full disk {number}" for number in range(4)]
    send(bob, b, texts)
    wait_states(bob, b, texts, ["sent", "stored"])  # alice's own node is a custodian too, and cannot keep a copy
    assert not set(texts) & set(shown(alice, a)), "what could not be kept was shown"
    make_room(alice)
    send(alice, a, ["there is room again"])
    wait_received(alice, a, texts)
    wait_received(bob, b, ["before it was full", "there is room again"])
    assert "does not fit" not in bob.received(b)
    wait_states(alice, a, ["before it was full", "there is room again"], ["delivered"])
    wait_states(bob, b, texts, ["delivered"])
    alice.stop()


def shown(rpc: Rpc, conversation: str) -> list[str]:
    """Return what can be read; reading may be refused, as it may find something to write down."""
    try:
        return rpc.received(conversation)
    except Refused as refused:
        if refused.kind != "disk-full":
            raise
        return []


@pytest.mark.disk
def test_an_account_that_does_not_fit(tmp_path: Path) -> None:
    rpc = Rpc("ivy", Place(tmp_path), 0, [])
    rpc.call("account.info")
    fill_disk(rpc)
    assert rpc.refusal("account.create", passcode=PASSCODE) == "disk-full"
    make_room(rpc)
    assert rpc.call("account.create", passcode=PASSCODE)["identity"]
    rpc.stop()


@pytest.mark.disk
def test_nodes_whose_disks_are_full_are_not_counted_and_recover(world: World) -> None:
    """Of the two custodians that alice watches one has room, and nobody else has."""
    world.start_nodes()
    alice, a = world.open("alice"), world.conversation["alice"]
    watched = alice.until("two custodians", lambda: custodians(alice, 2))
    by_name = {node.spec.rpartition("/")[2][: len(watched[0])]: node for node in world.nodes.values()}
    full = [node for name, node in by_name.items() if name != watched[0]]
    for node in full:
        fill_disk(node)
    texts = [f"only one has room {number}" for number in range(5)]
    send(alice, a, texts)
    wait_states(alice, a, texts, ["sent"])
    for node in full:
        make_room(node)
    wait_states(alice, a, texts, ["stored"])
    bob = world.open("bob")
    wait_received(bob, world.conversation["bob"], texts)


def custodians(rpc: Rpc, count: int) -> list[str]:
    """Return whom somebody's node follows, once there are so many."""
    names = [name for mailbox in rpc.call("network.status")["mailboxes"] for name in mailbox["custodians"]]
    return names if len(names) == count else []
