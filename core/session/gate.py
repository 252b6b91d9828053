"""The gate opens and shuts the account of one profile, which one process holds.

Two locks. The *screen lock* is an attachment's (``core.session.attachments``) and only stops answering it: mail still comes
in, and no event with content is told. The *vault lock* drops the keys and stops the people layer, for all attachments; the
node runs on without an account. The commands that open and lock are in ``core.session.commands.account``.

A vault may hold two profiles, each with a passcode of its own, and a passcode opens the one that it belongs to. Typed at
the screen lock of the other, it locks that one's vault and opens its own; an onlooker sees the same either way.

Twenty hours after the passcode was typed last the vault locks, by the boot clock. The account is shut as soon as the
program notices, and from the first moment on no command is answered, no event told and no mail taken in. Where a passcode
was given for an account that runs without a person, it is used again then.

An account that fails while it is open (a damaged file, a fault of the program) is locked, and the reason is told; the
program goes on.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import trio

from core import api
from core.api import ApiError, Kind
from core.node.opening import NODE_FILES
from core.people.work import Work
from core.refusals import note, refusal_of
from core.sentence import N_
from core.session.attachments import Attachment, Attachments
from core.session.engines import Engines
from core.session.open_account import OpenAccount
from core.session.overrides import Overrides
from core.session.twenty_hours import OpenTime, Renewal
from core.vault import removal
from core.vault.account import Accounts, Unlocked
from core.vault.mark import Mark
from core.vault.profile import Profile
from core.vault.remembered import system_stores
from net.events import NodeEvent

# Seconds between two looks at the boot clock, which no timer of the event loop runs by: in suspend those stand still.
LOOK_PAUSE: Final = 10.0


class Gate:
    """Holds the profile and, while it is open, the account, for all ``attachments``.

    ``profile``: the home, where it is held already; else it is taken with the first look at it.
    ``changing`` is held while the account is opened, locked or changed: one command at a time does.
    """

    def __init__(
        self, home: Path, engines: Engines, nursery: trio.Nursery, terms: Overrides, profile: Profile | None = None
    ) -> None:
        self.open: OpenAccount | None = None
        self.attachments = Attachments(terms.attentive)
        self.home = home
        self.terms = terms
        self.changing = trio.Lock()
        self.time = OpenTime(terms.clock)
        self.renewal = Renewal(terms.passcode, terms.renew_pause)
        self._engines = engines
        self._nursery = nursery
        self._profile = profile
        self._was_removed = False  # by this run: looking whether there is an account must not make a home again
        self._opened: trio.Event | None = None  # while an account is being opened: it reads already

    def accounts(self) -> Accounts:
        """Return the vault's accounts. Raises the errors of ``core.vault.profile``."""
        if self._profile is None:
            self._profile = Profile(self.home)
        if removal.has_begun(self.home):  # and could not be finished
            self.remove()
            self._profile = Profile(self.home)
        self._was_removed = False
        return Accounts(self._profile, self.terms.policy, self.terms.stores, self.terms.clock)

    def exists(self) -> bool:
        """Tell whether there is an account. Raises the errors of ``core.vault.profile``."""
        return not self._was_removed and self.accounts().exists()

    def account(self) -> OpenAccount:
        """Return the open account. Raises ``ApiError``."""
        if self.open is None or self.time.is_over():
            if not self.exists():
                raise ApiError(Kind.NO_ACCOUNT, N_("There is no account on this device yet."))
            raise ApiError(Kind.LOCKED, N_("The account is locked."))
        return self.open

    async def begin(self, unlocked: Unlocked) -> None:
        """Open an account. Raises the error that keeps it from opening."""
        assert self._profile is not None
        self._opened = trio.Event()
        self.time.begin(unlocked.typed_at)
        share = self._engines.open(self.feed)
        share.attention = self.attachments.attention
        try:
            self.open = await OpenAccount.start(
                self._nursery, self._profile.history, unlocked, share, self.emit, self.terms, self._failed
            )
        except BaseException:
            share.close()
            raise
        finally:
            self._opened.set()
            self._opened = None
        self.renewal.cancel()

    async def turn_to(self, unlocked: Unlocked, attachment: Attachment) -> None:
        """Open a profile for an attachment, in place of the one that is open if that is another.

        The other attachments are locked then; the one that turns is told nothing, so that an onlooker sees nothing of it.
        """
        if self.open is not None and unlocked.is_same(self.open.unlocked):
            self.time.begin(unlocked.typed_at)
            return
        was_open = self.open is not None
        if was_open:
            self.attachments.lock_for_vault(besides=attachment)
            await self.let_go()
        else:
            attachment.unlock()  # now: what comes from the account's first moment on is told
        try:
            await self.begin(unlocked)
        except BaseException:
            attachment.lock()
            if was_open:
                attachment.tell(api.AccountLocked(vault=True))
            raise

    async def feed(self, events: Sequence[NodeEvent]) -> None:
        """Give the open account the node's events for it; without one they are dropped.

        An account that is being opened has told the node already what it reads, and the node answers only once: these
        events wait for it.
        """
        if self._opened is not None:
            await self._opened.wait()
        account = self.open
        if account is not None and not self.time.is_over():
            try:
                await account.service.feed(events)
            except Exception as fault:  # noqa: BLE001 -- whatever it is, it ends this account and nothing else
                account.fail(fault)

    async def establish(
        self, make: Callable[[Accounts], Unlocked], first: Callable[[Work], object] | None, attachment: Attachment
    ) -> Unlocked:
        """Make an account, open it for an attachment and carry out its ``first`` transaction, all of it or nothing.

        Its words are said only once: if the caller no longer waits for them, the account is removed.
        """
        async with self.changing:
            accounts = self.accounts()
            assert self._profile is not None
            files = [path for path in self._profile.history_files if not path.exists()]
            unlocked = await trio.to_thread.run_sync(make, accounts)
            try:
                await self.turn_to(unlocked, attachment)
                if first is not None:
                    await self.account().service.act(first)
                await trio.lowlevel.checkpoint_if_cancelled()
            except BaseException:
                with trio.CancelScope(shield=True):
                    attachment.lock()
                    await self.let_go()
                    await trio.to_thread.run_sync(_take_back, accounts, files)
                raise
        return unlocked

    async def shut(self) -> None:
        """Lock the vault: the keys go, the people layer stops, every attachment is locked."""
        if self.open is not None:
            await self.let_go()
            self.attachments.lock_for_vault()

    async def let_go(self) -> None:
        """Stop the account, and let go of all that is known of it."""
        if self.open is not None:
            account, self.open = self.open, None
            await account.stop()
            self.time.end()
            del account
            gc.collect()  # keys that a cycle of objects holds would stay until some later collection

    def _failed(self, account: OpenAccount, fault: Exception) -> None:
        """Note that an account failed and was shut: lock it, and tell the reason."""
        refusal = refusal_of(fault, self.home)
        note("the account was locked", refusal)
        if self.open is not account:
            return  # it was being shut anyway
        self.renewal.failed(account.unlocked, self.attachments.unlocked())
        self.open = None
        self.time.end()
        self.attachments.lock_for_vault(reason=refusal.said)

    # --- the twenty hours -----------------------------------------------------------------------------------------

    async def watch(self, pause: float = LOOK_PAUSE) -> None:
        """Lock the vault when its time is over, and open it again where the passcode was given; until cancelled.

        ``pause``: seconds between two looks.
        """
        while True:
            await trio.sleep(pause)
            try:
                async with self.changing:
                    await self.heed_time()
                    await self.renewal.heed(self)
            except Exception as fault:  # noqa: BLE001 -- the watch of the clock must not stop
                note("could not look at the clock", refusal_of(fault, self.home))

    async def heed_time(self) -> None:
        """Lock the vault if its time is over. Events since then were dropped, so it must be opened anew, not left open."""
        if self.open is not None and self.time.is_over():
            self.renewal.ran_out(self.open.unlocked, self.attachments.unlocked())
            await self.shut()

    async def try_passcode(self, passcode: str) -> Unlocked:
        """Return what a passcode opens. Raises the errors of ``core.vault.errors``."""
        return await trio.to_thread.run_sync(self.accounts().unlock, passcode)

    def begin_removal(self, unlocked: Unlocked) -> None:
        """Say for good that the account that is open is being removed: from now on there is none. Blocks."""
        removal.begin(self.home, unlocked.tag, Mark(unlocked.tag, unlocked.database_key).path)
        self._was_removed = True

    def remove(self) -> list[str]:
        """Remove all of an account whose removal has begun; return what is left in the home. Blocks; it is shut.

        Raises ``HalfRemoved``.
        """
        stores = system_stores() if self.terms.stores is None else self.terms.stores
        try:
            return removal.finish(self.home, stores, NODE_FILES)
        finally:
            if self._profile is not None:
                self._profile.close()
                self._profile = None
            self._was_removed = True

    async def close(self) -> None:
        """Shut the account and release the profile."""
        await self.shut()
        if self._profile is not None:
            self._profile.close()

    def emit(self, event: api.Event) -> None:
        """Tell the attachments that may see it, unless the account's time is over."""
        if not self.time.is_over():
            self.attachments.tell(event)


def _take_back(accounts: Accounts, files: Sequence[Path]) -> None:
    """Remove an account that could not be opened, and of its files those that were not there before."""
    accounts.take_back()
    for path in files:
        with suppress(OSError):
            path.unlink(missing_ok=True)
