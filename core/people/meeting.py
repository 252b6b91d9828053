"""Getting to know: greetings sent, greetings received, greetings accepted.

A greeting that was accepted, or two that crossed, make one conversation per identity. Everything a conversation needs —
devices, lanes, ratchets, a root for resets — is in place when it is *open*.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import msgspec

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.crypto.ratchet import Account, Session
from core.crypto.seed import identity_of
from core.errors import Malformed, OpenFailed
from core.people import greeting as greetings, inviting, resetting
from core.people.bounds import decode
from core.people.content import Acceptance, Block, Text, decode_block, encode_block
from core.people.conversing import seal_for, start_session
from core.people.device import TAG_SIZE, Certificate, check
from core.people.envelope import Place, open_envelope
from core.people.fragment import cut, joined
from core.people.greeting import Greeting
from core.people.invitation import Bundle, Link, decode_link
from core.people.knowing import is_foreign, know
from core.people.lane import Offer, check_offer
from core.people.moment import DAY_MS
from core.people.notices import message_id
from core.people.posting import TRY_MS, done, mark_delivered, slot_secrets
from core.people.reading import insert_incoming, unwrap
from core.people.slot import ACCEPTANCE_SLOTS, SLOTS
from core.people.watching import SlotWatch
from core.people.work import Work
from core.storage import accounts, conversations, devices, meetings, messages, postings
from core.storage.conversations import ConversationRow
from core.storage.meetings import GreetingRow, InvitationRow
from core.storage.messages import NewMessage
from core.storage.postings import Posting

# So long after a conversation opened its acceptance may come once more: from an inviter who was put back to before it,
# and found the greeting again, whose boxes live for 49 hours. Milliseconds.
ACCEPTED_AGAIN_MS = 4 * DAY_MS
# An acceptance stands outside any lane: it is signed at this place.
_ACCEPTANCE_INDEX = 0


# --- greeting somebody ----------------------------------------------------------------------------------------------


def existing(work: Work, link: Link, device: bytes) -> ConversationRow | None:
    """Return the conversation with whoever made a link if there is nothing left to greet for.

    Who waits at one link and is given another greets there too: the first may have been used up by others meanwhile.
    """
    row = conversations.by_identity(work.tx, link.identity)
    if row is None or row.state == "unanswered":
        return None
    if row.state == "waiting":
        greeted = postings.of_conversation(work.tx, row.id, "greeting")
        return row if any(each.secrets.startswith(link.greeting_secret) for each in greeted) else None
    known = devices.find(work.tx, device)
    return row if known is not None and known.conversation == row.id else None


def greet(work: Work, link: Link, bundle: Bundle, text: str) -> ConversationRow:
    """Write a greeting to whoever made a link. The conversation waits until it is accepted. Raises ``ApiError``."""
    if is_foreign(work, bundle.certificate):
        raise ApiError(Kind.BAD_INVITE, "This invitation names the device of somebody else.")
    row = conversations.by_identity(work.tx, link.identity)
    if row is None:
        public_id = primitives.random_bytes(16).hex()
        row = conversations.insert(work.tx, public_id, link.identity, bundle.name, "waiting", work.now.own_ms)
    if row.state != "open":
        until = (
            max(row.waiting_until or 0, link.expires_at * 1000) if row.state == "waiting" else link.expires_at * 1000
        )
        conversations.set_state(work.tx, row.id, "waiting", until)
    offer = _introduce_lane(work, row, bundle.certificate.device)
    root = primitives.random_bytes(greetings.ROOT_SIZE)
    session = work.olm_account().open_session(bundle.olm_identity, bundle.olm_key)
    _, olm = session.encrypt(root)
    me = accounts.load(work.tx)
    assert me is not None
    uid = primitives.random_bytes(16)
    unsigned = Greeting(work.me.certificate, olm, offer, work.me.inbox, me.name, uid, text, work.now.own_ms, bytes(64))
    sealed = greetings.seal(link, bundle, unsigned, work.me.device_seed)
    know(work, row.id, bundle.certificate)
    pickle = session.pickle(work.me.pickle_key)
    devices.add_session(work.tx, session.id, bundle.certificate.device, pickle)
    greeting_hash = primitives.sha256(sealed)
    conversations.add_root(work.tx, row.id, greeting_hash, root)
    seq = _insert_own(work, row, uid, text)
    where = Whereto(link.greeting_secret, link.address_secret)
    _post(work, row.id, "greeting", sealed, where, link.expires_at * 1000, message=seq)
    watch_conversation(work, row.id)
    accounts.advance(work.tx)
    for kept in meetings.greetings_from(work.tx, link.identity):  # who greets somebody at the door lets them in
        if decode(Greeting, kept.greeting, "stored greeting").certificate.device == bundle.certificate.device:
            accept(work, kept)
    return row


def _insert_own(work: Work, row: ConversationRow, uid: bytes, text: str) -> int | None:
    return messages.insert(
        work.tx,
        NewMessage(
            id=message_id(row.public_id, work.me.identity, uid),
            conversation=row.id,
            uid=uid,
            author=work.me.identity,
            device=work.me.device,
            incoming=False,
            kind=1,
            text=text,
            sent_at=work.now.own_ms,
            state="queued",
        ),
    )


class Whereto(NamedTuple):
    """The secrets of the slots to write into and of the address they lie at."""

    slots: bytes
    inbox: bytes


def _post(
    work: Work,
    conversation: int,
    kind: str,
    sealed: bytes,
    whereto: Whereto,
    until: int,
    *,
    message: int | None = None,
    generation: bytes | None = None,
) -> None:
    pieces = cut(sealed)
    number = primitives.random_bytes(1)[0] % SLOTS[kind]
    postings.insert(
        work.tx,
        Posting(
            id=0,
            kind=kind,
            conversation=conversation,
            generation=generation,
            first_index=0,
            fragments=len(pieces),
            payload=b"".join(pieces),
            secrets=slot_secrets(whereto.slots, number),
            inbox=whereto.inbox,
            message=message,
            made_at=work.now.network_ms,
            until=until,
        ),
    )


def acceptance_watch(conversation: int, greeting_hash: bytes) -> str:
    """Return the name of the watch on a greeting's acceptance."""
    return f"acceptance:{conversation}:{greeting_hash.hex()}"


