"""The twenty hours that an account stays open, and the given passcode that opens it again.

``OpenTime`` says how long the open account may stay open, by the boot clock. ``Renewal`` holds the passcode that was given
for an account that runs without a person: it is used again a little before the time is over, and when the account's time
ran out or it failed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import trio

from core import api
from core.crypto import primitives
from core.refusals import note, refusal_of
from core.session.attachments import Attachment, Attachments
from core.session.open_account import OpenAccount
from core.vault.account import Unlocked
from core.vault.clock import Reading
from core.vault.errors import NoAccount, VaultDamaged, WrongPasscode
from core.vault.remembered import REMEMBERED_SECONDS

_log = logging.getLogger(__name__)

# An open vault locks this long after its passcode was typed: as long as the key is remembered. Milliseconds.
OPEN_MS: Final = REMEMBERED_SECONDS * 1000
# A given passcode is typed again this long before the time is over, so that no command is refused meanwhile, not even if
# the first try is: the program is short of memory, say. Milliseconds.
RENEW_AHEAD_MS: Final = 5 * 60_000


class OpenTime:
    """Counts from when the passcode of the open account was typed last."""

    def __init__(self, clock: Callable[[], Reading]) -> None:
        self._clock = clock
        self._typed_at: Reading | None = None

    def begin(self, typed_at: Reading) -> None:
        """Count from ``typed_at``."""
        self._typed_at = typed_at

    def end(self) -> None:
        """Stop counting: no account is open any more."""
        self._typed_at = None

    def ms_left(self) -> int:
        """Return how much longer the open account may stay open, milliseconds."""
        assert self._typed_at is not None
        return OPEN_MS - self._clock().in_process_since(self._typed_at)

    def is_over(self) -> bool:
        """Tell whether the account that is open, or being opened, has been so for too long."""
        return self._typed_at is not None and self.ms_left() <= 0

    def locks_at(self) -> int:
        """Return when the vault locks, Unix milliseconds by the present wall clock."""
        return self._clock().wall_ms + self.ms_left()


class _RanOut(NamedTuple):
    """An account that is to be opened again: how to recognize it, and the attachments whose screens were not locked."""

    digest: bytes
    unlocked: frozenset[Attachment]


class Openable(Protocol):
    """What ``Renewal`` needs of the gate; the gate's lock is held meanwhile."""

    home: Path
    open: OpenAccount | None
    attachments: Attachments
    time: OpenTime

    async def try_passcode(self, passcode: str) -> Unlocked:
        """Return what a passcode opens. Raises the errors of ``core.vault.errors``."""
        ...

    async def heed_time(self) -> None:
        """Lock the vault if its time is over."""
        ...

    async def begin(self, unlocked: Unlocked) -> None:
        """Open an account."""
        ...

    def emit(self, event: api.Event) -> None:
        """Tell screens and programs."""
        ...


class Renewal:
    """What is known of the given passcode, if there is one. ``pause``: seconds between two tries."""

    def __init__(self, passcode: str | None, pause: float) -> None:
        self._passcode = passcode
        self._pause = pause
        self._ran_out: _RanOut | None = None
        self._not_before = 0.0  # of the next try, in trio's time

    def ran_out(self, account: Unlocked, screens: frozenset[Attachment]) -> None:
        """Note an account whose time was over, and the attachments whose ``screens`` were not locked."""
        self._ran_out = _RanOut(_digest(account), screens)

    def failed(self, account: Unlocked, screens: frozenset[Attachment]) -> None:
        """Note an account that failed: the cause may last for a while."""
        if self._passcode is not None:
            self.ran_out(account, screens)
            self._not_before = trio.current_time() + self._pause

    def cancel(self) -> None:
        """Open nothing again: a person opened or locked an account."""
        self._ran_out = None

    def changed(self, old: str, new: str) -> None:
        """Take a passcode that was changed here."""
        if self._passcode == old:
            self._passcode = new

    async def heed(self, gate: Openable) -> None:
        """Type the given passcode again, if there is one and it is time."""
        is_due = self._ran_out is not None if gate.open is None else gate.time.ms_left() <= RENEW_AHEAD_MS
        if self._passcode is None or not is_due or trio.current_time() < self._not_before:
            return
        self._not_before = trio.current_time() + self._pause
        try:
            await self._renew(gate, self._passcode)
        except (WrongPasscode, NoAccount, VaultDamaged):
            self._passcode = None  # it was changed elsewhere; each further try would count as a wrong one
            _log.warning("the given passcode no longer opens this account, which stays locked when its time is over")
        except Exception as error:  # noqa: BLE001 -- it is tried again, whatever was in the way
            note("could not open the account again yet", refusal_of(error, gate.home))

    async def _renew(self, gate: Openable, passcode: str) -> None:
        """Open again what ran out, or give what is open another twenty hours; another profile is left alone."""
        unlocked = await gate.try_passcode(passcode)
        await gate.heed_time()  # it may have run out meanwhile
        if gate.open is not None and unlocked.is_same(gate.open.unlocked):
            gate.time.begin(unlocked.typed_at)
        elif self._ran_out is not None and primitives.equal(self._ran_out.digest, _digest(unlocked)):
            screens = self._ran_out.unlocked
            await gate.begin(unlocked)
            gate.attachments.unlock(screens)
        else:
            raise WrongPasscode
        gate.emit(api.AccountOpened(locks_at=gate.time.locks_at()))


def _digest(unlocked: Unlocked) -> bytes:
    return primitives.sha256(unlocked.seed + unlocked.database_key)
