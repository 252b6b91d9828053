"""Proofs of who signed a text: checked by anyone, of texts of both sides, greetings and edits; nothing else proves."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.crypto.seed import identity_of
from core.errors import Malformed, Newer
from core.people.format import proof, signing
from core.people.format.block import decode_block
from core.people.format.content import Edit, Item, Reaction, Text, Unknown, encode_item
from core.people.format.device import certify
from core.people.format.kept import Reference
from core.people.format.proof import Proof
from core.people.format.signing import Entry, Place
from core.session.commands.proving import proven
from tests.core.people.test_changes import edit, row
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle

SEED, DEVICE = b"i" * 32, b"d" * 32
CERTIFICATE = certify(SEED, primitives.ed25519_public(DEVICE), 5, b"v" * 32)
PLACE = Place(CERTIFICATE.identity, b"r" * 32, CERTIFICATE.device, b"g" * 16, 7)


def made_of(item: Item, place: Place = PLACE) -> str:
    entry = Entry(0, 2, *encode_item(item))
    kept = signing.verified(place, 1_790_000_000_000, entry, signing.sign(DEVICE, place, 1_790_000_000_000, entry))
    return proof.make(CERTIFICATE, signing.read_kept(kept), entry.item)


PROOF = made_of(Text(b"u" * 16, "I owe you ten"))


def refusal(text: str) -> Kind:
    with pytest.raises(ApiError) as refused:
        proven(text)
    return refused.value.kind


def test_a_proof_says_who_told_whom_what_and_when() -> None:
    said = proven("Look what she wrote:\r\n\r\n" + PROOF.replace("\n", "\r\n  ") + "\nIs that not something?")
    assert said.identity == identity_of(CERTIFICATE.identity)
    assert (said.recipient, said.text, said.version) == (identity_of(PLACE.recipient), "I owe you ten", 1)
    assert said.sent_at == 1_790_000_000_000


def test_every_altered_bit_is_no_proof() -> None:
    data = bytearray(base64.b64decode("".join(PROOF.splitlines()[1:-1])))
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        text = base64.b64encode(data).decode()
        with pytest.raises((Malformed, Newer)):
            proof.verify(f"-----BEGIN SOTTOVOCE PROOF-----\n{text}\n-----END SOTTOVOCE PROOF-----")
        data[bit // 8] ^= 1 << bit % 8


def test_every_altered_character_is_no_proof() -> None:
    for at, character in enumerate(PROOF.rstrip("\n")):
        if character == "\n":
            continue  # where lines end says nothing
        other = "B" if character != "B" else "A"
        assert refusal(PROOF[:at] + other + PROOF[at + 1 :]) is Kind.BAD_PROOF
    assert refusal(PROOF + PROOF) is Kind.BAD_PROOF
    assert refusal(PROOF + " " * api.MAX_PROOF_SIZE) is Kind.BAD_PROOF


@settings(max_examples=60)
@given(st.one_of(st.binary(max_size=300).map(lambda raw: base64.b64encode(raw).decode()), st.text(max_size=100)))
def test_anything_else_is_a_bad_proof(body: str) -> None:
    assert refusal(f"-----BEGIN SOTTOVOCE PROOF-----\n{body}\n-----END SOTTOVOCE PROOF-----") is Kind.BAD_PROOF


def test_a_device_that_its_identity_did_not_certify_proves_nothing() -> None:
    said, _ = proof.verify(PROOF)
    for other in (
        msgspec.structs.replace(said, identity=primitives.ed25519_public(b"x" * 32)),
        msgspec.structs.replace(said, recipient=b"x" * 32),
        msgspec.structs.replace(said, made_at=said.made_at + 1),
        msgspec.structs.replace(said, certified=bytes(64)),
        msgspec.structs.replace(said, created_at=said.created_at + 1),
    ):
        assert refusal(proof.armour(other)) is Kind.BAD_PROOF


def test_what_is_no_text_is_not_proven() -> None:
    for item in (Reaction(Reference(b"a" * 32, bytes(16)), 1, "👍"), Unknown(99, b"\x90")):
        with pytest.raises(Malformed):
            made_of(item)


def test_a_proof_of_a_later_version_asks_for_a_newer_program() -> None:
    said, _ = proof.verify(PROOF)
    later = msgspec.structs.replace(said, version=2)
    with pytest.raises(ApiError, match="newer version"):
        proven(proof.armour(later))


def test_an_edit_is_proven_as_the_version_that_it_is() -> None:
    first = proven(PROOF)
    second = proven(made_of(Edit(b"u" * 16, 9, 2, "I owe you nothing")))
    assert (second.version, second.message) == (2, first.message)
    assert (second.identity, second.text) == (first.identity, "I owe you nothing")


def test_a_text_of_a_later_version_is_proven_with_all_its_bytes() -> None:
    raw = msgspec.msgpack.encode([b"u" * 16, "more", None, False, "from the future"])
    entry = Entry(0, 1, 1, raw)
    wire = msgspec.msgpack.encode([5, [[1, msgspec.Raw(raw), signing.sign(DEVICE, PLACE, 5, entry)]]])
    ((_, kept),) = decode_block(wire, PLACE).items
    signed = signing.read_kept(kept)
    assert signed.item == raw
    assert proven(proof.make(CERTIFICATE, signed, raw)).text == "more"


def test_what_was_said_and_edited_is_proven_by_both_sides(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    said = alice.say(a, "at one")
    with pytest.raises(ApiError) as refused:
        alice.call(api.MessageProof(id=bob.rows(b)[0].id))
    assert refused.value.kind is Kind.UNKNOWN_MESSAGE
    settle(office, alice, bob, rounds=2)
    edit(alice, said, "at two")
    settle(office, alice, bob, rounds=2)
    for person, message in ((alice, said), (bob, row(bob, b, "at two").id)):
        latest = proven(person.call(api.MessageProof(id=message)).proof)
        first = proven(person.call(api.MessageProof(id=message, version=1)).proof)
        assert [(each.version, each.text) for each in (first, latest)] == [(1, "at one"), (2, "at two")]
        assert latest.identity == identity_of(alice.engine.me.identity)
        greeted = person.call(api.MessageProof(id=person.rows(a if person is alice else b)[0].id))
        assert proven(greeted.proof).text == "hello, it is me"
        details = person.call(api.MessageDetails(id=message))
        assert details.provable
        assert [each.text for each in details.versions] == ["at one", "at two"]
        with pytest.raises(ApiError) as refused:
            person.call(api.MessageProof(id=message, version=3))
        assert refused.value.kind is Kind.BAD_REQUEST


def test_what_was_not_sent_yet_is_not_proven(office: Office, alice: Person, bob: Person) -> None:
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    said = bob.say(add(bob, link), "not encoded before she answers")
    with pytest.raises(ApiError) as refused:
        bob.call(api.MessageProof(id=said))
    assert refused.value.kind is Kind.NOT_ALLOWED
    assert not bob.call(api.MessageDetails(id=said)).provable


def test_the_fields_of_a_proof_are_all_signed() -> None:
    """A field that is added needs a signature over it."""
    signed_by_identity = {"identity", "device", "created_at", "list_number", "voucher", "certified"}
    signed_by_device = {"recipient", "generation", "index", "number", "count", "kind", "made_at", "item", "signature"}
    assert {field.name for field in msgspec.structs.fields(Proof)} == {
        "version"
    } | signed_by_identity | signed_by_device
