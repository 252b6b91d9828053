"""What is kept deposited: the same bytes all day, others the next, until it is acknowledged."""

from __future__ import annotations

import pytest

from core import api
from core.people.conversation import resets
from core.people.effects import BoxDraft
from core.people.format.slot import FRAGMENTS
from core.people.mail import boxes
from core.people.tag_index import TagIndex
from core.people.work import Work
from core.storage import conversations, devices, messages, outgoing, postings
from net.instant import DAY_MS, HOUR_MS
from net.parcel.box import decode_box
from net.parcel.work import WorkPrice
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import table

ORDER = ["queued", "sent", "stored", "delivered", "read"]


def met(office: Office, alice: Person, bob: Person) -> tuple[str, str]:
    """Let two meet and give each other fresh keys: what is said from then on takes one box."""
    chats = meet(office, alice, bob)
    settle(office, alice, bob, rounds=2)
    return chats


def copies(person: Person, text_id: str) -> list[tuple[int, bytes]]:
    with person.database.read() as snapshot:
        text = messages.by_id(snapshot, text_id)
        assert text is not None
        numbers = {posting.id for posting in postings.of_message(snapshot, text.seq)}
        rows = [row for row in table(snapshot, "deposits") if row["posting"] in numbers]
    return sorted((row["day"], row["box"]) for row in rows)


def test_a_copy_of_another_day_has_nothing_in_common_with_the_first(office: Office, alice: Person, bob: Person) -> None:
    a, b = met(office, alice, bob)
    said = alice.say(a, "for whoever comes late")
    settle(office, alice, rounds=46, seconds=3600)
    (_, first), (_, second) = copies(alice, said)
    one, other = decode_box(first), decode_box(second)
    assert one.box_id != other.box_id
    assert one.ciphertext != other.ciphertext
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == ["for whoever comes late"]


def test_nothing_is_made_twice_on_a_day_though_the_program_starts_again(
    office: Office, alice: Person, bob: Person
) -> None:
    a, _ = meet(office, alice, bob)
    said = alice.say(a, "once a day")
    first = copies(alice, said)
    for _ in range(3):
        alice.close()
        office.wait(3600)
        alice.open()
        settle(office, alice, rounds=2)
    assert copies(alice, said) == first


@pytest.mark.parametrize("days", [1, 3, -3])
def test_what_was_made_while_the_clock_was_wrong_is_made_again(
    office: Office, alice: Person, bob: Person, days: int
) -> None:
    a, b = met(office, alice, bob)
    right = office.now_ms
    office.now_ms += days * DAY_MS
    at = len(office.boxes)
    alice.say(a, "when is it?")
    office.now_ms = right
    office.is_lost = set(range(at + 1, len(office.boxes) + 1))  # no custodian took that
    settle(office, alice, rounds=2)
    office.is_lost = set(range(at + 1, at + 2))
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == ["when is it?"]
    assert alice.said(a) == ["delivered"]


