"""Proofs: a text that was signed, with all that anyone needs to check who signed it, as lines to paste.

The identity signed the device's certificate, the device signed the item with the place where it stands (``signing``).
Every byte is covered by one of the two signatures or has one spelling only, so a proof in which anything was changed proves
nothing. It is evidence: whoever is shown it learns who said this, to whom, and when.
"""

from __future__ import annotations

import base64
import re
from typing import Annotated, Final

import msgspec

from core.api import MAX_PROOF_SIZE
from core.errors import Malformed, OpenFailed
from core.people.format import device, signing
from core.people.format.bounds import Bytes16, Index, Key, Millis, Number, Signature, decode_versioned
from core.people.format.content import Edit, Text, decode_item
from core.people.format.device import Certificate
from core.people.format.signing import Entry, Place, Signed

VERSION: Final = 1
_BEGIN: Final = "-----BEGIN SOTTOVOCE PROOF-----"
_END: Final = "-----END SOTTOVOCE PROOF-----"
_LINE: Final = 64  # characters of base64, as in other armour
_ARMOUR: Final = re.compile(re.escape(_BEGIN) + r"([A-Za-z0-9+/=\s]*)" + re.escape(_END), re.ASCII)


class Proof(msgspec.Struct, frozen=True, array_like=True):
    """What is signed, in its parts. The certificate is that of ``device``, without what a voucher signed."""

    version: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)]
    identity: Key
    device: Key
    created_at: Millis
    list_number: Number
    voucher: Annotated[bytes, msgspec.Meta(max_length=32)]
    certified: Signature
    recipient: Key
    generation: Bytes16
    index: Index
    number: Annotated[int, msgspec.Meta(ge=0, lt=256)]
    count: Annotated[int, msgspec.Meta(ge=0, lt=256)]
    kind: Annotated[int, msgspec.Meta(ge=1, lt=256)]
    made_at: Millis
    item: Annotated[bytes, msgspec.Meta(max_length=24 * 1024)]  # longer than any block
    signature: Signature


def make(certificate: Certificate, signed: Signed, item: bytes) -> str:
    """Return the proof of an item, as lines. Raises ``Malformed``: these do not prove it."""
    place = signed.place
    proof = Proof(
        VERSION,
        certificate.identity,
        certificate.device,
        certificate.created_at,
        certificate.number,
        certificate.voucher,
        certificate.signature,
        place.recipient,
        place.generation,
        place.index,
        signed.number,
        signed.count,
        signed.kind,
        signed.made_at,
        item,
        signed.signature,
    )
    _check(proof)
    return armour(proof)


def armour(proof: Proof) -> str:
    """Return a proof as lines."""
    text = base64.b64encode(msgspec.msgpack.encode(proof)).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    return "\n".join((_BEGIN, *lines, _END)) + "\n"


def verify(text: str) -> tuple[Proof, Text | Edit]:
    """Return the one proof in a text, and what it proves. Raises ``Malformed``, and ``Newer`` for one of a later version."""
    found = _ARMOUR.findall(text) if len(text) <= MAX_PROOF_SIZE else []
    if len(found) != 1 or text.count(_BEGIN) != 1 or text.count(_END) != 1:
        raise Malformed("proof: not one")
    body = "".join(found[0].split())
    try:
        data = base64.b64decode(body, validate=True)
    except ValueError as error:
        raise Malformed("proof") from error
    proof = decode_versioned(Proof, data, "proof", VERSION)
    if base64.b64encode(msgspec.msgpack.encode(proof)).decode() != body:
        raise Malformed("proof: another spelling")
    return proof, _check(proof)


def _check(proof: Proof) -> Text | Edit:
    certificate = Certificate(
        device.VERSION,
        proof.identity,
        proof.device,
        proof.created_at,
        proof.list_number,
        device.ACTIVE,
        proof.voucher,
        b"",
        proof.certified,
    )
    device.check(certificate)
    place = Place(proof.identity, proof.recipient, proof.device, proof.generation, proof.index)
    entry = Entry(proof.number, proof.count, proof.kind, proof.item)
    try:
        signing.verified(place, proof.made_at, entry, proof.signature)
    except OpenFailed as error:
        raise Malformed("proof: signature") from error
    item = decode_item(proof.kind, proof.item)
    if not isinstance(item, Text | Edit):
        raise Malformed("proof: of no text")
    return item
