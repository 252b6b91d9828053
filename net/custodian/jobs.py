"""What a custodian stands between: clients on one side, a slow store on the other.

Store calls commit to disk and may take tens of milliseconds, so the custodian never makes one. It hands out *jobs*; the
owner runs them one after another, in order, in a worker thread, and gives each result back, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, NewType, Protocol, TypeVar

from net.instant import Instant
from net.messages import Message

T = TypeVar("T")

# A client: the end of a link or of a circuit; the frontend gives the numbers.
ClientId = NewType("ClientId", int)


class ClientPort(Protocol):
    """The way back to clients."""

    def writable(self, client: ClientId) -> bool:
        """Say whether more than small answers may be sent now."""
        ...

    def send(self, client: ClientId, message: Message, now: Instant) -> bool:
        """Send, or say that there was no room (or no such client any more)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class StoreJob(Generic[T]):
    """One piece of work on the store. ``run`` is for a worker thread, the other two are not."""

    run: Callable[[], T]
    done: Callable[[T, Instant], None]
    failed: Callable[[Instant], None]


AnyStoreJob = StoreJob[Any]
