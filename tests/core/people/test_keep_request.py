"""Friends' devices: who asks, who agrees, what the node is told, and that nothing is kept without a person's word."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path

import pytest

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.node.status import describe_keeping
from core.people.conversation.keep_request import MAX_KEPT_FOR, received
from core.people.conversation.rows import Origin
from core.people.format.address import addresses, days_read
from core.people.format.block import Block, decode_block, encode_block
from core.people.format.content import KeepRequest, encode_item
from core.people.format.signing import Place
from core.session.commands.keeping import kept_for
from core.storage import contact_inboxes, conversations
from net.client import FriendBackupView
from net.client.friend_backup import MAX_KEPT
from net.parcel.box import BOX_SIZE
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle

Pair = tuple[Person, Person, str, str]


NAMES = ("alice", "bob")


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, Path, tuple[str, str]]:
    """Two people who met once and for all: each test has copies of their files."""
    office, folder = Office(), tmp_path_factory.mktemp("met")
    alice, bob = (Person(office, folder, name) for name in NAMES)
    chats = meet(office, alice, bob)
    alice.close()
    bob.close()
    return office, folder, chats


@pytest.fixture
def office(met: tuple[Office, Path, tuple[str, str]]) -> Office:
    return deepcopy(met[0])


@pytest.fixture
def pair(met: tuple[Office, Path, tuple[str, str]], office: Office, tmp_path: Path) -> Pair:
    for name in NAMES:
        shutil.copy(met[1] / f"{name}.db", tmp_path)
    alice, bob = (Person(office, tmp_path, name) for name in NAMES)
    settle(office, alice, bob, rounds=1)
    return alice, bob, *met[2]


def chat(person: Person, conversation: str) -> api.Conversation:
    return next(each for each in person.call(api.ConversationList()) if each.id == conversation)


def ask(office: Office, pair: Pair, *, wanted: bool = True) -> None:
    """Alice asks bob."""
    alice, bob, a, _ = pair
    alice.call(api.ContactAskKeep(conversation=a, ask=wanted))
    settle(office, alice, bob, rounds=3)


def agree(pair: Pair, *, keep: bool = True) -> None:
    _, bob, _, b = pair
    bob.call(api.ContactKeepMail(conversation=b, keep=keep))


def inbox_of(person: Person) -> frozenset[int]:
    return addresses([person.engine.me.inbox], days_read(person.moment()))


def test_asking_and_agreeing_keeps_the_mail_of_who_asked_and_who_asked_is_not_told(office: Office, pair: Pair) -> None:
    alice, bob, a, b = pair
    ask(office, pair)
    assert chat(alice, a).keep_asked
    assert chat(bob, b).keep_wanted
    assert bob.kept == frozenset(), "nothing without bob's word"
    before, said = chat(alice, a), len(office.boxes)
    agree(pair)
    assert chat(bob, b).keeping
    assert bob.kept == inbox_of(alice)
    settle(office, alice, bob, rounds=3)
    assert alice.kept == frozenset()
    assert chat(alice, a) == before
    assert len(office.boxes) == said, "nothing is written for it"


def test_the_question_is_a_row_on_both_sides_and_an_older_one_undoes_no_later_one(office: Office, pair: Pair) -> None:
    alice, bob, a, b = pair
    for _ in range(3):
        ask(office, pair)
    asked, heard = alice.rows(a)[-1], bob.rows(b)[-1]
    assert (asked.kind, asked.sender, asked.text, asked.state) == ("keep-asked", "me", "", "delivered")
    assert (heard.kind, heard.text, heard.state) == ("keep-asked", "", "received")
    assert heard.sender == chat(bob, b).identity
    assert [event for event in bob.events if isinstance(event, api.KeepRequested)] == [
        api.KeepRequested(conversation=b, id=heard.id, wanted=True)
    ]
    assert (chat(bob, b).last_kind, chat(bob, b).last_text) == ("keep-asked", "")
    assert bob.search("+") == []
    agree(pair)
    ask(office, pair, wanted=False)
    assert (chat(bob, b).keep_wanted, chat(bob, b).keeping) == (False, False)
    assert bob.kept == frozenset()
    assert [row.kind for row in bob.rows(b)][-2:] == ["keep-asked", "keep-ended"]
    late = KeepRequest(b"said again".ljust(16), wanted=True)
    with bob.engine.work(bob.moment()) as work:
        row = conversations.by_public_id(work.tx, b)
        assert row is not None
        origin = Origin(row.id, alice.engine.me.device, row.keep_wanted_at - 1000, b"g" * 16, late=True)
        received(work, origin, late, b"signed")
    assert not chat(bob, b).keep_wanted
    assert bob.rows(b)[-1].late


def test_the_agreement_outlives_a_restart_and_follows_the_day_until_bob_ends_it(office: Office, pair: Pair) -> None:
    alice, bob, _, b = pair
    ask(office, pair)
    agree(pair)
    bob.close()
    bob.open()
    assert chat(bob, b).keeping
    before = bob.kept
    assert before == inbox_of(alice)
    settle(office, alice, bob, rounds=2, seconds=43_200.0)
    assert bob.kept == inbox_of(alice) != before
    with bob.engine.work(bob.moment()) as work:
        row = conversations.by_public_id(work.tx, b)
        assert row is not None
        contact_inboxes.set_present(work.tx, row.id, b"elsewhere".ljust(32), 1)
    bob.carry_out(bob.engine.tick(bob.moment()))
    assert bob.kept == addresses([b"elsewhere".ljust(32)], days_read(bob.moment()))
    agree(pair, keep=False)
    assert (chat(bob, b).keep_wanted, chat(bob, b).keeping) == (True, False)
    assert bob.kept == frozenset()


def test_only_contacts_are_asked_and_kept_for(tmp_path: Path) -> None:
    office = Office()
    alice, bob = (Person(office, tmp_path, name) for name in ("alice", "bob"))
    b = add(bob, alice.call(api.InviteCreate(expires_in=86_400)).link)
    for command in (api.ContactAskKeep(conversation=b, ask=True), api.ContactKeepMail(conversation=b, keep=True)):
        with pytest.raises(ApiError) as refused:
            bob.call(command)
        assert refused.value.kind is Kind.BAD_REQUEST
    with pytest.raises(ApiError) as unknown:
        bob.call(api.ContactKeepMail(conversation="nobody", keep=True))
    assert unknown.value.kind is Kind.UNKNOWN_CONVERSATION


def test_a_device_keeps_for_a_few_contacts_only(pair: Pair) -> None:
    _, bob, _, b = pair
    with bob.engine.work(bob.moment()) as work:
        for number in range(MAX_KEPT_FOR):
            row = conversations.insert(work.tx, f"c{number}", bytes([number]) * 32, "somebody", "open", 0)
            contact_inboxes.set_present(work.tx, row.id, bytes([number]) * 32, 0)
            conversations.set_keeping(work.tx, row.id, keeping=True)
        assert kept_for(work) == MAX_KEPT_FOR
    with pytest.raises(ApiError) as refused:
        agree(pair)
    assert refused.value.kind is Kind.BAD_REQUEST
    assert not chat(bob, b).keeping


def test_what_it_costs_is_told_and_a_leaf_says_that_it_cannot() -> None:
    view = FriendBackupView(buckets=4, boxes=10, limit=8192, restored=3, bytes_per_day=5000)
    told = describe_keeping(view, contacts=1)
    assert (told.possible, told.contacts, told.boxes, told.returned, told.bytes_per_day) == (True, 1, 10, 3, 5000)
    assert (told.bytes, told.limit_bytes) == (10 * BOX_SIZE, 8192 * BOX_SIZE)
    leaf = describe_keeping(None, contacts=1)
    assert (leaf.possible, leaf.boxes, leaf.limit_bytes) == (False, 0, 0)


def test_a_node_keeps_as_many_addresses_as_its_owner_may_have() -> None:
    assert MAX_KEPT_FOR * 4 <= MAX_KEPT


def test_the_item_on_the_wire() -> None:
    request = KeepRequest(bytes(range(16)), wanted=True)
    assert encode_item(request) == (6, bytes.fromhex("92c410000102030405060708090a0b0c0d0e0fc3"))
    seed = b"d" * 32
    place = Place(b"a" * 32, b"r" * 32, primitives.ed25519_public(seed), b"g" * 16, 0)
    ((item, _),) = decode_block(encode_block(Block(5, (request,)), place, seed), place).items
    assert item == request
