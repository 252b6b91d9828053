"""Invitations: the link, and the record that it opens. Finding links in texts: ``core.people.format.link_search``.

A link is a capability. Its secret tells where a record lies in the network, opens it and addresses greetings; the record
holds the *bundle*, the keys for a first message, until a *tombstone* replaces it. Only the inviter can write the record,
because its id is the identity key blinded by a factor from the secret. See ``docs/PROTOCOL.md`` 5.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from core.crypto import primitives
from core.errors import Malformed, Newer, OpenFailed
from core.people.format.bounds import Key, Name, decode
from core.people.format.device import Certificate, check
from core.people.format.fragment import pad, unpad
from core.people.format.link_search import MAX_TEXT_SIZE, SCHEME, TEXT_SIZE, longer_proposals, proposals
from net.codec import Reader, uint
from net.errors import DecodeError
from net.parcel.record import CIPHERTEXT_SIZES

_VERSION = 1
_LAST_TAG = 2  # of what a record may hold
_CONTENT_VERSION = 1  # of bundles and tombstones
_CHECKSUM_SIZE = 4
_BODY_SIZE = 70
# A bundle is about 1.7 KiB with its device certificate; the tombstone that replaces it must not be told by its size.
RECORD_SIZE = CIPHERTEXT_SIZES[1]
# Each content has a sequence number, and so a key, of its own; a revocation stands above all.
BUNDLE_SEQUENCE = 1
TOMBSTONE_SEQUENCES = {"used": 2, "revoked": 3}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says. ``expires_at`` is Unix seconds."""

    expires_at: int
    identity: bytes
    secret: bytes
    bundle_hash: bytes

    def derive(self, label: str) -> bytes:
        """Return 32 bytes for one purpose."""
        return primitives.hkdf(self.secret, b"sottovoce/v1/invite/" + label.encode(), salt=self.identity)

    @property
    def record_factor(self) -> bytes:
        """The scalar that blinds the identity into the record's id."""
        return primitives.scalar_from(self.derive("record-factor"))

    @property
    def record_id(self) -> bytes:
        """The record's id. Raises ``Malformed`` when the identity is no key."""
        return primitives.point_multiply(self.record_factor, self.identity)

    @property
    def greeting_secret(self) -> bytes:
        """The slot secret of greetings."""
        return self.derive("greeting")

    @property
    def address_secret(self) -> bytes:
        """The secret of the address that greetings lie at."""
        return self.derive("greeting-address")


def encode_link(link: Link) -> str:
    """Return the link's text."""
    body = bytes([_VERSION, 0]) + uint(link.expires_at, 4) + link.identity + link.secret + link.bundle_hash
    return SCHEME + base64.b32encode(body + _checksum(body)).decode().rstrip("=")


def _checksum(body: bytes) -> bytes:
    return primitives.sha256(b"sottovoce/v1/link-check" + body)[:_CHECKSUM_SIZE]


def links_in(text: str) -> Iterator[Link]:
    """Yield the links in a pasted or photographed text, each once: those of this version whose checksum is right."""
    seen: set[str] = set()
    for proposed in proposals(text):
        if proposed in seen:
            continue
        seen.add(proposed)
        try:
            link = _decode(proposed)
        except Malformed:
            continue
        yield link


def newer_link_in(text: str) -> str | None:
    """Return the first link of a later version in a text, whose meaning only a newer program knows."""
    return next((SCHEME + proposed for proposed in longer_proposals(text) if _is_newer(proposed)), None)


def decode_link(text: str) -> Link:
    """Return the first link in a text. Raises ``Newer`` where there are only later versions', else ``Malformed``."""
    link = next(links_in(text), None)
    if link is not None:
        return link
    raise Newer("link") if newer_link_in(text) else Malformed("link")


def _is_newer(proposed: str) -> bool:
    try:
        _decode(proposed)
    except Newer:
        return True
    except Malformed:
        return False
    return False


