"""What the words of an account alone do to its contacts: no item of an unknown device ends, proves or forces anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from core import api
from core.people.conversation import acks, lane_writer, reset_answer, resets
from core.people.format import acknowledgement
from core.people.format.content import Item, KeepRequest, LaneAck, Unknown
from core.people.work import Work
from core.storage import conversations, devices, lanes, postings, receipts, roots
from core.storage.devices import DeviceRow
from core.storage.postings import Posting
from core.storage.roots import RootRow
from net.requests import Deposit
from tests.core.people.test_restoring import WRITTEN, confirm_device, contacts, hour_passes, restored, texts
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import set_values, table

ROOT = RootRow(b"n" * 32, b"r" * 32, 0, None, None, None, None)


@pytest.fixture
def office() -> Office:
    office = Office()
    office.takes_anything = True  # a thief writes what he likes into slots
    return office


@pytest.fixture
def thief(office: Office, folder: Path, alice: Person, bob: Person) -> Person:
    """Let somebody with alice's words be let in, while she is away."""
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.online = False
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=4)
    hour_passes(office, thief, bob)
    assert contacts(thief)
    return thief


def do(person: Person, act: Callable[[Work], object]) -> None:
    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


def write(person: Person, *items: Item) -> None:
    def act(work: Work) -> None:
        row = lanes.writing(work.tx, 1)
        if row is not None:
            lane_writer.write_block(work, row, items)

    do(person, act)


def device_of(work: Work, *, is_known: bool) -> DeviceRow:
    (row,) = [each for each in devices.of_conversation(work.tx, 1) if each.is_known == is_known]
    return row


def conversation_of(person: Person) -> str:
    return person.call(api.ConversationList())[0].id


def generations(person: Person) -> int:
    with person.database.read() as tx:
        return max(row.born for row in lanes.written_in(tx, 1))


def is_out(office: Office, alice: Person, bob: Person) -> bool:
    """Let alice be heard: whoever was let in without being known is out."""
    alice.online = True
    alice.say(conversation_of(alice), "I am alice, really")
    settle(office, alice, bob, rounds=4)
    with bob.database.read() as tx:
        return all(row.let_in is None for row in devices.of_conversation(tx, 1) if not row.is_known)


# --- acknowledgements -------------------------------------------------------------------------------------------------


def acked(person: Person, device: bytes | None, *, is_known: bool) -> tuple[int, bool]:
    """Return what is left of an acceptance, and whether a root is proven, after a device spoke of their generation."""
    found: list[tuple[int, bool]] = []

    def act(work: Work) -> None:
        lane = lanes.writing(work.tx, 1)
        assert lane is not None
        now = work.now.network_ms
        row = Posting(
            0, "acceptance", 1, lane.generation, 0, 4, bytes(768 * 4), bytes(36), bytes(32), None, now, now + 10**9
        )
        postings.insert(work.tx, row)
        told = RootRow(ROOT.name, ROOT.root, 0, None, None, device, lane.generation)
        roots.add(work.tx, 1, told, now)
        acks.apply(work, LaneAck(lane.generation, 0, 0), device_of(work, is_known=is_known))
        root = roots.find(work.tx, 1, ROOT.name)
        assert root is not None
        found.append((len(postings.of_conversation(work.tx, 1, "acceptance")), root.proof is None))
        raise api.ApiError(api.Kind.BAD_REQUEST, "nothing of this is to stay")

    with pytest.raises(api.ApiError):
        do(person, act)
    return found[0]


def test_the_acknowledgement_of_an_unknown_device_ends_no_acceptance_and_proves_no_root(
    alice: Person, bob: Person, thief: Person
) -> None:
    assert acked(bob, None, is_known=False) == (1, False)
    assert acked(bob, alice.engine.me.device, is_known=False) == (1, False)
    assert acked(bob, None, is_known=True) == (0, True), "that of a known one does"
    assert acked(bob, alice.engine.me.device, is_known=True) == (0, True)


def test_a_root_of_one_device_is_proven_by_that_device_alone(bob: Person, thief: Person) -> None:
    confirm_device(bob)

    def act(work: Work) -> None:
        lane = lanes.writing(work.tx, 1)
        assert lane is not None
        one, other = devices.of_conversation(work.tx, 1)
        roots.add(work.tx, 1, RootRow(ROOT.name, ROOT.root, 0, None, None, one.device, lane.generation), 0)
        for device, is_proven in ((other, False), (one, True)):
            acks.apply(work, LaneAck(lane.generation, 0, 0), device)
            root = roots.find(work.tx, 1, ROOT.name)
            assert root is not None
            assert (root.proof is None) == is_proven

    do(bob, act)


