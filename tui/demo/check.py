"""``sottovoce demo --check``: two accounts meet over ten nodes and talk both ways, every part a process of its own."""

from __future__ import annotations

import secrets
from typing import Final

import msgspec
import trio

from core import api
from tui.demo.children import Places, last_words, open_nodes, open_rpc
from tui.demo.errors import reason_of
from tui.demo.rpc_client import RpcClient, talk_to
from tui.language import tr

NODES: Final = 10
# Texts that each side sends.
TEXTS: Final = 3
# Seconds for everything. A quiet machine needs about ten, most of them for two passcodes.
TIME_LIMIT: Final = 90.0
INVITATION_LIFE: Final = 3600
_NAMES: Final = ("Alice", "Bob")


class Outcome(msgspec.Struct, kw_only=True):
    """What is printed. ``sent`` and ``received`` count texts, the greeting among them."""

    ok: bool = False
    accounts: int = 0
    nodes: int = 0
    sent: int = 0
    received: int = 0
    seconds: float = 0.0


async def round_trip(places: Places) -> tuple[Outcome, str]:
    """Return what was achieved, and why not everything if so."""
    outcome = Outcome()
    began = trio.current_time()
    reason = tr("not done within {seconds} seconds").format(seconds=round(TIME_LIMIT))
    try:
        with trio.move_on_after(TIME_LIMIT):
            await _try(places, outcome)
            outcome.ok = outcome.sent == outcome.received
            reason = "" if outcome.ok else tr("not every text came as it was sent")
    except Exception as fault:  # noqa: BLE001 -- the outcome is printed, whatever kept it from being better
        reason = f"{reason_of(fault)} ({last_words(places)})"
    outcome.seconds = round(trio.current_time() - began, 2)
    return outcome, reason


async def _try(places: Places, outcome: Outcome) -> None:
    async with open_nodes(places, NODES) as specs:
        outcome.nodes = len(specs)
        async with (
            open_rpc(places, "alice", specs[:2]) as alices,
            open_rpc(places, "bob", specs[1:]) as bobs,
            talk_to(alices) as alice,
            talk_to(bobs) as bob,
        ):
            async with trio.open_nursery() as nursery:
                for client, name in zip((alice, bob), _NAMES, strict=True):
                    nursery.start_soon(_create, client, name, outcome)
            ours, theirs = await _meet(alice, bob, outcome)
            for number in range(TEXTS):
                await _tell(bob, theirs, alice, f"Bob's text {number}", outcome)
                await _tell(alice, ours, bob, f"Alice's text {number}", outcome)


async def _create(client: RpcClient, name: str, outcome: Outcome) -> None:
    await client.call(api.AccountCreate(passcode=secrets.token_urlsafe(), name=name))
    outcome.accounts += 1


async def _meet(alice: RpcClient, bob: RpcClient, outcome: Outcome) -> tuple[str, str]:
    """Alice invites, Bob greets, Alice accepts; return the conversation's id on either side."""
    invited = await alice.call(api.InviteCreate(expires_in=INVITATION_LIFE))
    greeting = "It is Bob, on a private network."
    theirs = (await bob.call(api.ContactAdd(link=invited.link, greeting=greeting))).conversation
    outcome.sent += 1
    received = await alice.next_event(api.GreetingReceived)
    outcome.received += received.text == greeting
    ours = (await alice.call(api.GreetingAccept(id=received.id))).conversation
    await bob.next_event(api.ContactAccepted)
    return ours, theirs


async def _tell(speaker: RpcClient, conversation: str, hearer: RpcClient, text: str, outcome: Outcome) -> None:
    await speaker.call(api.MessageSend(conversation=conversation, text=text))
    outcome.sent += 1
    while (await hearer.next_event(api.MessageReceived)).text != text:
        pass  # the greeting, which is the conversation's first row
    outcome.received += 1
