"""The two handshake messages: what is said comes out, and what a later version says beside it does no harm."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, strategies as st

from net.errors import Unauthenticated
from net.ids import NodeId
from net.link import handshake
from net.link.envelope import CONTENT_SIZE
from net.link.events import Role
from net.link.handshake import INITIATION_ROOM, PROLOGUE, RESPONSE_ROOM, Initiation, Response
from net.link.noise import Initiator, Responder
from net.primitives import KeyPair, x25519_pair_of

U32, U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
INDEXES = st.binary(min_size=4, max_size=4)
ROLES = st.sampled_from(Role)
INITIATIONS = st.builds(Initiation, ROLES, U64, U64, INDEXES, INDEXES, U32)
RESPONSES = st.builds(Response, ROLES, U64, INDEXES, st.booleans(), U32)


def pair() -> tuple[KeyPair, KeyPair, Random]:
    random = Random(3)
    return x25519_pair_of(random.randbytes(32)), x25519_pair_of(random.randbytes(32)), random


@given(INITIATIONS, RESPONSES)
def test_both_ends_hear_what_the_other_says_in_two_full_datagrams(said: Initiation, answer: Response) -> None:
    alice, bob, random = pair()
    question, noise = handshake.create_initiation(alice, NodeId(bob.public), said, random.randbytes)
    assert len(question) == CONTENT_SIZE
    peer, heard, theirs = handshake.consume_initiation(bob, question)
    assert (peer, heard) == (alice.public, said)
    response, keys = handshake.create_response(theirs, heard.index, answer, random.randbytes)
    assert len(response) == CONTENT_SIZE
    assert handshake.index_in_response(response) == said.index
    assert handshake.consume_response(noise, response) == (answer, keys)


@given(INITIATIONS, st.integers(0, 255), st.binary(min_size=INITIATION_ROOM - 29, max_size=INITIATION_ROOM - 29))
def test_an_initiation_of_a_later_version_is_understood_as_far_as_it_goes(
    said: Initiation, role: int, more: bytes
) -> None:
    alice, bob, random = pair()
    fields = said.wall_ms.to_bytes(8, "big") + said.stamp.to_bytes(8, "big") + said.index + said.continues
    payload = bytes([role]) + fields + said.features.to_bytes(4, "big") + more
    noise = Initiator(PROLOGUE, alice, x25519_pair_of(random.randbytes(32)), bob.public)
    _, heard, _ = handshake.consume_initiation(bob, noise.create_message_1(payload))
    assert heard.role is (Role.LEAF if role else Role.FULL), "of a role not known nothing is expected"
    assert (heard.wall_ms, heard.stamp, heard.index) == (said.wall_ms, said.stamp, said.index)
    assert (heard.continues, heard.features) == (said.continues, said.features)


@given(RESPONSES, st.integers(0, 255), st.binary(min_size=RESPONSE_ROOM - 18, max_size=RESPONSE_ROOM - 18))
def test_a_response_of_a_later_version_is_understood_as_far_as_it_goes(said: Response, role: int, more: bytes) -> None:
    alice, bob, random = pair()
    asked = Initiation(Role.FULL, 1, 2, bytes(4), bytes(4), 0)
    question, noise = handshake.create_initiation(alice, NodeId(bob.public), asked, random.randbytes)
    theirs = Responder(PROLOGUE, bob)
    theirs.consume_message_1(question)
    payload = bytes([role]) + said.wall_ms.to_bytes(8, "big") + said.index + bytes([said.is_continued])
    payload += said.features.to_bytes(4, "big") + more
    response, _ = theirs.create_message_2(payload, x25519_pair_of(random.randbytes(32)))
    heard, _ = handshake.consume_response(noise, bytes(4) + response)
    assert heard.role is (Role.LEAF if role else Role.FULL)
    assert (heard.wall_ms, heard.index, heard.is_continued) == (said.wall_ms, said.index, said.is_continued)
    assert heard.features == said.features


@pytest.mark.parametrize("at", [0, 40, 100, CONTENT_SIZE - 17, CONTENT_SIZE - 1])
def test_what_is_sealed_is_sealed_to_the_last_byte(at: int) -> None:
    alice, bob, random = pair()
    said = Initiation(Role.FULL, 1, 2, bytes(4), bytes(4), 0)
    question, _ = handshake.create_initiation(alice, NodeId(bob.public), said, random.randbytes)
    altered = question[:at] + bytes([question[at] ^ 1]) + question[at + 1 :]
    with pytest.raises(Unauthenticated):
        handshake.consume_initiation(bob, altered)
