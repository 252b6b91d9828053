"""kill -9 of the screen or of the core, at any moment, loses nothing: texts, edits, reactions and drafts.

Alice's core runs on, and what her screen does is done by a program that is attached to it. What it was answered is there
after each kill, on her side at once, on Bob's in the end, and once; what it was not answered may be there or not, until it
is asked for again.
"""

from __future__ import annotations

import threading
from itertools import zip_longest
from random import Random
from typing import Any

import pytest

from tests.support.processes import PATIENCE, Process, Rpc, network_arguments, program, seeded
from tests.support.story_world import World, send, wait_received, wait_states

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(900)]
EMOJI = ("👍", "🎉", "🔥", "❤")
# What is asked for before each kill: new texts, other versions, reactions; and one draft.
TEXTS, EDITS, REACTIONS = 3, 2, 2
# Seconds after which a kill comes, at most.
LATEST = 0.6


class Alice:
    """What she did, and of it what was acknowledged."""

    def __init__(self, world: World, theirs: list[str]) -> None:
        self.world, self.conversation = world, world.conversation["alice"]
        self.core = self._start_core()
        self.screen = world.open("alice")
        self.theirs = self._ids_of(theirs)
        self.wanted: list[str] = []  # the first version of each text
        self.ids: dict[int, str] = {}  # of the texts that were answered for, by their place in ``wanted``
        self.edits: dict[int, list[str]] = {}  # versions, the last one asked for last
        self.acknowledged: dict[tuple[str, Any], str] = {}  # the last that was answered for, by what it is about
        self.asked_since: dict[tuple[str, Any], list[str]] = {}  # what was asked for after that
        self._moment = threading.Event()  # never set: waiting for it is waiting for a moment of chance

    def _start_core(self) -> Process:
        place = self.world.place("alice")
        network = network_arguments(self.world.ports["alice"], [node.spec for node in self.world.nodes.values()])
        options = ["--no-remember", "--home", str(place.home), *network]
        core = Process("core", program("core", *options, module="tests.support.thrifty"), place)
        self.world.processes.append(core)
        assert core.lines.get(timeout=PATIENCE) is not None, core.errors()
        return core

    def _ids_of(self, texts: list[str]) -> list[str]:
        return [row["id"] for row in self.screen.rows(self.conversation) if row["text"] in texts]

    # --- what she does --------------------------------------------------------------------------------------------------

    def act(self, chance: Random, number: int) -> None:
        """Ask for much at once, kill one of the two at a moment of chance, and start it again."""
        self.wanted += [f"alice {len(self.wanted) + n:03}" for n in range(TEXTS)]
        asked = self._ask_for_texts()
        for place in chance.sample(sorted(self.ids), min(EDITS, len(self.ids))):
            text = f"{self.wanted[place]} as said in round {number}"
            asked.append(self._ask(("text", place), text, "message.edit", id=self.ids[place], text=text))
        for row in chance.sample(self.theirs, REACTIONS):
            emoji = chance.choice(EMOJI)
            asked.append(self._ask(("reaction", row), emoji, "message.react", id=row, emoji=emoji))
        draft = f"draft of round {number}"
        asked.append(self._ask(("draft", None), draft, "draft.set", conversation=self.conversation, text=draft))
        self._moment.wait(chance.uniform(0, LATEST))
        victim = chance.choice(["core", "screen"])
        (self.core if victim == "core" else self.screen).kill()
        self._hear(asked)
        if victim == "core":
            self.screen.popen.wait(PATIENCE)
            self.core = self._start_core()
        self.screen = self.world.open("alice")

    def _ask_for_texts(self) -> list[tuple[int, tuple[str, Any], str]]:
        """Ask for the texts that were not answered for; the same uid makes it the same text."""
        return [
            self._ask(("sent", place), text, "message.send", conversation=self.conversation, text=text, uid=text)
            for place, text in enumerate(self.wanted)
            if place not in self.ids
        ]

    def _ask(self, about: tuple[str, Any], what: str, method: str, **params: Any) -> tuple[int, tuple[str, Any], str]:
        self.asked_since.setdefault(about, []).append(what)
        return self.screen.ask(method, **params), about, what

    def _hear(self, asked: list[tuple[int, tuple[str, Any], str]]) -> None:
        """Note what was answered."""
        for number, about, what in asked:
            try:
                answer = self.screen.answer(number)
            except AssertionError:  # it, or the core behind it, is dead
                continue
            self.acknowledged[about] = what
            self.asked_since[about] = []
            if about[0] == "sent":
                self.ids[about[1]] = str(answer["id"])

    def finish(self) -> None:
        """Ask for everything again that was not answered for."""
        self._hear(self._ask_for_texts())
        assert len(self.ids) == len(self.wanted)
        again = {about: asked[-1] for about, asked in self.asked_since.items() if asked}
        for (kind, which), what in again.items():
            if kind == "text":
                self.screen.call("message.edit", id=self.ids[which], text=what)
            elif kind == "reaction":
                self.screen.call("message.react", id=which, emoji=what)
            elif kind == "draft":
                self.screen.call("draft.set", conversation=self.conversation, text=what)
            self.acknowledged[kind, which] = what
            self.asked_since[kind, which] = []

    # --- what has to be there ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        """See that what was acknowledged is there, once."""
        rows = self.screen.rows(self.conversation)
        own = [row["id"] for row in rows if row["sender"] == "me"]
        assert len(own) == len(set(own))
        by_id = {row["id"]: row for row in rows}
        for place, row in self.ids.items():
            assert by_id[row]["text"] in self._may_be(("text", place), self.wanted[place])
        starts = [row["text"][: len(self.wanted[0])] for row in rows if row["text"].startswith("alice ")]
        assert len(starts) == len(set(starts)), "each is there once"
        for kind, which in self.acknowledged:
            if kind == "reaction":
                given = [each["emoji"] for each in by_id[which].get("reactions", []) if "me" in each["senders"]]
                assert len(given) == 1
                assert given[0] in self._may_be((kind, which))
        if ("draft", None) in self.acknowledged:
            (listed,) = self.screen.call("conversation.list")
            assert listed["draft"] in self._may_be(("draft", None))

    def _may_be(self, about: tuple[str, Any], first: str = "") -> set[str]:
        return {self.acknowledged.get(about, first), *self.asked_since.get(about, [])}

    def texts(self) -> list[str]:
        """Return what each of her texts says in the end."""
        return [self.acknowledged.get(("text", place), text) for place, text in enumerate(self.wanted)]


