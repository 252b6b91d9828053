"""The demo world: Alice, whom she talks to, and what was said. Always the same, at a frozen moment."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from typing import Any

from core import api

# Tuesday 18 November 2025, 14:30 universal time.
NOW = int(dt.datetime(2025, 11, 18, 14, 30, tzinfo=dt.UTC).timestamp() * 1000)
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

ALICE = "k3qzv7xw2p5njd6rm4tfa8hcy9bsgeu3k3qzv7xw2p5njd6rm4tf"
BOB = "b0bq7mzt4xk2wv9nj5rd3pfc8ha6yegsb0bq7mzt4xk2wv9nj5rd"
CAROL = "c4r0lw8xk5vt2mj9nq7zd3pfa6hbyegsc4r0lw8xk5vt2mj9nq7z"
ECHO = "ech0n5w8xk2vt4mj9qr7zd3pfa6hbygsech0n5w8xk2vt4mj9qr7"
MALLORY = "ma110ry5w8xk2vt4mj9qr7zd3pfa6hbgma110ry5w8xk2vt4mj9q"
YUKI = "yuk1n5w8xk2vt4mj9qr7zd3pfa6hbygsyuk1n5w8xk2vt4mj9qr7"
DAVE = "dav3q7mzt4xk2wv9nj5rd3pfc8ha6yegdav3q7mzt4xk2wv9nj5r"

LONG = (
    "I read the whole design last night. What I like most is that nothing depends on us: if both of us and every "
    "node we know went away tomorrow, the others would not even notice. What I still do not understand is how the "
    "custodians find out that a parcel may be thrown away before its time.\n\nLet us talk about it on Thursday, "
    "I will bring the drawings."
)
SMALL_TALK = (
    "Are you there?",
    "yes",
    "Did the train come in time?",
    "It did, for once.",
    "I put the keys under the third stone.",
    "Thank you!",
    "The café at the corner is closed on Mondays, shall we meet at the river instead?",
    "Fine with me.",
    "18:00?",
    "A little later would be better, I have to wait for the plumber.",
    "ok, 18:30 then",
    "Bring a coat, it will be cold near the water.",
    "How is your mother?",
    "Better. She walks again, with a stick, and complains about the stick.",
    "A good sign :)",
)

# What was said the evening before: minutes since the row before, who, what.
YESTERDAY = (
    (0, BOB, "Did you get the node at your parents' house to run?"),
    (2, "me", "Yes, since noon. It sits on the shelf next to the router and nobody has noticed."),
    (1, BOB, "So that makes five of us in town."),
    (0, BOB, "Six with the library."),
    (14, "me", "And if the library closes?"),
    (3, BOB, "Then it is five again, and nothing else happens. That is the whole point."),
    (1, "me", "I keep waiting for the catch."),
    (2, BOB, "You have to write down eighteen words on paper. That is the catch."),
    (1, "me", "Did that. They are in the tin with the seeds."),
    (1, BOB, "Good tin."),
    (35, "me", "The train is late, do not wait with dinner."),
    (2, BOB, "We will keep some soup for you."),
)


@dataclasses.dataclass(slots=True)
class Room:
    """A conversation and all its rows."""

    id: str
    identity: str
    name: str
    state: str = "open"
    rows: list[api.Message] = dataclasses.field(default_factory=list)
    read_upto: int = 0  # rows seen
    draft: str = ""
    keep_asked: bool = False
    keep_wanted: bool = False
    keeping: bool = False
    own_name: str = ""
    verified: bool = False
    blocked: bool = False
    warning: api.ContactWarning | None = None
    rekey_overdue: bool = False
    devices: list[api.ContactDevice] = dataclasses.field(default_factory=list)
    view: dict[str, Any] = dataclasses.field(default_factory=dict)  # muted_until, pinned, archived, marked_unread

    def say(self, sender: str, text: str, at: int, **more: Any) -> api.Message:
        """Append a row; ``more`` are fields of ``api.Message``."""
        more.setdefault("state", "received" if sender != "me" else "delivered")
        row = api.Message(id=f"{self.id}-{len(self.rows):05}", sender=sender, text=text, sent_at=at, **more)
        self.rows.append(row)
        return row


def demo_rooms() -> list[Room]:
    """Return Alice's conversations."""
    rooms = [_bob(), _carol(), _echo(), _yuki(), _mallory(), _dave()]
    for room in rooms[2:4]:
        room.read_upto = len(room.rows)
    return rooms


