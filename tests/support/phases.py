"""The life of a conversation in phases, each written so that a thief may take a file in the middle of it.

A ``Pair`` is two people who say things that can be told apart, erase them on both sides, and are watched: a ``Ledger`` of
each side knows every secret its file ever held. A phase is a function that brings a new pair to some point and lets them
say texts there; ``PHASES`` has them by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from core import api
from core.people.conversation import resets
from core.people.limits import PEOPLE_LIMITS, PeopleLimits
from core.people.work import Work
from core.storage import accounts, postings
from tests.core.people.test_talking import add
from tests.support.post_office import Office, Person, settle
from tests.support.stolen import Ledger, StolenFile

SIDES = ("alice", "bob")
# Texts each way that take a lane over a few re-keyings where there is one every so many blocks, and where there is one every
# 40 as in earnest.
SOME_REKEYINGS, OFTEN = 30, 8
MANY_REKEYINGS = 150
HOUR, DAY = 3600, 86_400
# So long a reader keeps the key of an index that it gave up, and a greeter the slot of its acceptance. Days.
KEPT_DAYS = 4
# Seconds between rounds: longer than any acknowledgement waits to be written.
_ROUND = 31.0
_MAX_ROUNDS = 40


class Pair:
    """Two people around one office, and everything they said."""

    def __init__(self, folder: Path, *, length: int = SOME_REKEYINGS, limits: PeopleLimits = PEOPLE_LIMITS) -> None:
        """``length``: so many texts each way take a lane over a few re-keyings."""
        self.folder, self.office, self.length, self.limits = folder, Office(), length, limits
        self.people = {name: Person(self.office, folder, name, limits=limits) for name in SIDES}
        self.ids: dict[str, str] = {}
        self.said: list[str] = []
        self.ledgers = {name: [Ledger(person)] for name, person in self.people.items()}

    # --- getting to know each other -----------------------------------------------------------------------------------

    def invite(self, max_uses: int | None = 1) -> str:
        """Let alice make a link."""
        return self.people["alice"].call(api.InviteCreate(expires_in=DAY, max_uses=max_uses)).link

    def greet(self, link: str) -> None:
        """Let bob follow it; the greeting lies at alice's door afterwards."""
        self.said.append(_text("bob greets"))
        self.ids["bob"] = add(self.people["bob"], link, self.said[-1])
        self.settle(2)

    def accept(self) -> None:
        """Let alice let bob in."""
        (waiting,) = self.people["alice"].call(api.GreetingList())
        self.ids["alice"] = self.people["alice"].call(api.GreetingAccept(id=waiting.id)).conversation

    def meet(self) -> None:
        """Do all three."""
        self.greet(self.invite())
        self.accept()
        self.settle(3)

    # --- talking ------------------------------------------------------------------------------------------------------

    def say(self, name: str, what: str) -> str:
        """Let a person say a text that was never said before."""
        self.said.append(_text(f"{name} {what}"))
        self.people[name].say(self.ids[name], self.said[-1])
        return self.said[-1]

    def talk(self, count: int, what: str, *speakers: str) -> list[str]:
        """Let both (or ``speakers``) say so many texts in turn, answering at once; return them."""
        before = len(self.said)
        for n in range(count):
            for name in speakers or SIDES:
                self.say(name, f"{what} {n}")
            self.settle(1)
        return self.said[before:]

    def settle(self, rounds: int, seconds: float = _ROUND) -> None:
        """Let time pass, both watched."""
        for _ in range(rounds):
            settle(self.office, *self.people.values(), rounds=1, seconds=seconds)
            for ledgers in self.ledgers.values():
                for ledger in ledgers:
                    ledger.look()

    def rest(self) -> None:
        """Wait until neither has anything more to say or to hear."""
        for _ in range(_MAX_ROUNDS):
            before = len(self.office.boxes)
            self.settle(3)
            if len(self.office.boxes) == before:
                return
        raise AssertionError("they do not come to rest")

    def erase(self) -> None:
        """Wait until all is delivered, and delete it on both sides."""
        self.rest()
        for name, conversation in self.ids.items():
            person = self.people[name]
            assert set(person.said(conversation)) <= {"delivered"}, (name, person.said(conversation))
            person.call(api.MessageDelete(ids=[row.id for row in person.rows(conversation)]))
        self.rest()

    def reset(self, name: str) -> None:
        """Let a person begin a new generation."""

        def act(work: Work) -> None:
            resets.begin(work, 1, is_last_known=True)

        self.act(name, act)

    def act(self, name: str, work: Callable[[Work], None]) -> None:
        """Do something in one transaction of a person's."""
        person = self.people[name]
        person.carry_out(person.engine.command(work, person.moment())[1])

    def move(self, name: str, device: str) -> None:
        """Let a person lose the device, come back by the words, and be let in by the other after an hour."""
        self.people[name].close()
        self.people[name] = Person(self.office, self.folder, name, device, self.limits)
        self.ledgers[name] = [Ledger(self.people[name])]
        self.settle(2)
        self.office.wait(HOUR)
        self.settle(6)
        ((self.ids[name],),) = [[row.id for row in self.people[name].call(api.ConversationList())]]

    def steal(self, name: str, label: str = "stolen") -> StolenFile:
        """Copy a person's file, which the program has left without a log a moment after it was last written to."""
        self.people[name].database.tidy()
        return StolenFile(self.people[name], label)

    def waits(self, name: str, generation: bytes) -> set[int]:
        """Return the indexes of a person's lane that wait to be acknowledged and hold no text: a last acknowledgement."""
        with self.people[name].database.read() as snapshot:
            waiting = [posting for posting in postings.of_lane(snapshot, generation) if posting.message is None]
        return {posting.first_index + n for posting in waiting for n in range(posting.fragments)}

    def over(self, name: str) -> set[bytes]:
        """Return every secret that a person's file has held, and is done with."""
        return {secret for ledger in self.ledgers[name] for secret in ledger.over()}

    def wait(self, days: int) -> None:
        """Let days pass in which nothing is said."""
        self.settle(days, seconds=DAY)
        self.rest()


