"""The messenger: one profile, its node, and the account while it is open. Answers every command of ``core.api``.

Two locks. The *screen lock* only stops answering: mail still comes in, and no event carries content. The *vault
lock* lets go of the keys and stops the people layer; the node runs on, knowing nobody.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import trio

from core import api, finding
from core.api import ApiError, Kind
from core.commands import act_of, check_name, check_text, conversation_of
from core.crypto import primitives
from core.node_service import NodeService, Tuning, node_over
from core.open_account import OpenAccount
from core.options import NetworkOptions
from core.people import inviting, meeting
from core.people.work import Work
from core.refusals import refusals
from core.status import describe_network
from core.storage import accounts as account_rows, meetings
from core.vault.account import Accounts, Unlocked
from core.vault.cost import PRODUCT, CostPolicy
from core.vault.hardening import harden_process
from core.vault.profile import Profile
from core.vault.remembered import KeyStore
from net.driver import system_clock
from net.events import CustodianDown, CustodianUp, NodeEvent, RecordAnswered
from net.ids import ParcelId
from net.instant import Instant

# Events that wait for a reader; more are dropped, since they are hints and ``message.list`` is the truth.
MAX_EVENTS = 4096
# Node events taken in one transaction.
MAX_BATCH = 64
# ``invite.create`` answers after two copies or this long. Seconds.
INVITE_PATIENCE = 5.0
# ``contact.add`` waits this long for a custodian, and then this long for answers. Seconds.
NETWORK_PATIENCE = 10.0
ANSWER_PATIENCE = 5.0

# What can be asked while the screen is locked: nothing that tells contents, contacts or whose account it is.
_WHILE_LOCKED = (
    api.AccountCreate,
    api.AccountRestore,
    api.AccountUnlock,
    api.AccountLock,
    api.AccountLogout,
    api.AccountGet,
    api.NetworkStatusGet,
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What tests make cheap; the product uses it as it stands. ``stores``: places for a remembered key."""

    policy: CostPolicy = PRODUCT
    stores: tuple[KeyStore, ...] | None = None
    tuning: Tuning = field(default_factory=Tuning)


@asynccontextmanager
async def open_messenger(
    home: Path,
    options: NetworkOptions,
    *,
    terms: Terms | None = None,
    clock: Callable[[], Instant] = system_clock,
) -> AsyncGenerator[Messenger]:
    """Run a messenger for a block: locked, its node joined to the network as a leaf.

    Until deposits go through relays a person's node never stores or relays for others, so that no contact is ever a
    custodian of one's own mail (``docs/THREATS.md``). Raises ``net.errors.Unreachable`` when it cannot listen.
    """
    harden_process()
    chosen = terms or Terms()
    leaf = replace(options, leaf=True)
    secret = primitives.random_bytes(32)  # a new node at every start: nothing links one run to the next
    async with (
        node_over(None, node_secret=secret, options=leaf, tuning=chosen.tuning, clock=clock) as node,
        trio.open_nursery() as nursery,
    ):
        messenger = Messenger(home, node, nursery, chosen)
        nursery.start_soon(messenger.pump)
        try:
            yield messenger
        finally:
            with trio.CancelScope(shield=True):
                await messenger.close()
            nursery.cancel_scope.cancel()


