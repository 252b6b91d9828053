"""The gate to an account: made, restored, opened and locked; one profile, held by one process.

Two locks. The *screen lock* only stops answering: mail still comes in, and no event carries content. The *vault lock* lets
go of the keys and stops the people layer; the node runs on, knowing nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import trio

from core import api
from core.api import ApiError, Kind
from core.commands import act_of, check_name
from core.node_service import NodeService
from core.open_account import OpenAccount
from core.people.work import Work
from core.storage import accounts as account_rows
from core.vault.account import Accounts, Unlocked
from core.vault.cost import PRODUCT, CostPolicy
from core.vault.profile import Profile
from core.vault.remembered import KeyStore
from net.events import NodeEvent
from net.parts import Tuning


@dataclass(frozen=True, slots=True)
class Terms:
    """What tests make cheap; the product uses it as it stands. ``stores``: places for a remembered key."""

    policy: CostPolicy = PRODUCT
    stores: tuple[KeyStore, ...] | None = None
    tuning: Tuning = field(default_factory=Tuning)


class Gate:
    """Holds the profile and, while it is open, the account. ``tell`` takes events and must not block."""

    def __init__(
        self, home: Path, node: NodeService, nursery: trio.Nursery, terms: Terms, tell: Callable[[api.Event], None]
    ) -> None:
        self.open: OpenAccount | None = None
        self.is_screen_locked = False
        self._home = home
        self._node = node
        self._nursery = nursery
        self._terms = terms
        self._tell = tell
        self._profile: Profile | None = None
        self._opened: trio.Event | None = None  # while an account is being opened: it reads already
        self._changing = trio.Lock()  # one command at a time opens, locks or changes the account

    def _accounts(self) -> Accounts:
        if self._profile is None:
            self._profile = Profile(self._home)
        return Accounts(self._profile, self._terms.policy, self._terms.stores)

    def account(self) -> OpenAccount:
        """Return the open account. Raises ``ApiError``."""
        if self.open is None:
            if not self._accounts().exists():
                raise ApiError(Kind.NO_ACCOUNT, "There is no account on this device yet.")
            raise ApiError(Kind.LOCKED, "The account is locked.")
        return self.open

    async def _begin(self, unlocked: Unlocked, name: str | None = None) -> None:
        assert self._profile is not None
        self._opened = trio.Event()
        try:
            self.open = await OpenAccount.start(
                self._nursery, self._profile.history, unlocked, self._node, self._emit, self._terms.tuning
            )
        finally:
            self._opened.set()
            self._opened = None
        self.is_screen_locked = False
        if name:
            await self.open.service.act(act_of(api.AccountRename(name=name)))

    async def feed(self, events: Sequence[NodeEvent]) -> None:
        """Give the open account what the node reports; without one it is of no interest.

        An account that is being opened has told the node already what it reads, and the answers are said only once.
        """
        if self._opened is not None:
            await self._opened.wait()
        if self.open is not None:
            await self.open.service.feed(events)

    async def create(self, command: api.AccountCreate) -> api.AccountCreated:
        """Make an account and open it."""
        check_name(command.name)
        async with self._changing:
            accounts = self._accounts()
            unlocked = await trio.to_thread.run_sync(accounts.create, command.passcode, [command.name])
            await self._begin(unlocked, command.name)
        return api.AccountCreated(identity=unlocked.identity, words=unlocked.words)

    async def restore(self, command: api.AccountRestore) -> api.AccountIdentity:
        """Make the account anew from its words and open it."""
        check_name(command.name)

        def restore() -> Unlocked:
            return accounts.restore(
                command.words,
                command.passcode,
                accept_mismatch=command.accept_mismatch,
                known_words=[command.name],
            )

        async with self._changing:
            accounts = self._accounts()
            unlocked = await trio.to_thread.run_sync(restore)
            await self._begin(unlocked, command.name)
        return api.AccountIdentity(identity=unlocked.identity)

    async def unlock(self, command: api.AccountUnlock) -> api.AccountIdentity:
        """Open the account, or let go of the screen lock."""
        async with self._changing:
            accounts = self._accounts()
            unlocked = await trio.to_thread.run_sync(accounts.unlock, command.passcode)
            if self.open is None:
                await self._begin(unlocked)
            self.is_screen_locked = False
        return api.AccountIdentity(identity=unlocked.identity)

    async def lock(self, command: api.AccountLock) -> api.Done:
        """Lock the screen, or the vault."""
        async with self._changing:
            if self.open is not None and command.keep_receiving:
                self.is_screen_locked = True
                self._tell(api.AccountLocked(vault=False))
            else:
                await self.shut()
        return api.Done()

    async def logout(self, _: api.AccountLogout) -> api.Done:
        """Lock the vault and forget the remembered key."""
        async with self._changing:
            accounts = self._accounts()
            await trio.to_thread.run_sync(accounts.logout)
            await self.shut()
        return api.Done()

    async def shut(self) -> None:
        """Lock the vault: the keys go, the people layer stops."""
        if self.open is not None:
            account, self.open = self.open, None
            await account.stop()
            self.is_screen_locked = False
            self._tell(api.AccountLocked(vault=True))

    async def change_passcode(self, command: api.AccountChangePasscode) -> api.Done:
        """Wrap the same keys by another passcode."""
        async with self._changing:
            self.account()
            await trio.to_thread.run_sync(self._accounts().change_passcode, command.old, command.new)
        return api.Done()

    async def info(self, _: api.AccountGet) -> api.AccountInfo:
        """Tell whose account is open."""
        if self.open is None or self.is_screen_locked:
            exists = await trio.to_thread.run_sync(self._accounts().exists)
            return api.AccountInfo(identity="", name="", locked=True, exists=exists)
        account = self.open
        return api.AccountInfo(
            identity=account.unlocked.identity,
            name=await account.service.act(_own_name),
            locked=False,
            exists=True,
            remembered=account.unlocked.remembered,
        )

    async def close(self) -> None:
        """Let go of everything."""
        await self.shut()
        if self._profile is not None:
            self._profile.close()

    def _emit(self, event: api.Event) -> None:
        if not self.is_screen_locked:
            self._tell(event)


def _own_name(work: Work) -> str:
    row = account_rows.load(work.tx)
    return "" if row is None else row.name