def test_a_reset_of_an_unknown_device_proves_no_root_of_the_known_ones(
    office: Office, alice: Person, bob: Person, thief: Person
) -> None:
    with bob.database.read() as tx:
        shared = next(row for row in roots.of_conversation(tx, 1) if row.device is None)

    def unprove(work: Work) -> None:
        set_values(work.tx, "roots", {"greeting_hash": shared.name}, proof=b"g" * 16)

    do(bob, unprove)
    do(thief, lambda work: resets.begin(work, 1, is_last_known=True, everywhere=True))
    settle(office, thief, bob, rounds=2)
    with bob.database.read() as tx:
        found = roots.find(tx, 1, shared.name)
        assert found is not None
        assert found.proof is not None


def test_who_is_out_has_nothing_of_what_is_deposited(office: Office, alice: Person, bob: Person, thief: Person) -> None:
    assert is_out(office, alice, bob)
    alice.online = False
    bob.say(conversation_of(bob), "for alice alone")

    def act(work: Work) -> None:
        lane = lanes.writing(work.tx, 1)
        assert lane is not None
        acks.apply(work, LaneAck(lane.generation, lane.next_index, 0), device_of(work, is_known=False))
        assert receipts.postings_held(work.tx, 1) == []

    do(bob, act)


def test_what_a_known_device_lacks_is_repeated_though_one_that_is_out_asked_first(
    office: Office, alice: Person, bob: Person, thief: Person
) -> None:
    assert is_out(office, alice, bob)
    alice.online = False
    for n in range(3):
        bob.say(conversation_of(bob), f"waits {n}")
    settle(office, bob)
    repeated: dict[bool, int] = {}

    def act(work: Work) -> None:
        lane = lanes.writing(work.tx, 1)
        assert lane is not None
        last = lane.next_index - 1
        said = acknowledgement.describe(lane.generation, last - 1, [last])
        for is_known in (False, True):
            before = len(work.effects)
            acks.apply(work, said, device_of(work, is_known=is_known))
            repeated[is_known] = sum(isinstance(effect, Deposit) for effect in work.effects[before:])

    do(bob, act)
    assert (repeated[False], repeated[True] > 0) == (0, True)


