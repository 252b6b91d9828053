"""Checks between people that no other test would miss: each is taken out by ``make mutants``, and one of these fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core import api
from core.people.conversation import acks, inboxes, lane_writer, resets
from core.people.format.content import InboxNotice, LaneAck
from core.people.format.prekey import KeyOffer, decode_prekey, make_prekey
from core.people.mail import boxes
from core.people.work import Work
from core.storage import conversations, devices, lanes, meetings, postings
from net.bucket import Bucket
from net.events import BoxAbsent, BoxArrived, TagsArrived
from net.ids import Cursor, tag_of
from net.parcel.box import Box, encode_box
from tests.core.people.test_hostile_contact import lane_written, next_ids
from tests.core.people.test_restoring import restored
from tests.core.people.test_talking import add, meet
from tests.support.post_office import CUSTODIANS, Office, Person, settle


def do(person: Person, act: Callable[[Work], object]) -> None:
    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


def test_a_link_that_is_over_lets_nobody_in(office: Office, alice: Person, bob: Person) -> None:
    """The greeting was written in time; it is found when the link is over, and its keys are still at hand."""
    link = alice.call(api.InviteCreate(expires_in=3600)).link
    add(bob, link)
    settle(office, bob, rounds=1)
    assert office.boxes
    office.wait(3601)
    alice.skew_ms = -7_200_000  # what is thrown away must be over by both clocks
    settle(office, alice, rounds=2)
    with alice.database.read() as tx:
        assert all(row.xwing_private is not None for row in meetings.every(tx))
    assert alice.call(api.GreetingList()) == []


def test_a_greeting_for_which_less_was_paid_is_not_looked_at(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    factors: list[int] = []

    def unpaid(box: object, price: object, factor: int) -> bool:
        factors.append(factor)
        return False

    monkeypatch.setattr(boxes, "is_paid", unpaid)
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    add(bob, link)
    settle(office, alice, bob, rounds=2)
    assert alice.call(api.GreetingList()) == []
    assert set(factors) == {4}


def test_another_device_of_whom_we_greeted_waits_at_the_door(
    office: Office, alice: Person, bob: Person, tmp_path: Path
) -> None:
    """Bob waits for alice; whoever has her words greets him: that is no answer of hers."""
    settle(office, alice, rounds=10)
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    alice.online = False
    b = add(bob, link)
    thief = restored(office, tmp_path, device="thief")
    add(thief, bob.call(api.InviteCreate(expires_in=86_400)).link, "it is me")
    settle(office, thief, bob, rounds=3)
    assert [row.state for row in bob.call(api.ConversationList()) if row.id == b] == ["waiting"]
    (greeting,) = bob.call(api.GreetingList())
    assert greeting.known


def test_an_unknown_device_of_a_contact_is_not_let_in_by_greeting(
    office: Office, alice: Person, bob: Person, tmp_path: Path
) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=10)
    thief = restored(office, tmp_path, device="thief")
    settle(office, thief, bob, rounds=2)
    add(thief, bob.call(api.InviteCreate(expires_in=86_400)).link, "it is me")
    settle(office, thief, bob, rounds=2)
    assert len(bob.call(api.GreetingList())) == 1
    with bob.database.read() as tx:
        assert [row.state for row in devices.of_conversation(tx, 1)].count("unknown") == 1


def test_a_contact_acknowledges_nothing_in_another_conversation(
    office: Office, alice: Person, bob: Person, tmp_path: Path
) -> None:
    carol = Person(office, tmp_path, "carol")
    a, _ = meet(office, alice, bob)
    meet(office, alice, carol)
    settle(office, alice, bob, carol, rounds=3)
    bob.online = False
    alice.say(a, "for bob")
    with alice.database.read() as tx:
        row = lanes.writing(tx, 1)
        (hers,) = devices.of_conversation(tx, 2)
        assert row is not None
        before = len(postings.of_lane(tx, row.generation))
    said = LaneAck(row.generation, row.next_index, 0)
    do(alice, lambda work: acks.apply(work, said, hers))
    with alice.database.read() as tx:
        assert len(postings.of_lane(tx, row.generation)) == before
    assert alice.said(a)[-1] == "stored"


def test_an_old_notice_does_not_move_the_mail_back(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)

    def act(work: Work) -> None:
        (device,) = devices.of_conversation(work.tx, 1)
        for number, secret in ((8192, b"later"), (4096, b"older"), (8192, b"twice")):
            inboxes.noticed(work, device, InboxNotice(number, secret.ljust(32, b"x")))
        row = conversations.by_id(work.tx, 1)
        assert (row.inbox, row.inbox_number) == (b"later".ljust(32, b"x"), 8192)

    do(alice, act)


def test_an_unknown_device_moves_nobodys_mail(office: Office, alice: Person, bob: Person, tmp_path: Path) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=10)
    thief = restored(office, tmp_path, device="thief")
    settle(office, thief, bob, rounds=2)

    def act(work: Work) -> None:
        before = conversations.by_id(work.tx, 1).inbox
        (unknown,) = [row for row in devices.of_conversation(work.tx, 1) if not row.is_known]
        inboxes.noticed(work, unknown, InboxNotice(1 << 20, b"thief".ljust(32, b"x")))
        assert conversations.by_id(work.tx, 1).inbox == before

    do(bob, act)


def test_a_key_for_another_device_is_not_kept(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)

    def offered(work: Work) -> bytes | None:
        return devices.of_conversation(work.tx, 1)[0].offered_key

    made = make_prekey(office.now_ms).public
    for tag, is_kept in ((b"else", False), (alice.engine.me.certificate.tag, True)):

        def write(work: Work, tag: bytes = tag) -> None:
            row = lanes.writing(work.tx, 1)
            assert row is not None
            lane_writer.write_block(work, row, (KeyOffer(tag, made),))

        do(bob, write)
        settle(office, alice, rounds=1)
        with alice.engine.work(alice.moment()) as work:
            kept = offered(work)
        assert (kept is not None and decode_prekey(kept) == made) == is_kept


def test_a_box_that_we_did_not_sign_does_not_prove_that_we_are_an_old_copy(
    office: Office, alice: Person, bob: Person
) -> None:
    a, _ = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    before = lane_written(alice)
    coming = next_ids(bob, alice.moment().day)[0]
    forged = encode_box(Box(0, alice.moment().hour + 40, coming, (0,) * 8, bytes(784), bytes(64)))
    tags = (tag_of(coming),)
    alice.feed([TagsArrived(CUSTODIANS[1], Bucket(0, 0), Cursor(b"run-two-", 1), tags, caught_up=True)])
    alice.say(a, "it is only me")
    alice.feed([BoxArrived(forged)])
    assert lane_written(alice) == before
    alice.feed([BoxAbsent(tag) for tag in tags])  # nobody has one that is signed
    settle(office, alice, bob, rounds=4)
    assert lane_written(alice) == before
    assert alice.said(a)[-1] == "delivered"


def test_a_file_that_is_older_than_its_mark_is_not_trusted() -> None:
    assert resets.trusts(None, None)
    assert resets.trusts(0, None)
    assert resets.trusts(7, 7)
    assert resets.trusts(7, 5), "killed between commit and mark"
    assert not resets.trusts(5, 7)
    assert not resets.trusts(5, None), "another machine, or a home put back"
