"""Removes the account (``core.api.account``): from the network what can be, then from this machine for good."""

from __future__ import annotations

from functools import partial
from typing import Final

import trio

from core import api
from core.people.format.account_keys import keys_of_seed
from core.people.record import farewell
from core.people.record.farewell import EmptyRecord
from core.people.work import Work
from core.sentence import N_
from core.session.commands.account import AtGate, at_gate
from core.session.open_account import OpenAccount
from core.session.people_protocol import prove
from core.session.people_service import PeopleService
from core.storage import deposits, meetings
from net.instant import HOUR_MS
from net.numbers import COPIES

# Seconds that custodians have to confirm an empty record, and between two looks.
PATIENCE: Final = 20.0
LOOK: Final = 1.0


@at_gate(api.AccountWipe)
async def _wipe(at: AtGate, command: api.AccountWipe) -> api.AccountRemoved:
    """Remove the account of the passcode. Until ``begin_removal`` it can be cancelled, and goes on as it was."""
    gate = at.gate
    async with gate.changing:
        account = gate.account()
        await trio.to_thread.run_sync(gate.accounts().confirm, command.passcode, account.unlocked)
        emptied = not command.only_here and await _empty_records(account)
        left = await account.service.act(_left)
        unlocked = account.unlocked
        files: list[str] = []
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(gate.begin_removal, unlocked)
            gate.renewal.cancel()
            await gate.let_go()
            gate.attachments.lock_for_vault(
                besides=at.attachment, reason=N_("The account was removed from this machine.")
            )
            at.attachment.lock()
            files = await trio.to_thread.run_sync(gate.remove)
    return api.AccountRemoved(emptied=emptied, files=files, network=left)


async def _empty_records(account: OpenAccount) -> bool:
    """Overwrite the personal records by empty ones; tell whether custodians said that they have the latest."""
    service = account.service
    keys = keys_of_seed(account.unlocked.seed)
    if not service.node.moment().custodians:
        return False
    for empty in await service.act(lambda work: farewell.drafts(work, keys)):
        hour = service.node.moment().hour
        nonces = await trio.to_thread.run_sync(prove, empty.draft, hour, service.price, abandon_on_cancel=True)
        await service.act(partial(_pay, empty, nonces))
    with trio.move_on_after(PATIENCE):
        while not await _is_held(service):
            with trio.move_on_after(LOOK):
                await service.wait_for_confirmation()
        return True
    return False


def _pay(empty: EmptyRecord, nonces: tuple[int, ...], work: Work) -> None:
    farewell.paid(work, empty, nonces)


async def _is_held(service: PeopleService) -> bool:
    wanted = min(COPIES, max(1, service.node.moment().custodians))
    return await service.act(farewell.copies) >= wanted


def _left(work: Work) -> list[api.Left]:
    """Return what is in the network, and until when."""
    left: list[api.Left] = []
    hour = deposits.last_expiry(work.tx)
    if hour is not None and hour * HOUR_MS > work.now.network_ms:
        left.append(api.Left(what="texts", until=hour * HOUR_MS))
    ends = [each.expires_at for each in meetings.every(work.tx) if each.record is not None]
    if ends and max(ends) > work.now.network_ms:
        left.append(api.Left(what="invitations", until=max(ends)))
    record = farewell.ends_at(work)
    if record is not None and record > work.now.network_ms:
        left.append(api.Left(what="record", until=record))
    return left
