"""Attachments: the screens and programs that use one messenger at a time, each as if it were alone.

What one of them may see belongs to it and not to the core: whether its screen is locked, which conversation it shows, when
its person did something last, and the events that wait for it.
Each starts with its screen locked, so that who reaches a running core has nothing yet; ``account.unlock`` on it lets go of
its own lock and of no other's. The vault is locked for all of them at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final, cast

import trio

from core import api
from core.api import ApiError, Kind
from core.people.moment import Attention
from core.sentence import Sentence

# Attachments at once: screens on a few terminals and some programs. Each may hold a queue of events.
MAX_ATTACHMENTS: Final = 16
# A person is there for so long after having done something. Seconds.
ATTENTIVE: Final = 300.0
# Events that wait for a reader; more are dropped, since they are hints and ``message.list`` is the truth.
MAX_EVENTS: Final = 4096


class EventQueue:
    """Events on their way to their reader; a full queue drops, since events are hints.

    A lock drops the events that were not read yet: no content is read after it.
    """

    def __init__(self) -> None:
        self._outgoing, self.incoming = trio.open_memory_channel[api.AnyEvent](MAX_EVENTS)

    def put(self, event: api.Event) -> None:
        """Add an event; never waits."""
        if isinstance(event, api.AccountLocked):
            self._take_back()
        try:
            self._outgoing.send_nowait(cast("api.AnyEvent", event))
        except (trio.WouldBlock, trio.BrokenResourceError):
            return  # a hint less; the reader finds everything in ``message.list``

    def close(self) -> None:
        """Let the reader know that nothing comes any more."""
        self._outgoing.close()

    def _take_back(self) -> None:
        with suppress(trio.WouldBlock, trio.ClosedResourceError):  # all read, or the reader is gone
            while True:
                self.incoming.receive_nowait()


def behind_lock(event: api.Event) -> api.SomethingArrived | None:
    """Return what a locked screen is told of an event; None for nothing."""
    match event:
        case api.GreetingReceived() | api.MessageReceived(notify="always" | "bell"):
            return api.SomethingArrived()
        case _:
            return None


class Attachment:
    """One screen or program. ``tell`` takes its events and must not block.

    ``is_locked``: its screen is. ``wants_passcode``: its person locked it, so that the remembered key does not open it.
    ``focus``: the id of the conversation that it shows, if any.
    """

    def __init__(self, tell: Callable[[api.Event], None], attentive: float = ATTENTIVE) -> None:
        self.is_locked = True
        self.wants_passcode = False
        self.focus: str | None = None
        self.tell = tell
        self._attentive = attentive
        self._touched_at = -math.inf

    def touch(self) -> None:
        """Note that its person did something just now."""
        self._touched_at = trio.current_time()

    def is_attended(self) -> bool:
        """Tell whether its person is there: its screen is not locked, and something was done lately."""
        return not self.is_locked and trio.current_time() - self._touched_at < self._attentive

    def unlock(self) -> None:
        """Let go of its screen's lock."""
        self.is_locked = self.wants_passcode = False

    def lock(self, *, wants_passcode: bool = False) -> None:
        """Lock its screen."""
        self.is_locked, self.wants_passcode, self.focus = True, wants_passcode, None


class Attachments:
    """Those that are attached now. ``attentive``: seconds for which who did something counts as being there."""

    def __init__(self, attentive: float = ATTENTIVE) -> None:
        self._attentive = attentive
        self._attached: list[Attachment] = []

    def __len__(self) -> int:
        return len(self._attached)

    def attach(self, tell: Callable[[api.Event], None]) -> Attachment:
        """Return one more. Raises ``ApiError``."""
        if len(self._attached) >= MAX_ATTACHMENTS:
            raise ApiError(
                Kind.TOO_MANY,
                f"{MAX_ATTACHMENTS} screens and programs use this account already.",
                limit=MAX_ATTACHMENTS,
            )
        attachment = Attachment(tell, self._attentive)
        self._attached.append(attachment)
        return attachment

    def detach(self, attachment: Attachment) -> None:
        """Forget one."""
        self._attached.remove(attachment)

    def unlocked(self) -> frozenset[Attachment]:
        """Return those whose screen is not locked."""
        return frozenset(each for each in self._attached if not each.is_locked)

    def unlock(self, those: Collection[Attachment]) -> None:
        """Unlock those of them that are still there: what locked them was not their persons' doing and is over."""
        for each in self._attached:
            if each in those:
                each.unlock()

    def wants_passcode(self) -> bool:
        """Tell whether a person locked one of them, and did not come back to it."""
        return any(each.wants_passcode for each in self._attached)

    def attention(self) -> Attention:
        """Return what persons have before their eyes now."""
        attended = [each for each in self._attached if each.is_attended()]
        return Attention(bool(attended), frozenset(each.focus for each in attended if each.focus is not None))

    def lock_for_vault(self, besides: Attachment | None = None, reason: str | Sentence = "") -> None:
        """Lock all but one of them, and tell them that the vault is locked."""
        said = reason if isinstance(reason, Sentence) and reason.values else None
        for each in self._attached:
            if each is not besides:
                each.lock()
                each.tell(api.AccountLocked(vault=True, reason=str(reason), said=said))

    def tell(self, event: api.Event) -> None:
        """Tell an event that has content to those whose screen is not locked; to the others no more than that it came."""
        hint = behind_lock(event)
        for each in self._attached:
            if not each.is_locked:
                each.tell(event)
            elif hint is not None:
                each.tell(hint)

    def tell_all(self, event: api.Event) -> None:
        """Tell all of them an event that says nothing of contents, of contacts and of whose account it is."""
        for each in self._attached:
            each.tell(event)
