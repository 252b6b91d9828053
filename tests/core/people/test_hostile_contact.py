"""A contact, or somebody who was given a link, who means harm: nothing it sends ends the program or reaches beyond it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core import api
from core.crypto import primitives
from core.errors import Malformed
from core.people.contact import greeting_received, greeting_sent
from core.people.conversation import lane_writer, prekeys, resets, sender
from core.people.effects import Solve
from core.people.format import lane
from core.people.format.account_keys import keys_of_seed
from core.people.format.block import Block, decode_block, encode_block
from core.people.format.content import Acceptance, Item, Rekey, SealedSecret
from core.people.format.device import certify
from core.people.format.invitation import decode_link
from core.people.format.lane import Offer
from core.people.format.prekey import KeyOffer, Made, make_prekey
from core.people.format.signing import Place
from core.people.format.slot import SLOTS, slot_key
from core.people.limits import MAX_DEVICES, MAX_GENERATIONS_AN_HOUR, PeopleLimits
from core.people.work import Work
from core.storage import devices, lanes, meetings, postings
from net.bucket import Bucket
from net.events import BoxAbsent, TagsArrived
from net.ids import Cursor, ParcelId, tag_of
from tests.core.people.test_talking import add, meet
from tests.support.post_office import CUSTODIANS, Office, Person, settle

NO_POINT = b"\x02" * 32  # not a point of the prime-order group
ZERO_KEY = bytes(32)  # contributes nothing to a Diffie-Hellman


def do(person: Person, act: Callable[[Work], object]) -> None:
    """Let a person's own engine do what no honest one does."""
    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


def write(person: Person, *items: Item) -> None:
    """Append a block of any items to the lane of the only conversation."""

    def act(work: Work) -> None:
        row = lanes.writing(work.tx, 1)
        assert row is not None
        lane_writer.write_block(work, row, items)

    do(person, act)


def make_rekeying_due(person: Person) -> None:
    def act(work: Work) -> None:
        row = lanes.writing(work.tx, 1)
        assert row is not None
        lanes.make_rekeying_due(work.tx, row.generation)

    do(person, act)


def still_talks(office: Office, victim: Person, mallory: Person, conversation: str) -> bool:
    """Tell whether the victim goes on to hear what is said after the attack."""
    mallory.say(mallory.call(api.ConversationList())[0].id, "afterwards")
    settle(office, victim, mallory, rounds=3)
    return "afterwards" in victim.heard(conversation)


def test_a_rekeying_sealed_to_nobody_does_not_end_the_program(office: Office, victim: Person, mallory: Person) -> None:
    a, _ = meet(office, victim, mallory)
    made = make_prekey(office.now_ms)
    do(victim, lambda work: prekeys.keep(work, 1, mallory.engine.me.device, made))
    tag = victim.engine.me.certificate.tag
    write(mallory, Rekey([SealedSecret(tag, made.public.key_id, b"junk" * 300)]))
    settle(office, victim, mallory, rounds=2)
    assert still_talks(office, victim, mallory, a)


def test_an_offered_key_that_is_none_does_not_end_the_program(office: Office, victim: Person, mallory: Person) -> None:
    a, _ = meet(office, victim, mallory)
    made = make_prekey(office.now_ms).public
    tag = victim.engine.me.certificate.tag
    write(mallory, KeyOffer(tag, msgspec.structs.replace(made, xwing=b"\xff" * 1216)))
    write(mallory, KeyOffer(tag, msgspec.structs.replace(made, olm_key=ZERO_KEY)))
    settle(office, victim, mallory, rounds=2)
    make_rekeying_due(victim)
    victim.say(a, "with or without new keys")
    settle(office, victim, mallory, rounds=4)
    assert victim.said(a)[-1] == "delivered"


