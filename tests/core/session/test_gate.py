"""What the node says while an account is being opened reaches it, though nobody can use the account yet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing

from core import api
from core.session.commands.account import AtGate, carry_out
from core.session.engines import Engines
from core.session.gate import Gate
from core.session.open_account import OpenAccount
from core.session.overrides import Overrides
from net.bucket import Bucket
from net.events import CustodianUp, NodeEvent
from net.ids import NodeId
from tests.support.devices import CHEAP
from tests.support.locking import SilentNode

pytestmark = pytest.mark.trio

UP = CustodianUp(NodeId(bytes(32)), Bucket(0, 0))
CREATE = api.AccountCreate(passcode="quiet river over stones", name="")


class Account:
    """Keeps what it is fed."""

    def __init__(self) -> None:
        self.fed: list[NodeEvent] = []
        self.service = self
        self.unlocked = SimpleNamespace(identity="", words=[])

    async def feed(self, events: Sequence[NodeEvent]) -> None:
        self.fed += events


async def test_what_comes_while_an_account_opens_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    async with trio.open_nursery() as nursery:
        gate = Gate(
            tmp_path / "home",
            Engines(SilentNode()),
            nursery,
            Overrides(policy=CHEAP, stores=()),
        )
        at = AtGate(gate, gate.attachments.attach(lambda _: None))

        async def start(*_: Any) -> Account:
            nursery.start_soon(gate.feed, [UP])  # the engine reads from its first moment, and the node answers at once
            await trio.testing.wait_all_tasks_blocked()
            assert account.fed == []
            return account

        monkeypatch.setattr(OpenAccount, "start", start)
        await gate.feed([UP])  # of no interest to anybody
        await carry_out(at, CREATE)
    assert account.fed == [UP]


async def test_what_comes_while_an_account_fails_to_open_is_of_no_interest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trio.open_nursery() as nursery:
        gate = Gate(
            tmp_path / "home",
            Engines(SilentNode()),
            nursery,
            Overrides(policy=CHEAP, stores=()),
        )
        at = AtGate(gate, gate.attachments.attach(lambda _: None))

        async def fail(*_: Any) -> None:
            nursery.start_soon(gate.feed, [UP])
            await trio.testing.wait_all_tasks_blocked()
            raise OSError("no such disk")

        monkeypatch.setattr(OpenAccount, "start", fail)
        with pytest.raises(OSError, match="no such disk"):
            await carry_out(at, CREATE)
    assert gate.open is None
