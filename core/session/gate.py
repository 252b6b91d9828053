"""The gate makes, restores, opens and locks the account of one profile, which one process holds.

Two locks. The *screen lock* only stops answering: mail still comes in, and no event carries content. The *vault lock*
drops the keys and stops the people layer; the node runs on without an account.

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
from typing import Final, cast

import trio

from core import api
from core.api import ApiError, Carrier, Kind
from core.people.work import Work
from core.refusals import note, refusal_of
from core.session.checks import check_name
from core.session.commands import act_of
from core.session.commands.registry import Handlers
from core.session.engines import Engines
from core.session.open_account import OpenAccount
from core.session.overrides import Overrides
from core.session.twenty_hours import OpenTime, Renewal
from core.storage import accounts as account_rows
from core.vault.account import Accounts, Unlocked
from core.vault.errors import PasscodeNeeded
from core.vault.profile import Profile
from net.events import NodeEvent

# Seconds between two looks at the boot clock, which no timer of the event loop runs by: in suspend those stand still.
LOOK_PAUSE: Final = 10.0
# Least time that a screen takes to open, as a share of a passcode's try, for either profile. Closing one account and
# opening another takes a tenth of a second, and half a second where the product's try takes a second and a half.
OPENING_SHARE: Final = 1 / 3

HANDLERS: Final = Handlers["Gate"](Carrier.GATE)
at_gate: Final = HANDLERS.waiting


class Gate:
    """Holds the profile and, while it is open, the account. ``tell`` takes events and must not block."""

    def __init__(
        self,
        home: Path,
        engines: Engines,
        nursery: trio.Nursery,
        terms: Overrides,
        tell: Callable[[api.Event], None],
    ) -> None:
        self.open: OpenAccount | None = None
        self.is_screen_locked = False
        self.home = home
        self._engines = engines
        self._nursery = nursery
        self._terms = terms
        self._tell = tell
        self._profile: Profile | None = None
        self._opened: trio.Event | None = None  # while an account is being opened: it reads already
        self._changing = trio.Lock()  # one command at a time opens, locks or changes the account
        self.time = OpenTime(terms.clock)
        self._renewal = Renewal(terms.passcode, terms.renew_pause)

    def _accounts(self) -> Accounts:
        if self._profile is None:
            self._profile = Profile(self.home)
        return Accounts(self._profile, self._terms.policy, self._terms.stores, self._terms.clock)

    def account(self) -> OpenAccount:
        """Return the open account. Raises ``ApiError``."""
        if self.open is None or self.time.is_over():
            if not self._accounts().exists():
                raise ApiError(Kind.NO_ACCOUNT, "There is no account on this device yet.")
            raise ApiError(Kind.LOCKED, "The account is locked.")
        return self.open

    async def carry_out(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command about the account itself. Raises ``ApiError``, and any error that ``core.refusals`` maps."""
        return cast("api.R", await HANDLERS.of(command)(self, command))

    async def begin(self, unlocked: Unlocked, name: str | None = None) -> None:
        """Open an account, under another name if one is given. Raises the error that keeps it from opening."""
        assert self._profile is not None
        self._opened = trio.Event()
        self.time.begin(unlocked.typed_at)
        share = self._engines.open(self.feed)
        try:
            self.open = await OpenAccount.start(
                self._nursery, self._profile.history, unlocked, share, self.emit, self._terms, self._failed
            )
        except BaseException:
            share.close()
            raise
        finally:
            self._opened.set()
            self._opened = None
        self._renewal.cancel()
        if name:
            await self.open.service.act(act_of(api.AccountRename(name=name)))

    async def _turn_to(self, unlocked: Unlocked) -> None:
        """Open a profile, in place of the one that is open if that is another."""
        if self.open is not None and unlocked.is_same(self.open.unlocked):
            self.time.begin(unlocked.typed_at)
            return
        was_open = self.open is not None
        await self._let_go()
        try:
            await self.begin(unlocked)
        except BaseException:
            if was_open:
                self.is_screen_locked = False
                self._tell(api.AccountLocked(vault=True))
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

    @at_gate(api.AccountCreate)
    async def create(self, command: api.AccountCreate) -> api.AccountCreated:
        """Make an account and open it."""
        check_name(command.name)
        unlocked = await self._establish(
            lambda accounts: accounts.create(command.passcode, [command.name]), command.name
        )
        return api.AccountCreated(identity=unlocked.identity, words=unlocked.words)

    @at_gate(api.AccountRestore)
    async def restore(self, command: api.AccountRestore) -> api.AccountIdentity:
        """Make the account anew from its words and open it."""
        check_name(command.name)
        words, passcode, may_mismatch = command.words, command.passcode, command.accept_mismatch
        unlocked = await self._establish(
            lambda accounts: accounts.restore(
                words, passcode, accept_mismatch=may_mismatch, known_words=[command.name]
            ),
            command.name,
        )
        return api.AccountIdentity(identity=unlocked.identity)

    async def _establish(self, make: Callable[[Accounts], Unlocked], name: str) -> Unlocked:
        """Make an account and open it, all of it or nothing.

        Its words are said only once: if the caller no longer waits for them, the account is removed.
        """
        async with self._changing:
            accounts = self._accounts()
            assert self._profile is not None
            files = [path for path in self._profile.history_files if not path.exists()]
            unlocked = await trio.to_thread.run_sync(make, accounts)
            try:
                await self.begin(unlocked, name)
                await trio.lowlevel.checkpoint_if_cancelled()
            except BaseException:
                with trio.CancelScope(shield=True):
                    await self._let_go()
                    await trio.to_thread.run_sync(_take_back, accounts, files)
                raise
        return unlocked

    @at_gate(api.AccountUnlock)
    async def unlock(self, command: api.AccountUnlock) -> api.AccountIdentity:
        """Open the account that the passcode belongs to, or unlock its screen, which takes a passcode."""
        async with self._changing:
            accounts = self._accounts()
            if command.passcode is None and self.is_screen_locked and self.open is not None:
                raise PasscodeNeeded
            unlocked = await trio.to_thread.run_sync(accounts.unlock, command.passcode)
            answer_at = trio.current_time() + self._terms.policy.seconds * OPENING_SHARE
            await self.heed_time()
            was_open = self.open is not None
            await self._turn_to(unlocked)
            if was_open and command.passcode is not None:
                await trio.sleep_until(answer_at)  # else the time would tell whether another account was open
            self.is_screen_locked = False
        return api.AccountIdentity(identity=unlocked.identity)

    @at_gate(api.AccountLock)
    async def lock(self, command: api.AccountLock) -> api.Done:
        """Lock the screen, or the vault."""
        async with self._changing:
            await self.heed_time()
            if self.open is not None and command.keep_receiving:
                self.is_screen_locked = True
                self._tell(api.AccountLocked(vault=False))
                await self.open.service.tidy()
                # Else a stranger at the locked screen could restart the program and be in without a passcode.
                await trio.to_thread.run_sync(self._accounts().logout)
            else:
                self._renewal.cancel()
                await self.shut()
        return api.Done()

    @at_gate(api.AccountLogout)
    async def logout(self, _: api.AccountLogout) -> api.Done:
        """Lock the vault and forget the remembered key."""
        async with self._changing:
            accounts = self._accounts()
            await trio.to_thread.run_sync(accounts.logout)
            self._renewal.cancel()
            await self.shut()
        return api.Done()

    async def shut(self) -> None:
        """Lock the vault: the keys go, the people layer stops."""
        if self.open is not None:
            await self._let_go()
            self.is_screen_locked = False
            self._tell(api.AccountLocked(vault=True))

    async def _let_go(self) -> None:
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
        self._renewal.failed(account.unlocked, is_screen_locked=self.is_screen_locked)
        self.open = None
        self.time.end()
        self.is_screen_locked = False
        self._tell(api.AccountLocked(vault=True, reason=refusal.message))

    @at_gate(api.AccountChangePasscode)
    async def change_passcode(self, command: api.AccountChangePasscode) -> api.Done:
        """Wrap the same keys by another passcode."""
        async with self._changing:
            change, open_now = self._accounts().change_passcode, self.account().unlocked
            unlocked = await trio.to_thread.run_sync(change, command.old, command.new, open_now)
            if not self.time.is_over():
                self.time.begin(unlocked.typed_at)
            self._renewal.changed(command.old, command.new)
        return api.Done()

    @at_gate(api.AccountGet)
    async def info(self, _: api.AccountGet) -> api.AccountInfo:
        """Tell whose account is open, and until when."""
        if self.open is None or self.time.is_over():
            exists = await trio.to_thread.run_sync(self._accounts().exists)
            return api.AccountInfo(identity="", name="", locked=True, exists=exists)
        if self.is_screen_locked:
            return api.AccountInfo(identity="", name="", locked=True, exists=True, locks_at=self.time.locks_at())
        account = self.open
        return api.AccountInfo(
            identity=account.unlocked.identity,
            name=await account.service.act(_own_name),
            locked=False,
            exists=True,
            remembered=account.unlocked.remembered,
            locks_at=self.time.locks_at(),
        )

    # --- the twenty hours -----------------------------------------------------------------------------------------

    async def watch(self, pause: float = LOOK_PAUSE) -> None:
        """Lock the vault when its time is over, and open it again where the passcode was given; until cancelled.

        ``pause``: seconds between two looks.
        """
        while True:
            await trio.sleep(pause)
            try:
                async with self._changing:
                    await self.heed_time()
                    await self._renewal.heed(self)
            except Exception as fault:  # noqa: BLE001 -- the watch of the clock must not stop
                note("could not look at the clock", refusal_of(fault, self.home))

    async def heed_time(self) -> None:
        """Lock the vault if its time is over. Events since then were dropped, so it must be opened anew, not left open."""
        if self.open is not None and self.time.is_over():
            self._renewal.ran_out(self.open.unlocked, is_screen_locked=self.is_screen_locked)
            await self.shut()

    async def try_passcode(self, passcode: str) -> Unlocked:
        """Return what a passcode opens. Raises the errors of ``core.vault.errors``."""
        return await trio.to_thread.run_sync(self._accounts().unlock, passcode)

    async def close(self) -> None:
        """Shut the account and release the profile."""
        await self.shut()
        if self._profile is not None:
            self._profile.close()

    def emit(self, event: api.Event) -> None:
        """Tell screens and programs, unless the account is locked."""
        if not self.is_screen_locked and not self.time.is_over():
            self._tell(event)


def _take_back(accounts: Accounts, files: Sequence[Path]) -> None:
    """Remove an account that could not be opened, and of its files those that were not there before."""
    accounts.take_back()
    for path in files:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _own_name(work: Work) -> str:
    row = account_rows.load(work.tx)
    return "" if row is None else row.name
