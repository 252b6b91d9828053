"""Lanes and slots: addresses that only those who share a secret can link."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from core.crypto import primitives
from core.errors import Malformed
from core.people.format import lane
from core.people.format.fragment import CLASSES, PIECE_SIZE, cut
from core.people.format.lane import BoxSecrets, Offer, check_offer, new_lane
from core.people.format.slot import slot_key, whole_slots

secrets_of = st.builds(BoxSecrets, blind=st.binary(min_size=32, max_size=32), seal=st.binary(min_size=32, max_size=32))
days = st.integers(0, 40_000)


@given(secrets_of)
def test_secrets_of_an_index_come_back_from_their_64_bytes(secrets: BoxSecrets) -> None:
    assert len(secrets.pack()) == 64
    assert BoxSecrets.unpack(secrets.pack()) == secrets


@settings(max_examples=30)
@given(days)
def test_the_writer_signs_for_the_id_that_readers_derive(day: int) -> None:
    scalar, offer = new_lane()
    secrets, _ = lane.step(offer.chain)
    box_id = lane.box_id(offer.point, secrets, day)
    assert primitives.scalar_public(lane.box_scalar(scalar, secrets, day)) == box_id


def test_no_index_and_no_day_shares_an_address_or_a_key() -> None:
    _, offer = new_lane()
    chain, ids, keys = offer.chain, set[bytes](), set[bytes]()
    for _ in range(10):
        secrets, chain = lane.step(chain)
        ids |= {lane.box_id(offer.point, secrets, day) for day in range(20_000, 20_003)}
        keys |= {lane.box_key(secrets, day) for day in range(20_000, 20_003)}
    assert len(ids) == len(keys) == 30


def test_after_a_re_keying_the_old_chain_leads_nowhere() -> None:
    _, offer = new_lane()
    after = lane.rekey(offer.chain, b"s" * 32)
    assert after != lane.rekey(offer.chain, b"t" * 32)
    assert lane.step(after)[0] != lane.step(offer.chain)[0]


@given(st.binary(min_size=32, max_size=32))
def test_an_offer_has_a_point_of_the_group_or_is_malformed(point: bytes) -> None:
    try:
        offer = check_offer(Offer(bytes(16), point, bytes(32)))
    except Malformed:
        return
    secrets, _ = lane.step(offer.chain)
    assert len(lane.box_id(point, secrets, 1)) == 32


@settings(max_examples=40)
@given(days, st.integers(0, 255), st.integers(0, 3))
def test_a_slot_is_found_by_everybody_who_knows_its_secret(day: int, number: int, fragment: int) -> None:
    key = slot_key(b"s" * 32, day, number, fragment)
    assert slot_key(b"s" * 32, day, number, fragment) == key
    assert primitives.ed25519_public(key.seed) == key.box_id
    others = (
        slot_key(b"t" * 32, day, number, fragment),
        slot_key(b"s" * 32, day + 1, number, fragment),
        slot_key(b"s" * 32, day, number + 1, fragment),
        slot_key(b"s" * 32, day, number, fragment + 1),
    )
    assert len({each.box_id for each in others} | {key.box_id}) == 5
    assert len({each.seal_key for each in others} | {key.seal_key}) == 5


@given(secrets_of, days)
def test_a_copy_beside_has_an_address_and_a_key_of_its_own(secrets: BoxSecrets, day: int) -> None:
    assert lane.plain_day(lane.beside(day)) == lane.plain_day(day) == day
    assert lane.beside(lane.beside(day)) == lane.beside(day) != day
    assert lane.box_key(secrets, lane.beside(day)) != lane.box_key(secrets, day)


@settings(max_examples=30)
@given(days)
def test_the_writer_signs_for_a_copy_beside_too_and_nobody_links_the_two(day: int) -> None:
    scalar, offer = new_lane()
    secrets, _ = lane.step(offer.chain)
    beside = lane.box_id(offer.point, secrets, lane.beside(day))
    assert primitives.scalar_public(lane.box_scalar(scalar, secrets, lane.beside(day))) == beside
    assert beside not in {lane.box_id(offer.point, secrets, each) for each in (day, day + 1)}


# --- pieces of a slot -------------------------------------------------------------------------------------------------

WHOLE = [bytes([n]) * (4 * PIECE_SIZE) for n in range(3)]  # what three strangers wrote into one slot
PIECES = [list(enumerate(cut(whole))) for whole in WHOLE]


@given(st.permutations([(who, number) for who in range(3) for number in range(4)]))
def test_whoever_else_writes_into_a_slot_each_whole_is_found_when_its_last_piece_comes(
    order: list[tuple[int, int]],
) -> None:
    held: list[tuple[int, bytes]] = []
    missing = dict.fromkeys(range(3), 4)
    for who, number in order:
        new = PIECES[who][number]
        missing[who] -= 1
        ways = list(whole_slots(held, 4, new))
        assert (WHOLE[who] in ways) == (missing[who] == 0)
        assert not any(other in ways for other in WHOLE if other != WHOLE[who]), "what has nothing new was tried before"
        assert all(new[1][1:] in way for way in ways)
        held.append(new)
    assert len(list(whole_slots(held, 4, PIECES[0][0]))) == 3**3, "a product of the variants of each other piece"


@given(st.integers(0, 3), st.integers(0, 3), st.sampled_from(CLASSES))
def test_a_piece_that_is_of_another_class_or_lies_at_another_number_makes_nothing(
    at: int, number: int, count: int
) -> None:
    held = [piece for piece in PIECES[0] if piece[0] != at]
    cuts = cut(bytes(count * PIECE_SIZE))
    ways = list(whole_slots(held, 4, (at, cuts[number % len(cuts)])))
    assert bool(ways) == (count == 4 and number == at)
    assert list(whole_slots(held, 4, (at, b"no piece"))) == []