def _text(what: str) -> str:
    """Return a text with a word in it that no other has, and that begins like none: indexes leave out what is alike."""
    return f"{what} {hashlib.sha256(what.encode()).hexdigest()[:24]}"


def mark(text: str) -> bytes:
    """Return by what a text is known wherever some of it lies."""
    return text[-18:].encode()


# --- phases -----------------------------------------------------------------------------------------------------------


def accepted(pair: Pair) -> None:
    """The link had one use; bob says more at the door, and hears what alice said while he was away."""
    pair.greet(pair.invite())
    pair.say("bob", "waits at the door")
    pair.people["bob"].online = False
    pair.accept()
    for n in range(3):
        pair.say("alice", f"first night {n}")
        pair.settle(1)
    pair.people["bob"].online = True


def last_use(pair: Pair) -> None:
    """Of a link with several uses bob has the last."""
    link = pair.invite(max_uses=2)
    other = Person(pair.office, pair.folder, "carol", limits=pair.limits)
    add(other, link)
    settle(pair.office, other, pair.people["alice"], rounds=2)
    (waiting,) = pair.people["alice"].call(api.GreetingList())
    pair.people["alice"].call(api.GreetingReject(id=waiting.id))
    pair.greet(link)
    pair.accept()
    pair.talk(2, "through the last gap")


def crossed(pair: Pair) -> None:
    """Both greet at once."""
    alice, bob = pair.people.values()
    links = [person.call(api.InviteCreate(expires_in=DAY, max_uses=1)).link for person in (alice, bob)]
    pair.said += [_text("alice greets"), _text("bob greets")]
    pair.ids["alice"] = add(alice, links[1], pair.said[-2])
    pair.ids["bob"] = add(bob, links[0], pair.said[-1])
    pair.settle(4)
    pair.talk(2, "crossed")


def answered(pair: Pair) -> None:
    """Both have answered once."""
    pair.meet()
    pair.talk(1, "answered")


def between_rekeyings(pair: Pair) -> None:
    """Each lane is half on its way to the next re-keying."""
    pair.meet()
    pair.talk(20, "half way")


def rekeyed(pair: Pair) -> None:
    """Each lane was mixed with a fresh secret several times."""
    pair.meet()
    pair.talk(pair.length, "over and over")


