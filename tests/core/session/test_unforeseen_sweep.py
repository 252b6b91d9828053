"""Any error at any call to the outside: a sentence, a status, and an answer to every request that was taken.

The places are found by running the product once (``tests.support.outside``); then it is run again, and one of them fails.
"""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import sqlcipher3
import trio
import trio.lowlevel
import trio.testing

from core import api
from core.doctor.examination import examine
from core.node import opening as open_node_module
from core.node.opening import open_node
from core.rpc import jsonrpc, server
from core.session.messenger import open_messenger
from core.session.overrides import Overrides
from core.vault.node_key import load_or_create
from core.vault.profile import Profile
from tests.support.cheap_node import CHEAP as CHEAP_NODE, alone
from tests.support.devices import BETTER, CHEAP, GOOD, MemoryStore
from tests.support.outside import Fault, Outside, storage_error
from tui.host import standard_error
from tui.host.boundary import guarded
from tui.host.bridge import CoreHost, Messenger

RESULTS: Final = (
    "FULL",
    "READONLY",
    "CANTOPEN",
    "BUSY",
    "IOERR",
    "CORRUPT",
    "NOTADB",
    "PERM",
    "NOMEM",
    "INTERNAL",
    "LOCKED",
)
STORAGE: Final[list[Fault]] = [
    *(partial(storage_error, f"SQLITE_{name}") for name in RESULTS),
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
SYSTEM: Final[list[Fault]] = [partial(OSError, number, "as if") for number in errno.errorcode]

# What a program asks, one after the other. Each is answered or refused, whatever fails.
REQUESTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("account.create", {"passcode": GOOD, "name": "alice"}),
    ("settings.set", {"settings": {}}),
    ("conversation.list", {}),
    ("account.lock", {}),
    ("account.unlock", {"passcode": GOOD}),
    ("account.change_passcode", {"old": GOOD, "new": BETTER}),
    ("account.words", {"passcode": BETTER}),
    ("account.rename", {"name": "ann"}),
    ("account.logout", {}),
    ("account.info", {}),
)

COMMANDS: Final = tuple(msgspec.convert(params, api.COMMANDS[method], strict=False) for method, params in REQUESTS)


@dataclass
class Told:
    """What came of a run."""

    status: int = 0
    said: list[str] = field(default_factory=list[str])
    taken: list[int] = field(default_factory=list[int])
    answers: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])

    def judge(self, where: str) -> None:
        """Fail unless everything is as it must be."""
        text = "".join(self.said) + json.dumps(self.answers)
        assert "Traceback" not in text, where
        assert "a secret" not in text, where
        if self.status:
            assert any(line.startswith("sottovoce:") for line in self.said), where
        else:
            assert len(self.taken) in {0, len(REQUESTS)}, where
        for number in self.taken:
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
    terms = Overrides(policy=CHEAP, stores=(MemoryStore(),), tuning=CHEAP_NODE)

    def take(line: bytes | None) -> jsonrpc.Request:
        request = jsonrpc.decode_request(line)
        told.taken.append(int(bytes(request.id or b"0")))
        return request

    async def talk() -> None:
        pending = b""
        for number, (method, params) in enumerate(REQUESTS, start=1):
            await ours.send_all(
                json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"
            )
            while number not in told.answers:
                data = await ours.receive_some()
                if not data:
                    return
                *lines, pending = (pending + bytes(data)).split(b"\n")
                for line in map(json.loads, lines):
                    if "id" in line:
                        told.answers[line["id"]] = line
        await ours.send_eof()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "decode_request", take)
        await _serve(home, terms, theirs, talk)


async def _serve(home: Path, terms: Overrides, theirs: Any, talk: Callable[[], Awaitable[None]]) -> None:
    async with trio.open_nursery() as nursery:
        with trio.fail_after(30):
            async with open_messenger(home, alone(), terms=terms) as messenger:
                nursery.start_soon(talk)
                with messenger.attach() as client:
                    await server.serve(client, client.events, theirs, theirs)
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
                await trio.lowlevel.checkpoint()
                service.status()

    trio.run(node)
    return 0


def run_doctor(home: Path, told: Told) -> int:
    """Try out a network that is not there."""
    trio.run(lambda: examine(home, alone(), tuning=CHEAP_NODE, patience=0.01))
    return 0


def run_client(home: Path, told: Told) -> int:
    """Be the client's screens, as far as the core knows them."""
    crashed: list[str] = []

    @asynccontextmanager
    async def open_core() -> AsyncGenerator[Messenger]:
        terms = Overrides(policy=CHEAP, stores=(MemoryStore(),), tuning=CHEAP_NODE)
        async with open_messenger(home, alone(), terms=terms) as messenger:
            with messenger.attach() as client:
                yield client

    async def screens() -> None:
        host = CoreHost(open_core)
        host.start(lambda: None, crashed.append)
        for number, command in enumerate(COMMANDS, start=1):
            told.taken.append(number)
            try:
                await asyncio.wait_for(host.call(command), 30)
                told.answers[number] = {}
            except api.ApiError as error:
                told.answers[number] = {"error": {"message": error.message, "data": {"kind": error.kind}}}
        await host.stop()

    asyncio.run(screens())
    told.said += [f"sottovoce: {each}" for each in crashed]
    return int(bool(crashed))


def carry_out(run: Run, home: Path, outside: Outside) -> Told:
    """Run it as the program would, with everything that it says."""
    told = Told()
    with pytest.MonkeyPatch.context() as patch, outside.watched():
        patch.setattr(standard_error, "say", told.said.append)
        told.status = guarded("sottovoce", lambda: run(home, told), lambda: home)
    return told


def faults_of(place: str) -> list[Fault]:
    """Return what can go wrong there."""
    return [*(STORAGE if " sql " in place or "sqlcipher3" in place else SYSTEM), *OTHERS]


@pytest.fixture
def few_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_node_module, "FAREWELL", 0.1)


RUNS: Final[tuple[Run, ...]] = (run_rpc, run_node, run_doctor, run_client)


def sweep(run: Run, folder: Path, step: int, each: int) -> None:
    """Let every ``step``-th place fail, for good and once, in ``each`` ways."""
    first = Outside()
    assert carry_out(run, folder / "well", first).status == 0
    assert len(first.places) > 20
    for number, place in enumerate(first.places):
        if number % step:
            continue
        faults = faults_of(place)
        for way in range(min(each, len(faults))):
            outside = Outside()
            outside.fails_at = place
            outside.fault = faults[(number * 11 + way) % len(faults)]
            outside.once = (number + way) % 2 == 1
            told = carry_out(run, folder / f"{number}-{way}", outside)
            told.judge(f"{run.__name__}: {outside.fault()!r} at {place}")


@pytest.mark.usefixtures("few_waits")
@pytest.mark.parametrize("run", RUNS)
def test_whatever_fails_is_told_and_answered(run: Run, tmp_path: Path) -> None:
    sweep(run, tmp_path, step=6, each=1)  # each of them takes a program's whole life; every one is tried with --full


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("few_waits")
@pytest.mark.parametrize("run", RUNS)
def test_everything_that_can_fail_anywhere_is_told_and_answered(run: Run, tmp_path: Path) -> None:
    sweep(run, tmp_path, step=1, each=len(SYSTEM) + len(OTHERS))
