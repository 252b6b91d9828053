"""The account itself: made, restored, opened, locked, by what one attachment asks (``core.api.account``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

import trio

from core import api
from core.api import Carrier
from core.people.work import Work
from core.session.attachments import Attachment
from core.session.checks import check_name
from core.session.commands.lookup import conversation_looked_at
from core.session.commands.registry import Handlers, act_of
from core.session.gate import Gate
from core.storage import accounts as account_rows
from core.vault.account import Accounts, Unlocked
from core.vault.errors import PasscodeNeeded

# Least time that a screen takes to open, as a share of a passcode's try, for either profile. Closing one account and
# opening another takes a tenth of a second, and half a second where the product's try takes a second and a half.
OPENING_SHARE: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class AtGate:
    """An attachment at the gate."""

    gate: Gate
    attachment: Attachment


HANDLERS: Final = Handlers[AtGate](Carrier.GATE)
at_gate: Final = HANDLERS.waiting


async def carry_out(at: AtGate, command: api.Command[api.R]) -> api.R:
    """Carry out a command about the account itself. Raises ``ApiError``, and any error that ``core.refusals`` maps."""
    return cast("api.R", await HANDLERS.of(command)(at, command))


@at_gate(api.AccountCreate)
async def _create(at: AtGate, command: api.AccountCreate) -> api.AccountCreated:
    """Make an account and open it."""

    def make(accounts: Accounts) -> Unlocked:
        return accounts.create(command.passcode, [command.name])

    check_name(command.name)
    unlocked = await at.gate.establish(make, _naming(command.name), at.attachment)
    return api.AccountCreated(identity=unlocked.identity, words=unlocked.words)


@at_gate(api.AccountRestore)
async def _restore(at: AtGate, command: api.AccountRestore) -> api.AccountIdentity:
    """Make the account anew from its words and open it."""

    def make(accounts: Accounts) -> Unlocked:
        return accounts.restore(
            command.words, command.passcode, accept_mismatch=command.accept_mismatch, known_words=[command.name]
        )

    check_name(command.name)
    unlocked = await at.gate.establish(make, _naming(command.name), at.attachment)
    return api.AccountIdentity(identity=unlocked.identity)


@at_gate(api.AccountUnlock)
async def _unlock(at: AtGate, command: api.AccountUnlock) -> api.AccountIdentity:
    """Open the account that the passcode belongs to, or unlock the attachment's screen."""
    gate, attachment = at.gate, at.attachment
    async with gate.changing:
        accounts = gate.accounts()
        if command.passcode is None and gate.open is not None and attachment.wants_passcode:
            raise PasscodeNeeded
        unlocked = await trio.to_thread.run_sync(accounts.unlock, command.passcode)
        answer_at = trio.current_time() + gate.terms.policy.seconds * OPENING_SHARE
        await gate.heed_time()
        was_open = gate.open is not None
        if command.passcode is None and gate.open is not None and not unlocked.is_same(gate.open.unlocked):
            raise PasscodeNeeded  # what is open stays so for the others: no one has typed anything
        await gate.turn_to(unlocked, attachment)
        if was_open and command.passcode is not None:
            await trio.sleep_until(answer_at)  # else the time would tell whether another account was open
        attachment.unlock()
        await _forget_for_locked(gate)
    return api.AccountIdentity(identity=unlocked.identity)


@at_gate(api.AccountLock)
async def _lock(at: AtGate, command: api.AccountLock) -> api.Done:
    """Lock the attachment's screen, or the vault."""
    gate = at.gate
    async with gate.changing:
        await gate.heed_time()
        if gate.open is not None and command.keep_receiving:
            at.attachment.lock(wants_passcode=True)
            at.attachment.tell(api.AccountLocked(vault=False))
            await gate.open.service.tidy()
            await _forget_for_locked(gate)
        else:
            gate.renewal.cancel()
            await gate.shut()
    return api.Done()


@at_gate(api.AccountLogout)
async def _logout(at: AtGate, _: api.AccountLogout) -> api.Done:
    """Lock the vault and forget the remembered key."""
    async with at.gate.changing:
        await trio.to_thread.run_sync(at.gate.accounts().logout)
        at.gate.renewal.cancel()
        await at.gate.shut()
    return api.Done()


@at_gate(api.AccountChangePasscode)
async def _change_passcode(at: AtGate, command: api.AccountChangePasscode) -> api.Done:
    """Wrap the same keys by another passcode."""
    gate = at.gate
    async with gate.changing:
        change, open_now = gate.accounts().change_passcode, gate.account().unlocked
        unlocked = await trio.to_thread.run_sync(change, command.old, command.new, open_now)
        if not gate.time.is_over():
            gate.time.begin(unlocked.typed_at)
        gate.renewal.changed(command.old, command.new)
        await _forget_for_locked(gate)
    return api.Done()


@at_gate(api.AccountWords)
async def _words(at: AtGate, command: api.AccountWords) -> api.AccountPhrase:
    """Tell the words to whoever gives the passcode, though the account is open: it may have been left so."""
    gate = at.gate
    async with gate.changing:
        words, open_now = gate.accounts().words, gate.account().unlocked
        return api.AccountPhrase(words=await trio.to_thread.run_sync(words, command.passcode, open_now))


@at_gate(api.AccountGet)
async def _info(at: AtGate, _: api.AccountGet) -> api.AccountInfo:
    """Tell whose account is open, and until when."""
    gate = at.gate
    if gate.open is None or gate.time.is_over():
        exists = await trio.to_thread.run_sync(gate.exists)
        return api.AccountInfo(identity="", name="", locked=True, exists=exists)
    if at.attachment.is_locked:
        return api.AccountInfo(identity="", name="", locked=True, exists=True, locks_at=gate.time.locks_at())
    account = gate.open
    return api.AccountInfo(
        identity=account.unlocked.identity,
        name=await account.service.act(_own_name),
        locked=False,
        exists=True,
        remembered=account.unlocked.remembered,
        locks_at=gate.time.locks_at(),
    )


async def _forget_for_locked(gate: Gate) -> None:
    """Forget the key that a passcode had remembered while a person's lock stands elsewhere.

    Else a stranger at that locked screen could restart the program and be in without a passcode.
    """
    if gate.attachments.wants_passcode():
        await trio.to_thread.run_sync(gate.accounts().logout)


def _naming(name: str) -> Callable[[Work], object] | None:
    return act_of(api.AccountRename(name=name)) if name else None


def _own_name(work: Work) -> str:
    row = account_rows.load(work.tx)
    return "" if row is None else row.name


@at_gate(api.ConversationFocus)
async def _focus(at: AtGate, command: api.ConversationFocus) -> api.Done:
    """Note what the attachment shows, and let the engine look at it."""
    account = at.gate.account()
    if command.conversation is not None:
        look = partial(conversation_looked_at, public_id=command.conversation)
        await account.service.act(look)
    at.attachment.focus = command.conversation
    return api.Done()
