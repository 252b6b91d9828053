"""A device is lost and the words are not: on a new one the account finds its contacts in the network, at the full price."""

from __future__ import annotations

import pytest

from tests.support.story_world import PASSCODE, World, send, state_of, wait_received, wait_states

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(240)]

# Bytes of parcels that a node holds more of as soon as the personal records of both lie there.
RECORDS_SIZE = 2 * 16_384


def test_an_account_comes_back_by_its_words(world: World) -> None:
    world.start_nodes()
    world.is_impatient = True
    alice, bob = world.open_all()
    a, b = world.conversation["alice"], world.conversation["bob"]
    before = bob.call("network.status")["parcel_bytes"]
    alice.call("message.delete", ids=[row["id"] for row in alice.rows(a)])
    alice.call("account.rename", name="Alice, who loses things")
    bob.until("both records lie", lambda: bob.call("network.status")["parcel_bytes"] - before > RECORDS_SIZE)
    alice.stop()
    send(bob, b, ["are you still there?"])
    wait_states(bob, b, ["are you still there?"], ["stored"])

    world.lose("alice")
    again = world.start("alice")
    restored = again.call("account.restore", words=world.words["alice"], passcode=PASSCODE)
    assert restored["identity"] == world.identity["alice"]
    again.until("bob is found", lambda: again.call("conversation.list"))
    (found,) = again.call("conversation.list")
    again.until("it is open", lambda: state_of(again, found["id"]) == "open")
    assert again.call("account.info")["name"] == "Alice, who loses things"
    send(again, found["id"], ["it is me again"])
    bob.until("alice's new device is shown", lambda: any(row.get("kind") == "device" for row in bob.rows(b)))
    (contact,) = bob.call("contact.list")
    (unknown,) = [device for device in contact["devices"] if device["state"] == "unknown"]
    assert not unknown["served"], "whoever has the words could be this device"
    bob.call("contact.confirm_device", identity=contact["identity"], device=unknown["id"], accept=True)
    bob.until("alice's new device speaks", lambda: "it is me again" in bob.received(b))
    send(bob, b, ["so I see"])
    wait_received(again, found["id"], ["are you still there?", "so I see"])
    wait_states(again, found["id"], ["it is me again"], ["delivered"])
    wait_states(bob, b, ["are you still there?", "so I see"], ["delivered"])
    assert again.received(found["id"]) == ["are you still there?", "so I see"], "something old came back"
    assert [row["text"] for row in again.sent(found["id"])] == ["it is me again"]