class Messenger:
    """See ``open_messenger``. ``events`` is read by the screens or by ``rpc``."""

    def __init__(self, home: Path, node: NodeService, nursery: trio.Nursery, terms: Terms) -> None:
        self._home = home
        self._node = node
        self._nursery = nursery
        self._terms = terms
        self._profile: Profile | None = None
        self._open: OpenAccount | None = None
        self._is_screen_locked = False
        self._changing = trio.Lock()  # one command at a time opens, locks or changes the account
        self._custodian_up = trio.Event()
        self._searches: dict[ParcelId, list[trio.MemorySendChannel[RecordAnswered]]] = {}
        self._outbox, self.events = trio.open_memory_channel[api.AnyEvent](MAX_EVENTS)

    async def call(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command; raises ``ApiError``."""
        if self._is_screen_locked and not isinstance(command, _WHILE_LOCKED):
            raise ApiError(Kind.LOCKED, "The screen is locked.")
        with refusals():
            handler = _HANDLERS.get(type(command))
            if handler is not None:
                return cast("api.R", await handler(self, command))
            return await self._account().service.act(act_of(command))

    # --- opening and locking ------------------------------------------------------------------------------------

    def _accounts(self) -> Accounts:
        if self._profile is None:
            self._profile = Profile(self._home)
        return Accounts(self._profile, self._terms.policy, self._terms.stores)

    def _account(self) -> OpenAccount:
        if self._open is None:
            if not self._accounts().exists():
                raise ApiError(Kind.NO_ACCOUNT, "There is no account on this device yet.")
            raise ApiError(Kind.LOCKED, "The account is locked.")
        return self._open

    async def _begin(self, unlocked: Unlocked, name: str | None = None) -> None:
        assert self._profile is not None
        self._open = await OpenAccount.start(
            self._nursery, self._profile.history, unlocked, self._node, self._emit, self._terms.tuning
        )
        self._is_screen_locked = False
        if name:
            await self._open.service.act(act_of(api.AccountRename(name=name)))

    async def _create(self, command: api.AccountCreate) -> api.AccountCreated:
        check_name(command.name)
        async with self._changing:
            accounts = self._accounts()
            unlocked = await trio.to_thread.run_sync(accounts.create, command.passcode, [command.name])
            await self._begin(unlocked, command.name)
        return api.AccountCreated(identity=unlocked.identity, words=unlocked.words)

    async def _restore(self, command: api.AccountRestore) -> api.AccountIdentity:
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

    async def _unlock(self, command: api.AccountUnlock) -> api.AccountIdentity:
        async with self._changing:
            accounts = self._accounts()
            unlocked = await trio.to_thread.run_sync(accounts.unlock, command.passcode)
            if self._open is None:
                await self._begin(unlocked)
            self._is_screen_locked = False
        return api.AccountIdentity(identity=unlocked.identity)

    async def _lock(self, command: api.AccountLock) -> api.Done:
        async with self._changing:
            if self._open is not None and command.keep_receiving:
                self._is_screen_locked = True
                self._tell(api.AccountLocked(vault=False))
            else:
                await self._shut()
        return api.Done()

    async def _logout(self, _: api.AccountLogout) -> api.Done:
        async with self._changing:
            accounts = self._accounts()
            await trio.to_thread.run_sync(accounts.logout)
            await self._shut()
        return api.Done()

    async def _shut(self) -> None:
        if self._open is not None:
            account, self._open = self._open, None
            await account.stop()
            self._is_screen_locked = False
            self._tell(api.AccountLocked(vault=True))

    async def _change_passcode(self, command: api.AccountChangePasscode) -> api.Done:
        async with self._changing:
            self._account()
            await trio.to_thread.run_sync(self._accounts().change_passcode, command.old, command.new)
        return api.Done()

    async def _info(self, _: api.AccountGet) -> api.AccountInfo:
        if self._open is None or self._is_screen_locked:
            exists = await trio.to_thread.run_sync(self._accounts().exists)
            return api.AccountInfo(identity="", name="", locked=True, exists=exists)
        account = self._open
        return api.AccountInfo(
            identity=account.unlocked.identity,
            name=await account.service.act(_own_name),
            locked=False,
            exists=True,
            remembered=account.unlocked.remembered,
        )

    # --- what waits for the network -----------------------------------------------------------------------------

    async def _invite(self, command: api.InviteCreate) -> api.InviteCreated:
        service = self._account().service
        made = await service.act(act_of(command))
        copies = 0
        with trio.move_on_after(INVITE_PATIENCE):
            while copies < inviting.COPIES:
                await service.wait_for_confirmation()
                copies = await service.act(lambda work: _copies(work, made.id))
        return api.InviteCreated(id=made.id, link=made.link, expires_at=made.expires_at, copies=copies)

    async def _add_contact(self, command: api.ContactAdd) -> api.ConversationRef:
        service = self._account().service
        identity = service.engine.me.identity
        check_text(command.greeting, api.MAX_GREETING_SIZE)
        link = finding.read_link(command.link, identity, self._node.network_ms())
        bundle = finding.judge(link, await self._search(ParcelId(link.record_id)), len(self._node.custodians()))

        def greet(work: Work) -> str:
            known = meeting.existing(work, link.identity, bundle.certificate.device)
            return (known or meeting.greet(work, link, bundle, command.greeting)).public_id

        return api.ConversationRef(conversation=await service.act(greet))

    async def _search(self, record_id: ParcelId) -> list[RecordAnswered]:
        with trio.move_on_after(NETWORK_PATIENCE):
            while not self._node.custodians():
                await self._custodian_up.wait()
        expected = min(3, len(self._node.custodians()))
        send, receive = trio.open_memory_channel[RecordAnswered](16)
        self._searches.setdefault(record_id, []).append(send)
        answers: list[RecordAnswered] = []
        try:
            with trio.move_on_after(ANSWER_PATIENCE):
                self._node.get_record(record_id)
                while len(answers) < expected:
                    answers.append(await receive.receive())
        finally:
            self._searches[record_id].remove(send)
            if not self._searches[record_id]:
                del self._searches[record_id]
        return answers

    async def _status(self, _: api.NetworkStatusGet) -> api.NetworkStatus:
        return describe_network(self._node.status())

    async def _delete(self, command: api.MessageDelete) -> api.Done:
        service = self._account().service
        done = await service.act(act_of(command))
        await service.forget_deleted()
        return done

    async def _list_messages(self, command: api.MessageList) -> list[api.Message]:
        service = self._account().service
        conversation, rows = await service.act(
            lambda work: (conversation_of(work, command.conversation).id, act_of(command)(work))
        )
        service.look_at(conversation)
        return rows

    # --- events ---------------------------------------------------------------------------------------------------

    def _emit(self, event: api.Event) -> None:
        if not self._is_screen_locked:
            self._tell(event)

    def _tell(self, event: api.Event) -> None:
        try:
            self._outbox.send_nowait(cast("api.AnyEvent", event))
        except (trio.WouldBlock, trio.BrokenResourceError):
            return  # a hint less; the reader finds everything in ``message.list``

    async def pump(self) -> None:
        """Carry what the node reports to the open account; without one it is of no interest."""
        while True:
            batch = [await self._node.events.receive()]
            try:
                while len(batch) < MAX_BATCH:
                    batch.append(self._node.events.receive_nowait())
            except trio.WouldBlock:
                pass
            self._answer_searches(batch)
            if any(isinstance(event, CustodianUp) for event in batch):
                self._custodian_up.set()
                self._custodian_up = trio.Event()
            if any(isinstance(event, CustodianUp | CustodianDown) for event in batch):
                self._emit(api.NetworkChanged(peers=len(self._node.status().peers)))
            if self._open is not None:
                await self._open.service.feed(batch)

    def _answer_searches(self, batch: list[NodeEvent]) -> None:
        for event in batch:
            if isinstance(event, RecordAnswered):
                for waiting in self._searches.get(event.record_id, ()):
                    try:
                        waiting.send_nowait(event)
                    except trio.WouldBlock:
                        continue  # more answers than anybody waits for

    async def close(self) -> None:
        """Let go of everything."""
        await self._shut()
        if self._profile is not None:
            self._profile.close()


def _own_name(work: Work) -> str:
    row = account_rows.load(work.tx)
    return "" if row is None else row.name


def _copies(work: Work, invitation: str) -> int:
    row = meetings.find(work.tx, invitation)
    return 0 if row is None else row.copies


_HANDLERS: dict[type[api.Command[Any]], Callable[[Messenger, Any], Awaitable[Any]]] = {
    api.AccountCreate: Messenger._create,
    api.AccountRestore: Messenger._restore,
    api.AccountUnlock: Messenger._unlock,
    api.AccountLock: Messenger._lock,
    api.AccountLogout: Messenger._logout,
    api.AccountChangePasscode: Messenger._change_passcode,
    api.AccountGet: Messenger._info,
    api.InviteCreate: Messenger._invite,
    api.ContactAdd: Messenger._add_contact,
    api.NetworkStatusGet: Messenger._status,
    api.MessageDelete: Messenger._delete,
    api.MessageList: Messenger._list_messages,
}
