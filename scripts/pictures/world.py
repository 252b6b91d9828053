"""The demo world with nothing that the core would refuse: identities, words, codes and links are real, from fixed seeds.

Nobody is behind them: the seeds are drawn from a generator that is named after the person.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Final

import msgspec

from core import api
from core.crypto import words
from core.crypto.seed import draw_seed, identity_of_seed, public_key_of
from core.people.format.invitation import Link, encode_link
from core.people.format.security_code import digits_of, qr_text
from tests.support import client as support
from tests.support.client import FakeClient
from tests.support.world import BOB, CAROL, DAVE, DAY, ECHO, MINUTE, NOW, Room, demo_rooms
from tui.widgets.person_colour import colour_of

# Conversations that show what a terminal may be sent, not what a reader wants to see; and letters that need further fonts.
NOT_FOR_SHOW: Final = {"mallory", "yuki"}
# Who has which colour: in a picture no two people have the same.
_COLOURS: Final = {
    "Alice": "",
    "Bob": "contact-0",
    "Carol": "contact-3",
    "Echo": "contact-2",
    "Dave": "contact-6",
    "Grace": "",
}
_STAND_INS: Final = {BOB: "Bob", CAROL: "Carol", ECHO: "Echo", DAVE: "Dave"}
WEEK: Final = 7 * DAY


@lru_cache
def seed_of(name: str) -> bytes:
    """Return the seed of a person's account."""
    chance = random.Random(name)  # nobody's keys, and the same in each picture
    while True:
        seed = draw_seed(chance.randbytes)
        if _COLOURS.get(name, "") in {"", colour_of(identity_of_seed(seed))}:
            return seed


def identity_of(name: str) -> str:
    """Return a person's identity."""
    return identity_of_seed(seed_of(name))


def link_of(name: str, expires_at: int) -> str:
    """Return an invitation of a person's, until ``expires_at`` in milliseconds."""
    chance = random.Random(f"invitation of {name}")
    key = public_key_of(identity_of(name))
    return encode_link(Link(expires_at // 1000, key, chance.randbytes(16), chance.randbytes(16)))


INVITE: Final = api.Invite(
    id="i", link=link_of("Alice", NOW + WEEK), created_at=NOW, expires_at=NOW + WEEK,
    state="open", uses=0, copies=3, max_uses=1, note="for Anna",
)  # fmt: skip


class ShowClient(FakeClient):
    """Answers with real codes, links and identities."""

    def _account_create(self, command: api.AccountCreate) -> api.AccountCreated:
        return msgspec.structs.replace(super()._account_create(command), identity=self.identity)

    def _invite_create(self, command: api.InviteCreate) -> api.InviteCreated:
        made = super()._invite_create(command)
        link = link_of("Alice", made.expires_at)
        self.invites[0] = msgspec.structs.replace(self.invites[0], link=link)
        return msgspec.structs.replace(made, link=link)

    def _contact_code(self, command: api.ContactCode) -> api.SecurityCode:
        self.of_identity(command.identity)
        digits = digits_of(public_key_of(self.identity), public_key_of(command.identity))
        return api.SecurityCode(digits=digits, qr=qr_text(digits))


def show_world(*, exists: bool = True, locked: bool = False, layout: str = "dialogue") -> ShowClient:
    """Return the world of the pictures."""
    support.WORDS[:] = words.words_of(seed_of("Alice"))
    world = ShowClient(show_rooms(), exists=exists, locked=locked)
    world.identity = identity_of("Alice")
    world.stored_settings = msgspec.structs.replace(world.stored_settings, layout=layout)
    greeting = msgspec.structs.replace(world.greetings[0], identity=identity_of("Grace"))
    world.greetings = [greeting]
    world.invites = [INVITE, msgspec.structs.replace(INVITE, id="j", state="used", uses=1, note="for Carol")]
    return world


def show_rooms() -> list[Room]:
    """Return Alice's conversations, with what people do to each other's messages."""
    rooms = [_real(room) for room in demo_rooms() if room.id not in NOT_FOR_SHOW]
    for room in rooms:
        if room.id == "bob":
            _enliven(room)
        if room.id == "echo":
            room.rows = room.rows[:2]
    return rooms


def _real(room: Room) -> Room:
    """Give everybody in a conversation the identity of their seed."""
    of = {stand_in: identity_of(name) for stand_in, name in _STAND_INS.items()}
    room.identity = of.get(room.identity, room.identity)
    room.rows = [msgspec.structs.replace(row, sender=of.get(row.sender, row.sender)) for row in room.rows]
    return room


def _enliven(room: Room) -> None:
    """Let Bob and Alice answer and react to each other, and compare codes."""
    bob = room.identity
    room.verified = True
    room.rows = [row for row in room.rows if row.kind == "text" and not row.late and row.text != "Which way was that?"]
    by_text = {row.text: index for index, row in enumerate(room.rows)}
    for text, changes in (
        ("Good tin.", {"reactions": [api.Reaction(emoji="👍", senders=["me"])]}),
        ("Thursday is good. I will be there at ten.", {"reactions": [api.Reaction(emoji="🎉", senders=[bob])]}),
    ):
        room.rows[by_text[text]] = msgspec.structs.replace(room.rows[by_text[text]], **changes)
    asked = room.rows[by_text["Thursday is good. I will be there at ten."]]
    answer = room.rows[by_text["Over three strangers in two countries, and one of them was asleep."]]
    question = room.rows[by_text["I love this."]]
    room.rows[by_text[answer.text]] = msgspec.structs.replace(
        answer, text="At ten, then. I take the *slow* train, and the drawings with me.", reply_to=asked.id,
        quote=api.Quote(sender="me", text=asked.text),
    )  # fmt: skip
    room.rows[by_text["I love this."]] = msgspec.structs.replace(
        question, text="This came over three strangers in two countries, and one of them was asleep. I love this.",
        reactions=[api.Reaction(emoji="🔥", senders=[bob])],
    )  # fmt: skip
    room.devices = [
        api.ContactDevice(id="a1" * 32, name="laptop", state="vouched", since=NOW - 40 * DAY, served=True),
        api.ContactDevice(id="c0" * 32, name="phone", state="unknown", since=NOW - 10 * MINUTE, served=False),
    ]
