"""Searches for a record: asks custodians, and collects their answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import trio

from core.node.service import NodeService
from net.events import NodeEvent, RecordAnswered
from net.ids import ParcelId
from net.requests import FindRecord

# A search waits this long for a custodian, and then this long for answers. Seconds.
NETWORK_PATIENCE: Final = 10.0
ANSWER_PATIENCE: Final = 5.0
# Seconds between two looks at whether there is a custodian yet.
LOOK_PAUSE: Final = 0.1
# Custodians whose answers are waited for: as many as a node asks (``net.client.searches``).
ANSWERS: Final = 3
# Answers that a search has room for; more are dropped.
MAX_ANSWERS: Final = 16


class RecordSearches:
    """The searches under way. ``take`` gives them what the node reports."""

    def __init__(self, node: NodeService) -> None:
        self._node = node
        self._waiting: dict[ParcelId, list[trio.MemorySendChannel[RecordAnswered]]] = {}

    async def search(self, record_id: ParcelId) -> list[RecordAnswered]:
        """Return what custodians answer: nothing where none does in time."""
        with trio.move_on_after(NETWORK_PATIENCE):
            while not self._node.custodians():  # noqa: ASYNC110 -- a roster fills without an event
                await trio.sleep(LOOK_PAUSE)
        expected = min(ANSWERS, len(self._node.custodians()))
        send, receive = trio.open_memory_channel[RecordAnswered](MAX_ANSWERS)
        self._waiting.setdefault(record_id, []).append(send)
        answers: list[RecordAnswered] = []
        try:
            with trio.move_on_after(ANSWER_PATIENCE):
                self._node.request(FindRecord(record_id))
                while len(answers) < expected:
                    answers.append(await receive.receive())
        finally:
            self._waiting[record_id].remove(send)
            if not self._waiting[record_id]:
                del self._waiting[record_id]
        return answers

    def take(self, events: Iterable[NodeEvent]) -> None:
        """Hand custodians' answers to the searches that wait for them."""
        for event in events:
            if isinstance(event, RecordAnswered):
                for waiting in self._waiting.get(event.record_id, ()):
                    try:
                        waiting.send_nowait(event)
                    except trio.WouldBlock:
                        continue  # more answers than the search waits for
