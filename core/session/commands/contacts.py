"""Contacts: their list, names, devices, blocking and removing (``core.api.contacts``)."""

from __future__ import annotations

from typing import Any, cast

from core import api
from core.api import ApiError, Kind
from core.crypto.seed import BadIdentity, identity_of, public_key_of
from core.people.contact import names, removal
from core.people.contact.names import LookAlikes
from core.people.conversation import trust
from core.people.format.device import short_name
from core.people.record import account_state
from core.people.work import Work
from core.session.checks import check_name, check_page
from core.session.commands.lookup import is_rekey_overdue
from core.session.commands.registry import transaction
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
    return [_describe(work, row, alike) for row in rows[: command.limit]]


def _describe(work: Work, row: ConversationRow, alike: LookAlikes) -> api.Contact:
    warning, text = names.warning_of(work, alike, row)
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
        warning_text=text,
        rekey_overdue=is_rekey_overdue(work, row),
    )


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
