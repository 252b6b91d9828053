"""Which part a device plays: full wherever it can be of use, a leaf where it is told to or had better be."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.node.opening import open_own_node
from core.node.options import NetworkOptions, Part
from core.node.roles import ENOUGH_FULL_NODES, is_shut, role_of
from core.storage.database import Database
from core.storage.line import Line, load, note_metered, note_seen
from core.storage.migrations import load_migrations
from net.ids import Endpoint
from net.link.events import Role
from tests.core.node.test_status import VIEW
from tests.support.cheap_node import CHEAP

MANY, FEW = ENOUGH_FULL_NODES, ENOUGH_FULL_NODES - 1
LOOPBACK = Endpoint("127.0.0.1", 0)
KEY = b"k" * 32


@pytest.mark.parametrize(
    ("part", "line", "role"),
    [
        ("full", Line(is_metered=True, is_shut=True, full_nodes=1000), Role.FULL),
        ("leaf", Line(), Role.LEAF),
        ("auto", Line(full_nodes=1000), Role.FULL),
        ("auto", Line(is_metered=True, full_nodes=MANY), Role.LEAF),
        ("auto", Line(is_shut=True, full_nodes=MANY), Role.LEAF),
        ("auto", Line(is_metered=True, is_shut=True, full_nodes=FEW), Role.FULL),
        ("auto", Line(is_metered=True), Role.FULL),
    ],
)
def test_who_serves(part: Part, line: Line, role: Role) -> None:
    assert role_of(part, line) is role


def test_nobody_comes_in_where_the_nat_is_symmetric_and_nothing_came_through() -> None:
    shut = replace(VIEW, nat="symmetric", is_reachable=False, sources={"mainline": 3, "incoming": 0})
    assert is_shut(shut)
    assert not is_shut(replace(shut, nat="restricted"))
    assert not is_shut(replace(shut, is_reachable=None))
    assert not is_shut(replace(shut, sources={"incoming": 1})), "a punch went through"


def test_what_was_noted_is_there_at_the_next_start(tmp_path: Path) -> None:
    path, migrations = tmp_path / "node.db", load_migrations("parcels")
    with closing(Database.open(path, KEY, migrations)) as database, database.transaction() as tx:
        assert load(tx) == Line()
        note_metered(tx, is_metered=True)
        note_seen(tx, is_shut=False, full_nodes=40)
    with closing(Database.open(path, KEY, migrations)) as database, database.read() as snapshot:
        assert load(snapshot) == Line(is_metered=True, is_shut=False, full_nodes=40)


@pytest.mark.trio
async def test_the_owner_is_asked_and_the_network_is_looked_at_for_the_next_start(tmp_path: Path) -> None:
    options = NetworkOptions(listen=LOOPBACK, mainline=False, lan=False)

    async def run(asked: NetworkOptions, *, is_metered: bool) -> tuple[Role, Line]:
        async with open_own_node(tmp_path, asked, tuning=CHEAP) as node:
            assert node._disk is not None
            thread = node._disk._thread
            await node.note_metered(is_metered=is_metered)
            return node.role, await thread.run(_line)

    assert await run(options, is_metered=True) == (Role.FULL, Line(is_metered=True))
    role, line = await run(options, is_metered=False)
    assert role is Role.FULL, "a metered line alone makes no leaf where nobody else serves"
    assert not line.is_metered
    assert line.full_nodes < ENOUGH_FULL_NODES
    assert (await run(replace(options, part="leaf"), is_metered=False))[0] is Role.LEAF


def _line(database: Database) -> Line:
    with database.read() as snapshot:
        return load(snapshot)
