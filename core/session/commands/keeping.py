"""Friends' devices: contacts' mail kept on this one, one's own on theirs (``core.api.keeping``)."""

from __future__ import annotations

from core import api
from core.node.status import describe_keeping
from core.people.contact import removal
from core.people.conversation import keep_request
from core.people.work import Work
from core.session.commands.lookup import conversation_of
from core.session.commands.registry import steps, transaction
from core.session.session import Session
from core.storage import contact_inboxes


@transaction(api.ContactAskKeep)
def _ask(work: Work, command: api.ContactAskKeep) -> api.Done:
    row = conversation_of(work, command.conversation)
    removal.refuse_blocked(row)
    keep_request.ask(work, row, wanted=command.ask)
    return api.Done()


@transaction(api.ContactKeepMail)
def _keep(work: Work, command: api.ContactKeepMail) -> api.Done:
    keep_request.agree(work, conversation_of(work, command.conversation), keep=command.keep)
    return api.Done()


@steps(api.KeepingGet)
async def _info(session: Session, _: api.KeepingGet) -> api.KeepingInfo:
    return describe_keeping(session.node.keeping(), await session.account().service.act(kept_for))


def kept_for(work: Work) -> int:
    """Return for how many contacts this device keeps mail."""
    return len(contact_inboxes.kept(work.tx))
