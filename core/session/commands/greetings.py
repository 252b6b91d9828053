"""Greetings of strangers, and answers to them (``core.api.meeting``)."""

from __future__ import annotations

from core import api
from core.api import ApiError, Kind
from core.people.contact import greeting_received
from core.people.contact.names import LookAlikes
from core.people.work import Work
from core.session.commands.registry import transaction
from core.storage import conversations, meetings
from core.storage.meetings import GreetingRow


@transaction(api.GreetingList)
def _list(work: Work, _: api.GreetingList) -> list[api.Greeting]:
    alike = LookAlikes(conversations.every_direct(work.tx))
    return [
        greeting_received.describe(work, row, alike)
        for row in meetings.greetings(work.tx)
        if not _is_from_blocked(work, row)
    ]


def _is_from_blocked(work: Work, row: GreetingRow) -> bool:
    """Tell whether a greeting is from a contact that was blocked since it came: such a greeting is not listed."""
    known = conversations.by_identity(work.tx, row.identity)
    return known is not None and bool(known.blocked)


@transaction(api.GreetingAccept)
def _accept(work: Work, command: api.GreetingAccept) -> api.ConversationRef:
    row = meetings.greeting(work.tx, command.id)
    if row is None or _is_from_blocked(work, row):
        raise ApiError(Kind.UNKNOWN_GREETING, "There is no such greeting.")
    return api.ConversationRef(conversation=greeting_received.accept(work, row).public_id)


@transaction(api.GreetingReject)
def _reject(work: Work, command: api.GreetingReject) -> api.Done:
    greeting_received.reject(work, command.id)
    return api.Done()
