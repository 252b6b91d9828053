"""Being rid of somebody, and what is said about devices: what is heard, sent and kept afterwards, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.api import ApiError, Kind
from core.crypto.seed import identity_of
from core.people.conversation import prekeys, trust
from core.people.effects import Solve
from core.people.format import greeting
from core.people.format.prekey import make_prekey
from core.people.format.slot import SLOTS, slot_key
from core.people.format.watch import ResetWatch, stored_name
from core.people.maintenance import INTERVAL as DUTY_INTERVAL
from core.session.commands import act_of
from core.storage import accounts, conversations, devices, lanes, later, meetings, messages, personal, postings, roots
from core.storage.later import LaterRow
from core.storage.meetings import GreetingRow, Slot
from core.storage.messages import NewMessage
from net.ids import ParcelId, tag_of
from net.instant import HOUR_MS
from net.requests import Withdraw
from tests.core.people.test_restoring import WRITTEN, restored
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle
from tests.support.search_terms import terms_left
from tests.support.tables import everything, index_pages, set_values, table


def identity(person: Person) -> str:
    return identity_of(person.engine.me.identity)


def block(person: Person, other: Person) -> None:
    person.call(api.ContactBlock(identity=identity(other)))


def unblock(person: Person, other: Person) -> None:
    person.call(api.ContactUnblock(identity=identity(other)))


def refused(person: Person, command: api.Command[object]) -> Kind:
    with pytest.raises(ApiError) as caught:
        person.call(command)
    return caught.value.kind


def contact(person: Person, other: Person) -> api.Contact:
    return next(each for each in person.call(api.ContactList()) if each.identity == identity(other))


def write_lane(person: Person) -> str:
    """Return the generation that a person writes in."""
    with person.database.read() as snapshot:
        return lanes.every_writing(snapshot)[0].generation.hex()


# --- blocking ---------------------------------------------------------------------------------------------------------


def test_of_who_is_blocked_nothing_is_heard_acknowledged_or_told(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.say(a, "before")
    settle(office, alice, bob)
    block(alice, bob)
    alice.events.clear()
    written = len(office.boxes)
    settle(office, alice, rounds=6)
    assert len(office.boxes) == written, "nothing is deposited for him"
    for n in range(3):
        bob.say(b, f"are you there {n}?")
        settle(office, alice, bob, rounds=3)
    assert alice.heard(a) == ["hello, it is me"]
    assert set(bob.said(b)[1:]) == {"stored"}
    assert alice.events == []
    (row,) = alice.call(api.ConversationList())
    assert (row.blocked, row.unread) == (True, 1)
    assert contact(alice, bob).blocked


def test_what_waited_when_somebody_was_blocked_does_not_leave(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.online = False
    alice.say(a, "written offline")
    alice.engine.network([], alice.moment())
    block(alice, bob)
    alice.online = True
    written = len(office.boxes)
    alice.close()
    alice.open()
    settle(office, alice, bob, rounds=6)
    assert len(office.boxes) == written
    assert bob.heard(b) == []
    unblock(alice, bob)
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["written offline"]


def test_what_too_few_custodians_hold_is_not_repeated_for_who_is_blocked(
    office: Office, alice: Person, bob: Person
) -> None:
    a, _ = meet(office, alice, bob)
    alice.say(a, "somewhere")
    with alice.engine.work(alice.moment()) as work:
        set_values(work.tx, "deposits", custodians=b"")
    _, effects = alice.engine.command(act_of(api.ContactBlock(identity=identity(bob))), alice.moment())
    assert [effect for effect in effects if isinstance(effect, Withdraw)], "the node gives up trying"
    office.boxes.clear()
    office.wait(2 * DUTY_INTERVAL)
    alice.carry_out(alice.engine.tick(alice.moment()))
    assert office.boxes == []


def test_a_box_that_was_being_paid_for_when_its_reader_was_blocked_is_not_sent(
    office: Office, alice: Person, bob: Person
) -> None:
    a, _ = meet(office, alice, bob)
    command = api.MessageSend(conversation=a, text="half way")
    _, effects = alice.engine.command(act_of(command), alice.moment())
    solves = [effect for effect in effects if isinstance(effect, Solve)]
    assert solves
    block(alice, bob)
    written = len(office.boxes)
    alice.carry_out(list(solves))
    assert len(office.boxes) == written


def test_a_gap_is_not_shown_where_nobody_looked(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    before = len(office.boxes)
    bob.say(b, "lost")
    office.is_lost = set(range(before + 1, len(office.boxes) + 1))
    bob.say(b, "second")
    settle(office, alice, bob, rounds=2)
    block(alice, bob)
    with alice.engine.work(alice.moment()) as work:
        accounts.add_online(work.tx, 49 * HOUR_MS)
    settle(office, alice, rounds=2)
    assert [row.kind for row in alice.rows(a)] == ["text"]
    unblock(alice, bob)
    settle(office, alice, rounds=2)
    assert [row.kind for row in alice.rows(a)] == ["text"], "it is waited for from now on"
    office.is_lost = set()
    alice.start_over()
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a) == ["hello, it is me", "lost", "second"]


def test_a_lane_of_who_is_blocked_is_not_taken_up_when_its_gap_is_forgotten(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    before = len(office.boxes)
    bob.say(b, "lost")
    office.is_lost = set(range(before + 1, len(office.boxes) + 1))
    bob.say(b, "second")
    settle(office, alice, bob, rounds=2)
    with alice.engine.work(alice.moment()) as work:
        accounts.add_online(work.tx, 49 * HOUR_MS)
    settle(office, alice, rounds=2)
    assert [row.kind for row in alice.rows(a)] == ["text", "gap", "text"]
    block(alice, bob)
    settle(office, alice, rounds=6, seconds=86_400)
    bob.say(b, "third")
    settle(office, alice, bob, rounds=3)
    assert alice.heard(a) == ["hello, it is me", "", "second"]


def test_nothing_is_encoded_for_who_is_blocked(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    settle(office, alice, bob)
    alice.say(a, "under way")
    block(alice, bob)
    alice.put_back(alice.copy())  # what was under way is to be encoded anew, in another lane
    settle(office, alice, rounds=3)
    with alice.database.read() as snapshot:
        assert not any(posting.kind == "block" for posting in postings.every(snapshot))
        assert lanes.every_writing(snapshot) == []


def test_a_reset_of_who_is_blocked_is_not_answered(office: Office, alice: Person, bob: Person) -> None:
    _, b = meet(office, alice, bob)
    settle(office, alice, bob)
    block(alice, bob)
    lane = write_lane(alice)
    bob.put_back(bob.copy())
    bob.say(b, "from a new lane")
    settle(office, alice, bob, rounds=6)
    assert write_lane(alice) == lane


def test_a_greeting_of_who_is_blocked_is_not_seen_and_spends_no_use(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)
    block(alice, bob)
    link = alice.call(api.InviteCreate(expires_in=86_400, max_uses=1)).link
    alice.events.clear()
    add(bob, link, "let me in again")
    settle(office, alice, bob, rounds=4)
    assert alice.call(api.GreetingList()) == []
    assert alice.events == []
    assert alice.call(api.InviteList())[0].uses == 0
    carol = Person(office, alice.path.parent, "carol")
    add(carol, link, "it is carol")
    settle(office, alice, carol, rounds=4)
    assert [each.text for each in alice.call(api.GreetingList())] == ["it is carol"]


def test_who_is_blocked_while_at_the_door_waits_unseen(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    """Bob's second device stands at the door: it is asked about, since whoever has the words can make one."""
    meet(office, alice, bob)
    settle(office, bob, rounds=WRITTEN)
    second = Person(office, folder, "bob", device="second")
    add(second, alice.call(api.InviteCreate(expires_in=86_400)).link, "from elsewhere")
    settle(office, alice, second, rounds=3)
    (waiting,) = alice.call(api.GreetingList())
    block(alice, bob)
    assert alice.call(api.GreetingList()) == []
    assert refused(alice, api.GreetingAccept(id=waiting.id)) is Kind.UNKNOWN_GREETING
    unblock(alice, bob)
    assert alice.call(api.GreetingList()) == [waiting]


