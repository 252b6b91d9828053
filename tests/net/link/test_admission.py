"""Envelopes, cookies, rates and stamps: what strangers get before any Diffie-Hellman."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, strategies as st

from net.errors import DecodeError, Unauthenticated
from net.ids import Endpoint, NodeId
from net.link.admission import (
    HANDSHAKE_BURST,
    HANDSHAKE_RATE,
    KEY_ANSWER_RATE,
    KEY_ANSWER_SHARE,
    MAX_STAMPS,
    NETWORK_SHARE,
    STAMP_LIFE,
    Admission,
    Doorkeeper,
    StampBook,
)
from net.link.attempts import ATTEMPT_LIFE, RETRY_AFTER
from net.link.cookie import SECRET_LIFE, CookieJar
from net.link.envelope import CONTENT_SIZE, Envelope, Kind, mark_with_cookie, tag_of, try_open
from net.link.keys import FRAME_BIT
from net.token_bucket import MEMORY

RANDOM = Random(3)
ALICE, MALLORY = Endpoint("9.9.9.1", 4000), Endpoint("9.9.9.66", 4000)
BOB_KEY = RANDOM.randbytes(32)


def knock() -> bytes:
    return Envelope(BOB_KEY).seal(Kind.INITIATION, b"hello", RANDOM.randbytes)


@given(st.sampled_from(Kind), st.binary(max_size=CONTENT_SIZE), st.binary(max_size=16))
def test_an_envelope_opens_for_its_node_and_its_question(kind: Kind, content: bytes, question: bytes) -> None:
    datagram = Envelope(BOB_KEY).seal(kind, content, RANDOM.randbytes, question)
    assert len(datagram) == 256
    assert not datagram[0] & FRAME_BIT
    opened, padded = Envelope(BOB_KEY).open(datagram, question)
    assert (opened, padded.rstrip(b"\0")) == (kind, content.rstrip(b"\0"))
    assert try_open(Envelope(bytes(32)), datagram, question) is None
    assert try_open(Envelope(BOB_KEY), datagram, question + b"x") is None


@given(st.binary(min_size=256, max_size=256))
def test_junk_opens_nothing(junk: bytes) -> None:
    with pytest.raises(Unauthenticated):
        Envelope(BOB_KEY).open(junk)


def test_an_unknown_kind_is_malformed() -> None:
    class Strange:
        value = 77

    datagram = Envelope(BOB_KEY).seal(Strange(), b"", RANDOM.randbytes)  # type: ignore[arg-type] # no such kind exists
    with pytest.raises(DecodeError):
        Envelope(BOB_KEY).open(datagram)


def test_envelopes_look_like_noise() -> None:
    datagrams = [knock() for _ in range(400)]
    for at in range(256):
        values = {datagram[at] for datagram in datagrams}
        assert len(values) > (60 if at == 0 else 150)


def test_a_cookie_holds_for_its_address_and_for_two_lives_of_a_secret() -> None:
    jar = CookieJar(RANDOM.randbytes)
    marked = mark_with_cookie(knock(), jar.bake(ALICE, 0.0))
    assert jar.is_marked(marked, ALICE, 1.0)
    assert not jar.is_marked(marked, MALLORY, 1.0)
    assert not jar.is_marked(knock(), ALICE, 1.0)
    assert jar.is_marked(marked, ALICE, SECRET_LIFE + 1)
    assert not jar.is_marked(marked, ALICE, 2 * SECRET_LIFE + 2)


def test_after_a_long_pause_old_cookies_are_worth_nothing() -> None:
    jar = CookieJar(RANDOM.randbytes)
    marked = mark_with_cookie(knock(), jar.bake(ALICE, 0.0))
    assert not jar.is_marked(marked, ALICE, 3600.0)


def test_a_mark_belongs_to_one_datagram() -> None:
    jar = CookieJar(RANDOM.randbytes)
    marked = mark_with_cookie(knock(), jar.bake(ALICE, 0.0))
    other = knock()
    assert not jar.is_marked(other[:240] + marked[240:], ALICE, 0.0)
    assert tag_of(marked) == marked[224:240]


def loaded_door() -> tuple[Doorkeeper, CookieJar]:
    jar = CookieJar(RANDOM.randbytes)
    door = Doorkeeper(jar)
    while not door.is_under_load(0.0):
        assert door.admit_initiation(knock(), MALLORY, 0.0) is Admission.ADMITTED
    return door, jar


def test_under_load_a_cookie_is_asked_for() -> None:
    door, jar = loaded_door()
    assert door.admit_initiation(knock(), ALICE, 0.0) is Admission.COOKIE_NEEDED
    marked = mark_with_cookie(knock(), jar.bake(ALICE, 0.0))
    assert door.admit_initiation(marked, ALICE, 0.0) is Admission.ADMITTED


def knock_from(door: Doorkeeper, jar: CookieJar, host: str, now: float) -> bool:
    source = Endpoint(host, 4000)
    marked = mark_with_cookie(knock(), jar.bake(source, now))
    return door.admit_initiation(marked, source, now) is Admission.ADMITTED


def test_under_load_one_address_gets_two_thirds_of_what_its_network_may_have() -> None:
    door, jar = loaded_door()
    admitted = sum(knock_from(door, jar, MALLORY.host, 0.0) for _ in range(100))
    assert 20 <= admitted <= HANDSHAKE_BURST / 2 - 10
    assert knock_from(door, jar, ALICE.host, 0.0)
    assert knock_from(door, jar, "7.7.7.7", 0.0)


# A network that floods, as the hosts that it has.
CROWDS = {
    "one address": ["8.8.8.8"],
    "one /24": [f"8.8.8.{host}" for host in range(1, 250)],
    "one /48": [f"2a00:1:2:{host:x}00::1" for host in range(1, 250)],
    "one /56": [f"2a00:1:2:{host:x}::1" for host in range(1, 250)],
    "one machine": ["127.0.99.1"],
}


@pytest.mark.parametrize("hosts", CROWDS.values(), ids=list(CROWDS))
def test_one_network_gets_its_share_only_whatever_it_is_made_of(hosts: list[str]) -> None:
    door, jar = loaded_door()
    seconds, admitted = 20, 0
    for turn in range(100 * seconds):
        now = turn / 100
        door.admit_initiation(knock(), ALICE, now)  # somebody without a cookie, so that the load lasts
        for _ in range(3):
            if door.is_under_load(now):
                admitted += knock_from(door, jar, hosts[(turn * 7) % len(hosts)], now)
            else:
                door.admit_initiation(knock(), MALLORY, now)
    most = NETWORK_SHARE * HANDSHAKE_BURST / 2  # what it may have used, of which two thirds are forgotten in MEMORY
    assert 0 < admitted <= most * (1 + seconds / MEMORY)


@pytest.mark.parametrize("floods", [1, 4, 8])
@pytest.mark.parametrize(
    "phones", [["7.7.7.7"], [f"7.7.7.{host}" for host in range(60)]], ids=["one address", "one /24"]
)
def test_sixty_phones_behind_one_carrier_get_in_within_seconds_while_others_flood(
    phones: list[str], floods: int
) -> None:
    door, jar = loaded_door()
    began = 20.0
    waiting = {number: began + RANDOM.random() * RETRY_AFTER for number in range(60)}
    now = 0.0
    while waiting and now < began + ATTEMPT_LIFE:
        for flood in range(floods):
            for attempt in range(2):
                knock_from(door, jar, f"8.8.{flood}.{attempt}", now)
        for number, at in list(waiting.items()):
            if at <= now:
                if knock_from(door, jar, phones[number % len(phones)], now):
                    del waiting[number]
                else:
                    waiting[number] = at + RETRY_AFTER
        now += 0.02
    assert not waiting


def test_a_phone_gets_in_though_its_neighbour_floods() -> None:
    door, jar = loaded_door()
    for turn in range(300):
        for host in ("9.9.9.66", "9.9.9.67", "9.9.9.68"):
            knock_from(door, jar, host, turn / 100)
    assert knock_from(door, jar, ALICE.host, 3.0)


def test_handshakes_in_all_are_bounded_and_load_passes() -> None:
    door, jar = loaded_door()
    admitted = 0
    for host in range(300):
        source = Endpoint(f"198.{host // 200}.{host % 200}.1", 1)
        marked = mark_with_cookie(knock(), jar.bake(source, 0.0))
        admitted += door.admit_initiation(marked, source, 0.0) is Admission.ADMITTED
    assert admitted <= HANDSHAKE_BURST / 2
    assert door.is_under_load(0.1)
    assert not door.is_under_load(HANDSHAKE_BURST / HANDSHAKE_RATE)


def test_without_load_one_address_may_hold_many_nodes() -> None:
    door = Doorkeeper(CookieJar(RANDOM.randbytes))
    assert all(door.admit_initiation(knock(), ALICE, 0.0) is Admission.ADMITTED for _ in range(40))


def test_key_requests_always_need_a_cookie_and_have_a_rate() -> None:
    jar = CookieJar(RANDOM.randbytes)
    door = Doorkeeper(jar)
    assert door.admit_key_request(knock(), ALICE, 0.0) is Admission.COOKIE_NEEDED

    def answers(host: str) -> int:
        source = Endpoint(host, 4000)
        marked = mark_with_cookie(knock(), jar.bake(source, 0.0))
        return sum(door.admit_key_request(marked, source, 0.0) is Admission.ADMITTED for _ in range(500))

    assert answers(ALICE.host) < KEY_ANSWER_RATE * KEY_ANSWER_SHARE
    assert sum(answers(f"8.8.{number}.1") for number in range(50)) <= KEY_ANSWER_RATE


def test_a_stamp_works_once_and_only_upwards() -> None:
    book, alice = StampBook(), NodeId(b"a" * 32)
    assert book.is_fresh(alice, 10, 0.0)
    assert not book.is_fresh(alice, 10, 1.0)
    assert not book.is_fresh(alice, 9, 1.0)
    assert book.is_fresh(alice, 11, 1.0)
    assert book.is_fresh(NodeId(b"b" * 32), 1, 1.0)
    assert book.is_fresh(alice, 5, 2.0 + STAMP_LIFE)  # its clock was set back


def test_the_stamp_book_is_bounded() -> None:
    book = StampBook()
    for number in range(MAX_STAMPS + 1):
        assert book.is_fresh(NodeId(number.to_bytes(32, "big")), 1, 0.0)
    assert book.is_fresh(NodeId(bytes(32)), 1, 0.0)  # the first was forgotten
    assert not book.is_fresh(NodeId(MAX_STAMPS.to_bytes(32, "big")), 1, 0.0)