def test_who_is_out_is_owed_no_acknowledgement(office: Office, alice: Person, bob: Person, thief: Person) -> None:
    assert is_out(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    thief.say(conversation_of(thief), "and I say so")
    settle(office, thief, rounds=1)
    bob.poll()
    assert "and I say so" in texts(bob, conversation_of(bob)), "it is read, beside a line that says that both are alive"
    with bob.database.read() as tx:
        assert conversations.acks_due(tx) == []


# --- lanes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_alice_back", [False, True])
def test_an_unknown_device_that_breaks_its_lane_ends_that_lane_and_no_other(
    office: Office, alice: Person, bob: Person, thief: Person, *, is_alice_back: bool
) -> None:
    if is_alice_back:
        assert is_out(office, alice, bob)
    office.wait(2 * 3600)
    settle(office, bob, alice, rounds=2)
    before = generations(bob)
    with bob.database.read() as tx:
        read = {row.device for row in lanes.reading_in(tx, 1)}
    assert read == {alice.engine.me.device, thief.engine.me.device}
    write(thief, Unknown(1, b"\xc1"))
    for _ in range(3):
        settle(office, thief, bob, rounds=2)
        office.wait(3600)
    assert generations(bob) == before
    with bob.database.read() as tx:
        assert [row.device for row in lanes.reading_in(tx, 1)] == [alice.engine.me.device]
        assert not any(row["ended_at"] and row["chain"] for row in table(tx, "read_lanes"))


def test_a_lane_of_an_unknown_device_that_was_broken_before_is_not_seen_to(
    office: Office, alice: Person, bob: Person, thief: Person
) -> None:
    """Versions before noted it as they do with known ones."""
    office.wait(2 * 3600)
    settle(office, bob, rounds=2)

    def breaks(work: Work) -> None:
        for row in lanes.reading_in(work.tx, 1):
            if row.device == thief.engine.me.device:
                lanes.set_broken(work.tx, row.generation, 0)

    before = generations(bob)
    do(bob, breaks)
    settle(office, bob, rounds=3)
    assert generations(bob) == before
    confirm_device(bob)
    settle(office, bob, rounds=2)
    assert generations(bob) > before, "once it is known it is"


def test_an_unknown_device_that_is_silent_holds_up_no_new_beginning_with_the_known_one(
    office: Office, alice: Person, bob: Person, thief: Person
) -> None:
    thief.online = False
    do(bob, lambda work: resets.begin(work, 1, is_last_known=True))
    alice.online = True
    settle(office, alice, bob, rounds=6)
    with bob.database.read() as tx:
        waiting = [row.device for row in postings.of_conversation(tx, 1, "reset")]
    if alice.engine.me.device in waiting:
        settle(office, alice, bob, rounds=6)
    do(bob, _leave_only_the_reset_for_the_unknown)
    office.wait(2 * 3600)
    before = generations(bob)
    do(bob, lambda work: resets.request(work, 1))
    assert generations(bob) == before + 1


def _leave_only_the_reset_for_the_unknown(work: Work) -> None:
    lane = lanes.writing(work.tx, 1)
    assert lane is not None
    unknown = device_of(work, is_known=False).device
    now = work.now.network_ms
    for posting in postings.of_conversation(work.tx, 1, "reset"):
        postings.delete(work.tx, posting.id)
    row = Posting(
        0, "reset", 1, lane.generation, 0, 4, bytes(768 * 4), bytes(36), bytes(32), None, now, now, device=unknown
    )
    postings.insert(work.tx, row)


def test_many_lanes_of_an_unknown_device_do_not_push_out_the_lane_of_the_known_one(
    office: Office, alice: Person, bob: Person, thief: Person
) -> None:
    for _ in range(3):
        do(thief, lambda work: resets.begin(work, 1, is_last_known=True, everywhere=True))
        office.wait(86_400)
        settle(office, thief, bob, rounds=6)
    with bob.database.read() as tx:
        read = [row.device for row in lanes.reading_in(tx, 1)]
    assert sorted(read) == sorted([alice.engine.me.device, thief.engine.me.device])


def test_what_waits_is_not_deposited_once_more_for_every_day_that_an_unknown_device_asks(
    office: Office, alice: Person, bob: Person, thief: Person
) -> None:
    for n in range(3):
        bob.say(conversation_of(bob), f"{n}")
    settle(office, bob, rounds=2)
    for _ in range(2 * reset_answer.MAX_SAID):
        do(thief, lambda work: resets.begin(work, 1, is_last_known=True, everywhere=True))
        office.wait(86_400)
        settle(office, thief, bob, rounds=4)
    with bob.database.read() as tx:
        times = Counter(posting.message for posting in postings.every(tx) if posting.message is not None)
    assert 2 <= min(times.values()) <= max(times.values()) <= reset_answer.MAX_SAID


# --- requests ---------------------------------------------------------------------------------------------------------

END_OF_TIME_MS = (1 << 47) - 1


def keeps(person: Person) -> tuple[bool, bool]:
    (row,) = person.call(api.ConversationList())
    return row.keep_wanted, row.keeping


def ask_to_keep(office: Office, alice: Person, bob: Person) -> None:
    """Let alice ask bob to keep her mail, and bob do so."""
    alice.call(api.ContactAskKeep(conversation=conversation_of(alice), ask=True))
    settle(office, alice, bob, rounds=4)
    bob.call(api.ContactKeepMail(conversation=conversation_of(bob), keep=True))
    assert keeps(bob) == (True, True)


def test_an_unknown_device_neither_asks_to_keep_nor_takes_it_back(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    ask_to_keep(office, alice, bob)
    alice.online = False
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=4)
    hour_passes(office, thief, bob)
    rows = len(bob.rows(conversation_of(bob)))
    thief.skew_ms = END_OF_TIME_MS - office.now_ms
    write(thief, KeepRequest(b"z" * 16, wanted=False))
    thief.skew_ms = 0
    settle(office, thief, bob, rounds=4)
    assert keeps(bob) == (True, True)
    assert len(bob.rows(conversation_of(bob))) == rows
    with bob.database.read() as tx:
        assert any(row.device == thief.engine.me.device and row.next_index > 1 for row in lanes.reading_in(tx, 1))


def test_a_request_dated_at_the_end_of_time_is_not_the_last_one(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    ask_to_keep(office, alice, bob)
    alice.skew_ms = END_OF_TIME_MS - office.now_ms
    write(alice, KeepRequest(b"z" * 16, wanted=False))
    alice.skew_ms = 0
    settle(office, alice, bob, rounds=4)
    assert keeps(bob) == (False, False)
    alice.skew_ms = -3_600_000
    write(alice, KeepRequest(b"x" * 16, wanted=True))
    alice.skew_ms = 0
    settle(office, alice, bob, rounds=4)
    assert keeps(bob) == (False, False), "nor is it less than one that was said before and comes late"
    office.wait(1200)
    write(alice, KeepRequest(b"y" * 16, wanted=True))
    settle(office, alice, bob, rounds=4)
    assert keeps(bob) == (True, False)


def test_a_request_that_stood_at_the_end_of_time_in_the_file_is_followed_by_others(
    office: Office, alice: Person, bob: Person
) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    do(bob, lambda work: conversations.set_keep_wanted(work.tx, 1, END_OF_TIME_MS, wanted=True))
    write(alice, KeepRequest(b"z" * 16, wanted=False))
    settle(office, alice, bob, rounds=4)
    assert keeps(bob) == (False, False)