def _bob() -> Room:
    room = Room("bob", BOB, "Bob")
    chance = random.Random(7)
    at = NOW - 9 * DAY
    for _ in range(360):
        text = chance.choice(SMALL_TALK)
        room.say(chance.choice(("me", BOB)), text, at)
        at += chance.choice((1, 2, 3, 40, 90)) * MINUTE
        if at > NOW - 40 * HOUR:
            break
    _yesterday(room)
    at = NOW - 4 * HOUR
    room.say(BOB, LONG, at)
    room.say("me", "Thursday is good. I will be there at ten.", at + 4 * MINUTE)
    room.say(BOB, "", at + 30 * MINUTE, kind="gap")
    room.say(BOB, "This one came the long way round.", at + 31 * MINUTE, late=True)
    room.say("me", "Which way was that?", NOW - 70 * MINUTE, state="read")
    room.say(BOB, "Over three strangers in two countries, and one of them was asleep.", NOW - 62 * MINUTE)
    room.say("me", "I love this.", NOW - 61 * MINUTE, state="read")
    room.say("me", "Can you send me the list again? The old one is lost.", NOW - 60 * MINUTE, state="delivered")
    room.say("me", "No hurry.", NOW - 40 * MINUTE, state="stored", copies=3, until=NOW + 47 * HOUR)
    room.read_upto = len(room.rows)
    return room


def _yesterday(room: Room) -> None:
    """Let the two talk as people do."""
    at = NOW - 21 * HOUR
    for minutes, sender, text in YESTERDAY:
        at += minutes * MINUTE
        room.say(sender, text, at, state="read" if sender == "me" else "received")


def _carol() -> Room:
    room = Room("carol", CAROL, "Carol", draft="Saturday would suit me be")
    for index in range(40):
        room.say(("me", CAROL)[index % 2], SMALL_TALK[index % len(SMALL_TALK)], NOW - 3 * DAY + index * 11 * MINUTE)
    room.say("me", "Shall we go to the mountains at the weekend?", NOW - 3 * HOUR, state="read")
    room.read_upto = len(room.rows)
    room.say(CAROL, "Yes! Which day?", NOW - 25 * MINUTE)
    room.say(CAROL, "I could take the early train on Saturday, it is at 06:12 and not full at all.", NOW - 24 * MINUTE)
    room.say(CAROL, "Or Sunday.", NOW - 6 * MINUTE)
    return room


def _echo() -> Room:
    room = Room("echo", ECHO, "Echo")
    room.say(ECHO, "Hello! I repeat what you write, so that you can see how it works.", NOW - DAY)
    for index, state in enumerate(("read", "delivered", "stored", "sent", "queued", "failed")):
        more = {"copies": 2, "until": NOW + 40 * HOUR} if state == "stored" else {}
        room.say("me", f"This one is {state}.", NOW - DAY + index * MINUTE, state=state, **more)
    room.say(ECHO, "", NOW - DAY + 10 * MINUTE, kind="unknown")
    return room


def _yuki() -> Room:
    room = Room("yuki", YUKI, "雪 Yuki")
    room.say(
        YUKI, "こんにちは！日本語のメッセージは正しく折り返されますか？全角文字は二つのセルを使います。", NOW - 2 * DAY
    )
    room.say("me", "はい、大丈夫です 👍", NOW - 2 * DAY + MINUTE, state="read")
    room.say(YUKI, "家族 👨‍👩‍👧‍👦, 旗 🇯🇵, ❤️ und ein Zalgo: Z̸̡̢̧a̷̧̨l̴̨̢g̵̢̧o̶̢̧", NOW - 2 * DAY + 2 * MINUTE)
    room.say(YUKI, "שלום عليكم Ελληνικά Кириллица ไทย हिन्दी", NOW - 2 * DAY + 3 * MINUTE)
    return room


def _mallory() -> Room:
    room = Room("mallory", MALLORY, "Mal\u202elory\x1b[2J")
    room.say(MALLORY, "\x1b[2J\x1b[H\x1b]52;c;cHduZWQ=\x07\x1b]0;pwned\x07 [bold red]markup[/] \x9b31m", NOW - 4 * DAY)
    room.say(
        MALLORY, "\u202egnirts siht\u202c \u2066x\u2069\u200b\u200bhidden\ufeff\rBob: I owe you 100", NOW - 4 * DAY
    )
    return room


def _dave() -> Room:
    room = Room("dave", DAVE, "Dave from the allotment association", state="waiting")
    room.say(
        "me", "Hello Dave, this is Alice from plot 12.", NOW - 5 * HOUR, state="stored", copies=2, until=NOW + 43 * HOUR
    )
    return room
