"""A conversation of several people with several devices each, with hand-made members: no protocol of groups is in it.

What such a protocol would carry between the devices, who takes part and how each introduces itself, is handed over here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core.crypto import primitives
from core.people.conversation import membership, trust
from core.people.conversation.membership import Introduction
from core.people.work import Work
from core.storage import conversations, devices
from core.storage.conversations import ConversationRow
from core.storage.devices import DeviceRow
from tests.support.post_office import Office, Person, settle

R = TypeVar("R")
GROUP, INBOX = b"G" * 32, b"I" * 32


def do(person: Person, act: Callable[[Work], R]) -> R:
    """Carry out an act of a person; return what it returns."""
    result, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)
    return result


class Group:
    """Devices that take part, each a ``Person`` on a file of its own."""

    def __init__(self, office: Office, *people: Person) -> None:
        self.office, self.people = office, list[Person]()
        for person in people:
            self.add(person)

    def add(self, person: Person) -> None:
        """Let a device take part, with its identity if that does not yet."""
        do(person, lambda work: membership.open_shared(work, "group", GROUP, "the group", INBOX))
        for other in self.people:
            for one, two in ((person, other), (other, person)):
                _let_in(one, two)
        for other in self.people:
            ours, theirs = _introduce(person, other), _introduce(other, person)
            _meet(other, person, ours)
            _meet(person, other, theirs)
        self.people.append(person)

    def remove(self, identity_of: Person) -> None:
        """Let a member go: all who stay are told."""
        gone = identity_of.engine.me.identity
        self.people = [person for person in self.people if person.engine.me.identity != gone]
        for person in self.people:
            do(person, lambda work: membership.leave(work, conversation_of(work).id, gone))

    def say(self, person: Person, text: str) -> str:
        return person.say(public_id(person), text)

    def settle(self, rounds: int = 6) -> None:
        settle(self.office, *self.people, rounds=rounds)


def _let_in(at: Person, newcomer: Person) -> None:
    certificate = newcomer.engine.me.certificate

    def act(work: Work) -> None:
        group = conversation_of(work).id
        if certificate.identity != work.me.identity:
            assert membership.join(work, group, certificate.identity)
        row = membership.admit(work, group, certificate)
        assert row is not None
        if not row.is_known:  # a further device that no known device vouches for: the person says that it is theirs
            trust.confirm(work, row)

    do(at, act)


def _introduce(person: Person, to: Person) -> Introduction:
    return do(person, lambda work: membership.introduce(work, row_of(work, to)))


def _meet(person: Person, other: Person, said: Introduction) -> None:
    root = primitives.sha256(b"".join(sorted((device_of(person), device_of(other)))))
    do(person, lambda work: membership.meet(work, row_of(work, other), said, root))


def device_of(person: Person) -> bytes:
    return person.engine.me.device


def conversation_of(work: Work) -> ConversationRow:
    (row,) = [row for row in conversations.every(work.tx) if row.kind == "group"]
    return row


def row_of(work: Work, other: Person) -> DeviceRow:
    row = devices.find(work.tx, conversation_of(work).id, device_of(other))
    assert row is not None
    return row


def public_id(person: Person) -> str:
    return do(person, lambda work: conversation_of(work).public_id)


def texts(person: Person) -> list[str]:
    return [row.text for row in person.rows(public_id(person)) if row.kind == "text"]


def state_of(person: Person, text: str) -> str:
    (state,) = [row.state for row in person.rows(public_id(person)) if row.text == text]
    return state


def four(office: Office, folder: Path) -> tuple[Person, Person, Person, Person]:
    """Return two devices of alice and two of bob, who know nothing of each other."""
    return (
        Person(office, folder, "alice"),
        Person(office, folder, "alice", device="alice2"),
        Person(office, folder, "bob"),
        Person(office, folder, "bob", device="bob2"),
    )
