"""Two people engines over one node: each gets its own and only its own, and either goes on without the other.

Nodes, engines and files are real (``tests.support.people_world``).
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from core import api
from net.bucket import Bucket
from net.events import BoxArrived, CustodianUp, NodeEvent, TagsArrived
from net.ids import tag_of
from net.parcel.box import decode_box
from tests.support.people_world import (
    Account,
    Person,
    Village,
    accepting_wish,
    adding_wish,
    inviting_wish,
    saying_wish,
)

LIMIT = 600.0


@pytest.fixture
def village(tmp_path: Path) -> Generator[Village]:
    founded = Village(tmp_path, 7)
    yield founded
    founded.close()


def beside(person: Person, name: str) -> Account:
    """Open a second store with an engine of its own over somebody's node, as a room will."""
    account = Account(person.machine, name)
    account.open()
    return account


def meet(village: Village, host: Account, guest: Account) -> None:
    """Let a guest greet a host, and the host let it in."""
    link: list[str] = []
    host.wish(inviting_wish(link), accepting_wish)
    guest.wish(adding_wish(link, f"{guest.name} here"))
    village.live_until(lambda: not host.wishes and not guest.wishes, LIMIT)


def hear(village: Village, *said: tuple[Account, Account, str]) -> None:
    """Let accounts say something, until each heard it and knows that it was."""
    for speaker, _, text in said:
        speaker.wish(saying_wish(text))
    village.live_until(
        lambda: all(
            text in listener.heard() and speaker.said().get(text) == "delivered" for speaker, listener, text in said
        ),
        LIMIT,
    )


def record(account: Account) -> list[NodeEvent]:
    """Return a list that all that an account is fed is noted in."""
    fed: list[NodeEvent] = []
    feed = account.feed

    def note(events: list[NodeEvent]) -> None:
        fed.extend(events)
        feed(events)

    account.feed = note  # type: ignore[method-assign]
    return fed


def test_two_engines_over_one_node_talk_each_for_itself(village: Village) -> None:
    alice, carol, dora = village.person("alice"), village.person("carol"), village.person("dora")
    room = beside(alice, "room")
    fed = {account: record(account) for account in (alice, room)}
    meet(village, alice, carol)
    meet(village, room, dora)
    hear(
        village,
        (alice, carol, "from the account"),
        (carol, alice, "to the account"),
        (room, dora, "from the room"),
        (dora, room, "to the room"),
    )
    assert alice.heard() == ["carol here", "to the account"]
    assert room.heard() == ["dora here", "to the room"]
    boxes = {
        account: {tag_of(decode_box(event.box).box_id) for event in events if isinstance(event, BoxArrived)}
        for account, events in fed.items()
    }
    assert boxes[alice]
    assert boxes[room]
    assert not boxes[alice] & boxes[room]


def test_the_node_reads_the_union_and_each_hears_of_its_own_buckets(village: Village) -> None:
    alice = village.person("alice")
    room = beside(alice, "room")
    fed = {account: record(account) for account in (alice, room)}
    village.live(60.0)
    assert alice.share.read
    assert room.share.read
    for account, events in fed.items():
        buckets = {event.bucket for event in events if isinstance(event, CustodianUp | TagsArrived)}
        assert buckets
        assert all(account.share.reads(bucket) for bucket in buckets)
    read = {each.bucket for each in alice.host.node().view().buckets}
    (width,) = {bucket.width for bucket in read}
    assert read == {Bucket.of(address, width) for address in alice.share.read | room.share.read}


def test_one_closes_and_the_other_goes_on_and_what_closed_comes_back(village: Village) -> None:
    alice, carol, dora = village.person("alice"), village.person("carol"), village.person("dora")
    room = beside(alice, "room")
    meet(village, alice, carol)
    meet(village, room, dora)
    room.lock()
    hear(village, (alice, carol, "one"), (carol, alice, "two"))
    dora.wish(saying_wish("while the room was closed"))
    village.live(60.0)
    room.open()
    village.live_until(lambda: "while the room was closed" in room.heard(), LIMIT)
    alice.lock()  # the first to come need not be the last to go
    hear(village, (room, dora, "three"), (dora, room, "four"))
    alice.open()
    hear(village, (carol, alice, "five"), (dora, room, "six"))


def test_both_come_back_after_the_machine_died(village: Village) -> None:
    alice, carol, dora = village.person("alice"), village.person("carol"), village.person("dora")
    room = beside(alice, "room")
    meet(village, alice, carol)
    meet(village, room, dora)
    carol.wish(saying_wish("to nobody"))
    dora.wish(saying_wish("to no room"))
    alice.stop()
    room.database.close()
    village.live(30.0)
    alice.start()
    room.open()
    village.live_until(lambda: "to nobody" in alice.heard() and "to no room" in room.heard(), LIMIT)


def test_the_two_may_talk_to_each_other(village: Village) -> None:
    alice = village.person("alice")
    room = beside(alice, "room")
    meet(village, alice, room)
    hear(village, (alice, room, "in one house"), (room, alice, "so it is"))


def test_a_third_that_both_talk_to_has_two_conversations_and_each_hears_what_is_for_it(village: Village) -> None:
    alice, carol = village.person("alice"), village.person("carol")
    room = beside(alice, "room")
    meet(village, alice, carol)
    (first,) = carol.call(api.ConversationList())
    link: list[str] = []
    room.wish(inviting_wish(link), accepting_wish)
    carol.wish(adding_wish(link, "carol again"))
    village.live_until(lambda: not room.wishes and not carol.wishes, LIMIT)
    (second,) = [each for each in carol.call(api.ConversationList()) if each.id != first.id]
    assert first.identity != second.identity
    for conversation, text in ((first, "for alice"), (second, "for the room")):
        carol.call(api.MessageSend(conversation=conversation.id, text=text))
    alice.wish(saying_wish("by alice"))
    room.wish(saying_wish("by the room"))

    def heard(conversation: api.Conversation) -> list[str]:
        rows = carol.call(api.MessageList(conversation=conversation.id))
        return [row.text for row in rows if row.sender != "me"]

    village.live_until(
        lambda: "for alice" in alice.heard() and "for the room" in room.heard() and len(heard(second)) == 1, LIMIT
    )
    assert alice.heard() == ["carol here", "for alice"]
    assert room.heard() == ["carol again", "for the room"]
    assert (heard(first), heard(second)) == (["by alice"], ["by the room"])