def _decode(compact: str) -> Link:
    """Read a link's base32 characters. Raises ``Newer``, ``Malformed``."""
    if not TEXT_SIZE <= len(compact) <= MAX_TEXT_SIZE:
        raise Malformed("link: length")
    try:
        data = base64.b32decode(compact + "=" * (-len(compact) % 8))
    except (binascii.Error, ValueError) as error:
        raise Malformed("link: alphabet") from error
    if base64.b32encode(data).decode().rstrip("=") != compact:
        raise Malformed("link: spare bits")
    body, checksum = data[:-_CHECKSUM_SIZE], data[-_CHECKSUM_SIZE:]
    if checksum != _checksum(body):
        raise Malformed("link: checksum")
    if body[0] > _VERSION:  # every version begins with its number and ends with the checksum
        raise Newer("link")
    if len(body) != _BODY_SIZE:
        raise Malformed("link: length")
    return _read_body(body)


def _read_body(body: bytes) -> Link:
    reader = Reader(body, "link")
    try:
        if reader.take(2) != bytes([_VERSION, 0]):
            raise Malformed("link: version or flags")
        link = Link(reader.uint(4), reader.take(32), reader.take(16), reader.take(16))
    except DecodeError as error:
        raise Malformed(error.what) from error
    _ = link.record_id  # refuses an identity that is no key
    return link


class Bundle(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """The keys for a first message, made for one invitation, and who invites."""

    version: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)]
    xwing: Annotated[bytes, msgspec.Meta(min_length=1216, max_length=1216)]
    olm_identity: Key
    olm_key: Key
    certificate: Certificate
    name: Name


class Tombstone(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """The invitation is over."""

    version: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)]
    reason: Literal["revoked", "used"]


def new_bundle(xwing: bytes, olm: tuple[bytes, bytes], certificate: Certificate, name: str) -> Bundle:
    """Return a bundle of this version; ``olm`` is identity key and one-time key."""
    return Bundle(_CONTENT_VERSION, xwing, *olm, certificate, name)


def new_tombstone(reason: Literal["revoked", "used"]) -> Tombstone:
    """Return a tombstone of this version."""
    return Tombstone(_CONTENT_VERSION, reason)


def encode_bundle(bundle: Bundle) -> bytes:
    """Return the bundle's bytes."""
    return msgspec.msgpack.encode(bundle)


def bundle_hash(encoded: bytes) -> bytes:
    """Return the hash of a bundle that its link carries."""
    return primitives.sha256(b"sottovoce/v1/bundle" + encoded)[:16]


def _record_key(link: Link, sequence: int) -> bytes:
    return primitives.hkdf(link.derive("record-key"), b"sottovoce/v1/invite/sequence" + uint(sequence, 8))


def _record_ad(link: Link, sequence: int, expiry_hour: int) -> bytes:
    return link.record_id + uint(sequence, 8) + uint(expiry_hour, 4)


def seal_record(link: Link, content: Bundle | Tombstone, sequence: int, expiry_hour: int) -> bytes:
    """Return the record's ciphertext: each sequence number has a key of its own, used once."""
    padded = pad(msgspec.msgpack.encode(content), RECORD_SIZE - primitives.SEAL_OVERHEAD)
    return primitives.siv_seal(_record_key(link, sequence), padded, _record_ad(link, sequence, expiry_hour))


def open_record(link: Link, ciphertext: bytes, sequence: int, expiry_hour: int) -> Bundle | Tombstone:
    """Return what a record says, the bundle checked against the link. Raises ``Newer``, ``Malformed``, ``OpenFailed``."""
    key, ad = _record_key(link, sequence), _record_ad(link, sequence, expiry_hour)
    data = unpad(primitives.siv_open(key, ciphertext, ad))
    _refuse_newer(data)
    content = decode(Bundle | Tombstone, data, "invitation record")  # type: ignore[arg-type]  # a union, not a class
    if isinstance(content, Bundle):
        if bundle_hash(data) != link.bundle_hash or content.certificate.identity != link.identity:
            raise OpenFailed
        check(content.certificate)
        keys = (content.olm_identity, content.olm_key)
        if not (primitives.is_xwing_public(content.xwing) and all(map(primitives.is_x25519_public, keys))):
            raise Malformed("bundle: keys")
    return content


def _refuse_newer(data: bytes) -> None:
    """Raise ``Newer`` for a later version. A record begins with its tag (1 bundle, 2 tombstone) and its version."""
    try:
        tag, version = (
            msgspec.msgpack.decode(part, type=int) for part in decode(list[msgspec.Raw], data, "record")[:2]
        )
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed("invitation record") from error
    if tag > _LAST_TAG or version > _CONTENT_VERSION:
        raise Newer("invitation record")
