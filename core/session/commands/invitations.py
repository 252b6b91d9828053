"""Invitations: one's own, and greeting the maker of another (``core.api.meeting``)."""

from __future__ import annotations

from typing import Final

import msgspec
import trio

from core import api
from core.api import ApiError, Kind
from core.crypto.seed import identity_of
from core.node.service import NodeService
from core.node.status import clock_alone
from core.people.contact import greeting_sent, invitations
from core.people.contact.names import LookAlikes, warning_of_greeting
from core.people.format.invitation import Bundle, Link
from core.people.work import Work
from core.sentence import sentence
from core.session import invitation_lookup
from core.session.checks import check_text
from core.session.commands.given import text_given
from core.session.commands.registry import steps, transaction
from core.session.open_account import OpenAccount
from core.session.session import Session
from core.storage import conversations, meetings
from net.ids import ParcelId
from net.numbers import COPIES

# Longest note on an invitation, in UTF-8 bytes.
MAX_NOTE_SIZE: Final = 200
# ``invite.create`` answers after two copies or this long. Seconds.
INVITE_PATIENCE: Final = 5.0


async def _wait_for_copies(account: OpenAccount, made: api.InviteCreated) -> api.InviteCreated:
    copies = 0
    with trio.move_on_after(INVITE_PATIENCE):
        while copies < COPIES:
            await account.service.wait_for_confirmation()
            copies = await account.service.act(lambda work: _copies(work, made.id))
    return api.InviteCreated(id=made.id, link=made.link, expires_at=made.expires_at, copies=copies)


def _copies(work: Work, invitation: str) -> int:
    row = meetings.find(work.tx, invitation)
    return 0 if row is None else row.copies


@transaction(api.InviteCreate, then=_wait_for_copies)
def _create(work: Work, command: api.InviteCreate) -> api.InviteCreated:
    _check_terms(command)
    row = invitations.create(work, command)
    return api.InviteCreated(id=row.id, link=row.link, expires_at=row.expires_at, copies=0)


def _check_terms(command: api.InviteCreate) -> None:
    """Refuse an invitation with impossible terms. Raises ``ApiError``."""
    if not api.MIN_INVITE_LIFE <= command.expires_in <= api.MAX_INVITE_LIFE:
        raise ApiError(Kind.BAD_REQUEST, "An invitation lives between one second and 90 days.")
    if command.max_uses is not None and not 1 <= command.max_uses <= 1_000_000:
        raise ApiError(Kind.BAD_REQUEST, "An invitation has at least one use.")
    check_text(command.note, MAX_NOTE_SIZE)


@transaction(api.InviteList)
def _list(work: Work, _: api.InviteList) -> list[api.Invite]:
    return [invitations.describe(work, row) for row in meetings.every(work.tx)]


@transaction(api.InviteRevoke)
def _revoke(work: Work, command: api.InviteRevoke) -> api.Done:
    invitations.revoke(work, command.id)
    return api.Done()


@steps(api.ContactAdd)
async def _add_contact(session: Session, command: api.ContactAdd) -> api.ConversationRef:
    service = session.account().service
    check_text(command.greeting, api.MAX_GREETING_SIZE)
    link, bundle = await _find(session, command.link, command.image)
    conversation = await service.act(lambda work: greet(work, link, bundle, command.greeting))
    return api.ConversationRef(conversation=conversation)


@steps(api.ContactPreview)
async def _preview(session: Session, command: api.ContactPreview) -> api.InvitePreview:
    service = session.account().service
    link, bundle = await _find(session, command.link, command.image)
    return await service.act(lambda work: preview(work, link, bundle))


async def _find(session: Session, text: str, image: str) -> tuple[Link, Bundle]:
    """Return the link in a text or a picture, and what the network holds for it. Raises ``ApiError``."""
    node = session.node
    identity = session.account().service.engine.me.identity
    _refuse_if_alone(node)  # first, for by a wrong clock a link may have expired
    found = await text_given(text, image, "An invitation")
    link = invitation_lookup.read_link(found, identity, node.network_ms())
    answers = await session.records.search(ParcelId(link.record_id))
    return link, invitation_lookup.judge(link, answers, len(node.custodians()))


def preview(work: Work, link: Link, bundle: Bundle) -> api.InvitePreview:
    """Describe the maker of an invitation as a greeter is."""
    known = conversations.by_identity(work.tx, link.identity)
    alike = LookAlikes(conversations.every_direct(work.tx))
    warning, text = warning_of_greeting(alike, bundle.name, None if known is None else known.id)
    return api.InvitePreview(
        name=bundle.name,
        identity=identity_of(link.identity),
        expires_at=link.expires_at * 1000,
        warning=warning,
        warning_text=str(text),
        warning_said=text if text.values else None,
        conversation=None if known is None else known.public_id,
    )


def greet(work: Work, link: Link, bundle: Bundle, text: str) -> str:
    """Greet the maker of an invitation, unless that was done; return the conversation's id. Raises ``ApiError``."""
    known = greeting_sent.existing(work, link, bundle.certificate.device)
    return (known or greeting_sent.greet(work, link, bundle, text)).public_id


def _refuse_if_alone(node: NodeService) -> None:
    """Raise ``ApiError`` if no custodian can be asked because our own clock is the odd one."""
    status = node.status()
    alone = clock_alone(status.view)
    if alone is not None and not status.custodians:
        names = ", ".join(each.node for each in alone.against)
        message = sentence("This machine's clock differs from that of {names}.", names=names)
        raise ApiError(Kind.CLOCK_OFF, message, **msgspec.to_builtins(alone))
