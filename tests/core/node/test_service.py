"""A node with a real socket and a real disk: what it stored and whom it knew outlives it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
import trio

from core.node.opening import node_over, open_node
from core.node.options import ANY_ENDPOINT, JoinSpec, NetworkOptions, parse_join
from core.node.service import NodeService
from core.storage.database import Database
from core.storage.migrations import load_migrations
from core.storage.thread import open_database
from net.bucket import Bucket
from net.cover_profile import NORMAL
from net.errors import Unreachable
from net.events import BoxArrived, CustodianUp, DepositAnswered, NodeEvent, RecordAnswered, TagsArrived, Verdict
from net.ids import Endpoint, NodeId, ParcelId, tag_of
from net.instant import Instant
from net.link.events import Role
from net.node.wiring import Tuning
from net.parcel.box import CIPHERTEXT_SIZE, MAX_BOX_HOURS, Box, encode_box, signed_fields
from net.parcel.record import encode_record
from net.parcel.work import PUZZLES, WorkPrice
from net.primitives import sign_by_seed
from net.requests import Deposit, Fetch, FindRecord, Follow, PutRecord, Read
from tests.support.parcels import id_of, make_record
from tests.support.tables import let_it_grow_no_more

pytestmark = [pytest.mark.trio, pytest.mark.network]

FREE = Tuning(price=WorkPrice(0.0), id_work_bits=0, cover_profile=NORMAL._replace(slot=0.01, hop_delay=0.001))
EVERYTHING = Bucket(0, 0)
ADDRESS = 7
LOOPBACK = Endpoint("127.0.0.1", 0)
KEY = bytes(32)
# Long enough for any machine; a test that waits this long has failed.
PATIENCE = 20.0

E = TypeVar("E", bound=NodeEvent)


def running(
    path: Path, *join: JoinSpec, secret: int, listen: Endpoint = LOOPBACK, leaf: bool = False
) -> AbstractAsyncContextManager[NodeService]:
    options = NetworkOptions(listen=listen, join=join, part="leaf" if leaf else "full", mainline=False, lan=False)
    return open_node(path, database_key=KEY, node_secret=bytes([secret]) * 32, options=options, tuning=FREE)


@asynccontextmanager
async def pair(tmp_path: Path) -> AsyncGenerator[tuple[NodeService, NodeService]]:
    """Run a custodian, and a leaf that is linked to it."""
    async with (
        running(tmp_path / "custodian.db", secret=1) as custodian,
        running(tmp_path / "leaf.db", custodian.spec, secret=2, leaf=True) as leaf,
    ):
        leaf.request(Read(frozenset({ADDRESS})))
        await told(leaf, CustodianUp)
        yield custodian, leaf


async def told(node: NodeService, kind: type[E]) -> E:
    """Wait until a node tells an event of a kind; others are let go."""
    with trio.fail_after(PATIENCE):
        async for event in node.events:
            if isinstance(event, kind):
                return event
    raise AssertionError("the node ended")


async def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    with trio.fail_after(patience):
        while not condition():  # noqa: ASYNC110 -- links tell nobody but their node
            await trio.sleep(0.01)


def box(number: int, now: Instant) -> bytes:
    seed, hour = number.to_bytes(32, "big"), now.hour() + MAX_BOX_HOURS - 2
    box_id, _ = sign_by_seed(seed, b"")
    _, signature = sign_by_seed(seed, signed_fields(0, hour, ParcelId(box_id), bytes(CIPHERTEXT_SIZE)))
    return encode_box(Box(0, hour, ParcelId(box_id), (0,) * PUZZLES, bytes(CIPHERTEXT_SIZE), signature))


async def test_a_box_is_deposited_followed_and_fetched(tmp_path: Path) -> None:
    async with pair(tmp_path) as (custodian, leaf):
        leaf.request(Follow(custodian.node_id, EVERYTHING, None))
        written = box(1, leaf.now())
        leaf.request(Deposit(written))
        answer = await told(leaf, DepositAnswered)
        assert (answer.custodian, answer.verdict) == (custodian.node_id, Verdict.STORED)
        leaf.request(Fetch((tag_of(answer.parcel_id),)))
        assert (await told(leaf, BoxArrived)).box == written


async def test_a_custodian_that_was_restarted_holds_what_it_held(tmp_path: Path) -> None:
    async with pair(tmp_path) as (first, leaf):
        before = first.spec
        leaf.request(Follow(first.node_id, EVERYTHING, None))
        leaf.request(Deposit(box(1, leaf.now())))
        tag = tag_of((await told(leaf, DepositAnswered)).parcel_id)
    async with running(tmp_path / "custodian.db", secret=1, listen=before.endpoint) as second:
        assert second.spec == before
        async with running(tmp_path / "leaf.db", second.spec, secret=2, leaf=True) as leaf:
            leaf.request(Read(frozenset({ADDRESS})))
            await told(leaf, CustodianUp)
            leaf.request(Follow(second.node_id, EVERYTHING, None))
            assert (await told(leaf, TagsArrived)).tags == (tag,)
            view = second.status().view.custodian
            assert view is not None
            assert view.parcels == 1


async def test_peers_and_guards_are_found_again_without_being_named(tmp_path: Path) -> None:
    async with running(tmp_path / "custodian.db", secret=1) as custodian:
        async with running(tmp_path / "leaf.db", custodian.spec, secret=2, leaf=True) as leaf:
            leaf.request(Read(frozenset({ADDRESS})))
            await told(leaf, CustodianUp)
        async with running(tmp_path / "leaf.db", secret=2, leaf=True) as leaf:
            leaf.request(Read(frozenset({ADDRESS})))
            assert (await told(leaf, CustodianUp)).custodian == custodian.node_id
            assert leaf.status().view.guards == 1


async def test_a_node_that_ends_says_goodbye(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db", secret=1) as stays:
        async with running(tmp_path / "b.db", stays.spec, secret=2):
            await until(lambda: stays.links_up() == 1)
        await until(lambda: stays.links_up() == 0, patience=5)


async def test_a_node_can_be_joined_by_name_and_without_its_key(tmp_path: Path) -> None:
    async with running(tmp_path / "custodian.db", secret=1) as custodian:
        spec = JoinSpec(Endpoint("localhost", custodian.listen.port))
        async with running(tmp_path / "leaf.db", spec, secret=2, leaf=True) as leaf:
            leaf.request(Read(frozenset({ADDRESS})))
            assert (await told(leaf, CustodianUp)).custodian == custodian.node_id


async def test_the_status_tells_who_is_linked(tmp_path: Path) -> None:
    async with pair(tmp_path) as (custodian, leaf):
        status = leaf.status()
        assert [(peer.node, peer.role) for peer in status.peers] == [(custodian.node_id, Role.FULL)]
        assert (status.role, status.custodians, status.view.custodian) == (Role.LEAF, 1, None)
        assert status.listen == leaf.listen
        assert status.counters.datagrams_in > 0
        assert status.view.hops == 1
        assert status.view.is_small
        assert leaf.custodians() == [custodian.node_id]


async def test_a_full_disk_is_an_honest_refusal_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fill(database: Database) -> None:
        with database.read() as snapshot:
            let_it_grow_no_more(snapshot)

    caplog.set_level(logging.WARNING, "core.node.service")
    async with open_database(tmp_path / "custodian.db", KEY, load_migrations("parcels")) as thread:
        await thread.run(fill)
        options = NetworkOptions(listen=LOOPBACK, mainline=False, lan=False)
        async with (
            node_over(thread, node_secret=bytes([1]) * 32, options=options, tuning=FREE) as custodian,
            running(tmp_path / "leaf.db", custodian.spec, secret=2, leaf=True) as leaf,
        ):
            leaf.request(Read(frozenset({ADDRESS})))
            await told(leaf, CustodianUp)
            await put_records_until_full(leaf)
            leaf.request(FindRecord(id_of(1)))
            await told(leaf, RecordAnswered)
    assert [record.message for record in caplog.records].count("the store failed: DiskFull: SQLITE_FULL") <= 2
    assert "SQLITE_FULL" in caplog.text


async def put_records_until_full(leaf: NodeService) -> None:
    """Put records until a custodian refuses one for want of room; more than fit in the pages of an empty database."""
    for number in range(100):
        leaf.request(PutRecord(encode_record(make_record(number, 1, expiry_hour=leaf.now().hour() + 100))))
        if (await told(leaf, DepositAnswered)).verdict is Verdict.FULL:
            return
    raise AssertionError("never full")


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db", secret=1) as first:
        with pytest.raises(Unreachable, match=str(first.listen.port)):
            async with running(tmp_path / "b.db", secret=2, listen=first.listen):
                pass


async def test_a_node_on_every_interface_names_one_that_can_be_joined(tmp_path: Path) -> None:
    async with running(tmp_path / "a.db", secret=1, listen=ANY_ENDPOINT) as node:
        assert node.spec == JoinSpec(Endpoint("127.0.0.1", node.listen.port), NodeId(node.node_id))
        assert parse_join(str(node.spec)) == node.spec