def wait_said(rpc: Rpc, conversation: str, said: list[str]) -> None:
    """Wait until all of Alice's texts are there, once, in the order in which she wrote them, each as it was said last."""

    def differing() -> list[tuple[str, str]]:
        found = [text for text in rpc.received(conversation) if text.startswith("alice ")]
        return [pair for pair in zip_longest(found, said, fillvalue="") if pair[0] != pair[1]]

    try:
        rpc.until("all texts as they were said last", lambda: not differing())
    except AssertionError as error:
        raise AssertionError(f"is, and should be: {differing()[:5]}\n{error}") from None


def reactions_of(rpc: Rpc, conversation: str, identity: str) -> dict[str, list[str]]:
    """Return which emoji somebody gave to which text."""
    return {
        row["text"]: [each["emoji"] for each in row["reactions"] if identity in each["senders"]]
        for row in rpc.rows(conversation)
        if row.get("reactions")
    }


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_screen_or_a_core_that_is_killed_loses_nothing_acknowledged(world: World, seed: int, is_full: bool) -> None:
    if seed > 1 and not is_full:
        pytest.skip("told with --full")
    chance = seeded(seed)
    world.start_nodes()
    bob, b = world.open("bob"), world.conversation["bob"]
    theirs = [f"bob {number}" for number in range(6)]
    send(bob, b, theirs)
    with_world = world.open("alice")
    wait_received(with_world, world.conversation["alice"], theirs)
    with_world.stop()
    alice = Alice(world, theirs)
    for number in range(20 if is_full else 5):
        alice.act(chance, number)
        alice.check()
    alice.finish()
    alice.check()
    said = alice.texts()
    wait_said(bob, b, said)
    given = {
        text: [alice.acknowledged["reaction", row]]
        for text, row in zip(theirs, alice.theirs, strict=True)
        if ("reaction", row) in alice.acknowledged
    }
    bob.until("each reaction once", lambda: reactions_of(bob, b, world.identity["alice"]) == given)
    wait_states(alice.screen, alice.conversation, said, ["delivered"])
    alice.core.terminate()