def watch_conversation(work: Work, conversation: int) -> None:
    """Look for resets, and for the acceptance of our greetings while one may still come."""
    row = conversations.by_id(work.tx, conversation)
    may_come = (
        row.opened_at is None
        or work.now.network_ms - row.opened_at < ACCEPTED_AGAIN_MS
        or bool(postings.of_conversation(work.tx, conversation, "greeting"))
    )
    for greeting_hash, root in conversations.roots(work.tx, conversation):
        name = acceptance_watch(conversation, greeting_hash)
        if may_come:
            work.want(work.watches.watch_slots(SlotWatch(name, greetings.acceptance_secret(root), ACCEPTANCE_SLOTS)))
        else:
            work.watches.forget_slots(name)
    resetting.watch(work, conversation)


# --- being greeted --------------------------------------------------------------------------------------------------


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
    account = Account.restore(row.olm_account, work.me.pickle_key)
    try:
        opened = greetings.open_greeting(sealed, decode_link(row.link), row.xwing_private, account)
    except (OpenFailed, Malformed):
        return False
    if is_foreign(work, opened.greeting.certificate):
        return False
    if meetings.is_door_full(work.tx) and not _is_awaited(work, opened.greeting.certificate):
        return False  # looked at again when it comes again, tomorrow
    meetings.note_opened(work.tx, greeting_hash, invitation)
    devices.use_prekey(work.tx, opened.session.id)
    uses = meetings.count_use(work.tx, invitation, account.pickle(work.me.pickle_key))
    if row.max_uses is not None and uses >= row.max_uses:
        inviting.finish(work, row, "used")
    _let_in_or_keep(work, row, opened)
    return True


def _is_awaited(work: Work, certificate: Certificate) -> bool:
    """Tell whether there is nothing to ask: we greeted too, or this device is a contact's already."""
    known = conversations.by_identity(work.tx, certificate.identity)
    device = devices.find(work.tx, certificate.device)
    return known is not None and (known.state == "waiting" or (device is not None and device.conversation == known.id))


