"""Prekeys: given to one device, used by it once, and never by junk."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec
import pytest
from hypothesis import given, strategies as st

from core.crypto import primitives
from core.crypto.ratchet import PREKEY
from core.errors import Malformed, OpenFailed
from core.people.conversation import prekeys
from core.people.conversation.prekeys import ANYBODY, GRACE_MS, ROTATE_MS
from core.people.conversation.ratchets import unwrap
from core.people.format.content import decode_item, encode_item
from core.people.format.envelope import Wrapped
from core.people.format.prekey import (
    KEY_ID_SIZE,
    LIFE_MS,
    KeyOffer,
    Made,
    Prekey,
    check_prekey,
    decode_prekey,
    make_prekey,
    open_session_to,
)
from core.people.moment import Moment
from core.people.work import Work
from core.storage import conversations, devices, prekeys as rows, sessions
from core.storage.prekeys import MAX_PER_DEVICE, PrekeyRow
from net.instant import DAY_MS
from tests.support.post_office import Office, Person

INFO = b"what binds it"
MINE, OTHER = b"m" * 32, b"o" * 32  # devices of the other side
HYBRID, OLM_ONLY = make_prekey(1_790_000_000_000), make_prekey(1_790_000_000_000, hybrid=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Somebody with one conversation, for what leaves nothing behind."""
    person = Person(Office(), tmp_path_factory.mktemp("shared"), "alice")
    with person.engine.work(person.moment()) as work:
        conversations.insert(work.tx, "c", b"c" * 32, "bob", "open", 0)
    return person


class Undone(Exception):
    """Ends a transaction without its changes."""


def undone(person: Person, act: Callable[[Work], None], later_ms: int = 0) -> None:
    """Act, and leave everything as it was."""
    now = person.moment()
    moment = Moment(now.own_ms + later_ms, now.network_ms + later_ms, now.mono, now.custodians, now.shown_width)
    with contextlib.suppress(Undone), person.engine.work(moment) as work:
        act(work)
        raise Undone


def given_to(work: Work, device: bytes, *, hybrid: bool = True) -> Made:
    made = make_prekey(work.now.network_ms, hybrid=hybrid)
    prekeys.keep(work, 1, device, made)
    return made


def kept(work: Work, made: Made) -> PrekeyRow:
    row = rows.find(work.tx, made.public.key_id)
    assert row is not None
    return row


def seal(made: Made, plaintext: bytes = b"secret") -> bytes:
    return primitives.xwing_seal(made.public.xwing, plaintext, INFO)


def first_message(made: Made, plaintext: bytes = b"first") -> bytes:
    kind, message = open_session_to(made.public).encrypt(plaintext)
    assert kind == PREKEY
    return message


# --- the public halves ------------------------------------------------------------------------------------------------


def test_a_prekey_comes_back_from_its_bytes_and_from_its_offer() -> None:
    for made in (HYBRID, OLM_ONLY):
        assert decode_prekey(msgspec.msgpack.encode(made.public)) == made.public
        assert decode_item(*encode_item(KeyOffer(b"tag4", made.public))) == KeyOffer(b"tag4", made.public)
    assert check_prekey(HYBRID.public) == HYBRID.public
    assert check_prekey(OLM_ONLY.public, hybrid=False) == OLM_ONLY.public
    with pytest.raises(Malformed):
        check_prekey(OLM_ONLY.public)


def test_a_key_without_a_hybrid_half_has_none() -> None:
    """A greeting's: nobody would look at what it were."""
    with pytest.raises(Malformed):
        check_prekey(HYBRID.public, hybrid=False)


@pytest.mark.parametrize("more", [b"\0", bytes(1216)], ids=len)
def test_an_overlong_key_is_refused_where_it_is_read(more: bytes) -> None:
    overlong = msgspec.structs.replace(HYBRID.public, xwing=HYBRID.public.xwing + more)
    with pytest.raises(Malformed):
        decode_prekey(msgspec.msgpack.encode(overlong))


@pytest.mark.parametrize("size", [0, 64, 95, 97])
def test_a_private_key_of_another_length_opens_nothing(size: int) -> None:
    private = cast("bytes", HYBRID.xwing_private) + b"\0"
    with pytest.raises(OpenFailed):
        primitives.xwing_open(private[:size], seal(HYBRID), INFO)


def test_the_private_halves_are_those_of_the_public_ones() -> None:
    assert primitives.xwing_open(cast("bytes", HYBRID.xwing_private), seal(HYBRID), INFO) == b"secret"
    assert HYBRID.receiver.identity_key == HYBRID.public.olm_identity
    fresh = make_prekey(5)
    assert fresh.receiver.accept_session(first_message(fresh))[1] == b"first"
    assert OLM_ONLY.xwing_private is None


