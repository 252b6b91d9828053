"""Greetings received at one's own links: kept until the person accepts or rejects them.

A greeting that was accepted, or two that crossed, make one conversation per identity. Everything a conversation needs —
devices, lanes, ratchets, a root for resets — is in place when it is *open*.
"""

from __future__ import annotations

import msgspec

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.crypto.ratchet import Receiver
from core.crypto.seed import identity_of
from core.errors import Malformed, OpenFailed
from core.people.contact import invitations, names
from core.people.contact.slot_posts import (
    ACCEPTED_AGAIN_MS,
    Whereto,
    acceptance_place,
    post_to_slots,
    watch_conversation,
)
from core.people.conversation import lane_reading, prekeys, resets
from core.people.conversation.item_rules import take_text
from core.people.conversation.ratchets import seal_for, start_session
from core.people.conversation.rows import Origin
from core.people.conversation.trust import is_foreign, know
from core.people.format import greeting as greetings, signing
from core.people.format.block import Block, encode_block
from core.people.format.bounds import decode
from core.people.format.content import ACCEPTANCE_VERSION, Acceptance, Text
from core.people.format.device import Certificate
from core.people.format.greeting import Greeting
from core.people.format.invitation import decode_link
from core.people.format.lane import Offer
from core.people.format.prekey import make_prekey
from core.people.format.slot import SLOT_SIZE
from core.people.mail.outcome import TRY_MS, done
from core.people.work import Work
from core.storage import (
    accounts,
    contact_inboxes,
    conversations,
    devices,
    meetings,
    outgoing,
    postings,
    sessions,
)
from core.storage.conversations import ConversationRow
from core.storage.meetings import GreetingRow, InvitationRow


def greeting_found(work: Work, invitation: str, sealed: bytes) -> bool:
    """Act on what was found in an invitation's slot; False when it is not a greeting to it."""
    row = meetings.find(work.tx, invitation)
    if row is None or row.xwing_private is None or row.olm_account is None or row.state != "open":
        return False
    if row.expires_at <= work.now.network_ms:
        return False
    greeting_hash = primitives.sha256(sealed)
    if meetings.was_opened(work.tx, greeting_hash):
        return True
    receiver = Receiver.restore(row.olm_account, work.me.pickle_key)  # as it was made: one key serves all its greeters
    try:
        opened = greetings.open_greeting(sealed, decode_link(row.link), row.xwing_private, receiver)
    except (OpenFailed, Malformed):
        return False
    if _is_blocked(work, opened.greeting.certificate):
        return True  # not heard, and no use is spent
    if is_foreign(work, opened.greeting.certificate):
        return False
    if _has_to_wait(work, opened.greeting.certificate):
        return False  # looked at again when it comes again, tomorrow
    meetings.note_opened(work.tx, greeting_hash, invitation)
    uses = meetings.count_use(work.tx, invitation)
    if row.max_uses is not None and uses >= row.max_uses:
        invitations.finish(work, row, "used")
    _let_in_or_keep(work, row, opened)
    return True


def _is_blocked(work: Work, certificate: Certificate) -> bool:
    known = conversations.by_identity(work.tx, certificate.identity)
    return known is not None and bool(known.blocked)


def _is_awaited(work: Work, certificate: Certificate) -> bool:
    """Tell whether to accept without asking: this device is a contact's already, or made the link that we followed.

    Another device of the same person needs the person's consent: a thief of the words can make one.
    """
    known = conversations.by_identity(work.tx, certificate.identity)
    device = None if known is None else devices.find(work.tx, known.id, certificate.device)
    return device is not None and device.is_known


def _has_to_wait(work: Work, certificate: Certificate) -> bool:
    """Tell whether too many greetings wait, or an accepted device greets so often that it only keeps us busy."""
    if not _is_awaited(work, certificate):
        return meetings.is_door_full(work.tx, work.limits.greetings)
    known = conversations.by_identity(work.tx, certificate.identity)
    return known is not None and resets.is_restless(work, known.id)


def _let_in_or_keep(work: Work, row: InvitationRow, opened: greetings.Opened) -> None:
    said = opened.greeting
    kept = GreetingRow(
        id=opened.greeting_hash[:16].hex(),
        invitation=row.id,
        greeting=msgspec.msgpack.encode(said),
        identity=said.certificate.identity,
        root=opened.secret,
        greeting_hash=opened.greeting_hash,
        session="",
        received_at=work.now.own_ms,
    )
    if _is_awaited(work, said.certificate):
        accept(work, kept)
    else:
        meetings.add_greeting(work.tx, kept)
        identity = identity_of(kept.identity)
        work.emit(api.GreetingReceived(id=kept.id, identity=identity, name=said.name, text=said.text))


def describe(work: Work, row: GreetingRow, alike: names.LookAlikes) -> api.Greeting:
    """Return a greeting as people see it."""
    said = decode(Greeting, row.greeting, "stored greeting")
    invitation = meetings.find(work.tx, row.invitation)
    known = conversations.by_identity(work.tx, row.identity)
    warning, text = names.warning_of_greeting(alike, said.name, None if known is None else known.id)
    return api.Greeting(
        id=row.id,
        identity=identity_of(row.identity),
        name=said.name,
        text=said.text,
        received_at=row.received_at,
        note="" if invitation is None else invitation.note,
        known=known is not None,
        warning=warning,
        warning_text=str(text),
        warning_said=text if text.values else None,
        invite="" if invitation is None else invitation.id,
    )


