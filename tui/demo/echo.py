"""Runs Echo, the demo's contact: an ordinary account in a ``sottovoce rpc`` process. Its texts are in ``answers``.

Events only wake it; what there is to do it reads from the lists, so nothing is missed while it is away. Each answer's uid
follows from the text it answers, so that none is given twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

import trio

from core import api
from tui.demo import answers
from tui.demo.rpc_client import RpcClient, talk_to
from tui.language import tr

# An invitation outlives every demo.
INVITATION_LIFE: Final = 86_400
# Seconds that a goodbye gets to reach the nodes before Echo's process is killed.
LAST_WORDS: Final = 5.0
# Rows read at once.
PAGE: Final = 100

_IN_THE_NETWORK: Final = ("stored", "delivered", "read")

Spawn = Callable[[], AbstractAsyncContextManager[trio.Process]]


async def _untold(_: str) -> None:
    """Ignore what is waited for."""


class Echo:
    """``spawn`` starts its process, again after it vanished; ``waits_for`` is told what is waited for at the beginning."""

    def __init__(self, spawn: Spawn, waits_for: Callable[[str], Awaitable[None]] = _untold) -> None:
        self._spawn = spawn
        self._waits_for = waits_for
        self._passcode = secrets.token_urlsafe()
        self._answered: dict[str, str] = {}  # by conversation, the last row that was read
        self._count = 0

    async def run(self, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED) -> None:
        """Live until cancelled; tells its link once there is one."""
        await self._waits_for(tr("its process starts"))
        async with self._spawn() as process, talk_to(process) as client:
            await self._waits_for(tr("it makes its account, which is slow on purpose"))
            await client.call(api.AccountCreate(passcode=self._passcode, name=answers.NAME))
            await self._waits_for(tr("it leaves an invitation with the nodes"))
            invited = await client.call(api.InviteCreate(expires_in=INVITATION_LIFE))
            task_status.started(invited.link)
            await self._serve(client)
            process.kill()  # as a power cut would
        while True:
            await trio.sleep(answers.AWAY_SECONDS)
            async with self._spawn() as process, talk_to(process) as client:
                await client.call(api.AccountUnlock(passcode=self._passcode))
                await self._come_back(client)
                await self._serve(client)
                process.kill()

    async def _serve(self, client: RpcClient) -> None:
        """Answer every contact until one of them asks Echo to vanish."""
        if await self._answer_all(client):
            return
        async for event in client.events:
            if isinstance(event, api.GreetingReceived):
                await self._let_in(client)
            elif isinstance(event, api.MessageReceived) and await self._answer(client, event.conversation):
                return

    async def _let_in(self, client: RpcClient) -> None:
        for greeting in await client.call(api.GreetingList()):
            accepted = await client.call(api.GreetingAccept(id=greeting.id))
            rows = await self._unread(client, accepted.conversation)
            said = answers.welcome(greeting.name, greeting.text).texts
            await self._say(client, accepted.conversation, said, rows[-1].id if rows else greeting.id)

    async def _come_back(self, client: RpcClient) -> None:
        """Fetch what waited, and tell those who wrote."""
        await self._catch_up(client)
        for conversation in list(self._answered):
            waiting = await client.call(
                api.MessageList(conversation=conversation, after=self._answered[conversation], limit=PAGE)
            )
            texts = [row for row in waiting if row.sender != "me"]
            about = waiting[-1].id if waiting else self._answered[conversation]
            await self._say(client, conversation, answers.returned(len(texts)).texts, f"back-{about}")

    @staticmethod
    async def _catch_up(client: RpcClient) -> None:
        """Wait until the nodes have said what they hold: until nothing more comes in."""
        with trio.move_on_after(LAST_WORDS):
            while True:
                with trio.move_on_after(LAST_WORDS / 2) as quiet:
                    await client.events.receive()
                if quiet.cancelled_caught:
                    return

    async def _answer_all(self, client: RpcClient) -> bool:
        await self._let_in(client)
        for conversation in list(self._answered):
            if await self._answer(client, conversation):
                return True
        return False

    async def _answer(self, client: RpcClient, conversation: str) -> bool:
        """Answer what is new in a conversation; return whether Echo is to vanish."""
        if conversation not in self._answered:
            return False  # the greeting itself, not let in yet
        for row in await self._unread(client, conversation):
            answer = answers.answer(row.text, self._count)
            self._count += 1
            last = await self._say(client, conversation, answer.texts, row.id)
            if answer.leaves:
                await _until_stored(client, last)
                return True
        return False

    async def _unread(self, client: RpcClient, conversation: str) -> list[api.Message]:
        """Return what the other side wrote since the last look."""
        rows = await client.call(
            api.MessageList(conversation=conversation, after=self._answered.get(conversation), limit=PAGE)
        )
        if rows:
            self._answered[conversation] = rows[-1].id
        return [row for row in rows if row.sender != "me" and row.kind == "text"]

    @staticmethod
    async def _say(client: RpcClient, conversation: str, texts: Sequence[str], about: str) -> str:
        """Send texts; return the id of the last."""
        last = ""
        for number, text in enumerate(texts):
            sent = await client.call(api.MessageSend(conversation=conversation, text=text, uid=f"{about}-{number}"))
            last = sent.id
        return last


async def _until_stored(client: RpcClient, message: str) -> None:
    """Wait until a message of ours lies in the network, for a bounded time."""
    with trio.move_on_after(LAST_WORDS):
        async for event in client.events:
            if isinstance(event, api.MessageStateChanged) and event.id == message and event.state in _IN_THE_NETWORK:
                return