def only_read(pair: Pair) -> None:
    """Bob reads, and acknowledges."""
    pair.meet()
    pair.talk(pair.length, "a speech", "alice")


def reset_with_key(pair: Pair) -> None:
    """Alice begins a new lane, and has a key of bob's to seal the way to it."""
    pair.meet()
    pair.talk(3, "before the reset")
    pair.reset("alice")
    pair.say("alice", "at once")
    pair.settle(1)
    pair.talk(3, "after the reset")


def reset_without_key(pair: Pair) -> None:
    """Alice is put back to an old copy, whose key of bob's was used up since."""
    pair.meet()
    backup = pair.people["alice"].copy()
    pair.talk(3, "lost with the disk")
    pair.people["alice"].put_back(backup)
    pair.settle(6)
    pair.talk(3, "on the old copy")


def reset_twice(pair: Pair) -> None:
    """Both begin new lanes at once, and again."""
    pair.meet()
    for _ in range(2):
        for name in SIDES:
            pair.reset(name)
            pair.say(name, f"both at once, {len(pair.said)}")
        pair.settle(6)


def restored(pair: Pair) -> None:
    """Alice comes back by her words, and is let in after an hour."""
    pair.meet()
    pair.talk(3, "on the old device")
    pair.rest()
    pair.move("alice", "new")
    pair.talk(3, "let in")
    pair.rest()
    confirm(pair)


def confirm(pair: Pair) -> None:
    """Let bob say that alice's new device is hers: its word that it has something counts from then on."""
    (contact,) = pair.people["bob"].call(api.ContactList())
    (device,) = [device for device in contact.devices if device.state == "unknown"]
    pair.people["bob"].call(api.ContactConfirmDevice(identity=contact.identity, device=device.id, accept=True))


def confirmed(pair: Pair) -> None:
    """The same, and they talk on after bob confirmed the new device."""
    restored(pair)
    pair.talk(3, "confirmed")


def hole(pair: Pair) -> None:
    """A text is lost on its way, given up after two days, and said again."""
    pair.meet()
    pair.talk(1, "whole")
    at = len(pair.office.boxes)
    pair.say("alice", "into the hole")
    pair.office.is_lost |= set(range(at + 1, len(pair.office.boxes) + 1))
    pair.say("alice", "beyond the hole")
    pair.settle(2)

    def wait(work: Work) -> None:
        accounts.add_online(work.tx, 49 * HOUR * 1000)

    pair.act("bob", wait)
    pair.settle(6)


def overtaken(pair: Pair) -> None:
    """A text is lost on its way, and said again in a new lane, because alice's state may be an old one."""
    pair.meet()
    pair.talk(1, "in the old lane")
    at = len(pair.office.boxes)
    pair.say("alice", "overtaken")
    pair.office.is_lost |= set(range(at + 1, len(pair.office.boxes) + 1))
    pair.act("alice", resets.distrust_state)
    pair.settle(6)
    pair.talk(1, "in the new lane")


def long_texts(pair: Pair) -> None:
    """Texts of many boxes each, and bob away for three days in the middle."""
    pair.meet()
    pair.talk(2, "long " * 800)
    pair.people["bob"].online = False
    pair.say("alice", "long " * 800 + "while bob was away")
    pair.settle(6, seconds=DAY / 2)
    pair.people["bob"].online = True
    pair.talk(1, "back again")


def withdrawn(pair: Pair) -> None:
    """Alice deletes a text before any of it has left."""
    pair.meet()
    pair.talk(1, "not withdrawn")
    alice = pair.people["alice"]
    alice.online = False
    pair.say("alice", "better not")
    (row,) = [row for row in alice.rows(pair.ids["alice"]) if row.text == pair.said[-1]]
    assert alice.call(api.MessageDelete(ids=[row.id])).withdrawn == 1
    alice.online = True
    pair.talk(1, "something else")


PHASES: dict[str, Callable[[Pair], None]] = {
    phase.__name__: phase
    for phase in (
        accepted,
        last_use,
        crossed,
        answered,
        between_rekeyings,
        rekeyed,
        only_read,
        reset_with_key,
        reset_without_key,
        reset_twice,
        restored,
        confirmed,
        hole,
        overtaken,
        long_texts,
        withdrawn,
    )
}
