"""A core with a file and no network, on which a burst falls: the engine, commands and events are the product's.

Its account has one conversation with many texts and others with a few. Once it is told to begin, everything comes at once:
a text in each conversation, and in the first of them so many reactions, and so many of one's own texts that were read.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import trio

from benchmarks.history import DEVICE, NOW
from core import api
from core.people.conversation import item_rules
from core.people.conversation.rows import Origin
from core.people.effects import Effect, Emit
from core.people.engine import Engine
from core.people.format.account_keys import keys_of_seed
from core.people.format.content import Item, Reaction, Text
from core.people.format.kept import Reference
from core.people.mail.outcome import move_on
from core.people.work import Work
from core.session import commands
from core.storage import conversations, messages
from core.storage.database import Database
from core.storage.migrations import load_migrations
from tests.support.client import FakeClient

R = TypeVar("R")
# Items that come in one transaction, as the product takes events of the network.
BATCH: Final = 64
MANY_EVENTS: Final = 10_000


def _identity_of(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _uid_of(conversation: int, number: int) -> bytes:
    return conversation.to_bytes(8, "big") + number.to_bytes(8, "big")


class BurstCore:
    """The messenger of ``tui.host.bridge``: ``count`` reactions and signs, in one of so many ``others``."""

    def __init__(self, path: Path, others: int, count: int) -> None:
        database = Database.open(path, os.urandom(32), load_migrations("history"))
        self._engine = Engine(database, keys_of_seed(b"s" * 32), NOW)
        self._others, self._count = others, count
        self._outgoing, self._incoming = trio.open_memory_channel[api.AnyEvent](MANY_EVENTS)
        self._rest = FakeClient(rooms=[])  # answers what is not the history's
        self._begin = trio.Event()
        self._act(self._make_conversations)
        for number in range(1, others + 1):
            said = count if number == 1 else 5
            self._take(number, [Text(_uid_of(number, n), f"text {n} of a talk with {number}") for n in range(said)])
        for _ in range(count):
            self._command(api.MessageSend(conversation="c1", text="something of mine"))
        self._own: list[int] = []
        self._act(self._find_own)

    def _make_conversations(self, work: Work) -> None:
        for number in range(1, self._others + 1):
            conversations.insert(work.tx, f"c{number}", _identity_of(number), f"Contact {number}", "open", 0)

    def _find_own(self, work: Work) -> None:
        page = messages.page(work.tx, 1, 3 * self._count, None, None)
        self._own = [row.seq for row in page if row.text == "something of mine"]

    # --- what the screens see -------------------------------------------------------------------------------------------

    @property
    def events(self) -> AsyncIterator[api.AnyEvent]:
        """What happens."""
        return self._incoming

    async def call(self, command: api.Command[R]) -> R:
        """Carry out a command; what is about the account and the network is answered from memory."""
        await trio.lowlevel.checkpoint()
        if command.carrier is api.Carrier.TRANSACTION:
            answer, effects = self._command(command)
            self._tell(effects)
            return answer
        name = api.method_of(command).replace(".", "_")
        rest: Callable[[Any], object] = getattr(self._rest, f"_{name}")
        return cast("R", rest(command))

    def begin(self) -> None:
        """Let everything come."""
        self._begin.set()

    # --- what comes -------------------------------------------------------------------------------------------------------

    async def burst(self) -> None:
        """Wait until it is to begin, then let everything come."""
        await self._begin.wait()
        for number in range(1, self._others + 1):
            await self._come(self._take(number, [Text(_uid_of(number, 10**6), "and one more")]))
        reactions: list[Item] = [
            Reaction(Reference(_identity_of(1), _uid_of(1, n)), 9, "🔥") for n in range(self._count)
        ]
        for at in range(0, self._count, BATCH):
            await self._come(self._take(1, reactions[at : at + BATCH]))
        for at in range(0, len(self._own), BATCH):
            await self._come(self._were_read(self._own[at : at + BATCH]))

    async def _come(self, effects: Iterable[Effect]) -> None:
        self._tell(effects)
        await trio.lowlevel.checkpoint()

    def _take(self, conversation: int, items: list[Item]) -> list[Effect]:
        def act(work: Work) -> None:
            for n, item in enumerate(items):
                item_rules.take(work, Origin(conversation, DEVICE, NOW.own_ms, b"g" * 16, n), item, bytes(276))

        return self._act(act)

    def _were_read(self, seqs: list[int]) -> list[Effect]:
        def act(work: Work) -> None:
            for seq in seqs:
                row = messages.by_seq(work.tx, seq)
                assert row is not None
                move_on(work, row, "read")

        return self._act(act)

    # --- the engine -------------------------------------------------------------------------------------------------------

    def _act(self, act: Callable[[Work], None]) -> list[Effect]:
        return self._engine.command(act, NOW)[1]

    def _command(self, command: api.Command[R]) -> tuple[R, list[Effect]]:
        return self._engine.command(commands.act_of(command), NOW)

    def _tell(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Emit):
                self._outgoing.send_nowait(cast("api.AnyEvent", effect.event))