def accept(work: Work, row: GreetingRow) -> ConversationRow:
    """Accept a greeting: the conversation opens here at once, there when the acceptance is read. Raises ``ApiError``."""
    said = decode(Greeting, row.greeting, "stored greeting")
    if is_foreign(work, said.certificate):  # another identity has come by the same device meanwhile
        raise ApiError(Kind.UNKNOWN_GREETING, "This greeting came from the device of somebody else.")
    conversation = conversations.by_identity(work.tx, row.identity)
    if conversation is None:
        public_id = primitives.random_bytes(16).hex()
        conversation = conversations.insert(work.tx, public_id, row.identity, said.name, "open", work.now.own_ms)
    contact_inboxes.set_present(work.tx, conversation.id, said.inbox, said.inbox_number)
    was_open = conversation.state == "open" and bool(devices.of_member(work.tx, conversation.id, row.identity))
    is_again = was_open and devices.find(work.tx, conversation.id, said.certificate.device) is not None
    know(work, conversation.id, said.certificate)
    resets.add_root(work, conversation.id, greetings.root_of(row.root))
    contact_inboxes.set_told(work.tx, conversation.id, work.me.inbox_number)
    place = greetings.text_place(said.certificate, bytes.fromhex(row.invitation), work.me.identity)
    entry = greetings.text_entry(said.uid, said.text)
    signed = signing.message(place, said.made_at, entry) + said.text_signature
    take_text(work, Origin(conversation.id, said.certificate.device, said.made_at), Text(said.uid, said.text), signed)
    offer = introduce_lane(work, conversation, said.certificate.device)
    for posting in postings.of_conversation(work.tx, conversation.id, "greeting"):
        if posting.message is not None:  # we greeted too, and that greeting may never be opened: say it in the lane
            outgoing.set_pending(work.tx, posting.message)
            postings.detach(work.tx, posting.id)
    if is_again:  # a greeter that greets again lost all that was said
        devices.set_offered_key(work.tx, conversation.id, said.certificate.device, None)
        sessions.retire(work.tx, conversation.id, said.certificate.device)
        resets.say_all_again(work, conversation.id, said.certificate.device)
    _accept_by_slot(work, conversation.id, row, offer)
    lane_reading.start_reading(work, conversation.id, said.certificate.device, said.offer)
    if work.now.own_ms - row.received_at > ACCEPTED_AGAIN_MS and not was_open:
        # Should this state be an old copy, its greeter has long been accepted and looks for resets alone.
        resets.begin(work, conversation.id, is_last_known=False)
    become_open(work, conversation, said.name, tell=not was_open)
    meetings.drop_greeting(work.tx, row.id)
    accounts.advance(work.tx)
    return conversations.by_id(work.tx, conversation.id)


def introduce_lane(work: Work, conversation: ConversationRow, device: bytes) -> Offer:
    """Return the offer of a lane to a device that reads none of ours; other devices learn of a new one by a reset."""
    if any(known.device != device for known in devices.of_conversation(work.tx, conversation.id)):
        return resets.begin(work, conversation.id, is_last_known=True)
    return resets.introduce_lane(work, conversation.id)


def _accept_by_slot(work: Work, conversation: int, row: GreetingRow, offer: Offer) -> None:
    me = accounts.load(work.tx)
    said = decode(Greeting, row.greeting, "stored greeting")
    audience = devices.find(work.tx, conversation, said.certificate.device)
    assert me is not None
    assert audience is not None
    session = start_session(work, audience, said.prekey)
    made = make_prekey(work.now.network_ms)
    prekeys.keep(work, conversation, audience.device, made)
    acceptance = Acceptance(
        ACCEPTANCE_VERSION,
        work.me.certificate,
        offer,
        work.me.inbox,
        work.me.inbox_number,
        me.name,
        made.public,
    )
    name = greetings.root_name(greetings.root_of(row.root))
    place = acceptance_place(work.me.identity, said.certificate.identity, work.me.device, name)
    block = encode_block(Block(work.now.own_ms, (acceptance,)), place, work.me.device_seed)
    sealed = seal_for(work, [(audience, session)], block, SLOT_SIZE)
    where = Whereto(greetings.acceptance_secret(row.root), said.inbox)
    for old in postings.of_conversation(work.tx, conversation, "acceptance")[: 1 - work.limits.devices]:
        done(work, old, None)  # one is enough for each device
    post_to_slots(
        work, conversation, "acceptance", sealed, where, work.now.network_ms + TRY_MS, generation=offer.generation
    )


def become_open(work: Work, conversation: ConversationRow, name: str, *, tell: bool) -> None:
    """Mark a conversation as open; ``name`` is what the other side calls itself."""
    conversations.set_open(work.tx, conversation.id, work.now.network_ms)
    names.heard(work, conversation, name)
    watch_conversation(work, conversation.id)
    if tell:
        work.emit(api.ContactAccepted(conversation=conversation.public_id))


def reject(work: Work, greeting_id: str) -> None:
    """Reject a greeting; nothing is sent. Raises ``ApiError``."""
    if meetings.greeting(work.tx, greeting_id) is None:
        raise ApiError(Kind.UNKNOWN_GREETING, "There is no such greeting.")
    meetings.drop_greeting(work.tx, greeting_id)
