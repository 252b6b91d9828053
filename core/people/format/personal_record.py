"""The personal record: where an account's own state lies in the network, and how it is sealed.

The record's id is a key blinded anew every 30 days by a factor that only the seed gives: with the words it can be found and
written, without them it shows neither its owner nor that two epochs' records are one person's. It is compressed before it is
padded to one of two sizes. Contacts chose a part of it (``docs/TRAPS.md``, T12): what compresses with the rest could show
at the border between the sizes.

Nonce rule: every (epoch, sequence) has a key of its own, under which SIV's zero nonce is used once. Two devices that draw
the same sequence number at the same time would use it twice; SIV then gives away equality and nothing else.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from core.crypto import primitives
from core.errors import Malformed, OpenFailed
from core.people.format.account_keys import AccountKeys
from core.people.format.fragment import pad, unpad
from net.codec import uint
from net.errors import DecodeError
from net.ids import ParcelId
from net.instant import HOUR_MS
from net.parcel.box import UNPAID_HOURS
from net.parcel.record import CIPHERTEXT_SIZES, MAX_RECORD_HOURS, decode_record, is_signed, signed_fields

EPOCH_DAYS = 30
# A record lives this long, and is written anew in every epoch while the account is used: abandoned, it is gone after this.
LIFE_HOURS = MAX_RECORD_HOURS - UNPAID_HOURS
# Epochs whose records can still lie in the network, beside the one that runs.
PAST_EPOCHS = 3
# Two classes. The smaller has room for some fifty contacts and its work takes four seconds of a core, the larger fifteen.
# The size tells only that some unknown person has more contacts than that.
STATE_SIZES = CIPHERTEXT_SIZES[2:]
ROOM = STATE_SIZES[-1] - primitives.SEAL_OVERHEAD - 1  # bytes of compressed state, with the padding mark
# Decompressing stops here: more than any state that fits compressed, most of it being random keys.
MAX_STATE_SIZE = 1 << 20
# Low bits of a sequence number, random: of two devices that write at once one wins, the same one everywhere.
RANDOM_BITS = 16
# Sequence numbers are refused from here on, so that the next one always fits (in 63 bits, for the database).
_END_OF_SEQUENCES = 1 << 62

_FACTOR = b"sottovoce/v1/personal/factor"
_SEAL = b"sottovoce/v1/personal/seal"


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """A record of ours that was found: its number, the state inside, and when it was written at the latest."""

    sequence: int
    state: bytes
    written_ms: int


def epoch_of(day: int) -> int:
    """Return the epoch of a day (days since 1970)."""
    return day // EPOCH_DAYS


def _scalar(keys: AccountKeys, epoch: int) -> bytes:
    factor = primitives.scalar_from(_FACTOR + keys.record_write + uint(epoch, 4))
    return primitives.scalar_multiply(factor, primitives.scalar_from(keys.record_write))


def record_id(keys: AccountKeys, epoch: int) -> ParcelId:
    """Return the id of an epoch's record."""
    return ParcelId(primitives.scalar_public(_scalar(keys, epoch)))


def sign(keys: AccountKeys, epoch: int, sequence: int, expiry_hour: int, ciphertext: bytes) -> bytes:
    """Return the signature by the epoch's id."""
    scalar = _scalar(keys, epoch)
    name = ParcelId(primitives.scalar_public(scalar))
    return primitives.scalar_sign(scalar, signed_fields(name, sequence, expiry_hour, ciphertext))


def next_sequence(highest: int, random: int) -> int:
    """Return a number above ``highest``; ``random`` has ``RANDOM_BITS`` bits."""
    return ((highest >> RANDOM_BITS) + 1 << RANDOM_BITS) | random


def _key(keys: AccountKeys, epoch: int, sequence: int) -> bytes:
    return primitives.hkdf(keys.record_read, _SEAL + uint(epoch, 4) + uint(sequence, 8))


def _ad(keys: AccountKeys, epoch: int, sequence: int, expiry_hour: int) -> bytes:
    return record_id(keys, epoch) + uint(sequence, 8) + uint(expiry_hour, 4)


def compress(state: bytes) -> bytes:
    """Return what is sealed of a state; ``ROOM`` bytes of it fit."""
    return zlib.compress(state, 9)


def seal(keys: AccountKeys, epoch: int, sequence: int, expiry_hour: int, compressed: bytes) -> bytes:
    """Return the ciphertext, of the smallest class it fits."""
    room = (each for each in STATE_SIZES if len(compressed) < each - primitives.SEAL_OVERHEAD)
    size = next(room, STATE_SIZES[-1])
    padded = pad(compressed, size - primitives.SEAL_OVERHEAD)
    return primitives.siv_seal(_key(keys, epoch, sequence), padded, _ad(keys, epoch, sequence, expiry_hour))


def open_record(keys: AccountKeys, epoch: int, data: bytes) -> OpenedRecord:
    """Open a record found under the id of ``epoch``. Raises ``Malformed`` or ``OpenFailed``."""
    try:
        record = decode_record(data)
    except DecodeError as error:
        raise Malformed(error.what) from error
    if record.record_id != record_id(keys, epoch) or not is_signed(record) or record.sequence >= _END_OF_SEQUENCES:
        raise OpenFailed
    ad = _ad(keys, epoch, record.sequence, record.expiry_hour)
    padded = primitives.siv_open(_key(keys, epoch, record.sequence), record.ciphertext, ad)
    written_ms = (record.expiry_hour - LIFE_HOURS + 1) * HOUR_MS
    return OpenedRecord(record.sequence, _decompress(unpad(padded)), written_ms)


def _decompress(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        state = stream.decompress(data, MAX_STATE_SIZE)
    except zlib.error as error:
        raise Malformed("personal record") from error
    if not stream.eof or stream.unused_data:
        raise Malformed("personal record: length")
    return state
