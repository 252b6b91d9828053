"""The processes of the demo: started with a directory of their own, and ended by their own handle whatever happens."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec
import trio

from core.rpc.jsonrpc import LineSplitter
from tui.demo.errors import StageFailed
from tui.demo.interpreter import interpreter
from tui.language import tr

# Seconds for a node to open its file and its socket; two cores under load take a few.
START_PATIENCE: Final = 30.0
# Seconds for a child to say goodbye to its peers before it is killed.
GRACE: Final = 5.0
# What keeps a command on this machine: the system chooses the port, and nodes are found in no other way than --join.
_PRIVATE: Final = ("--listen", "127.0.0.1:0", "--no-mainline", "--no-lan")


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of one demo, all below ``root``."""

    root: Path

    def home(self, name: str) -> Path:
        """Return the home of a node or an account."""
        return self.root / name

    @property
    def state(self) -> Path:
        """What stands for the user's own state directory, which the demo leaves alone."""
        return self.root / "state"

    @property
    def log(self) -> Path:
        """Where children say what went wrong."""
        return self.root / "log"

    def environment(self) -> dict[str, str]:
        """Return the variables that keep a process out of the user's directories."""
        return {"XDG_STATE_HOME": str(self.state)}


class _Ready(msgspec.Struct):
    """What a node prints when it listens."""

    join: str
    listen: str


@asynccontextmanager
async def open_nodes(
    places: Places, count: int, listening: Callable[[int], Awaitable[None]] | None = None
) -> AsyncGenerator[list[str]]:
    """Run ``count`` nodes for a block, each joined to the first; gives their specs. Raises ``StageFailed``.

    ``listening`` is told how many of them listen, each time that one more does.
    """
    running: list[trio.Process] = []
    specs = [""] * count

    async def start(number: int, join: Sequence[str]) -> None:
        home = ("--home", str(places.home(f"node{number}")))
        node = await _start(["tui.demo.leash", "node", *home, *_PRIVATE, *_joins(join)], places)
        running.append(node)
        specs[number] = await _spec_of(node)
        if listening is not None:
            await listening(sum(map(bool, specs)))

    try:
        await start(0, [])
        async with trio.open_nursery() as nursery:
            for number in range(1, count):
                nursery.start_soon(start, number, specs[:1])
        yield specs
    finally:
        await _end(running)


@asynccontextmanager
async def open_rpc(
    places: Places, name: str, joins: Sequence[str], *, remember: bool = False
) -> AsyncGenerator[trio.Process]:
    """Run a ``sottovoce rpc`` with the home ``name`` for a block; a key that it remembers outlives the directory."""
    home = ("--home", str(places.home(name)), *(() if remember else ("--no-remember",)))
    process = await _start(["tui", "rpc", *home, *_PRIVATE, *_joins(joins)], places)
    try:
        yield process
    finally:
        await _end([process])


def _joins(specs: Sequence[str]) -> list[str]:
    return [f"--join={spec}" for spec in specs]


async def _start(module: Sequence[str], places: Places) -> trio.Process:
    with _appending(places.log) as log:
        return await trio.lowlevel.open_process(
            [*interpreter(), "-m", *module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **places.environment()},
        )


def _appending(path: Path) -> IO[bytes]:
    return path.open("ab")


async def _spec_of(node: trio.Process) -> str:
    """Wait for the line with which a node says that it is ready."""
    assert node.stdout is not None
    splitter = LineSplitter()
    with trio.move_on_after(START_PATIENCE):
        async for data in node.stdout:
            for line in splitter.feed(bytes(data)):
                return msgspec.json.decode(line or b"", type=_Ready).join
    raise StageFailed(tr("a node did not start"))


def last_words(places: Places) -> str:
    """Return the last line that any child wrote about its troubles."""
    try:
        lines = places.log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else tr("it said nothing")


async def _end(processes: list[trio.Process]) -> None:
    """End processes, all at once; kill who does not end in time."""
    with trio.CancelScope(shield=True):
        for process in processes:
            process.terminate()
        with trio.move_on_after(GRACE):
            for process in processes:
                await process.wait()
        for process in processes:
            process.kill()
            await process.wait()
