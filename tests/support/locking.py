"""A home with a gate to it, on a node that gets no answers and by a clock that tests move; the accounts are real."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trio

from core import api
from core.session.attachments import ATTENTIVE, Attachment
from core.session.commands.account import AtGate, carry_out
from core.session.engines import Engines
from core.session.gate import LOOK_PAUSE, Gate
from core.session.open_account import OpenAccount
from core.session.overrides import RENEW_PAUSE, Overrides
from core.vault import slots
from core.vault.account import Unlocked
from core.vault.cost import CostPolicy
from core.vault.durable import replace_file
from core.vault.passcode import normalise
from core.vault.slots import Content, Kind
from net.ids import NodeId
from net.instant import Instant
from net.requests import Request
from tests.support.cheap_node import CHEAP as CHEAP_NODE
from tests.support.devices import BETTER, CHEAP, GOOD, FakeClock, MemoryStore, repeatable

VAULT_LOCKED = api.AccountLocked(vault=True)
SCREEN_LOCK = api.AccountLock(keep_receiving=True)


class SilentNode:
    """A node that gets no answers, and keeps nothing of what it is told."""

    def now(self) -> Instant:
        return Instant(trio.current_time(), 1_800_000_000_000)

    def network_ms(self) -> int:
        return 1_800_000_000_000

    def custodians(self) -> list[NodeId]:
        return []

    def shown_width(self) -> int:
        return 1

    async def note_metered(self, *, is_metered: bool) -> None:
        pass

    def price_factor(self, _: int) -> int:
        return 1

    def request(self, _: Request, /) -> None:
        pass

    def __getattr__(self, verb: str) -> Any:
        return self._hear

    def _hear(self, *_: object) -> None:
        pass


@dataclass
class Device:
    """A home with a clock that the test moves, the gate to it, and a screen that is attached."""

    home: Path
    clock: FakeClock = field(default_factory=FakeClock)
    stores: tuple[MemoryStore, ...] = ()
    told: list[api.Event] = field(default_factory=list[api.Event])
    look_pause: float = LOOK_PAUSE
    renew_pause: float = RENEW_PAUSE
    attentive: float = ATTENTIVE
    gate: Gate = field(init=False)
    screen: Attachment = field(init=False)

    @asynccontextmanager
    async def running(self, policy: CostPolicy = CHEAP, passcode: str | None = None) -> AsyncGenerator[Gate]:
        """Run the program for a block."""
        terms = Overrides(
            policy, self.stores, CHEAP_NODE, self.clock, passcode, self.renew_pause, attentive=self.attentive
        )
        async with trio.open_nursery() as nursery:
            self.gate = Gate(self.home, Engines(SilentNode()), nursery, terms)
            self.screen = self.gate.attachments.attach(self.told.append)
            nursery.start_soon(self.gate.watch, self.look_pause)
            yield self.gate
            await self.gate.close()
            nursery.cancel_scope.cancel()

    def plant_second(self) -> Content:
        """Write a second profile into the vault, which BETTER opens, as its own screen will one day."""
        draw = repeatable("second")
        path = self.home / "vault"
        vault = slots.decode(path.read_bytes(), CHEAP)
        first = slots.unseal(vault, slots.root_of(normalise(GOOD), Kind.PASSCODE, vault.header))
        second = Content(draw(27), draw(32), slots.other_places(first.places, draw))
        root = slots.root_of(normalise(BETTER), Kind.PASSCODE, vault.header)
        replace_file(path, slots.seal(vault, root, Kind.PASSCODE, second, draw).encode())
        return second

    def is_open(self) -> bool:
        return self.gate.open is not None

    async def give(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command about the account, as the screen gives it."""
        return await carry_out(AtGate(self.gate, self.screen), command)

    async def unlock(self, passcode: str | None) -> api.AccountIdentity:
        return await self.give(api.AccountUnlock(passcode=passcode))

    async def info(self) -> api.AccountInfo:
        return await self.give(api.AccountGet())

    async def until_told(self, event: api.Event | type[api.Event]) -> None:
        with trio.fail_after(30):
            while not any(each == event or type(each) is event for each in self.told):  # noqa: ASYNC110 -- no event
                await trio.sleep(0.005)

    async def create(self) -> str:
        """Make the account that GOOD opens; return whose it is."""
        return (await self.give(api.AccountCreate(passcode=GOOD, name="alice"))).identity

    def log_size(self) -> int:
        """Return the bytes of all logs of databases in the home."""
        return sum(path.stat().st_size for path in self.home.glob("*-wal"))


def give_each_a_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each profile a database of its own: this version makes no second profile, and so has no place for it yet."""
    start = OpenAccount.start

    async def start_own(nursery: trio.Nursery, history: Path, unlocked: Unlocked, *more: Any) -> OpenAccount:
        return await start(nursery, history.with_name(f"{unlocked.identity[:8]}.db"), unlocked, *more)

    monkeypatch.setattr(OpenAccount, "start", start_own)
