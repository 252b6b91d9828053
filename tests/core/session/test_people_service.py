"""What could not be kept for want of room is read again, from the cursors that were committed last."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
import trio.testing

from core.people.effects import Effect
from core.people.engine import Engine
from core.session.node_share import NodeShares
from core.session.people_service import PeopleService
from core.storage import search_index
from core.storage.errors import DiskFull
from core.storage.thread import DatabaseThread
from core.vault.mark import Mark
from net.bucket import Bucket
from net.events import BoxAbsent
from net.ids import Tag
from net.instant import Instant
from net.requests import Read, Request

pytestmark = pytest.mark.trio

ADDRESSES = frozenset({7, 11})


class Node:
    """Notes what it is to read."""

    def __init__(self) -> None:
        self.reads: list[frozenset[int]] = []

    def request(self, request: Request) -> None:
        assert isinstance(request, Read)
        self.reads.append(request.addresses)

    def now(self) -> Instant:
        return Instant(trio.current_time(), 0)

    def network_ms(self) -> int:
        return 0

    def custodians(self) -> list[Bucket]:
        return []

    def shown_width(self) -> int:
        return 1


class FullDiskEngine:
    """Says once what is to be read; then nothing can be committed."""

    counter = 0

    def command(self, _act: object, _: object) -> tuple[None, list[Effect]]:
        return None, [Read(ADDRESSES)]

    def next_deadline(self) -> float:
        return math.inf

    def network(self, _events: object, _: object) -> list[Effect]:
        raise DiskFull("no room")


async def run(call: Callable[[Any], Any]) -> Any:
    return call(None)


async def test_after_a_full_disk_everything_is_read_anew(autojump_clock: trio.testing.MockClock) -> None:
    node, engine = Node(), FullDiskEngine()
    service = PeopleService(
        cast("Engine", engine),
        NodeShares(cast("Any", node)).open(),
        cast("DatabaseThread", SimpleNamespace(run=run)),
        cast("Mark", None),
        lambda _: None,
    )
    await service.act(lambda _: None)
    assert node.reads == [ADDRESSES]
    await service.feed([BoxAbsent(Tag(bytes(8)))])
    assert node.reads == [ADDRESSES, frozenset(), ADDRESSES]


async def test_older_texts_are_indexed_until_none_is_left_whatever_the_disk_says(
    autojump_clock: trio.testing.MockClock,
) -> None:
    answers: list[bool | Exception] = [True, DiskFull("no room"), True, False]
    asked: list[object] = []

    async def run_on_disk(function: object) -> bool:
        asked.append(function)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    service = PeopleService(
        cast("Engine", FullDiskEngine()),
        NodeShares(cast("Any", Node())).open(),
        cast("DatabaseThread", SimpleNamespace(run=run_on_disk)),
        cast("Mark", None),
        lambda _: None,
    )
    await service._fill_index()
    assert asked == [search_index.fill] * 4
