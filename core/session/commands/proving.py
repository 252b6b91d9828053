"""What is known of a row, and proofs of who signed it (``core.api.proving``)."""

from __future__ import annotations

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.crypto.seed import BadIdentity, identity_of
from core.errors import Malformed, Newer
from core.people.conversation.changes import EDIT, TEXT
from core.people.conversation.rows import own_item
from core.people.format import proof, signing
from core.people.format.bounds import decode
from core.people.format.content import Edit, encode_item
from core.people.format.device import Certificate, short_name
from core.people.work import Work
from core.sentence import N_
from core.session.commands.describing import describe
from core.session.commands.lookup import message_of
from core.session.commands.registry import steps, transaction
from core.session.session import Session
from core.storage import changes, conversations, devices, ledger, messages
from core.storage.messages import MessageRow


@transaction(api.MessageDetails)
def _details(work: Work, command: api.MessageDetails) -> api.Details:
    row = message_of(work, command.id)
    (shown,) = describe(work, [row])
    first = api.Version(
        version=1,
        text=shown.text if row.first_text is None else row.first_text,
        sent_at=row.sent_at,
        state=row.state,
        ledger=_ledger(work, row),
    )
    return api.Details(
        id=row.id,
        conversation=conversations.by_id(work.tx, row.conversation).public_id,
        sender=shown.sender,
        kind=shown.kind,
        sent_at=row.sent_at,
        state=row.state,
        ledger=first.ledger,
        versions=[first, *(_version(work, each) for each in reversed(_edits(work, row)))],
        copies=row.copies,
        until=row.until,
        late=shown.late,
        device=shown.device,
        known=shown.known,
        reply_to=shown.reply_to,
        quote=shown.quote,
        forwarded=shown.forwarded,
        provable=row.kind == TEXT and messages.signed_of(work.tx, row.seq) is not None,
    )


def _edits(work: Work, row: MessageRow) -> list[MessageRow]:
    """Return the edits of a row, the one that counts first."""
    return [each for each in changes.of_row(work.tx, row.seq) if each.kind == EDIT]


def _version(work: Work, edit: MessageRow) -> api.Version:
    return api.Version(
        version=edit.version, text=edit.text, sent_at=edit.sent_at, state=edit.state, ledger=_ledger(work, edit)
    )


def _ledger(work: Work, row: MessageRow) -> list[api.LedgerEntry]:
    return [api.LedgerEntry(state=state, at=at) for state, at in ledger.of_message(work.tx, row.seq)]


@transaction(api.MessageProof)
def _prove(work: Work, command: api.MessageProof) -> api.Proof:
    row = message_of(work, command.id)
    if row.kind != TEXT:
        raise ApiError(Kind.NOT_ALLOWED, N_("Only texts are proven."))
    said = _version_of(work, row, command.version)
    try:
        signed = signing.read_kept(messages.signed_of(work.tx, said.seq) or b"")
        certificate = _certificate_of(work, said.device)
        item = encode_item(own_item(said))[1] if signed.item is None else signed.item
        return api.Proof(proof=proof.make(certificate, signed, item))
    except (Malformed, Newer) as error:
        raise ApiError(
            Kind.NOT_ALLOWED, N_("Nothing is kept that proves this text: it was not sent yet, or came long ago.")
        ) from error


def _version_of(work: Work, row: MessageRow, version: int | None) -> MessageRow:
    """Return the row that says a version of a text, the latest without one. Raises ``ApiError``."""
    edits = _edits(work, row)
    if version is None:
        return edits[0] if edits else row
    found = row if version == 1 else next((each for each in edits if each.version == version), None)
    if found is None:
        raise ApiError(Kind.BAD_REQUEST, "This version of the text is not kept.")
    return found


def _certificate_of(work: Work, device: bytes) -> Certificate:
    if device == work.me.device:
        return work.me.certificate
    return decode(Certificate, devices.certificate_of(work.tx, device), "stored certificate")


@steps(api.ProofVerify)
async def _verify(_session: Session, command: api.ProofVerify) -> api.Proven:
    return proven(command.proof)


def proven(text: str) -> api.Proven:
    """Return what the proof in a text proves. Raises ``ApiError``."""
    try:
        said, item = proof.verify(text)
        return api.Proven(
            identity=identity_of(said.identity),
            recipient=identity_of(said.recipient),
            device=short_name(said.device),
            sent_at=said.made_at,
            text=item.text,
            message=primitives.sha256(said.identity + (item.of if isinstance(item, Edit) else item.uid))[:16].hex(),
            version=item.version if isinstance(item, Edit) else 1,
            forwarded=not isinstance(item, Edit) and item.forwarded,
        )
    except Newer as error:
        raise ApiError(Kind.BAD_PROOF, N_("A newer version of sottovoce made this proof: update this one.")) from error
    except (Malformed, BadIdentity) as error:
        raise ApiError(
            Kind.BAD_PROOF, N_("This is no proof, or something in it was changed: it proves nothing.")
        ) from error
