"""Any error at any call to the outside: a sentence, a status, and an answer to every request that was taken.

The places are found by running the product once (``tests.support.outside``); then it is run again, and one of them fails.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import sqlcipher3
import trio
import trio.testing

from core import api, rpc
from core.examination import examine
from core.gate import Terms
from core.messenger import open_messenger
from core.open_node import open_node
from core.vault.node_key import load_or_create
from core.vault.profile import Profile
from tests.support.cheap_node import CHEAP as CHEAP_NODE, alone
from tests.support.devices import BETTER, CHEAP, GOOD, MemoryStore
from tests.support.outside import Fault, Outside, storage_error
from tui import telling
from tui.boundary import guarded

ERRNOS: Final = [OSError(number, "as if") for number in errno.errorcode]
RESULTS: Final = ("FULL", "READONLY", "CANTOPEN", "BUSY", "IOERR", "CORRUPT", "NOTADB", "PERM", "NOMEM", "INTERNAL", "LOCKED")
STORAGE: Final[list[Fault]] = [
    *(lambda name=name: storage_error(f"SQLITE_{name}") for name in RESULTS),
    lambda: sqlcipher3.IntegrityError("a secret"),
    lambda: sqlcipher3.ProgrammingError("a secret"),
]
OTHERS: Final[list[Fault]] = [
    MemoryError,
    lambda: OverflowError("a secret"),
    lambda: UnicodeEncodeError("utf-8", "a secret", 0, 1, "a secret"),
    lambda: UnicodeError("a secret"),
    lambda: RuntimeError("can't start new thread"),
    lambda: KeyError("a secret"),
]
SYSTEM: Final[list[Fault]] = [lambda number=number: OSError(number, "as if") for number in errno.errorcode]

# What a program asks, one after the other. Each is answered or refused, whatever fails.
REQUESTS: Final = (
    ("account.create", {"passcode": GOOD, "name": "alice"}),
    ("settings.set", {"settings": {}}),
    ("conversation.list", {}),
    ("account.lock", {}),
    ("account.unlock", {"passcode": GOOD}),
    ("account.change_passcode", {"old": GOOD, "new": BETTER}),
    ("account.rename", {"name": "ann"}),
    ("account.logout", {}),
    ("account.info", {}),
)


@dataclass
class Told:
    """What came of a run."""

    status: int = 0
    said: list[str] = field(default_factory=list[str])
    asked: int = 0
    answers: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])

    def judge(self, where: str) -> None:
        """Fail unless everything is as it must be."""
        text = "".join(self.said) + json.dumps(self.answers)
        assert "Traceback" not in text, where
        assert "a secret" not in text, where
        if self.status:
            assert any(line.startswith("sottovoce:") for line in self.said), where
        for number in range(1, self.asked + 1):
            assert number in self.answers, f"{where}: no answer to {REQUESTS[number - 1]}, {self}"
            error = self.answers[number].get("error")
            assert error is None or (error["message"].endswith((".", "?", "!")) and error["data"]["kind"]), where


Run = Callable[[Path, Told], int]


def run_rpc(home: Path, told: Told) -> int:
    """Be a program that asks one thing after the other."""
    trio.run(_ask, home, told)
    return 0


async def _ask(home: Path, told: Told) -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    terms = Terms(policy=CHEAP, stores=(MemoryStore(),), tuning=CHEAP_NODE)

    async def talk() -> None:
        pending = b""
        for number, (method, params) in enumerate(REQUESTS, start=1):
            told.asked = number
            await ours.send_all(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
            while number not in told.answers:
                data = await ours.receive_some()
                if not data:
                    return
                *lines, pending = (pending + bytes(data)).split(b"\n")
                for line in map(json.loads, lines):
                    if "id" in line:
                        told.answers[line["id"]] = line
        await ours.send_eof()

    async with trio.open_nursery() as nursery:
        with trio.fail_after(30):
            async with open_messenger(home, alone(), terms=terms) as messenger:
                nursery.start_soon(talk)
                await rpc.serve(messenger, messenger.events, theirs, theirs)
        await theirs.aclose()


def run_node(home: Path, told: Told) -> int:
    """Be a node without a screen for a moment."""

    async def node() -> None:
        with Profile(home):
            key = load_or_create(home / "node.key")
            opening = open_node(
                home / "parcels.db",
                database_key=key.database_key,
                node_secret=key.node_secret,
                options=alone(),
                tuning=CHEAP_NODE,
            )
            async with opening as service:
                await trio.sleep(0)
                service.status()

    trio.run(node)
    return 0


def run_doctor(home: Path, told: Told) -> int:
    """Try out a network that is not there."""
    trio.run(lambda: examine(home, alone(), tuning=CHEAP_NODE))
    return 0


def carry_out(run: Run, home: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Run it as the program would, with everything that it says."""
    told = Told()
    monkeypatch.setattr(telling, "say", told.said.append)
    with outside.watched():
        told.status = guarded("sottovoce", lambda: run(home, told), lambda: home)
    return told
