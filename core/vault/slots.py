"""The vault file: eight key slots, which do not show how many of them are in use.

``version 1 | profile tag 16 | salt 16 | passes 4 | memory 4 | lanes 1 | 8 slots x 140``. A slot is a random nonce and a
seal over ``kind 1 | seed 27 | database key 32 | places 4 | zeros 48``; an unused slot is random bytes, which look the
same. One Argon2id run turns a secret into a root, a key per slot follows from it, and all eight are tried
every time, so a wrong passcode costs and answers the same whatever the file holds.

**Two profiles, four slots each.** A profile owns four slots in an order that only its own seals tell, one for each
``Kind``. It never reads or writes the other four: they belong to the other profile if there is one. So a decoy is
nothing special: neither profile's seal says which of the two it is, or that there is another, and changing a passcode
rewrites one slot and leaves the other seven byte for byte. This is why salt and costs stay when a passcode changes:
another root would close slots whose secrets are not at hand.

What it cannot hide: two copies of different times show which slots changed in between.

Reference: ``docs/PROTOCOL.md`` 4; LUKS2 key slots for the idea.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NamedTuple

from core.crypto import primitives
from core.crypto.seed import SEED_SIZE
from core.errors import OpenFailed
from core.vault import cost
from core.vault.cost import CostPolicy, Costs
from core.vault.errors import VaultDamaged, WrongPasscode

VERSION: Final = 1
TAG_SIZE: Final = 16  # bytes
SALT_SIZE: Final = 16  # bytes, RFC 9106
SLOT_COUNT: Final = 8
SLOTS_PER_PROFILE: Final = 4
NONCE_SIZE: Final = 12
CONTENT_SIZE: Final = 112  # bytes inside a seal; 48 more than today's use
SLOT_SIZE: Final = NONCE_SIZE + CONTENT_SIZE + primitives.SEAL_OVERHEAD
HEADER_SIZE: Final = 1 + TAG_SIZE + SALT_SIZE + 4 + 4 + 1
FILE_SIZE: Final = HEADER_SIZE + SLOT_COUNT * SLOT_SIZE

LABEL_SECRET: Final = b"sottovoce/v1/vault-secret"
LABEL_SLOT: Final = b"sottovoce/v1/vault-slot"

Draw = Callable[[int], bytes]


class Kind(IntEnum):
    """What opens a slot; also which of a profile's four places it takes."""

    PASSCODE = 0
    KEY_FILE = 1
    DEVICE = 2  # a reset by another device of the account
    RECOVERY = 3


@dataclass(frozen=True, repr=False)
class Content:
    """What a slot holds. ``places`` are the profile's four slots, by ``Kind``."""

    seed: bytes
    database_key: bytes
    places: tuple[int, ...]

    def __repr__(self) -> str:
        return "Content(…)"


class Header(NamedTuple):
    """The part of the file that is not encrypted."""

    tag: bytes
    salt: bytes
    costs: Costs

    def encode(self) -> bytes:
        """Return the first 42 bytes of the file, which every seal authenticates."""
        numbers = self.costs.passes.to_bytes(4, "big") + self.costs.memory_kib.to_bytes(4, "big")
        return bytes([VERSION]) + self.tag + self.salt + numbers + bytes([self.costs.lanes])


@dataclass(frozen=True)
class Vault:
    """A vault file as a value."""

    header: Header
    slots: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return the file's bytes."""
        return self.header.encode() + b"".join(self.slots)


def blank(costs: Costs, draw: Draw) -> Vault:
    """Return a vault that no secret opens."""
    header = Header(draw(TAG_SIZE), draw(SALT_SIZE), costs)
    return Vault(header, tuple(draw(SLOT_SIZE) for _ in range(SLOT_COUNT)))


def decode(data: bytes, policy: CostPolicy) -> Vault:
    """Return the vault that a file's bytes are. Raises ``VaultDamaged``."""
    if len(data) != FILE_SIZE:
        raise VaultDamaged("size")
    if data[0] != VERSION:
        raise VaultDamaged("version")
    tag, salt = data[1 : 1 + TAG_SIZE], data[1 + TAG_SIZE : 1 + TAG_SIZE + SALT_SIZE]
    numbers = data[1 + TAG_SIZE + SALT_SIZE : HEADER_SIZE]
    costs = Costs(int.from_bytes(numbers[:4], "big"), int.from_bytes(numbers[4:8], "big"), numbers[8])
    cost.check(costs, policy)
    slots = tuple(data[at : at + SLOT_SIZE] for at in range(HEADER_SIZE, FILE_SIZE, SLOT_SIZE))
    return Vault(Header(tag, salt, costs), slots)


def root_of(secret: bytes, kind: Kind, header: Header) -> bytes:
    """Return the root of a secret under this vault's salt and costs; slow on purpose.

    What was typed and what was read from a file are kept apart, and Argon2 is given 32 bytes whatever their length.
    """
    return cost.stretch(primitives.sha256(LABEL_SECRET + bytes([kind]) + secret), header.salt, header.costs)


def draw_places(draw: Draw) -> tuple[int, ...]:
    """Return four random slots, in random order, for a new vault's first profile."""
    return _shuffled(range(SLOT_COUNT), draw)[:SLOTS_PER_PROFILE]


def other_places(places: Sequence[int], draw: Draw) -> tuple[int, ...]:
    """Return the four slots that ``places`` leaves, in random order: a decoy's, seen from the profile that makes it."""
    return _shuffled([place for place in range(SLOT_COUNT) if place not in places], draw)


def _shuffled(places: Sequence[int], draw: Draw) -> tuple[int, ...]:
    return tuple(sorted(places, key=lambda _: draw(8)))


def seal(vault: Vault, root: bytes, kind: Kind, content: Content, draw: Draw) -> Vault:
    """Return the vault with the content's slot of this kind rewritten to open by ``root``; no other slot changes."""
    place = content.places[kind]
    inside = bytes([kind]) + content.seed + content.database_key + bytes(content.places)
    nonce = draw(NONCE_SIZE)  # random: a slot is rewritten a handful of times under one key
    key, ad = _slot_key(root, place), _slot_ad(vault.header, place)
    slot = nonce + primitives.aead_seal(key, nonce, inside.ljust(CONTENT_SIZE, b"\0"), ad)
    return replace(vault, slots=(*vault.slots[:place], slot, *vault.slots[place + 1 :]))


def unseal(vault: Vault, root: bytes) -> Content:
    """Return what the root opens, having tried all eight slots. Raises ``WrongPasscode``."""
    tried = [_try_slot(vault, root, place) for place in range(SLOT_COUNT)]
    found = [content for content in tried if content is not None]
    if not found:
        raise WrongPasscode
    return found[0]


def _try_slot(vault: Vault, root: bytes, place: int) -> Content | None:
    slot = vault.slots[place]
    key, ad = _slot_key(root, place), _slot_ad(vault.header, place)
    try:
        inside = primitives.aead_open(key, slot[:NONCE_SIZE], slot[NONCE_SIZE:], ad)
    except OpenFailed:
        return None
    keys = inside[1 : 1 + SEED_SIZE + primitives.KEY_SIZE]
    places = inside[1 + len(keys) : 1 + len(keys) + SLOTS_PER_PROFILE]
    return Content(keys[:SEED_SIZE], keys[SEED_SIZE:], tuple(places))


def _slot_key(root: bytes, place: int) -> bytes:
    return primitives.hkdf(root, LABEL_SLOT + bytes([place]))


def _slot_ad(header: Header, place: int) -> bytes:
    return header.encode() + bytes([place])
