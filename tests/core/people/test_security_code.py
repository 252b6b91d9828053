"""The code that two people compare: the same for both, another with anyone in between, the same whatever the devices."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from core import api
from core.api import ApiError, Kind
from core.crypto.seed import identity_of
from core.people.format import security_code
from core.session.commands.contacts import verify
from tests.core.people.test_restoring import hour_passes, restored
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle

A, B = bytes(range(32)), bytes(range(32, 64))
# Frozen: both sides show it, and people compare it aloud.
VECTOR = "696817815266808503756027447091912912909860486871378648698445"


def code(person: Person) -> api.SecurityCode:
    (contact,) = person.call(api.ContactList())
    return person.call(api.ContactCode(identity=contact.identity))


def compare(person: Person, given: str | None = None, *, verified: bool = True) -> None:
    (contact,) = person.call(api.ContactList())
    _, effects = person.engine.command(
        lambda work: verify(work, contact.identity, given, verified=verified), person.moment()
    )
    person.carry_out(effects)


def test_the_code_of_two_keys_stays_what_it_is() -> None:
    assert security_code.digits_of(A, B) == security_code.digits_of(B, A) == VECTOR


def test_the_code_is_what_the_protocol_says() -> None:
    halves: list[str] = []
    for identity in (A, B):
        state = bytes(32)
        for _ in range(5200):
            state = hashlib.sha256(b"sottovoce/v1/code" + state + identity).digest()
        halves.append("".join(f"{int.from_bytes(state[n : n + 5], 'big') % 100_000:05}" for n in range(0, 30, 5)))
    assert "".join(sorted(halves)) == VECTOR


def test_both_have_the_same_code_and_a_new_device_changes_nothing(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    meet(office, alice, bob)
    before = code(alice)
    assert len(before.digits) == 60
    assert before.digits.isdigit()
    assert code(bob) == before
    assert security_code.read(before.qr) == before.digits
    settle(office, alice, bob, rounds=10)
    again = restored(office, folder)
    settle(office, again, bob, rounds=2)
    assert code(bob) == code(again) == before


def test_each_contact_has_another_code(office: Office, alice: Person, bob: Person, carol: Person) -> None:
    meet(office, alice, bob)
    meet(office, alice, carol)
    codes = {alice.call(api.ContactCode(identity=each.identity)).digits for each in alice.call(api.ContactList())}
    assert len(codes) == 2


def test_the_right_code_verifies_in_whatever_form_it_came(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)
    digits, qr = code(bob).digits, code(bob).qr
    grouped = " ".join(digits[n : n + 5] for n in range(0, 60, 5))
    for text in (digits, grouped, qr, qr.lower(), f"scanned:\n{qr}\n"):
        compare(alice, text)
        assert alice.call(api.ContactList())[0].verified
        compare(alice, verified=False)
        assert not alice.call(api.ContactList())[0].verified


def test_a_wrong_code_is_refused_and_nothing_is_noted(
    office: Office, alice: Person, bob: Person, carol: Person
) -> None:
    meet(office, alice, bob)
    meet(office, bob, carol)
    digits = code(alice).digits
    wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    for text in (wrong, security_code.qr_text(wrong), code(carol).qr, digits[:-1], "12345", "", "hello"):
        with pytest.raises(ApiError) as refused:
            compare(alice, text)
        assert refused.value.kind is Kind.BAD_CODE
        assert not alice.call(api.ContactList())[0].verified


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_any_text_is_a_code_or_none(text: str) -> None:
    found = security_code.read(text)
    assert found is None or (len(found) == 60 and found.isascii() and found.isdigit())


def test_a_device_that_nobody_vouches_for_gets_nothing_any_more_once_codes_were_compared(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    _, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=10)
    alice.close()
    again = restored(office, folder)
    settle(office, again, bob, rounds=2)
    hour_passes(office, again, bob)
    (device,) = [each for each in bob.call(api.ContactList())[0].devices if each.state == "unknown"]
    assert device.served, "it was let in, since nobody had looked"
    compare(bob)
    (contact,) = bob.call(api.ContactList())
    (device,) = [each for each in contact.devices if each.state == "unknown"]
    assert not device.served
    assert contact.warning == "unknown-device"
    assert "until you confirm" in contact.warning_text
    bob.say(b, "for alice alone")
    hour_passes(office, again, bob)
    assert "for alice alone" not in again.heard(again.call(api.ConversationList())[0].id)
    bob.call(api.ContactConfirmDevice(identity=contact.identity, device=device.id, accept=True))
    office.wait(86_400)
    settle(office, again, bob, rounds=8)
    bob.say(b, "for both")
    settle(office, again, bob, rounds=3)
    assert "for both" in again.heard(again.call(api.ConversationList())[0].id)
    assert "for alice alone" in again.heard(again.call(api.ConversationList())[0].id)


def test_there_is_no_code_with_a_stranger(alice: Person) -> None:
    with pytest.raises(ApiError) as refused:
        alice.call(api.ContactCode(identity=identity_of(alice.engine.me.identity)))
    assert refused.value.kind is Kind.UNKNOWN_CONTACT
