"""Contacts: their list, names, devices, blocking and removing (``core.api.contacts``)."""

from __future__ import annotations

from typing import Any, cast

from core import api
from core.api import ApiError, Kind
from core.crypto import identity_slips
from core.crypto.seed import BadIdentity, identity_of, public_key_of
from core.people.contact import names, removal
from core.people.contact.names import LookAlikes
from core.people.conversation import signs, trust
from core.people.format import security_code
from core.people.format.content import Tells
from core.people.format.device import short_name
from core.people.record import account_state
from core.people.work import Work
from core.sentence import N_, Sentence
from core.session.checks import check_name, check_page
from core.session.commands.given import text_given
from core.session.commands.lookup import muted_until, rekeys_overdue
from core.session.commands.registry import steps, transaction
from core.session.session import Session
from core.storage import conversations, devices
from core.storage.conversations import ConversationRow


def _contact_of(work: Work, identity: str) -> ConversationRow:
    """Return the conversation with an identity. Raises ``ApiError``."""
    try:
        found = conversations.by_identity(work.tx, public_key_of(identity))
    except BadIdentity:
        found = None
    if found is None:
        raise _unknown()
    return found


def _unknown() -> ApiError:
    return ApiError(Kind.UNKNOWN_CONTACT, "There is no such contact.")


@transaction(api.ContactList)
def _list(work: Work, command: api.ContactList) -> list[api.Contact]:
    check_page(command.limit)
    rows = sorted(conversations.every_direct(work.tx), key=lambda row: (row.name.casefold(), row.identity))
    alike = LookAlikes(rows)
    if command.after is not None:
        at = next((n for n, row in enumerate(rows) if identity_of(row.identity) == command.after), None)
        if at is None:
            raise _unknown()
        rows = rows[at + 1 :]
    page = rows[: command.limit]
    unknown, overdue = names.unknown_devices(work, page), rekeys_overdue(work)
    warned = [names.warning_of(alike, row, unknown[row.id]) for row in page]
    return [_describe(work, row, why, is_overdue=row.id in overdue) for row, why in zip(page, warned, strict=True)]


def _describe(
    work: Work, row: ConversationRow, warned: tuple[api.ContactWarning | None, Sentence], *, is_overdue: bool
) -> api.Contact:
    warning, text = warned
    both = signs.exchanged(work, row)
    return api.Contact(
        identity=identity_of(row.identity),
        name=row.name,
        own_name=row.own_name,
        conversation=row.public_id,
        state=cast("Any", row.state),  # the schema's CHECK lists the same three
        verified=bool(row.verified),
        blocked=bool(row.blocked),
        devices=_describe_devices(work, row),
        warning=warning,
        warning_text=str(text),
        warning_said=text if text.values else None,
        rekey_overdue=is_overdue,
        muted_until=muted_until(work, row),
        tells=_names(Tells(row.tells)),
        exchanged=_names(both),
        online=bool(both & Tells.PRESENCE) and signs.is_here(work, row.here_at),
        last_seen=row.here_at or None if both & Tells.PRESENCE else None,
        pinned=bool(row.pinned),
        archived=bool(row.archived),
        marked_unread=bool(row.marked_unread),
    )


def _names(tells: Tells) -> list[api.Sign]:
    named: tuple[tuple[Tells, api.Sign], ...] = (
        (Tells.READ, "read"),
        (Tells.TYPING, "typing"),
        (Tells.PRESENCE, "presence"),
    )
    return [name for bit, name in named if tells & bit]


def _describe_devices(work: Work, row: ConversationRow) -> list[api.ContactDevice]:
    served = {device.device for device in trust.audience(work, row.id)}
    return [
        api.ContactDevice(
            id=device.device.hex(),
            name=short_name(device.device),
            state=cast("Any", device.state),  # the schema's CHECK lists the same, and refused
            since=device.since,
            served=device.device in served,
        )
        for device in devices.of_member(work.tx, row.id, row.identity)
        if device.state != "refused"
    ]


@transaction(api.ContactRename)
def _rename(work: Work, command: api.ContactRename) -> api.Done:
    check_name(command.name)
    names.rename(work, _contact_of(work, command.identity), command.name)
    return api.Done()


@transaction(api.ContactBlock)
def _block(work: Work, command: api.ContactBlock) -> api.Done:
    removal.block(work, _contact_of(work, command.identity))
    return api.Done()


@transaction(api.ContactUnblock)
def _unblock(work: Work, command: api.ContactUnblock) -> api.Done:
    removal.unblock(work, _contact_of(work, command.identity))
    return api.Done()


@transaction(api.ContactRemove)
def _remove(work: Work, command: api.ContactRemove) -> api.Done:
    removal.remove(work, _contact_of(work, command.identity))
    account_state.capture(work)  # now, so that nothing of it is left in the account's own record either
    return api.Done()


@transaction(api.ContactConfirmDevice)
def _confirm_device(work: Work, command: api.ContactConfirmDevice) -> api.Done:
    removal.confirm_device(work, _contact_of(work, command.identity), command.device, accept=command.accept)
    return api.Done()


# --- who it is --------------------------------------------------------------------------------------------------------


@transaction(api.ContactCode)
def _code(work: Work, command: api.ContactCode) -> api.SecurityCode:
    digits = security_code.digits_of(work.me.identity, _contact_of(work, command.identity).identity)
    return api.SecurityCode(digits=digits, qr=security_code.qr_text(digits))


@steps(api.ContactVerify)
async def _verify(session: Session, command: api.ContactVerify) -> api.Done:
    service = session.account().service
    given: str | None = None
    if command.code or command.image:
        given = await text_given(command.code, command.image, "A security code")
    await service.act(lambda work: verify(work, command.identity, given, verified=command.verified))
    return api.Done()


def verify(work: Work, identity: str, given: str | None, *, verified: bool) -> None:
    """Note that a contact was compared, by the text ``given`` if there is one. Raises ``ApiError``."""
    row = _contact_of(work, identity)
    if given is not None:
        _compare(given, security_code.digits_of(work.me.identity, row.identity))
    trust.compared(work, row, verified=verified)


def _compare(given: str, digits: str) -> None:
    found = security_code.read(given)
    if found is None:
        raise ApiError(Kind.BAD_CODE, N_("There is no security code in this: it has sixty digits."))
    if found != digits:
        raise ApiError(
            Kind.BAD_CODE, N_("This is another code: one of you does not talk with whom you think. Do not confirm it.")
        )


@transaction(api.IdentityCheck)
def _check_identity(_: Work, command: api.IdentityCheck) -> api.IdentityChecked:
    found = identity_slips.check(command.text)
    if isinstance(found, identity_slips.Wrong):
        place = {} if found.at is None else {"at": found.at}
        raise ApiError(Kind.BAD_IDENTITY, found.message, slip=found.slip, **place)
    return api.IdentityChecked(identity=found)