def test_nothing_is_said_to_who_is_blocked(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    link = bob.call(api.InviteCreate(expires_in=86_400)).link
    block(alice, bob)
    assert refused(alice, api.MessageSend(conversation=a, text="x")) is Kind.BLOCKED
    assert refused(alice, api.ContactAskKeep(conversation=a, ask=True)) is Kind.BLOCKED
    with pytest.raises(ApiError) as caught:
        add(alice, link)
    assert caught.value.kind is Kind.BLOCKED


def test_a_blocked_contact_s_mail_is_not_kept(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    alice.call(api.ContactKeepMail(conversation=a, keep=True))
    assert alice.kept
    block(alice, bob)
    assert not alice.kept
    unblock(alice, bob)
    assert alice.kept


@pytest.mark.parametrize("crash", [False, True])
def test_unblocking_takes_it_all_back(office: Office, alice: Person, bob: Person, *, crash: bool) -> None:
    office.coverage = 6
    a, b = meet(office, alice, bob)
    settle(office, alice, bob)
    former = alice.engine.me.inbox
    block(alice, bob)
    if crash:
        alice.close()
        alice.open()
    for n in range(60):  # more than a reader looks ahead
        bob.say(b, f"{n}")
        if n % 10 == 0:
            settle(office, alice, bob, rounds=2)
    settle(office, alice, bob, rounds=2, seconds=40_000)
    assert alice.heard(a) == ["hello, it is me"]
    unblock(alice, bob)
    if crash:
        alice.close()
        alice.open()
    alice.say(a, "sorry")
    settle(office, alice, bob, rounds=20)
    assert alice.heard(a) == ["hello, it is me", *(f"{n}" for n in range(60))]
    assert set(bob.said(b)) == {"delivered"}
    assert bob.heard(b) == ["sorry"]
    assert alice.engine.me.inbox != former
    with bob.database.read() as snapshot:
        assert conversations.every(snapshot)[0].inbox == alice.engine.me.inbox, "he is told where she reads"


def test_blocking_twice_is_blocking_once(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)
    block(alice, bob)
    inbox = alice.engine.me.inbox
    block(alice, bob)
    settle(office, alice, rounds=2)
    office.wait(10 * 86_400)
    settle(office, alice, rounds=4, seconds=86_400)
    assert alice.engine.me.inbox == inbox
    unblock(alice, bob)
    unblock(alice, bob)
    assert not contact(alice, bob).blocked


def test_an_acknowledgement_that_is_owed_to_who_is_blocked_keeps_nobody_busy(
    office: Office, alice: Person, bob: Person
) -> None:
    _, b = meet(office, alice, bob)
    settle(office, alice, bob)
    bob.say(b, "to be acknowledged")
    office.wait(1)
    alice.poll()
    block(alice, bob)
    office.wait(60)
    alice.poll()
    assert alice.engine.next_deadline() > alice.moment().mono


# --- removing ---------------------------------------------------------------------------------------------------------


_KEPT = {"account", "inboxes", "personal", "personal_records", "tags", "cursors", "invitations", "greetings_opened"}

# Parts of "secret" and "reply" in the index.
_INDEXED = {"cre", "epl"}


def test_of_who_is_removed_nothing_is_left(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    for n in range(4):
        alice.say(a, f"secret {n}")
        bob.say(b, f"reply {n}")
    settle(office, alice, bob, rounds=WRITTEN)
    with alice.engine.work(alice.moment()) as work:
        root = roots.of_conversation(work.tx, 1)[0]
        keys = [slot_key(greeting.reset_secret(root.root), work.now.day, n, 0) for n in range(SLOTS["reset"].numbers)]
        watched = [tag_of(ParcelId(key.box_id)) for key in keys]
        assert all(work.tag_index.is_wanted(tag) for tag in watched)
        prekeys.keep(work, 1, prekeys.ANYBODY, make_prekey(work.now.network_ms))
        later.insert(work.tx, LaterRow(1, bob.engine.me.device, b"g" * 16, 0, 0, 200, 1, b"x", b"y"))
        found_in = Slot(stored_name(ResetWatch(1, root.name)), work.now.day, 0)
        assert meetings.add_piece(work.tx, found_in, 0, b"variant", b"piece")
        door = GreetingRow("id", "invitation", b"", bob.engine.me.identity, b"", b"hash", "", 1)
        meetings.add_greeting(work.tx, door)
    alice.say(a, "not delivered yet")
    alice.call(api.MessageDelete(ids=[alice.rows(a)[0].id]))
    assert terms_left(alice.database) >= _INDEXED
    alice.events.clear()
    alice.database.tidy()
    answer, effects = alice.engine.command(act_of(api.ContactRemove(identity=identity(bob))), alice.moment())
    alice.carry_out(effects)
    assert answer == api.Done()
    assert [effect for effect in effects if isinstance(effect, Withdraw)], "what had not arrived is not deposited on"
    assert alice.path.with_name(alice.path.name + "-wal").stat().st_size == 0, "nor does it lie in the log"
    with alice.database.read() as snapshot:
        tables = everything(snapshot)
        entries = personal.entries(snapshot)
    assert set(tables) > _KEPT
    assert {name: rows for name, rows in tables.items() if rows and name not in _KEPT} == {}
    assert not terms_left(alice.database) & _INDEXED
    of_bob = [value for key, *_, value in entries if bob.engine.me.identity in key]
    assert of_bob
    assert set(of_bob) == {None}, "the account's other devices hear that he is gone"
    with alice.engine.work(alice.moment()) as work:
        assert not any(work.tag_index.is_wanted(tag) for tag in watched), "nothing of his is looked for"
    assert alice.call(api.ConversationList()) == []
    assert api.ContactChanged(identity=identity(bob)) in alice.events


def test_no_word_of_a_long_conversation_stays_in_the_index(office: Office, alice: Person, bob: Person) -> None:
    carol = Person(office, alice.path.parent, "carol")
    meet(office, alice, bob)
    to_carol, _ = meet(office, alice, carol)
    alice.say(to_carol, "remembered words")
    with alice.engine.work(alice.moment()) as work:
        for n in range(300):
            uid = n.to_bytes(16, "big")
            new = NewMessage(
                id=f"id{n}",
                conversation=1,
                uid=uid,
                author=b"a",
                device=b"d",
                kind=1,
                text=f"unforgettable{n} words",
                sent_at=n,
                state="received",
            )
            messages.insert(work.tx, new)

    assert {"unf", "ett"} <= terms_left(alice.database)
    alice.call(api.ContactRemove(identity=identity(bob)))
    assert terms_left(alice.database) & {"unf", "ett", "here1"} == set()
    assert [hit.message.text for hit in alice.search("words")] == ["remembered words"]
    alice.say(to_carol, "passing words")
    row = alice.rows(to_carol)[-1]
    alice.call(api.MessageDelete(ids=[row.id]))
    with alice.database.read() as snapshot:
        found = index_pages(snapshot)
    assert not any(b"passing" in each for each in found), "one row's words are overwritten as before"


def test_who_is_removed_is_a_stranger_who_may_greet_again(office: Office, alice: Person, bob: Person) -> None:
    office.coverage = 6
    _, b = meet(office, alice, bob)
    former = alice.engine.me.inbox
    alice.call(api.ContactRemove(identity=identity(bob)))
    assert alice.engine.me.inbox != former
    alice.close()
    alice.open()
    bob.say(b, "hello?")
    settle(office, alice, bob, rounds=6)
    assert alice.call(api.ConversationList()) == []
    assert refused(alice, api.ContactBlock(identity=identity(bob))) is Kind.UNKNOWN_CONTACT
    add(bob, alice.call(api.InviteCreate(expires_in=86_400)).link, "may I?")
    settle(office, alice, bob, rounds=3)
    (waiting,) = alice.call(api.GreetingList())
    assert not waiting.known
    a = alice.call(api.GreetingAccept(id=waiting.id)).conversation
    settle(office, alice, bob, rounds=6)
    alice.say(a, "all right")
    settle(office, alice, bob, rounds=4)
    assert bob.heard(b)[-1] == "all right"
    assert alice.heard(a)[0] == "may I?"


def test_a_removal_reaches_the_other_device_and_a_restored_one(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    carol = Person(office, folder, "carol")
    meet(office, alice, bob)
    meet(office, alice, carol)
    settle(office, alice, bob, carol, rounds=WRITTEN)
    second = restored(office, folder, device="second")
    assert len(second.call(api.ContactList())) == 2
    alice.call(api.ContactRemove(identity=identity(bob)))
    for _ in range(3):
        settle(office, alice, second, rounds=WRITTEN)
        settle(office, alice, second, rounds=2, seconds=43_000)
    assert [row.name for row in second.call(api.ContactList())] == ["carol"]
    assert [row.name for row in alice.call(api.ContactList())] == ["carol"]
    third = restored(office, folder, device="third")
    assert [row.name for row in third.call(api.ContactList())] == ["carol"]


def test_a_block_reaches_the_other_device_and_so_does_its_end(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    second = restored(office, folder, device="second")
    for change in (block, unblock):
        change(alice, bob)
        for _ in range(2):
            settle(office, alice, second, rounds=WRITTEN)
            settle(office, alice, second, rounds=2, seconds=43_000)
        assert contact(second, bob).blocked == contact(alice, bob).blocked == (change is block)


# --- deleting what was said -------------------------------------------------------------------------------------------


def test_a_deleted_conversation_is_empty_and_goes_on(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.say(a, "forget this")
    bob.say(b, "and this")
    settle(office, alice, bob)
    alice.call(api.DraftSet(conversation=a, text="half a thought"))
    alice.online = False
    alice.say(a, "never sent")
    alice.database.tidy()
    deleted, _ = alice.engine.command(act_of(api.ConversationDelete(conversation=a)), alice.moment())
    assert deleted == api.Deleted(withdrawn=1)
    assert alice.rows(a) == []
    assert alice.search("forget") == []
    assert alice.path.with_name(alice.path.name + "-wal").stat().st_size == 0
    (row,) = alice.call(api.ConversationList())
    assert (row.draft, row.state) == ("", "open")
    alice.online = True
    bob.say(b, "and now?")
    settle(office, alice, bob, rounds=6)
    assert alice.heard(a) == ["and now?"]
    assert bob.heard(b) == ["forget this"]


def test_deleting_says_what_had_left_already(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob)
    alice.say(a, "on its way")
    assert alice.call(api.ConversationDelete(conversation=a)) == api.Deleted(on_their_way=1)
    settle(office, alice, bob)
    assert bob.heard(b) == ["on its way"]


def test_an_unanswered_conversation_is_forgotten_and_its_greeting_withdrawn(
    office: Office, alice: Person, bob: Person
) -> None:
    link = alice.call(api.InviteCreate(expires_in=30 * 86_400)).link
    settle(office, bob, rounds=1)
    b = add(bob, link)
    written = len(office.boxes)
    assert written
    bob.call(api.ConversationDelete(conversation=b))
    assert bob.call(api.ConversationList()) == []
    assert refused(bob, api.MessageList(conversation=b)) is Kind.UNKNOWN_CONVERSATION
    office.boxes.clear()
    office.variants.clear()
    for _ in range(3):
        settle(office, bob, rounds=2, seconds=43_200)
    assert office.boxes == [], "the greeting is not deposited any more"
    with bob.database.read() as snapshot:
        assert table(snapshot, "postings") == table(snapshot, "roots") == []
    add(bob, link, "once more")
    settle(office, alice, bob, rounds=3)
    assert [each.text for each in alice.call(api.GreetingList())] == ["once more"]


def test_that_somebody_is_blocked_outlives_their_conversation(office: Office, alice: Person, bob: Person) -> None:
    link = bob.call(api.InviteCreate(expires_in=86_400)).link
    a = add(alice, link)
    block(alice, bob)
    alice.call(api.ConversationDelete(conversation=a))
    assert contact(alice, bob).blocked
    assert alice.rows(a) == []


# --- names, lists, errors ---------------------------------------------------------------------------------------------


def test_contacts_are_listed_by_name_a_page_at_a_time(office: Office, folder: Path, alice: Person) -> None:
    for name in ("carl", "Bea", "dora", "abe"):
        meet(office, alice, Person(office, folder, name))
    everybody = alice.call(api.ContactList())
    assert [row.name for row in everybody] == ["abe", "Bea", "carl", "dora"]
    pages, after = [], None
    while page := alice.call(api.ContactList(limit=3, after=after)):
        pages.append([row.name for row in page])
        after = page[-1].identity
    assert pages == [["abe", "Bea", "carl"], ["dora"]]
    assert refused(alice, api.ContactList(after="x" * 52)) is Kind.UNKNOWN_CONTACT
    assert refused(alice, api.ContactList(limit=0)) is Kind.BAD_REQUEST
    row = everybody[0]
    assert row.conversation in {each.id for each in alice.call(api.ConversationList())}
    assert (row.state, row.verified, row.blocked, row.warning) == ("open", False, False, None)


@pytest.mark.parametrize(
    "command",
    [
        api.ContactRename(identity="nobody", name="x"),
        api.ContactBlock(identity="nobody"),
        api.ContactUnblock(identity="nobody"),
        api.ContactRemove(identity="nobody"),
        api.ContactConfirmDevice(identity="nobody", device="00", accept=True),
    ],
)
def test_who_is_no_contact_is_refused(alice: Person, command: api.Command[api.Done]) -> None:
    assert refused(alice, command) is Kind.UNKNOWN_CONTACT
    assert refused(alice, api.ConversationDelete(conversation="none")) is Kind.UNKNOWN_CONVERSATION


def test_fresh_keys_that_are_overdue_are_said(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    settle(office, alice, bob)
    alice.say(a, "x")
    assert not contact(alice, bob).rekey_overdue
    settle(office, alice, rounds=9, seconds=86_400)
    assert contact(alice, bob).rekey_overdue
    assert alice.call(api.ConversationList())[0].rekey_overdue


# --- devices ----------------------------------------------------------------------------------------------------------


def unknown_device(office: Office, folder: Path, alice: Person, bob: Person) -> tuple[Person, str]:
    """Let alice come back by her words; return her new device and its id as bob sees it."""
    settle(office, alice, bob, rounds=WRITTEN)
    again = restored(office, folder)
    settle(office, again, bob, rounds=4)
    unknown = [device for device in contact(bob, alice).devices if device.state == "unknown"]
    assert [device.id for device in unknown] == [again.engine.me.device.hex()]
    return again, unknown[0].id


def test_a_device_that_is_confirmed_is_served_at_once_and_its_word_counts(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    _, b = meet(office, alice, bob)
    again, device = unknown_device(office, folder, alice, bob)
    alice.close()
    assert contact(bob, alice).warning == "unknown-device"
    assert bob.call(api.ConversationList())[0].warning == "unknown-device"
    with bob.engine.work(bob.moment()) as work:
        seen = [row.device for row in trust.audience(work, 1)]
    assert again.engine.me.device not in seen
    bob.call(api.ContactConfirmDevice(identity=identity(alice), device=device, accept=True))
    assert contact(bob, alice).warning is None
    (confirmed,) = [each for each in contact(bob, alice).devices if each.id == device]
    assert (confirmed.state, confirmed.served) == ("confirmed", True)
    bob.say(b, "to the new one")
    settle(office, again, bob, rounds=10)
    to_bob = again.call(api.ConversationList())[0].id
    assert "to the new one" in [row.text for row in again.rows(to_bob)]
    assert set(bob.said(b)) == {"delivered"}
    bob.call(api.ContactConfirmDevice(identity=identity(alice), device=device, accept=True))
    assert (
        refused(bob, api.ContactConfirmDevice(identity=identity(alice), device=device, accept=False))
        is Kind.BAD_REQUEST
    )


def test_what_an_unknown_device_acknowledged_counts_once_it_is_confirmed(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    _, b = meet(office, alice, bob)
    again, device = unknown_device(office, folder, alice, bob)
    alice.close()
    settle(office, again, bob, rounds=4, seconds=1800)
    settle(office, again, bob, rounds=10)
    bob.say(b, "whoever you are")
    settle(office, again, bob, rounds=6)
    to_bob = again.call(api.ConversationList())[0].id
    assert "whoever you are" in [row.text for row in again.rows(to_bob)]
    assert bob.said(b)[-1] == "stored"
    bob.call(api.ContactConfirmDevice(identity=identity(alice), device=device, accept=True))
    assert bob.said(b)[-1] == "delivered"


def test_a_device_that_is_refused_is_never_heard_again(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    again, device = unknown_device(office, folder, alice, bob)
    bob.call(api.ContactConfirmDevice(identity=identity(alice), device=device, accept=False))
    assert device not in {each.id for each in contact(bob, alice).devices}
    again.say(again.call(api.ConversationList())[0].id, "let me in")
    settle(office, again, bob, rounds=6, seconds=1800)
    assert "let me in" not in bob.heard(b)
    assert contact(bob, alice).warning is None
    assert (
        refused(bob, api.ContactConfirmDevice(identity=identity(alice), device=device, accept=True))
        is Kind.NO_SUCH_DEVICE
    )
    bob.say(b, "to the old one")
    settle(office, alice, bob, rounds=6)
    assert alice.heard(a)[-1] == "to the old one"


def test_a_device_of_somebody_else_is_no_device_of_this_contact(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    carol = Person(office, folder, "carol")
    meet(office, alice, bob)
    meet(office, alice, carol)
    for device in (carol.engine.me.device.hex(), "zz", "", "00" * 32):
        command = api.ContactConfirmDevice(identity=identity(bob), device=device, accept=True)
        assert refused(alice, command) is Kind.NO_SUCH_DEVICE
    with alice.database.read() as snapshot:
        assert devices.standing(snapshot, carol.engine.me.device) is not None
