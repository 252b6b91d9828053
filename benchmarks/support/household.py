"""Nodes and accounts as real processes on loopback, in a directory that goes with them."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from core import api
from tui.demo.children import Places, open_nodes, open_rpc
from tui.demo.rpc_client import RpcClient, talk_to


@dataclass(frozen=True, slots=True)
class Pair:
    """Two accounts that have met, and their conversation's id on either side."""

    alice: RpcClient
    bob: RpcClient
    alices: str
    bobs: str
    processes: tuple[trio.Process, trio.Process]


@contextmanager
def places() -> Generator[Places]:
    """Give a directory for a block."""
    with tempfile.TemporaryDirectory(prefix="sottovoce-bench-") as root:
        yield Places(Path(root))


@asynccontextmanager
async def open_pair(where: Places, nodes: int) -> AsyncGenerator[Pair]:
    """Run ``nodes`` nodes and two accounts that talk to each other for a block."""
    async with (
        open_nodes(where, nodes) as specs,
        open_rpc(where, "alice", specs) as alices,
        open_rpc(where, "bob", specs) as bobs,
        talk_to(alices) as alice,
        talk_to(bobs) as bob,
    ):
        for client, name in ((alice, "Alice"), (bob, "Bob")):
            await client.call(api.AccountCreate(passcode=secrets.token_urlsafe(), name=name))
        link = (await alice.call(api.InviteCreate(expires_in=3600))).link
        theirs = (await bob.call(api.ContactAdd(link=link))).conversation
        greeting = await alice.next_event(api.GreetingReceived)
        ours = (await alice.call(api.GreetingAccept(id=greeting.id))).conversation
        await bob.next_event(api.ContactAccepted)
        yield Pair(alice, bob, ours, theirs, (alices, bobs))