@pytest.mark.parametrize("field", ["xwing", "olm_identity", "olm_key"])
@given(data=st.data())
def test_its_name_says_every_byte_of_its_keys(field: str, data: st.DataObject) -> None:
    value = bytearray(getattr(HYBRID.public, field))
    value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))
    changed = msgspec.structs.replace(HYBRID.public, **{field: bytes(value)})
    assert changed.key_id != HYBRID.public.key_id
    assert len(changed.key_id) == KEY_ID_SIZE
    later = msgspec.structs.replace(HYBRID.public, until=HYBRID.public.until + 1)
    assert later.key_id == HYBRID.public.key_id, "its time is no part of its name"


@pytest.mark.parametrize(
    "change",
    [
        {"xwing": b"\xff" * 1216},
        {"xwing": HYBRID.public.xwing[:1184] + bytes(32)},
        {"xwing": HYBRID.public.xwing[:-1]},
        {"xwing": HYBRID.public.xwing + b"\0"},
        {"olm_identity": bytes(32)},
        {"olm_key": bytes(32)},
        {"olm_key": b"\x01" + bytes(31)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_keys_that_contribute_nothing_are_refused(change: dict[str, bytes]) -> None:
    with pytest.raises(Malformed):
        check_prekey(msgspec.structs.replace(HYBRID.public, **change))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_prekey_or_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        check_prekey(decode_prekey(data))


@given(st.binary(max_size=1216), st.binary(min_size=32, max_size=32), st.integers(0, (1 << 47) - 1))
def test_whatever_is_in_a_prekey_can_be_sealed_to_or_is_refused(xwing: bytes, key: bytes, until: int) -> None:
    prekey = Prekey(xwing, key, key, until)
    try:
        check_prekey(prekey, hybrid=False)
    except Malformed:
        return
    open_session_to(prekey).encrypt(b"first")


# --- used once --------------------------------------------------------------------------------------------------------


def test_what_is_sealed_opens_once_and_the_half_that_opened_it_is_gone(shared: Person) -> None:
    def act(work: Work) -> None:
        made = given_to(work, MINE)
        sealed = seal(made)
        assert prekeys.open_sealed(work, MINE, made.public.key_id, sealed, INFO) == b"secret"
        assert kept(work, made).xwing_private is None
        assert kept(work, made).olm_account is not None, "the other half waits for the first message"
        for again in (sealed, seal(made, b"another")):
            with pytest.raises(OpenFailed):
                prekeys.open_sealed(work, MINE, made.public.key_id, again, INFO)
        assert prekeys.accept_first(work, MINE, first_message(made))[1] == b"first"
        assert rows.find(work.tx, made.public.key_id) is None, "nothing of it is left"

    undone(shared, act)


@pytest.mark.parametrize("hybrid", [True, False])
def test_a_first_message_opens_a_ratchet_once_and_the_half_that_opened_it_is_gone(shared: Person, hybrid: bool) -> None:
    def act(work: Work) -> None:
        made = given_to(work, MINE, hybrid=hybrid)
        message = first_message(made)
        session, plaintext = prekeys.accept_first(work, MINE, message)
        assert plaintext == b"first"
        assert session.encrypt(b"and back")[1] != b"and back"
        row = rows.find(work.tx, made.public.key_id)
        assert (row is not None) == hybrid
        assert row is None or row.olm_account is None
        for again in (message, first_message(made)):
            with pytest.raises(OpenFailed):
                prekeys.accept_first(work, MINE, again)
        if hybrid:
            assert prekeys.open_sealed(work, MINE, made.public.key_id, seal(made), INFO) == b"secret"
            assert rows.find(work.tx, made.public.key_id) is None, "nothing of it is left"

    undone(shared, act)


def test_each_further_message_of_a_session_that_was_not_answered_goes_by_the_session(shared: Person) -> None:
    """They name the same key, which is gone; what is left is the ratchet that the first of them began."""

    def act(work: Work) -> None:
        made = given_to(work, MINE)
        session = open_session_to(made.public)
        first, second = session.encrypt(b"first")[1], session.encrypt(b"second")[1]
        theirs, _ = prekeys.accept_first(work, MINE, first)
        with pytest.raises(OpenFailed):
            prekeys.accept_first(work, MINE, second)
        assert theirs.decrypt(PREKEY, second) == b"second"

    undone(shared, act)


def test_a_key_is_its_devices_alone_and_another_uses_nothing_up(shared: Person) -> None:
    def act(work: Work) -> None:
        made = given_to(work, MINE)
        before = kept(work, made)
        with pytest.raises(OpenFailed):
            prekeys.open_sealed(work, OTHER, made.public.key_id, seal(made), INFO)
        with pytest.raises(OpenFailed):
            prekeys.accept_first(work, OTHER, first_message(made))
        assert kept(work, made) == before
        assert prekeys.open_sealed(work, MINE, made.public.key_id, seal(made), INFO) == b"secret"
        assert prekeys.accept_first(work, MINE, first_message(made))[1] == b"first"

    undone(shared, act)


def test_a_key_for_whoever_answers_first_is_for_the_first_alone(shared: Person) -> None:
    def act(work: Work) -> None:
        made = given_to(work, ANYBODY)
        assert prekeys.open_sealed(work, OTHER, made.public.key_id, seal(made), INFO) == b"secret"
        with pytest.raises(OpenFailed):
            prekeys.open_sealed(work, MINE, made.public.key_id, seal(made), INFO)
        assert prekeys.accept_first(work, OTHER, first_message(made))[1] == b"first"
        with pytest.raises(OpenFailed):
            prekeys.accept_first(work, MINE, first_message(made))

    undone(shared, act)


@given(st.data())
def test_junk_for_an_x_wing_half_is_refused_and_uses_nothing_up(shared: Person, data: st.DataObject) -> None:
    def act(work: Work) -> None:
        made = given_to(work, MINE)
        before = kept(work, made)
        for junk in spoiled(seal(made), data):
            with pytest.raises(OpenFailed):
                prekeys.open_sealed(work, MINE, made.public.key_id, junk, INFO)
            assert kept(work, made) == before

    undone(shared, act)


@given(st.data())
def test_junk_for_an_olm_half_is_refused_and_uses_nothing_up(shared: Person, data: st.DataObject) -> None:
    def act(work: Work) -> None:
        made = given_to(work, MINE)
        before = kept(work, made)
        for junk in spoiled(first_message(made), data):
            try:
                assert prekeys.accept_first(work, MINE, junk)[1] == b"first", "protobuf has bytes without meaning"
                return
            except OpenFailed:
                assert kept(work, made) == before

    undone(shared, act)


def spoiled(whole: bytes, data: st.DataObject) -> list[bytes]:
    """Return them with one byte changed, with some cut off, and others altogether."""
    changed = bytearray(whole)
    changed[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    return [bytes(changed), whole[: data.draw(st.integers(0, len(whole) - 1))], data.draw(st.binary())]


def test_what_is_bound_to_something_else_is_refused_and_uses_nothing_up(shared: Person) -> None:
    def act(work: Work) -> None:
        made, other = given_to(work, MINE), given_to(work, MINE)
        for key_id, info in ((made.public.key_id, b"else"), (other.public.key_id, INFO), (b"no key!!", INFO)):
            with pytest.raises(OpenFailed):
                prekeys.open_sealed(work, MINE, key_id, seal(made), info)
        assert prekeys.open_sealed(work, MINE, made.public.key_id, seal(made), INFO) == b"secret"

    undone(shared, act)


def test_a_key_without_an_x_wing_half_opens_nothing_that_is_sealed(shared: Person) -> None:
    def act(work: Work) -> None:
        made = given_to(work, MINE, hybrid=False)
        with pytest.raises(OpenFailed):
            prekeys.open_sealed(work, MINE, made.public.key_id, seal(HYBRID), INFO)

    undone(shared, act)


# --- their time -------------------------------------------------------------------------------------------------------


def test_a_key_of_ours_is_due_when_there_is_none_that_is_whole_and_young_and_told_here(shared: Person) -> None:
    def told(work: Work, generation: bytes) -> Made:
        made = make_prekey(work.now.network_ms)
        prekeys.keep(work, 1, MINE, made, (generation, 0))
        return made

    def act(work: Work) -> None:
        here, before = b"h" * 16, b"b" * 16
        assert prekeys.is_due(work, MINE, here)
        made = told(work, here)
        assert not prekeys.is_due(work, MINE, here)
        assert prekeys.is_due(work, OTHER, here), "it is another device's"
        assert prekeys.is_due(work, MINE, before), "of another lane the other side may have let it go"
        prekeys.open_sealed(work, MINE, made.public.key_id, seal(made), INFO)
        assert prekeys.is_due(work, MINE, here), "half of it was used"
        again = told(work, here)
        prekeys.accept_first(work, MINE, first_message(again))
        assert prekeys.is_due(work, MINE, here), "half of it was used"
        given_to(work, MINE)
        assert prekeys.is_due(work, MINE, here), "what was told outside of lanes does not count"
        told(work, here)
        aged = work.now._replace(network_ms=work.now.network_ms + ROTATE_MS + 10)
        assert prekeys.is_due(Work(work.tx, work.me, aged, work.tag_index), MINE, here)
        almost = aged._replace(network_ms=aged.network_ms - 20)
        assert not prekeys.is_due(Work(work.tx, work.me, almost, work.tag_index), MINE, here)

    undone(shared, act)


def test_a_key_is_usable_until_its_time_and_told_with_the_same(shared: Person) -> None:
    made = make_prekey(1000)
    assert made.public.until == 1000 + LIFE_MS
    assert made.public.is_usable(made.public.until - 1)
    assert not made.public.is_usable(made.public.until)

    def act(work: Work) -> None:
        row = kept(work, given_to(work, MINE))
        assert decode_prekey(row.public).until == row.made_at + LIFE_MS

    undone(shared, act)


@pytest.mark.parametrize(("later_ms", "is_kept"), [(LIFE_MS + GRACE_MS, True), (LIFE_MS + GRACE_MS + 1, False)])
def test_its_owner_keeps_it_for_what_is_sealed_at_the_last_moment_and_comes_late(
    tmp_path: Path, later_ms: int, is_kept: bool
) -> None:
    office = Office()
    alice = Person(office, tmp_path, "alice")
    with alice.engine.work(alice.moment()) as work:
        conversations.insert(work.tx, "c", b"c" * 32, "bob", "open", 0)
        made = given_to(work, MINE)
    office.now_ms += later_ms
    with alice.engine.work(alice.moment()) as work:
        prekeys.forget_old(work)
        assert (rows.find(work.tx, made.public.key_id) is not None) == is_kept


def test_three_liars_about_the_time_make_nobody_forget_a_key(tmp_path: Path) -> None:
    alice = Person(Office(), tmp_path, "alice")
    with alice.engine.work(alice.moment()) as work:
        conversations.insert(work.tx, "c", b"c" * 32, "bob", "open", 0)
        made = given_to(work, MINE)
    moment = alice.moment()
    with alice.engine.work(moment._replace(network_ms=moment.network_ms + 200 * DAY_MS)) as work:
        prekeys.forget_old(work)
        assert kept(work, made)


def test_of_too_many_for_one_device_the_oldest_go(shared: Person) -> None:
    def act(work: Work) -> None:
        made = [make_prekey(work.now.network_ms) for _ in range(MAX_PER_DEVICE + 2)]
        other = given_to(work, OTHER)
        for n, each in enumerate(made):
            at = Work(work.tx, work.me, work.now._replace(network_ms=work.now.network_ms + n), work.tag_index)
            prekeys.keep(at, 1, MINE, each)
        assert [rows.find(work.tx, each.public.key_id) is not None for each in made] == [False] * 2 + [True] * 4
        assert kept(work, other)

    undone(shared, act)


def test_keys_for_whoever_answers_first_are_bounded_for_each_conversation_by_itself(shared: Person) -> None:
    """Who restores an account by its words announces itself to everybody at once, each with a key for the answer."""

    def act(work: Work) -> None:
        made = [make_prekey(work.now.network_ms) for _ in range(MAX_PER_DEVICE + 2)]
        for n, each in enumerate(made):
            row = conversations.insert(work.tx, f"c{n}", bytes([n]) * 32, "somebody", "open", 0)
            prekeys.keep(work, row.id, ANYBODY, each)
        assert [rows.find(work.tx, each.public.key_id) is not None for each in made] == [True] * len(made)

    undone(shared, act)


@given(kind=st.integers(0, 2), message=st.binary(max_size=300))
def test_no_junk_from_a_device_begins_a_ratchet(shared: Person, kind: int, message: bytes) -> None:
    def act(work: Work) -> None:
        mine = devices.NewDevice(MINE, 1, b"i" * 32, b"", "confirmed", work.now.own_ms, 0)
        devices.insert(work.tx, mine, work.now.network_ms)
        given_to(work, MINE)
        row = devices.find(work.tx, 1, MINE)
        assert row is not None
        with pytest.raises(OpenFailed):
            unwrap(work, row, Wrapped(kind, message))
        assert sessions.of_device(work.tx, 1, MINE) == []

    undone(shared, act)
