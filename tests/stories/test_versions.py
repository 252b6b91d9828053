"""The version before there were replies, edits and reactions, and this one, on one network: each gets the other's texts.

What the older cannot show it says so of, or keeps for the day on which it is the newer. The older is the program of a
commit of then, so what is tried here is what ran.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.old_version import BEFORE_CHANGES, started_in, take_out
from tests.support.processes import Rpc
from tests.support.story_world import PASSCODE, World, connected, meet, send, wait_received, wait_states

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.full, pytest.mark.timeout(300)]
OLD_NODES = ("node1", "node2")


@pytest.fixture
def mixed(tmp_path: Path) -> Generator[World]:
    """Four nodes and two people who know nobody; two of the nodes and bob are of the older version."""
    before = started_in(take_out(BEFORE_CHANGES, tmp_path / "before"))
    world = World.plan(tmp_path / "world")
    world.prefixes = dict.fromkeys((*OLD_NODES, "bob"), before)
    try:
        world.start_nodes()
        yield world
    finally:
        world.close()


def newcomer(world: World, name: str) -> Rpc:
    rpc = world.start(name)
    rpc.call("account.create", passcode=PASSCODE, name=name)
    connected(rpc)
    return rpc


def row_of(rpc: Rpc, conversation: str, text: str) -> dict[str, Any]:
    """Return the row with a text."""
    found: list[dict[str, Any]] = [row for row in rpc.rows(conversation) if row["text"] == text]
    return found[0]


def test_an_older_version_gets_texts_and_says_what_it_cannot_show(mixed: World) -> None:
    alice, bob = newcomer(mixed, "alice"), newcomer(mixed, "bob")
    assert bob.refusal("message.react", id="x", emoji="x") == "unknown-method", "it is the older one"
    a, b = meet(alice, bob)
    send(alice, a, ["to the older"])
    send(bob, b, ["to the newer"])
    wait_received(bob, b, ["to the older"])
    wait_received(alice, a, ["to the newer"])

    alice.call("settings.set", settings={"read_receipts": True, "typing": True, "presence": True})
    theirs = row_of(alice, a, "to the newer")["id"]
    alice.call("message.send", conversation=a, text="an answer", reply_to=theirs)
    alice.call("message.react", id=theirs, emoji="👍")
    alice.call("message.edit", id=row_of(alice, a, "to the older")["id"], text="said better")
    alice.call("conversation.read", conversation=a, upto=theirs)
    send(alice, a, ["after all that"])
    wanted = ["to the older", "an answer", "<unknown>", "after all that"]
    bob.until("the texts, and a row for the edit", lambda: bob.received(b) == wanted)
    wait_states(alice, a, ["said better", "an answer", "after all that"], ["delivered"])
    send(bob, b, ["I can read you"])
    wait_received(alice, a, ["I can read you"])
    wait_states(bob, b, ["to the newer", "I can read you"], ["delivered"])

    bob.stop()
    del mixed.prefixes["bob"]
    bob = mixed.open("bob")
    assert bob.received(b) == ["said better", "an answer", "after all that"], "the edit is where it belongs"
    assert [each["emoji"] for each in row_of(bob, b, "to the newer")["reactions"]] == ["👍"], "kept in silence till now"
    assert row_of(bob, b, "said better")["edited_at"]
    assert "reply_to" not in row_of(bob, b, "an answer"), "what was read as a text stays as it was read"