def _let_in_or_keep(work: Work, row: InvitationRow, opened: greetings.Opened) -> None:
    said = opened.greeting
    kept = GreetingRow(
        id=opened.greeting_hash[:16].hex(),
        invitation=row.id,
        greeting=msgspec.msgpack.encode(said),
        identity=said.certificate.identity,
        root=opened.root,
        greeting_hash=opened.greeting_hash,
        session=opened.session.pickle(work.me.pickle_key),
        received_at=work.now.own_ms,
    )
    if _is_awaited(work, said.certificate):
        accept(work, kept)
    else:
        meetings.add_greeting(work.tx, kept)
        identity = identity_of(kept.identity)
        work.emit(api.GreetingReceived(id=kept.id, identity=identity, name=said.name, text=said.text))


def describe(work: Work, row: GreetingRow) -> api.Greeting:
    """Return a greeting as people see it."""
    said = decode(Greeting, row.greeting, "stored greeting")
    invitation = meetings.find(work.tx, row.invitation)
    return api.Greeting(
        id=row.id,
        identity=identity_of(row.identity),
        name=said.name,
        text=said.text,
        received_at=row.received_at,
        note="" if invitation is None else invitation.note,
        known=conversations.by_identity(work.tx, row.identity) is not None,
    )


def accept(work: Work, row: GreetingRow) -> ConversationRow:
    """Let a greeter in: the conversation opens here at once, there when the acceptance is read. Raises ``ApiError``."""
    said = decode(Greeting, row.greeting, "stored greeting")
    if is_foreign(work, said.certificate):  # another identity has come by the same device meanwhile
        raise ApiError(Kind.UNKNOWN_GREETING, "This greeting came from the device of somebody else.")
    conversation = conversations.by_identity(work.tx, row.identity)
    if conversation is None:
        public_id = primitives.random_bytes(16).hex()
        conversation = conversations.insert(work.tx, public_id, row.identity, said.name, "open", work.now.own_ms)
    conversations.set_inbox(work.tx, conversation.id, said.inbox)
    was_open = conversation.state == "open" and bool(devices.of_conversation(work.tx, conversation.id))
    is_again = was_open and devices.find(work.tx, said.certificate.device) is not None
    know(work, conversation.id, said.certificate)
    session = Session.restore(row.session, work.me.pickle_key)
    pickle = session.pickle(work.me.pickle_key)
    devices.add_session(work.tx, session.id, said.certificate.device, pickle)
    conversations.add_root(work.tx, conversation.id, row.greeting_hash, row.root)
    insert_incoming(work, conversation.id, said.certificate.device, said.made_at, Text(said.uid, said.text))
    offer = _introduce_lane(work, conversation, said.certificate.device)
    for posting in postings.of_conversation(work.tx, conversation.id, "greeting"):
        if posting.message is not None:  # we greeted too, and that greeting may never be opened: say it in the lane
            messages.set_pending(work.tx, posting.message)
            postings.detach(work.tx, posting.id)
    if is_again:  # whoever greets again does not know of anything that was said
        devices.set_offered_key(work.tx, said.certificate.device, None)
        resetting.say_again(work, conversation.id, [])
    _accept_by_slot(work, conversation.id, row, offer)
    resetting.start_reading(work, conversation.id, said.certificate.device, said.offer)
    _become_open(work, conversation, said.name, tell=not was_open)
    meetings.drop_greeting(work.tx, row.id)
    accounts.advance(work.tx)
    return conversations.by_id(work.tx, conversation.id)


def _introduce_lane(work: Work, conversation: ConversationRow, device: bytes) -> Offer:
    """Return the offer of a lane to a device that reads none of ours; other devices learn of a new one by a reset."""
    if any(known.device != device for known in devices.of_conversation(work.tx, conversation.id)):
        return resetting.begin(work, conversation.id, is_last_known=True)
    return resetting.introduce_lane(work, conversation.id)


