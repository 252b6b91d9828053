"""Links that work and links that do not, each with its own error; greetings that cross, wait, and are left unanswered."""

from __future__ import annotations

import base64
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from core.people.format.invitation import Link, decode_link, encode_link
from tests.support.processes import Place, Refused, Rpc, free_port, wait_for
from tests.support.shifted_clock import ShiftedClock
from tests.support.story_world import (
    PASSCODE,
    World,
    connected,
    make_account,
    send,
    state_of,
    wait_received,
    wait_states,
)
from tui.text.qr_code import save_picture

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(240)]

SCHEME = "SOTTOVOCE:"


@pytest.fixture(scope="module")
def shared(origin: Any, strangers: dict[str, Place], tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    """A running world with two strangers in it, which live by a clock that can be moved."""
    world = World.copy(origin, tmp_path_factory.mktemp("links") / "world")
    for name, place in strangers.items():
        world.take_in(name, place)
    world.clock = ShiftedClock(world.root / "clock").path
    try:
        world.start_nodes()
        yield world
    finally:
        world.close()


@pytest.fixture
def people(shared: World) -> Generator[list[Rpc]]:
    """Alice, bob and carol, connected."""
    started = shared.open_all(["alice", "bob", "carol"])
    for rpc in started:
        connected(rpc)
    yield started
    for rpc in started:
        rpc.kill()


def altered(link: str) -> dict[str, str]:
    """Return links that are wrong, each in its own way."""
    body = link.removeprefix(SCHEME)
    letter = next(at for at, sign in enumerate(body) if sign.isalpha())
    digit = next(at for at, sign in enumerate(body) if sign.isdigit())

    def put(at: int, sign: str) -> str:
        return SCHEME + body[:at] + sign + body[at + 1 :]

    def another(at: int) -> str:
        return next(sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if sign != body[at])

    raw = base64.b32decode(body + "=" * (-len(body) % 8))
    return {
        "a letter for a letter": put(letter, another(letter)),
        "a digit for a letter": put(letter, "7"),
        "a letter for a digit": put(digit, "Q"),
        "a digit for a digit": put(digit, "2" if body[digit] != "2" else "3"),
        "a digit that base32 has not": put(letter, "0"),
        "punctuation": put(letter, "!"),
        "a letter of another script": put(letter, "А"),
        "the last sign": put(len(body) - 1, another(len(body) - 1)),
        "neighbours swapped": SCHEME + swapped(body),
        "one sign cut off": link[:-1],
        "half of it": link[: len(link) // 2],
        "another version": SCHEME + resealed(b"\x02" + raw[1:]),
        "a flag": SCHEME + resealed(raw[:1] + b"\x01" + raw[2:]),
        "nothing": "",
        "only the scheme": SCHEME,
        "very long": SCHEME + "A" * 5000,
    }


def swapped(body: str) -> str:
    """Swap the first two neighbours that differ."""
    at = next(at for at in range(20, len(body)) if body[at] != body[at + 1])
    return body[:at] + body[at + 1] + body[at] + body[at + 2 :]


def resealed(raw: bytes) -> str:
    """Spell 74 bytes with a checksum that is right."""
    from core.crypto.primitives import sha256

    body = raw[:70]
    return base64.b32encode(body + sha256(b"sottovoce/v1/link-check" + body)[:4]).decode().rstrip("=")


def test_every_kind_of_bad_link_has_its_own_error(people: list[Rpc]) -> None:
    alice, bob, carol = people
    created = alice.call("invite.create", expires_in=3600)
    link: str = created["link"]
    wrong = {what: carol.refusal("contact.add", link=bad) for what, bad in altered(link).items()}
    assert wrong == dict.fromkeys(wrong, "bad-invite")
    assert alice.refusal("contact.add", link=link) == "own-invite"
    assert alice.refusal("contact.add", link=link.lower()) == "own-invite"

    known = decode_link(link)
    nowhere = encode_link(Link(known.expires_at, known.identity, bytes(16), known.bundle_hash))
    assert carol.refusal("contact.add", link=nowhere) == "invite-not-found"

    short = alice.call("invite.create", expires_in=1)
    wait_for("a second to pass", lambda: time.time() * 1000 > short["expires_at"])
    assert carol.refusal("contact.add", link=short["link"]) == "invite-expired"

    alice.call("invite.revoke", id=created["id"])
    alice.until("the tombstone lies", lambda: invitation(alice, created["id"])["copies"] >= 2)
    assert invitation(alice, created["id"])["state"] == "revoked"
    assert carol.refusal("contact.add", link=link) == "invite-revoked"
    assert bob.refusal("contact.add", link=link) == "invite-revoked"

    for life in (0, -1, 90 * 86400 + 1):
        assert alice.refusal("invite.create", expires_in=life) == "bad-request"
    assert alice.refusal("invite.create", expires_in=60, max_uses=0) == "bad-request"
    with pytest.raises(Refused) as refused:
        carol.call("contact.add", link=link, greeting="x" * 10_000)
    assert (refused.value.kind, refused.value.data["limit"]) == ("too-long", 600)


def invitation(rpc: Rpc, invite: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in rpc.call("invite.list") if each["id"] == invite)
    return found


def test_without_a_network(strangers: dict[str, Place], people: list[Rpc], tmp_path: Path) -> None:
    link = people[0].call("invite.create", expires_in=3600)["link"]
    alone = Rpc("dave", strangers["dave"].copy_to(tmp_path / "dave"), 0, [])
    alone.unlock(PASSCODE)
    assert alone.refusal("contact.add", link=link) == "no-network"
    assert alone.refusal("contact.add", link=link[:-1]) == "bad-invite"
    assert alone.call("network.status")["peers"] == 0
    alone.kill()


def test_two_greeters_on_a_link_for_one(shared: World) -> None:
    """The inviter is away. One is let in; the other waits, and learns at expiry that nobody answered."""
    assert shared.clock is not None
    alice = shared.open("alice")
    made = alice.call("invite.create", expires_in=3600, max_uses=1)
    alice.until("the record lies", lambda: invitation(alice, made["id"])["copies"] >= 2)
    alice.stop()
    greeters = shared.open_all(["carol", "dave"])
    waiting: dict[str, str] = {}
    for rpc in greeters:
        waiting[rpc.name] = rpc.call("contact.add", link=made["link"], greeting=f"I am {rpc.name}")["conversation"]
        wait_states(rpc, waiting[rpc.name], [f"I am {rpc.name}"], ["stored"])
    alice, bob = shared.open_all(["alice", "bob"])
    greeting = alice.until("a greeting", lambda: alice.call("greeting.list"))
    assert len(greeting) == 1
    alice.until("the link is used up", lambda: invitation(alice, made["id"])["copies"] >= 2)
    assert invitation(alice, made["id"])["state"] == "used"
    assert bob.refusal("contact.add", link=made["link"]) == "invite-used"
    alice.call("greeting.accept", id=greeting[0]["id"])
    lucky = next(rpc for rpc in greeters if f"I am {rpc.name}" == greeting[0]["text"])
    other = next(rpc for rpc in greeters if rpc is not lucky)
    lucky.until("being let in", lambda: state_of(lucky, waiting[lucky.name]) == "open")
    assert state_of(other, waiting[other.name]) == "waiting"
    assert alice.call("greeting.list") == []
    ShiftedClock(shared.clock).set(2 * 3600)
    other.until("nobody answered", lambda: state_of(other, waiting[other.name]) == "unanswered")
    assert other.sent(waiting[other.name])[0]["state"] == "failed"
    for rpc in (alice, bob, *greeters):
        rpc.kill()
    ShiftedClock(shared.clock)


def test_two_people_invite_each_other_at_once(shared: World, strangers: dict[str, Place]) -> None:
    names = ["erin", "frank"]  # the same two, as they were before they had met anybody
    for name, place in zip(names, strangers.values(), strict=True):
        shared.take_in(name, place)
    pair = shared.open_all(names)
    for rpc in pair:
        connected(rpc)
    links = [rpc.call("invite.create", expires_in=3600)["link"] for rpc in pair]
    asked = [
        rpc.ask("contact.add", link=link, greeting=f"I am {rpc.name}")
        for rpc, link in zip(pair, links[::-1], strict=True)
    ]
    mine = [str(rpc.answer(number)["conversation"]) for rpc, number in zip(pair, asked, strict=True)]
    for rpc, conversation in zip(pair, mine, strict=True):
        rpc.until("both are in", lambda rpc=rpc, conversation=conversation: state_of(rpc, conversation) == "open")  # type: ignore[misc]  # bound at once
    for rpc, conversation in zip(pair, mine, strict=True):
        send(rpc, conversation, [f"{rpc.name} speaks"])
    for rpc, conversation, other in zip(pair, mine, pair[::-1], strict=True):
        wait_received(rpc, conversation, [f"{other.name} speaks"])
        wait_states(rpc, conversation, [f"I am {rpc.name}", f"{rpc.name} speaks"], ["delivered"])
        assert rpc.received(conversation) == [f"I am {other.name}", f"{other.name} speaks"]
        assert len(rpc.call("conversation.list")) == 1
        assert rpc.call("greeting.list") == []
    for rpc in pair:
        rpc.kill()


def test_an_inviter_without_a_network_goes_online_later(shared: World, strangers: dict[str, Place]) -> None:
    shared.take_in("gina", strangers["carol"])
    shared.ports["node9"] = free_port()
    gina = shared.start("gina", join=[f"127.0.0.1:{shared.ports['node9']}"])
    gina.unlock(PASSCODE)
    made = gina.call("invite.create", expires_in=3600)
    assert made["copies"] == 0
    bob = shared.open("bob")
    connected(bob)
    assert bob.refusal("contact.add", link=made["link"]) == "invite-not-found"
    shared.start_node("node9").wait_ready()
    gina.until("the record lies", lambda: invitation(gina, made["id"])["copies"] >= 2)
    theirs = bob.call("contact.add", link=made["link"], greeting="found you")["conversation"]
    greeting = gina.until("a greeting", lambda: gina.call("greeting.list"))[0]
    gina.call("greeting.accept", id=greeting["id"])
    bob.until("being let in", lambda: state_of(bob, theirs) == "open")
    gina.kill()
    bob.kill()


def test_words_with_slips(tmp_path: Path) -> None:
    created = make_account(Place(tmp_path / "first"))
    words = created.words
    second = Rpc("restored", Place(tmp_path / "second"), 0, [])
    unknown = [*words[:3], "zzzzz", *words[4:]]
    with pytest.raises(Refused) as refused:
        second.call("account.restore", words=unknown, passcode=PASSCODE)
    assert (refused.value.kind, refused.value.data["positions"]) == ("bad-words", [3])
    with pytest.raises(Refused) as refused:
        second.call("account.restore", words=words[:-1], passcode=PASSCODE)
    assert (refused.value.kind, refused.value.data["count"]) == ("bad-words", 17)
    wrong = mismatching(words)
    assert second.refusal("account.restore", words=wrong, passcode=PASSCODE) == "words-mismatch"
    assert second.refusal("account.restore", words=words, passcode="12345") == "weak-passcode"
    shouted = [word.upper() for word in words]
    assert second.call("account.restore", words=shouted, passcode=PASSCODE)["identity"] == created.identity
    assert second.refusal("account.restore", words=words, passcode=PASSCODE) == "account-exists"
    second.stop()


def mismatching(words: list[str]) -> list[str]:
    """Swap two words so that the check says no (it cannot in one case of 256)."""
    from core.crypto.words import WordsMismatch, seed_of

    for at in range(17):
        tried = [*words[:at], words[at + 1], words[at], *words[at + 2 :]]
        try:
            seed_of(tried)
        except WordsMismatch:
            return tried
    raise AssertionError("eighteen words that no swap harms")


def test_an_invitation_is_found_in_a_mail_and_in_a_picture(people: list[Rpc], tmp_path: Path) -> None:
    alice, bob, carol = people
    link = alice.call("invite.create", expires_in=3600)["link"]
    own = bob.call("invite.create", expires_in=3600)["link"]
    mail = f"Bob wrote {own}.\n\n> My invitation:\n> {link[:70].lower()}\n> {link[70:].lower()}\n"
    assert bob.call("contact.add", link=mail)["conversation"]
    save_picture(link, tmp_path / "code.png")
    save_picture("HTTPS://EXAMPLE.ORG", tmp_path / "other.png")
    (tmp_path / "cat.png").write_bytes(b"meow")
    refused = {"missing": "bad-picture", "cat": "bad-picture", "other": "bad-invite"}
    for name, kind in refused.items():
        assert carol.refusal("contact.add", image=str(tmp_path / f"{name}.png")) == kind
    assert carol.refusal("contact.add", image=str(tmp_path / "code.png"), link=link) == "bad-request"
    assert carol.refusal("contact.add", image="~nobody-at-all/x") == "bad-picture"
    assert carol.call("contact.add", image=str(tmp_path / "code.png"))["conversation"]