@pytest.mark.parametrize("what", ["certificate", "device", "point", "prekey"])
def test_a_forged_acceptance_is_no_acceptance(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    link = mallory.call(api.InviteCreate(expires_in=86_400)).link
    add(victim, link)
    settle(office, mallory, victim, rounds=2)
    (greeting,) = mallory.call(api.GreetingList())
    with monkeypatch.context() as patch:
        wrong = msgspec.structs.replace(mallory.engine.me.certificate, signature=bytes(64))
        true = Acceptance

        def forged(*fields: Any) -> Acceptance:
            said = true(*fields)
            other = primitives.ed25519_public(b"another device".ljust(32))
            lies: dict[str, dict[str, Any]] = {
                "certificate": {"certificate": wrong},
                "device": {"certificate": certify(keys_of_seed(mallory.seed).identity, other, 0)},
                "point": {"offer": msgspec.structs.replace(said.offer, point=NO_POINT)},
                "prekey": {"prekey": msgspec.structs.replace(said.prekey, olm_identity=ZERO_KEY)},
            }
            return msgspec.structs.replace(said, **lies[what])

        patch.setattr(greeting_received, "Acceptance", forged)
        mallory.call(api.GreetingAccept(id=greeting.id))
    settle(office, mallory, victim, rounds=2)
    assert victim.call(api.ConversationList())[0].state == "waiting"


def lanes_read(person: Person) -> list[bytes]:
    with person.database.read() as snapshot:
        return [row.generation for row in lanes.every_reading(snapshot)]


def reset_with(person: Person, monkeypatch: pytest.MonkeyPatch, point: bytes) -> None:
    true = lane.new_lane

    def forged() -> tuple[bytes, Offer]:
        scalar, offer = true()
        return scalar, msgspec.structs.replace(offer, point=point)

    with monkeypatch.context() as patch:
        patch.setattr(lane, "new_lane", forged)
        do(person, lambda work: resets.begin(work, 1, is_last_known=True))


def test_a_reset_to_a_lane_that_is_none_is_ignored(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = meet(office, victim, mallory)
    reset_with(mallory, monkeypatch, NO_POINT)
    settle(office, victim, mallory, rounds=2)
    assert len(lanes_read(victim)) == 1
    victim.say(a, "still here")


def with_certificate(person: Person, device: bytes) -> None:
    """Give a person a certificate that its own identity signed, and that is a lie."""
    lie = certify(keys_of_seed(person.seed).identity, device, person.engine.me.certificate.created_at)
    object.__setattr__(person.engine.me, "certificate", lie)


def test_a_greeting_without_usable_keys_is_not_shown(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = victim.call(api.InviteCreate(expires_in=86_400)).link
    true = make_prekey

    def forged(now_ms: int, *, hybrid: bool = True) -> Made:
        made = true(now_ms, hybrid=hybrid)
        return dataclasses.replace(made, public=msgspec.structs.replace(made.public, olm_key=ZERO_KEY))

    monkeypatch.setattr(greeting_sent, "make_prekey", forged)
    add(mallory, link)
    settle(office, victim, mallory, rounds=2)
    assert victim.call(api.GreetingList()) == []


def test_a_greeting_with_a_lane_that_is_none_is_not_shown(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = victim.call(api.InviteCreate(expires_in=86_400)).link
    true = lane.new_lane

    def forged() -> tuple[bytes, Offer]:
        scalar, offer = true()
        return scalar, msgspec.structs.replace(offer, point=NO_POINT)

    monkeypatch.setattr(lane, "new_lane", forged)
    add(mallory, link)
    settle(office, victim, mallory, rounds=2)
    assert victim.call(api.GreetingList()) == []


def test_a_contact_cannot_claim_the_device_of_another(
    office: Office, victim: Person, mallory: Person, tmp_path: Path
) -> None:
    """Mallory knows bob's device key from its certificate, and signs one of her own for it."""
    bob = Person(office, tmp_path, "bob")
    a, b = meet(office, victim, bob)
    with_certificate(mallory, bob.engine.me.device)
    link = mallory.call(api.InviteCreate(expires_in=86_400)).link
    with pytest.raises(api.ApiError):
        add(victim, link)
    bob.say(b, "it is really me")
    settle(office, victim, bob, rounds=3)
    assert "it is really me" in victim.heard(a)
    victim.say(a, "I hear you")
    settle(office, victim, bob, rounds=3)
    assert "I hear you" in bob.heard(b)


def test_a_time_beyond_all_calendars_is_none() -> None:
    """What a contact's clock shows is turned into a date on the screen, whatever it is."""
    last = (1 << 47) - 1
    place, seed = Place(bytes(32), bytes(32), primitives.ed25519_public(bytes(32)), bytes(16), 0), bytes(32)
    assert decode_block(encode_block(Block(last, ()), place, seed), place).made_at == last
    assert dt.datetime.fromtimestamp(last / 1000, dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=14)))
    with pytest.raises(Malformed):
        decode_block(encode_block(Block(last + 1, ()), place, seed), place)


def next_ids(reader: Person, day: int) -> list[ParcelId]:
    """Return what a reader of a lane knows: the ids its writer will use next."""
    with reader.database.read() as snapshot:
        (row,) = lanes.every_reading(snapshot)
    ids, chain = [], row.chain
    for _ in range(lane.WINDOW):
        secrets, chain = lane.step(chain)
        ids.append(ParcelId(lane.box_id(row.point, secrets, day)))
    return ids


def lane_written(person: Person) -> bytes:
    with person.database.read() as snapshot:
        row = lanes.writing(snapshot, 1)
    assert row is not None
    return row.generation


@pytest.mark.parametrize("is_at_start", [True, False])
def test_a_contact_and_its_custodian_cannot_make_us_take_ourselves_for_an_old_copy(
    office: Office, victim: Person, mallory: Person, *, is_at_start: bool
) -> None:
    """Mallory knows the ids we shall use next; its custodian says that they are there already."""
    a, _ = meet(office, victim, mallory)
    if is_at_start:
        victim.close()
        victim.open()
    before = lane_written(victim)
    tags = tuple(tag_of(box_id) for box_id in next_ids(mallory, victim.moment().day))
    victim.feed([TagsArrived(CUSTODIANS[1], Bucket(0, 0), Cursor(b"run-two-", len(tags)), tags, caught_up=True)])
    victim.say(a, "nobody else is me")
    victim.feed([BoxAbsent(tag) for tag in tags])
    settle(office, victim, mallory, rounds=4)
    assert lane_written(victim) == before
    assert victim.said(a)[-1] == "delivered"


def test_slots_named_as_taken_do_not_starve_a_greeting(office: Office, victim: Person, mallory: Person) -> None:
    link = mallory.call(api.InviteCreate(expires_in=86_400)).link
    secret, day = decode_link(link).greeting_secret, victim.moment().day
    ids = [slot_key(secret, day, number, n).box_id for number in range(SLOTS["greeting"].numbers) for n in range(4)]
    tags = tuple(tag_of(ParcelId(box_id)) for box_id in ids)
    victim.feed([TagsArrived(CUSTODIANS[1], Bucket(0, 0), Cursor(b"run-two-", len(tags)), tags, caught_up=True)])
    add(victim, link)
    settle(office, victim, mallory, rounds=2)
    assert len(mallory.call(api.GreetingList())) == 1


def test_a_contact_that_resets_all_the_time_is_not_followed_for_ever(
    office: Office, victim: Person, mallory: Person
) -> None:
    meet(office, victim, mallory)
    office.takes_anything = True  # mallory writes many things into one slot
    for _ in range(2 * MAX_GENERATIONS_AN_HOUR):
        do(mallory, lambda work: resets.begin(work, 1, is_last_known=True))
        victim.poll()
    with victim.database.read() as snapshot:
        assert len(lanes.written_in(snapshot, 1)) <= MAX_GENERATIONS_AN_HOUR


def on_a_new_device(person: Person, identity_seed: bytes) -> None:
    """Reset as a device that nobody knows, certified by the identity of this seed."""
    me = person.engine.me
    seed = primitives.random_bytes(32)
    lie = certify(identity_seed, primitives.ed25519_public(seed), person.moment().own_ms)
    person.engine.me = dataclasses.replace(me, device_seed=seed, certificate=lie)
    do(person, lambda work: resets.begin(work, 1, is_last_known=False))
    person.engine.me = me


def devices_known(person: Person) -> int:
    with person.database.read() as snapshot:
        return len(devices.of_conversation(snapshot, 1))


def test_a_device_certified_by_somebody_else_does_not_join_a_conversation(
    office: Office, victim: Person, mallory: Person
) -> None:
    a, _ = meet(office, victim, mallory)
    on_a_new_device(mallory, b"another identity".ljust(32))
    settle(office, victim, mallory, rounds=2)
    assert devices_known(victim) == 1
    assert all(row.kind == "text" for row in victim.rows(a))


def test_a_contact_with_ever_new_devices_fills_neither_the_audience_nor_the_screen(
    office: Office, victim: Person, mallory: Person
) -> None:
    a, _ = meet(office, victim, mallory)
    office.takes_anything = True
    for _ in range(2 * MAX_DEVICES):
        on_a_new_device(mallory, keys_of_seed(mallory.seed).identity)
        victim.poll()
    assert 2 <= devices_known(victim) <= MAX_DEVICES
    notices = [row for row in victim.rows(a) if row.kind == "device"]
    assert 1 <= len(notices) < MAX_DEVICES
    with victim.database.read() as snapshot:
        known = [row.device for row in devices.of_conversation(snapshot, 1) if row.is_known]
    assert known == [mallory.engine.me.device], "the one that was known first is never displaced"


def test_a_thousand_texts_to_one_do_not_hold_up_a_text_to_another(
    office: Office, victim: Person, mallory: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = Person(office, tmp_path, "bob")
    a, _ = meet(office, victim, mallory)
    b, _ = meet(office, victim, bob)
    drafts: list[Solve] = []
    monkeypatch.setattr(victim, "_solve", drafts.append)
    for n in range(2 * sender.MAX_UNPOSTED):
        victim.say(a, f"number {n}")
    victim.say(b, "only this")
    with victim.database.read() as snapshot:
        due = postings.due(snapshot, range(1 << 30, 1 << 31), 0, 1000)
    before = [posting.conversation for posting, _ in due].index(2)
    assert before <= sender.MAX_UNPOSTED


def test_what_liars_say_of_the_time_destroys_nothing(office: Office, victim: Person, mallory: Person) -> None:
    """Three custodians may move network time; keys and mail go only when the own clock agrees."""
    a, _ = meet(office, victim, mallory)
    link = victim.call(api.InviteCreate(expires_in=86_400, max_uses=5)).link
    mallory.online = False
    victim.say(a, "keep this")
    years_later = victim.moment()._replace(network_ms=office.now_ms + 5 * 365 * 86_400_000)
    victim.engine.tick(years_later._replace(mono=office.mono + 100))
    invitations = {invitation.link: invitation.state for invitation in victim.call(api.InviteList())}
    with victim.database.read() as snapshot:
        assert all(row.xwing_private for row in meetings.every(snapshot) if row.link == link)
    assert invitations[link] == "open"
    assert victim.said(a)[-1] != "failed"


def test_who_comes_when_the_door_is_full_is_heard_when_it_is_not(
    office: Office, victim: Person, mallory: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim.limit(PeopleLimits(greetings=1))
    bob = Person(office, tmp_path, "bob")
    link = victim.call(api.InviteCreate(expires_in=10 * 86_400)).link
    add(mallory, link, "first")
    settle(office, victim, mallory, rounds=2)
    add(bob, link, "second")
    settle(office, victim, bob, rounds=2)
    (first,) = victim.call(api.GreetingList())
    assert first.text == "first"
    victim.call(api.GreetingReject(id=first.id))
    for _ in range(3):
        office.wait(86_400)
        settle(office, bob, victim, rounds=2)
    assert [greeting.text for greeting in victim.call(api.GreetingList())] == ["second"]


def test_a_link_that_names_our_own_device_is_none(office: Office, victim: Person, mallory: Person) -> None:
    with_certificate(mallory, victim.engine.me.device)
    link = mallory.call(api.InviteCreate(expires_in=86_400)).link
    with pytest.raises(api.ApiError):
        add(victim, link)
    assert victim.call(api.ConversationList()) == []
