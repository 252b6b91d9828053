"""What custodians ask for is paid by itself: the same boxes and records with more work, and the person is told why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core import api
from core.people.effects import BoxDraft, Effect, RecordDraft, Solve
from core.people.format.numbers import COPY_HOURS
from core.people.format.slot import SLOTS
from core.people.limits import MAX_PAYING, MAX_SOLVING
from core.people.mail import boxes
from net.client.encoding import is_paid
from net.events import DepositAnswered, PriceRisen, Verdict
from net.ids import ParcelId
from net.parcel.box import Box, decode_box, encode_box
from net.parcel.record import decode_record
from net.parcel.store import Kind
from net.requests import Deposit, PutRecord
from tests.core.people.test_talking import add, meet
from tests.support.parcels import CHEAP, HOUR, id_of
from tests.support.post_office import CUSTODIANS, Office, Person, settle


class Unheard(Person):
    """Somebody whose boxes no custodian confirms, and who does the work when told to."""

    quiet = False

    def carry_out(self, effects: list[Effect]) -> None:
        if not self.quiet:
            super().carry_out(effects)
            return
        self.out = [*getattr(self, "out", []), *effects]
        super().carry_out([each for each in effects if not isinstance(each, Solve | Deposit | PutRecord)])

    def took(self, kind: type[Effect]) -> list[Effect]:
        """Return and forget the effects of one kind."""
        found = [each for each in self.out if isinstance(each, kind)]
        self.out = [each for each in self.out if not isinstance(each, kind)]
        return found

    def drafts(self) -> list[BoxDraft | RecordDraft]:
        return [each.draft for each in self.took(Solve) if isinstance(each, Solve)]

    def boxes(self) -> list[Box]:
        return [decode_box(each.box) for each in self.took(Deposit) if isinstance(each, Deposit)]

    def pay(self, nonce: int, *drafts: BoxDraft | RecordDraft) -> None:
        self.carry_out(self.engine.solved([(draft, (nonce,) * 8) for draft in drafts], self.moment()))


@pytest.fixture
def alice(office: Office, folder: Path) -> Unheard:
    return Unheard(office, folder, "alice")


@pytest.fixture
def at_alice(office: Office, alice: Unheard, bob: Person) -> str:
    conversation = meet(office, alice, bob)[0]
    settle(office, alice, bob)
    alice.quiet, alice.out, alice.events = True, [], []
    return conversation


def send(alice: Unheard, conversation: str, text: str = "hello") -> Box:
    alice.say(conversation, text)
    alice.pay(1, *alice.drafts())
    [box] = alice.boxes()
    return box


def rises(alice: Unheard, parcel_id: bytes, factor: int = 2) -> None:
    alice.feed([PriceRisen(ParcelId(parcel_id), factor)])


def told(alice: Unheard) -> list[int]:
    return [event.factor for event in alice.events if isinstance(event, api.PriceRisen)]


class TestBoxes:
    def test_the_same_box_goes_out_again_with_more_work(self, alice: Unheard, at_alice: str) -> None:
        box = send(alice, at_alice)
        rises(alice, box.box_id)
        [draft] = alice.drafts()
        alice.pay(2, draft)
        [dearer] = alice.boxes()
        assert dearer.work == (2,) * 8
        assert dearer.variant() == box.variant()
        assert alice.said(at_alice) == ["sent"]

    def test_what_is_kept_is_the_dearer_one(self, alice: Unheard, at_alice: str) -> None:
        box = send(alice, at_alice)
        rises(alice, box.box_id)
        alice.pay(2, *alice.drafts())
        alice.took(Deposit)
        alice.close()
        alice.open()
        alice.start_over()
        alice.poll()
        assert {each.work for each in alice.boxes()} == {(2,) * 8}

    def test_work_that_is_no_other_is_not_deposited_again(self, alice: Unheard, at_alice: str) -> None:
        box = send(alice, at_alice)
        rises(alice, box.box_id)
        alice.pay(1, *alice.drafts())
        assert alice.boxes() == []

    def test_another_content_does_not_take_the_place_of_what_is_out(self, alice: Unheard, at_alice: str) -> None:
        box = send(alice, at_alice)
        rises(alice, box.box_id)
        [draft] = alice.drafts()
        assert isinstance(draft, BoxDraft)
        alice.pay(2, replace(draft, ciphertext=draft.ciphertext[::-1]))
        assert alice.boxes() == []

    def test_the_person_is_told_once_for_each_price(self, alice: Unheard, at_alice: str) -> None:
        box = send(alice, at_alice)
        for factor in (2, 2, 4, 4, 2):
            rises(alice, box.box_id, factor)
        assert told(alice) == [2, 4, 2]

    def test_what_two_custodians_hold_is_paid_for(self, alice: Unheard, at_alice: str) -> None:
        box = send(alice, at_alice)
        alice.feed([DepositAnswered(each, box.box_id, Verdict.STORED, 0) for each in CUSTODIANS])
        rises(alice, box.box_id)
        assert alice.drafts() == []

    def test_what_is_nothing_of_ours_is_not(self, alice: Unheard, at_alice: str) -> None:
        rises(alice, bytes(32))
        assert alice.drafts() == []

    def test_what_goes_to_somebody_who_was_blocked_meanwhile_is_not(self, alice: Unheard, at_alice: str) -> None:
        box = send(alice, at_alice)
        [contact] = alice.call(api.ContactList())
        alice.call(api.ContactBlock(identity=contact.identity))
        rises(alice, box.box_id)
        assert alice.drafts() == []

    def test_work_done_for_what_arrived_meanwhile_is_dropped(
        self, office: Office, alice: Unheard, bob: Person, at_alice: str
    ) -> None:
        box = send(alice, at_alice)
        rises(alice, box.box_id)
        [draft] = alice.drafts()
        office.put(encode_box(box), alice.path)
        alice.quiet = False
        settle(office, bob, alice)
        assert alice.said(at_alice) == ["delivered"]
        alice.quiet = True
        alice.pay(2, draft)
        assert alice.boxes() == []

    def test_few_are_solved_at_a_time_and_all_in_the_end(self, alice: Unheard, at_alice: str) -> None:
        boxes = [send(alice, at_alice, f"text {number}") for number in range(MAX_PAYING + 5)]
        alice.feed([PriceRisen(box.box_id, 2) for box in boxes])
        drafts = alice.drafts()
        assert len(drafts) == MAX_PAYING
        alice.pay(2, *drafts)
        more = alice.drafts()
        assert len(more) == 5
        alice.pay(2, *more)
        assert {box.box_id for box in alice.boxes()} == {box.box_id for box in boxes}

    def test_what_is_written_meanwhile_does_not_wait_for_them(self, alice: Unheard, at_alice: str) -> None:
        boxes = [send(alice, at_alice, f"text {number}") for number in range(MAX_SOLVING)]
        alice.feed([PriceRisen(box.box_id, 2) for box in boxes])
        known = {each.box_id for each in boxes}
        alice.drafts()
        alice.say(at_alice, "a new one")
        assert [each.box_id in known for each in alice.drafts() if isinstance(each, BoxDraft)] == [False]

    def test_a_greeting_pays_what_greetings_pay_and_the_price_besides(
        self, office: Office, alice: Unheard, bob: Person
    ) -> None:
        link = bob.call(api.InviteCreate(expires_in=86400)).link
        alice.quiet, alice.out = True, []
        add(alice, link)
        settle(office, alice, rounds=2)
        drafts = [each for each in alice.drafts() if isinstance(each, BoxDraft)]
        alice.pay(1, *drafts)
        for box in alice.boxes():
            rises(alice, box.box_id)
        again = [each for each in alice.drafts() if isinstance(each, BoxDraft)]
        assert {each.factor for each in again} == {SLOTS["greeting"].work_factor}
        assert {each.box_id for each in again} == {each.box_id for each in drafts}


@pytest.mark.parametrize("left", [COPY_HOURS, 24, 3])
def test_what_is_paid_long_after_it_was_written_is_worth_what_is_asked_all_the_same(left: int) -> None:
    draft = BoxDraft(1, 0, 0, HOUR + left, 0, bytes(id_of(1)), bytes(784), bytes(64), factor=4)
    nonces = boxes.solve_draft(draft, HOUR, CHEAP)
    box = Box(draft.prefix, draft.expiry_hour, id_of(1), nonces, draft.ciphertext, draft.signature)
    assert is_paid(Kind.BOX, encode_box(box), 4, CHEAP)


class TestRecords:
    def test_the_record_of_an_invitation_is_put_again_with_more_work(self, alice: Unheard, at_alice: str) -> None:
        alice.call(api.InviteCreate(expires_in=86400))
        alice.pay(1, *alice.drafts())
        [put] = [each for each in alice.took(PutRecord) if isinstance(each, PutRecord)]
        record = decode_record(put.record)
        rises(alice, record.record_id, 4)
        [draft] = alice.drafts()
        assert isinstance(draft, RecordDraft)
        assert draft.factor == 4
        alice.pay(2, draft)
        [again] = [decode_record(each.record) for each in alice.took(PutRecord) if isinstance(each, PutRecord)]
        assert (again.work, again.variant()) == ((2,) * 8, record.variant())
        assert told(alice) == [4]

    def test_so_is_the_personal_record(self, office: Office, alice: Unheard, bob: Person, at_alice: str) -> None:
        alice.call(api.AccountRename(name="Alice"))
        settle(office, alice, rounds=20)
        [draft] = [each for each in alice.drafts() if isinstance(each, RecordDraft) and each.invitation is None]
        alice.pay(1, draft)
        rises(alice, draft.record_id, 8)
        [dearer] = [each for each in alice.drafts() if isinstance(each, RecordDraft)]
        assert (dearer.factor, dearer.invitation) == (8, None)
        rises(alice, draft.record_id, 16)
        assert alice.drafts() == [], "one at a time: it takes ten seconds"
        alice.pay(2, dearer)
        records = [decode_record(each.record) for each in alice.took(PutRecord) if isinstance(each, PutRecord)]
        assert [each.work[0] for each in records] == [1, 2]
        assert records[0].variant() == records[1].variant()
