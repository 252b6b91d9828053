"""The messenger: one profile, its node, and the account while it is open. Answers every command of ``core.api``.

Most commands are one transaction (``core.session.commands``); those about the account itself go to
``core.session.gate``; those that wait for the network are here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import msgspec
import trio

from core import api
from core.api import ApiError, Kind
from core.node.opening import open_own_node
from core.node.options import NetworkOptions
from core.node.service import NodeService
from core.node.status import clock_alone, clocks_off, describe_keeping, describe_network
from core.people.contact import greeting_sent, invitations
from core.people.work import Work
from core.pictures.reader import PictureReading, UnreadablePicture
from core.refusals import refusals
from core.session import invitation_lookup
from core.session.checks import check_text
from core.session.commands import MessageSearching, act_of, conversation_of, kept_for
from core.session.gate import Gate, TestOverrides
from core.storage import meetings
from core.vault.hardening import harden_process
from net.events import ClocksChanged, CustodianDown, CustodianUp, NodeEvent, RecordAnswered
from net.ids import ParcelId
from net.instant import Instant
from net.io.driver import system_clock
from net.requests import FindRecord

# Events that wait for a reader; more are dropped, since they are hints and ``message.list`` is the truth.
MAX_EVENTS = 4096
# Node events taken in one transaction.
MAX_BATCH = 64
# ``invite.create`` answers after two copies or this long. Seconds.
INVITE_PATIENCE = 5.0
# ``contact.add`` waits this long for a custodian, and then this long for answers. Seconds.
NETWORK_PATIENCE = 10.0
ANSWER_PATIENCE = 5.0
# Between two looks at whether there is a network yet.
_LOOK_PAUSE = 0.1

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


@asynccontextmanager
async def open_messenger(
    home: Path,
    options: NetworkOptions,
    *,
    terms: TestOverrides | None = None,
    clock: Callable[[], Instant] = system_clock,
) -> AsyncGenerator[Messenger]:
    """Run a messenger for a block: locked, its node joined to the network.

    The node serves others as every node does (``core.node.opening``), whoever unlocks what. Raises
    ``net.errors.Unreachable`` when it cannot listen.
    """
    harden_process()
    chosen = terms or TestOverrides()
    async with (
        open_own_node(home, options, tuning=chosen.tuning, clock=clock) as node,
        trio.open_nursery() as nursery,
    ):
        queue = EventQueue()
        gate = Gate(home, node, nursery, chosen, queue.put)
        messenger = Messenger(node, gate, queue)
        nursery.start_soon(messenger.pump)
        nursery.start_soon(gate.watch)
        try:
            yield messenger
        finally:
            with trio.CancelScope(shield=True):
                await gate.close()
            nursery.cancel_scope.cancel()


class EventQueue:
    """Events on their way to their reader; a full queue drops, since events are hints.

    A lock takes back what was not read yet: nobody reads contents after it.
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

    def _take_back(self) -> None:
        with suppress(trio.WouldBlock, trio.ClosedResourceError):  # all read, or nobody reads any more
            while True:
                self.incoming.receive_nowait()


