"""Boxes and records for tests, signed by keys made from a number; and the file of frozen vectors.

``python -m tests.support.parcels`` writes ``tests/vectors/parcels.json`` anew; a change there is a change of the protocol.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from net.ids import ParcelId, Tag, tag_of
from net.instant import Instant
from net.parcel import box, record
from net.parcel.box import BOX_SIZE, CIPHERTEXT_SIZE, Box, encode_box
from net.parcel.record import Record, encode_record, record_size
from net.parcel.work import FULL_PRICE, WorkPrice, required_work, solve, work_digest
from net.primitives import sign_by_seed
from simulator import EPOCH_MS, FREE

VECTORS: Final = Path(__file__).parent.parent / "vectors" / "parcels.json"

NOW: Final = Instant(0.0, EPOCH_MS)
HOUR: Final = NOW.hour()

# A hundredth of the price: some trials are needed, so that work can be missing, but they take no time.
CHEAP: Final = WorkPrice(FULL_PRICE.per_byte_hour / 100)


def seed_of(number: int) -> bytes:
    """Return the signing seed of the owner with this number."""
    return sha256(b"owner %d" % number).digest()


def id_of(number: int) -> ParcelId:
    """Return the id that this owner writes under."""
    return ParcelId(sign_by_seed(seed_of(number), b"")[0])


def tag_number(number: int) -> Tag:
    """Return the tag of this owner's box."""
    return tag_of(id_of(number))


def make_box(
    number: int,
    *,
    content: bytes = b"",
    expiry_hour: int = HOUR + 48,
    prefix: int = 0,
    price: WorkPrice = FREE,
    hours: int = 48,
    factor: int = 1,
) -> Box:
    """Make the box of owner ``number``, paid for ``hours`` at ``factor`` times ``price``."""
    ciphertext = content.ljust(CIPHERTEXT_SIZE, b".")
    digest = box.box_digest(prefix, expiry_hour, id_of(number), ciphertext)
    work = solve(digest, required_work(BOX_SIZE, hours, price, factor))
    _, signature = sign_by_seed(seed_of(number), box.signed_fields(prefix, expiry_hour, id_of(number), ciphertext))
    return Box(prefix, expiry_hour, id_of(number), work, ciphertext, signature)


def box_bytes(
    number: int,
    *,
    content: bytes = b"",
    expiry_hour: int = HOUR + 48,
    prefix: int = 0,
    price: WorkPrice = FREE,
    hours: int = 48,
    factor: int = 1,
) -> bytes:
    """Return an encoded box."""
    return encode_box(
        make_box(
            number, content=content, expiry_hour=expiry_hour, prefix=prefix, price=price, hours=hours, factor=factor
        )
    )


def make_record(
    number: int,
    sequence: int,
    *,
    content: bytes = b"",
    size: int = 1024,
    expiry_hour: int = HOUR + 100,
    price: WorkPrice = FREE,
    factor: int = 0,
) -> Record:
    """Make the record of owner ``number``; ``factor`` as in ``asked_work``."""
    ciphertext = content.ljust(size, b".")
    digest = record.record_digest(id_of(number), sequence, expiry_hour, ciphertext)
    work = solve(digest, record.asked_work(record_size(size), expiry_hour - HOUR, price, factor))
    signed = record.signed_fields(id_of(number), sequence, expiry_hour, ciphertext)
    return Record(id_of(number), sequence, expiry_hour, work, ciphertext, sign_by_seed(seed_of(number), signed)[1])


def record_bytes(number: int, sequence: int, *, content: bytes = b"") -> bytes:
    """Return an encoded record."""
    return encode_record(make_record(number, sequence, content=content))


def vectors() -> dict[str, object]:
    """Work out the vectors."""
    paid = make_box(1, content=b"a box at the full price", expiry_hour=500_048, price=FULL_PRICE)
    written = replace(make_record(2, 7, content=b"a record", expiry_hour=500_090), work=(0,) * 8)
    digest = work_digest(b"work")
    work = required_work(1000, 10)
    return {
        "box": {
            "seed": seed_of(1).hex(),
            "hours": 48,
            "prefix": 0,
            "expiry_hour": paid.expiry_hour,
            "ciphertext": paid.ciphertext.hex(),
            "signed": box.signed_fields(0, paid.expiry_hour, paid.box_id, paid.ciphertext).hex(),
            "work": list(paid.work),
            "variant": paid.variant().hex(),
            "bytes": encode_box(paid).hex(),
        },
        "record": {
            "seed": seed_of(2).hex(),
            "sequence": written.sequence,
            "expiry_hour": written.expiry_hour,
            "signed": record.signed_fields(
                written.record_id, written.sequence, written.expiry_hour, written.ciphertext
            ).hex(),
            "variant": written.variant().hex(),
            "bytes": encode_record(written).hex(),
        },
        "work": {
            "fields": b"work".hex(),
            "digest": digest.hex(),
            "size": 1000,
            "hours": 10,
            "required": work,
            "nonces": list(solve(digest, work)),
        },
    }


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), indent=1) + "\n")