def test_a_state_never_goes_back(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    backup = bob.copy()
    for n in range(8):
        alice.say(a, f"{n}")
        bob.say(b, f"{n}")
        settle(office, alice, bob, rounds=2)
    bob.put_back(backup)
    settle(office, alice, bob, rounds=16)
    assert bob.heard(b) == [str(n) for n in range(8)]
    seen: dict[str, int] = {}
    for event in alice.events:
        if isinstance(event, api.MessageStateChanged):
            assert ORDER.index(event.state) >= seen.get(event.id, 0)
            seen[event.id] = ORDER.index(event.state)
    assert set(alice.said(a)) == {"delivered"}


def test_what_was_deleted_never_comes_back(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.say(a, "delete me")
    bob.say(b, "me too")
    settle(office, alice, bob, rounds=3)
    bob.call(api.MessageDelete(ids=[row.id for row in bob.rows(b) if row.sender != "me"]))
    alice.call(api.MessageDelete(ids=[row.id for row in alice.rows(a)]))

    def say_all_again(work: Work) -> None:
        resets.begin(work, 1, is_last_known=True)
        for device in devices.of_conversation(work.tx, 1):
            resets.say_again(work, device, [])

    for person in (alice, bob):
        person.carry_out(person.engine.command(say_all_again, person.moment())[1])
    settle(office, alice, bob, rounds=8)
    assert [row.text for row in bob.rows(b)] == ["hello, it is me", "me too"]
    assert alice.rows(a) == []
    bob.say(b, "something new")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a) == ["something new"]


def test_a_text_deleted_before_it_was_accepted_for_sending_is_not_sent(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    alice.close()
    alice.open()  # not caught up: what is said waits
    said = alice.say(a, "no, better not")
    alice.call(api.MessageDelete(ids=[said]))
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == []


def test_nothing_is_written_before_the_network_was_caught_up_with(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    alice.online = False
    alice.close()
    alice.open()
    before = len(office.boxes)
    alice.say(a, "wait")
    settle(office, alice, rounds=4)
    with alice.database.read() as snapshot:
        assert len(outgoing.pending(snapshot, 1, 9, again=True)) == 1
    assert alice.said(a) == ["queued"]
    assert len(office.boxes) == before


def test_a_text_is_not_sent_while_there_is_nobody_to_send_it_to(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.online = False
    alice.say(a, "into the void")
    settle(office, alice, rounds=3)
    assert alice.said(a) == ["queued"]
    alice.online = True
    settle(office, alice, rounds=2)
    assert alice.said(a) == ["stored"]
    assert "sent" in [event.state for event in alice.events if isinstance(event, api.MessageStateChanged)]
    settle(office, alice, bob, rounds=2)
    assert bob.heard(b) == ["into the void"]


def test_nothing_is_drafted_while_no_custodian_is_known_so_that_it_can_be_taken_back(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = met(office, alice, bob)
    alice.online = False
    regretted, kept = alice.say(a, "no, better not"), alice.say(a, "this one")
    alice.carry_out(alice.engine.tick(alice.moment()))
    assert copies(alice, regretted) == copies(alice, kept) == []
    assert alice.call(api.MessageDelete(ids=[regretted])).withdrawn == 1
    alice.online = True
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == ["this one"]


def test_the_latest_copy_is_remembered_after_it_expired_and_says_that_the_text_was_out(
    office: Office, alice: Person, bob: Person
) -> None:
    a, _ = met(office, alice, bob)
    said = alice.say(a, "written before the journey")
    settle(office, alice, rounds=46, seconds=3600)
    latest = copies(alice, said)[-1]
    alice.online = False
    office.wait(6 * 86_400)
    alice.carry_out(alice.engine.tick(alice.moment()))
    assert copies(alice, said) == [latest]
    assert decode_box(latest[1]).expiry_hour < office.now_ms // HOUR_MS
    deleted = alice.call(api.MessageDelete(ids=[said]))
    assert (deleted.withdrawn, deleted.on_their_way) == (0, 1)


def double(person: Person, times: int) -> None:
    """Put resets of one person beside each other: all in the slot of the one that there is."""

    def act(work: Work) -> None:
        [conversation] = conversations.every(work.tx)
        resets.begin(work, conversation.id, is_last_known=True)
        [first] = postings.of_conversation(work.tx, conversation.id, "reset")
        for _ in range(times):
            postings.insert(work.tx, first)

    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


def reset_copies(person: Person) -> dict[int, set[bytes]]:
    """Return the ids of the copies of each reset."""
    with person.database.read() as snapshot:
        found = {posting.id: set[bytes]() for posting in postings.every(snapshot) if posting.kind == "reset"}
        for row in table(snapshot, "deposits"):
            if row["posting"] in found:
                found[row["posting"]].add(row["parcel_id"])
    return found


@pytest.mark.parametrize("times", [1, 7])
@pytest.mark.parametrize("is_taken", [False, True])
def test_two_that_come_to_one_slot_part_and_no_work_is_done_for_ever(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, times: int, is_taken: bool
) -> None:
    met(office, alice, bob)
    if is_taken:  # whoever knows the slots says that there is something in each

        def was_seen(_watches: TagIndex, _box_id: bytes) -> bool:
            return True

        monkeypatch.setattr(TagIndex, "was_seen", was_seen)
    solved: list[BoxDraft] = []
    solve = boxes.solve_draft

    def count(draft: BoxDraft, now_hour: int, price: WorkPrice) -> tuple[int, ...]:
        solved.append(draft)
        return solve(draft, now_hour, price)

    monkeypatch.setattr(boxes, "solve_draft", count)
    double(alice, times)
    for _ in range(8):  # without bob, who would answer
        settle(office, alice, rounds=1)
    copies_of = reset_copies(alice)
    assert len(copies_of) == 1 + times
    assert {len(ids) for ids in copies_of.values()} == {FRAGMENTS}
    assert len(set.union(*copies_of.values())) == sum(map(len, copies_of.values())), "none shares a slot"
    assert len(solved) < 8 * sum(map(len, copies_of.values()))