class Messenger:
    """See ``open_messenger``. ``events`` is read by the screens or by ``rpc``."""

    def __init__(self, node: NodeService, gate: Gate, events: EventQueue) -> None:
        self.events = events.incoming
        self._node = node
        self._gate = gate
        self._queue = events
        self._searches: dict[ParcelId, list[trio.MemorySendChannel[RecordAnswered]]] = {}
        self._handlers: dict[type[api.Command[Any]], Callable[[Any], Awaitable[Any]]] = {
            api.AccountCreate: gate.create,
            api.AccountRestore: gate.restore,
            api.AccountUnlock: gate.unlock,
            api.AccountLock: gate.lock,
            api.AccountLogout: gate.logout,
            api.AccountChangePasscode: gate.change_passcode,
            api.AccountGet: gate.info,
            api.InviteCreate: self._invite,
            api.ContactAdd: self._add_contact,
            api.NetworkStatusGet: self._status,
            api.SettingsSet: self._change_settings,
            api.KeepingGet: self._keeping,
            api.MessageDelete: self._delete,
            api.MessageSearch: self._search_messages,
            api.MessageList: self._look,
            api.MessageSend: self._look,
            api.ConversationRead: self._look,
        }

    async def call(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command; raises ``ApiError``."""
        if self._gate.is_screen_locked and type(command) not in _WHILE_LOCKED:
            raise ApiError(Kind.LOCKED, "The screen is locked.")
        with refusals(self._gate.home):
            handler = self._handlers.get(type(command))
            if handler is not None:
                return cast("api.R", await handler(command))
            return await self._gate.account().service.act(act_of(command))

    # --- what waits for the network -----------------------------------------------------------------------------

    async def _invite(self, command: api.InviteCreate) -> api.InviteCreated:
        service = self._gate.account().service
        made = await service.act(act_of(command))
        copies = 0
        with trio.move_on_after(INVITE_PATIENCE):
            while copies < invitations.COPIES:
                await service.wait_for_confirmation()
                copies = await service.act(lambda work: _copies(work, made.id))
        return api.InviteCreated(id=made.id, link=made.link, expires_at=made.expires_at, copies=copies)

    def _refuse_if_alone(self) -> None:
        """Raise ``ApiError`` if there is nobody to ask because our own clock is the odd one."""
        status = self._node.status()
        alone = clock_alone(status.view)
        if alone is not None and not status.custodians:
            names = ", ".join(each.node for each in alone.against)
            message = f"This machine's clock differs from that of {names}."
            raise ApiError(Kind.CLOCK_OFF, message, **msgspec.to_builtins(alone))

    async def _add_contact(self, command: api.ContactAdd) -> api.ConversationRef:
        service = self._gate.account().service
        identity = service.engine.me.identity
        check_text(command.greeting, api.MAX_GREETING_SIZE)
        self._refuse_if_alone()  # first, for by a wrong clock a link may have expired
        link = invitation_lookup.read_link(await _invitation_in(command), identity, self._node.network_ms())
        bundle = invitation_lookup.judge(
            link, await self._search(ParcelId(link.record_id)), len(self._node.custodians())
        )

        def greet(work: Work) -> str:
            known = greeting_sent.existing(work, link, bundle.certificate.device)
            return (known or greeting_sent.greet(work, link, bundle, command.greeting)).public_id

        return api.ConversationRef(conversation=await service.act(greet))

    async def _search(self, record_id: ParcelId) -> list[RecordAnswered]:
        with trio.move_on_after(NETWORK_PATIENCE):
            while not self._node.custodians():  # noqa: ASYNC110 -- a roster fills without an event
                await trio.sleep(_LOOK_PAUSE)
        expected = min(3, len(self._node.custodians()))
        send, receive = trio.open_memory_channel[RecordAnswered](16)
        self._searches.setdefault(record_id, []).append(send)
        answers: list[RecordAnswered] = []
        try:
            with trio.move_on_after(ANSWER_PATIENCE):
                self._node.request(FindRecord(record_id))
                while len(answers) < expected:
                    answers.append(await receive.receive())
        finally:
            self._searches[record_id].remove(send)
            if not self._searches[record_id]:
                del self._searches[record_id]
        return answers

    async def _status(self, _: api.NetworkStatusGet) -> api.NetworkStatus:
        return describe_network(self._node.status())

    async def _change_settings(self, command: api.SettingsSet) -> api.Done:
        account = self._gate.account()
        done = await account.service.act(act_of(command))
        await account.heed_settings()
        return done

    async def _keeping(self, _: api.KeepingGet) -> api.KeepingInfo:
        return describe_keeping(self._node.keeping(), await self._gate.account().service.act(kept_for))

    async def _delete(self, command: api.MessageDelete) -> api.Deleted:
        service = self._gate.account().service
        deleted = await service.act(act_of(command))
        await service.forget_deleted()
        return deleted

    async def _search_messages(self, command: api.MessageSearch) -> list[api.Found]:
        service = self._gate.account().service
        search = MessageSearching(command)
        while not search.is_over:
            await service.act(search.go_on)
        return search.found

    async def _look(self, command: api.MessageList | api.MessageSend | api.ConversationRead) -> object:
        """Carry out what somebody does who looks at a chat: what is owed there is acknowledged soon."""
        service = self._gate.account().service
        conversation, answer = await service.act(
            lambda work: (conversation_of(work, command.conversation).id, act_of(command)(work))
        )
        service.look_at(conversation)
        return answer

    # --- events ---------------------------------------------------------------------------------------------------

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
            if any(isinstance(event, CustodianUp | CustodianDown) for event in batch):
                self._queue.put(api.NetworkChanged(peers=len(self._node.status().peers)))
            if any(isinstance(event, ClocksChanged) for event in batch):
                view = self._node.status().view
                self._queue.put(api.ClocksChanged(off=clocks_off(view), alone=clock_alone(view)))
            await self._gate.feed(batch)

    def _answer_searches(self, batch: list[NodeEvent]) -> None:
        for event in batch:
            if isinstance(event, RecordAnswered):
                for waiting in self._searches.get(event.record_id, ()):
                    try:
                        waiting.send_nowait(event)
                    except trio.WouldBlock:
                        continue  # more answers than anybody waits for


async def _invitation_in(command: api.ContactAdd) -> str:
    """Return the text that an invitation is to be found in. Raises ``ApiError``."""
    if command.link and command.image:
        raise ApiError(Kind.BAD_REQUEST, "An invitation comes as link or as image: one of the two.")
    if not command.image:
        return command.link
    reading = PictureReading(Path(command.image))
    try:
        codes = await trio.to_thread.run_sync(reading.run, abandon_on_cancel=True)
    except UnreadablePicture as error:
        raise ApiError(Kind.BAD_PICTURE, error.reason) from None
    finally:
        reading.stop()
    return "\n".join(codes)


def _copies(work: Work, invitation: str) -> int:
    row = meetings.find(work.tx, invitation)
    return 0 if row is None else row.copies