def _accept_by_slot(work: Work, conversation: int, row: GreetingRow, offer: Offer) -> None:
    me = accounts.load(work.tx)
    said = decode(Greeting, row.greeting, "stored greeting")
    audience = devices.find(work.tx, said.certificate.device)
    assert me is not None
    assert audience is not None
    start_session(work, audience)  # who accepts a second time, put back, cannot go on with the greeting's ratchet
    block = Block(work.now.own_ms, (Acceptance(work.me.certificate, offer, work.me.inbox, me.name),))
    place = Place(work.me.identity, row.greeting_hash[:16], _ACCEPTANCE_INDEX)
    sealed = seal_for(work, [audience], encode_block(block), place, greetings.SIZE)
    where = Whereto(greetings.acceptance_secret(row.root), said.inbox)
    _post(work, conversation, "acceptance", sealed, where, work.now.network_ms + TRY_MS, generation=offer.generation)


def _become_open(work: Work, conversation: ConversationRow, name: str, *, tell: bool) -> None:
    conversations.set_open(work.tx, conversation.id, work.now.network_ms)
    conversations.set_name(work.tx, conversation.id, name)
    watch_conversation(work, conversation.id)
    if tell:
        work.emit(api.ContactAccepted(conversation=conversation.public_id))


def reject(work: Work, greeting_id: str) -> None:
    """Turn a greeter away; nothing is sent. Raises ``ApiError``."""
    if meetings.greeting(work.tx, greeting_id) is None:
        raise ApiError(Kind.UNKNOWN_GREETING, "There is no such greeting.")
    meetings.drop_greeting(work.tx, greeting_id)


# --- being accepted -------------------------------------------------------------------------------------------------


def acceptance_found(work: Work, conversation: int, greeting_hash: bytes, sealed: bytes) -> bool:
    """Act on what was found in an acceptance slot; False when it is not an acceptance of our greeting."""
    owner = conversations.by_id(work.tx, conversation)
    place = Place(owner.identity, greeting_hash[:16], _ACCEPTANCE_INDEX)
    for device in devices.of_conversation(work.tx, conversation):
        certificate = decode(Certificate, device.certificate, "stored certificate")
        try:
            plain = open_envelope(
                sealed,
                work.me.device[:TAG_SIZE],
                place,
                certificate.device,
                partial(unwrap, work, device),
            )
            block = decode_block(plain)
        except (OpenFailed, Malformed):
            continue
        for item in block.items:
            if isinstance(item, Acceptance) and _is_sound(work, owner, item):
                _accepted(work, owner, item, greeting_hash)
                return True
    return False


def _is_sound(work: Work, owner: ConversationRow, item: Acceptance) -> bool:
    try:
        check(item.certificate)
        check_offer(item.offer)
    except Malformed:
        return False
    return item.certificate.identity == owner.identity and not is_foreign(work, item.certificate)


def _accepted(work: Work, owner: ConversationRow, item: Acceptance, greeting_hash: bytes) -> None:
    was_open = owner.state == "open"
    greeted = postings.of_conversation(work.tx, owner.id, "greeting")
    conversations.set_inbox(work.tx, owner.id, item.inbox)
    know(work, owner.id, item.certificate)
    if not _settle_greetings(work, greeted, greeting_hash):
        for seq in messages.unanswered_greetings(work.tx, owner.id):  # of a link that was over before it was answered
            mark_delivered(work, seq)
    device = devices.find(work.tx, item.certificate.device)
    assert device is not None
    is_new = device.cleared_at is None and resetting.start_reading(work, owner.id, item.certificate.device, item.offer)
    _become_open(work, owner, item.name, tell=not was_open)
    if is_new and was_open and not greeted:  # accepted once more: its inviter was put back to before it did
        devices.set_offered_key(work.tx, item.certificate.device, None)
        resetting.begin(work, owner.id, is_last_known=True)
        resetting.say_again(work, owner.id, [])


def _settle_greetings(work: Work, greeted: list[Posting], greeting_hash: bytes) -> bool:
    """Let go of our greetings; tell whether the one that was accepted is among them.

    What was said at other links may never have been opened there: it is said again in the lane.
    """
    is_among = False
    for posting in greeted:
        if primitives.sha256(joined(posting.payload)) == greeting_hash:
            is_among = True
            done(work, posting, "delivered")
        else:
            if posting.message is not None:
                messages.set_pending(work.tx, posting.message)
            done(work, posting, None)
    return is_among
