"""The vault file as bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from core.crypto import primitives
from core.vault import slots
from core.vault.cost import PRODUCT, Costs
from core.vault.errors import VaultDamaged, WrongPasscode
from core.vault.passcode import normalise
from core.vault.slots import Content, Kind, Vault
from tests.support.devices import BETTER, CHEAP, GOOD, repeatable

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "vault.json").read_text())["vault"]


def make(name: str = "alice") -> tuple[Vault, Content, bytes]:
    """A vault with one passcode, what is in it, and the root that opens it."""
    draw = repeatable(name)
    content = Content(draw(27), draw(32), slots.draw_places(draw))
    blank = slots.blank(CHEAP.floor, draw)
    root = root_of(blank, GOOD)
    return slots.seal(blank, root, Kind.PASSCODE, content, draw), content, root


def root_of(vault: Vault, passcode: str, kind: Kind = Kind.PASSCODE) -> bytes:
    return slots.root_of(normalise(passcode), kind, vault.header)


def opens_to(vault: Vault, root: bytes) -> Content | None:
    try:
        return slots.unseal(vault, root)
    except WrongPasscode:
        return None


def test_the_vector_comes_out_byte_for_byte() -> None:
    draw = repeatable("vault.json")
    content = Content(bytes.fromhex(VECTOR["seed"]), draw(32), slots.draw_places(draw))
    vault = slots.blank(Costs(VECTOR["passes"], VECTOR["memory_kib"], VECTOR["lanes"]), draw)
    root = root_of(vault, VECTOR["passcode"])
    vault = slots.seal(vault, root, Kind.PASSCODE, content, draw)
    assert normalise(VECTOR["passcode"]).hex() == VECTOR["secret"]
    assert (content.database_key.hex(), list(content.places)) == (VECTOR["database_key"], VECTOR["places"])
    assert root.hex() == VECTOR["root"]
    assert vault.encode().hex() == VECTOR["file"]


def test_the_vector_opens() -> None:
    vault = slots.decode(bytes.fromhex(VECTOR["file"]), CHEAP)
    content = slots.unseal(vault, root_of(vault, VECTOR["passcode"]))
    assert (content.seed.hex(), content.database_key.hex()) == (VECTOR["seed"], VECTOR["database_key"])


def test_a_vault_is_1162_bytes_and_decodes_to_itself() -> None:
    vault, _, _ = make()
    assert len(vault.encode()) == slots.FILE_SIZE == 1162
    assert slots.decode(vault.encode(), CHEAP) == vault


@given(st.binary(max_size=2 * slots.FILE_SIZE))
def test_any_bytes_are_a_vault_or_damaged(data: bytes) -> None:
    with pytest.raises(VaultDamaged):
        slots.decode(data, PRODUCT)


@given(st.binary(min_size=slots.FILE_SIZE - 1, max_size=slots.FILE_SIZE - 1))
def test_a_file_of_the_right_size_and_reasonable_costs_decodes_and_opens_to_nothing(rest: bytes) -> None:
    header = slots.Header(rest[:16], rest[16:32], CHEAP.floor).encode()
    vault = slots.decode(header + rest[41:], CHEAP)
    assert opens_to(vault, bytes(32)) is None


@pytest.mark.slow
def test_every_flipped_bit_is_an_error_or_opens_alike() -> None:
    """A flip in the header or the used slot closes the vault; in any of the other seven slots it changes nothing."""
    vault, content, root = make()
    data, used = vault.encode(), content.places[Kind.PASSCODE]
    for at in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        slot = (at // 8 - slots.HEADER_SIZE) // slots.SLOT_SIZE
        try:
            other = slots.decode(bytes(flipped), CHEAP)
        except VaultDamaged:
            assert at // 8 < slots.HEADER_SIZE
            continue
        opened = opens_to(other, root)  # the root stays the same here, so even a header flip meets the seal itself
        assert opened == (None if slot in {used, -1} else content)


def test_all_kinds_of_a_profile_open_to_the_same_content() -> None:
    vault, content, _ = make()
    draw = repeatable("kinds")
    roots = {kind: root_of(vault, "the same secret", kind) for kind in Kind}
    for kind, root in roots.items():
        vault = slots.seal(vault, root, kind, content, draw)
    assert len(set(roots.values())) == len(Kind)
    assert [slots.unseal(vault, root) for root in roots.values()] == [content] * len(Kind)


def test_two_profiles_share_no_slot_and_survive_each_others_changes() -> None:
    vault, real, real_root = make()
    draw = repeatable("decoy")
    decoy = Content(draw(27), draw(32), slots.other_places(real.places, draw))
    assert sorted(real.places + decoy.places) == list(range(8))

    decoy_root = root_of(vault, BETTER)
    vault = slots.seal(vault, decoy_root, Kind.PASSCODE, decoy, draw)
    for kind in Kind:  # each profile writes all it may, again and again
        vault = slots.seal(vault, root_of(vault, f"real {kind}"), kind, real, draw)
        vault = slots.seal(vault, decoy_root, kind, decoy, draw)
    assert slots.unseal(vault, decoy_root) == decoy
    assert slots.unseal(vault, root_of(vault, "real 0")) == real
    assert opens_to(vault, real_root) is None


def test_the_file_with_a_decoy_differs_from_the_file_without_in_one_random_looking_slot() -> None:
    vault, real, _ = make()
    draw = repeatable("decoy")
    decoy = Content(draw(27), draw(32), slots.other_places(real.places, draw))
    with_decoy = slots.seal(vault, root_of(vault, BETTER), Kind.PASSCODE, decoy, draw)
    changed = [place for place in range(8) if with_decoy.slots[place] != vault.slots[place]]
    assert changed == [decoy.places[Kind.PASSCODE]]
    assert {len(slot) for slot in with_decoy.slots} == {slots.SLOT_SIZE}
    assert with_decoy.header == vault.header


@pytest.mark.slow
def test_used_and_unused_slots_have_the_same_statistics() -> None:
    """No byte of a used slot is more predictable than the same byte of an unused one, over 300 vaults."""
    used: list[set[int]] = [set() for _ in range(slots.SLOT_SIZE)]
    unused: list[set[int]] = [set() for _ in range(slots.SLOT_SIZE)]
    for number in range(300):
        vault, content, _ = make(str(number))
        place = content.places[Kind.PASSCODE]
        for at in range(slots.SLOT_SIZE):
            used[at].add(vault.slots[place][at])
            unused[at].add(vault.slots[(place + 1) % 8][at])
    # 300 draws of 256 values leave about 177 different ones, with a spread of about 6
    assert all(140 < len(values) < 215 for values in used + unused)


def test_the_first_profiles_places_are_anywhere() -> None:
    draw = repeatable("places")
    first = {slots.draw_places(draw)[Kind.PASSCODE] for _ in range(200)}
    assert first == set(range(8))


def test_no_secret_is_printed() -> None:
    vault, content, root = make()
    shown = repr(content) + repr(vault)
    assert content.seed.hex() not in shown
    assert repr(content.seed) not in shown
    assert repr(content.database_key) not in shown
    assert repr(root) not in shown


def test_slots_are_opened_under_eight_different_keys() -> None:
    """A seal moved to another slot does not open there, not even for its owner."""
    vault, content, root = make()
    used = content.places[Kind.PASSCODE]
    rotated = Vault(vault.header, vault.slots[1:] + vault.slots[:1])
    assert opens_to(rotated, root) is None
    assert primitives.KEY_SIZE == 32
    assert vault.slots[used] in rotated.slots
