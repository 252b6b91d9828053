"""Greetings sent to the maker of a link: written, deposited, and their answer looked for.

Keys that were made for a greeting are used once: none of the keys that either side keeps opens it.
"""

from __future__ import annotations

from core.api import ApiError, Kind
from core.crypto import primitives
from core.crypto.ratchet import open_session
from core.people.contact.greeting_received import accept, introduce_lane
from core.people.contact.slot_posts import (
    Whereto,
    post_to_slots,
    watch_conversation,
)
from core.people.conversation import prekeys, resets
from core.people.conversation.rows import insert_own
from core.people.conversation.trust import is_foreign, know
from core.people.format import greeting as greetings
from core.people.format.bounds import decode
from core.people.format.content import Text
from core.people.format.greeting import Greeting
from core.people.format.invitation import Bundle, Link
from core.people.format.lane import Offer
from core.people.format.prekey import Prekey, make_prekey
from core.people.work import Work
from core.storage import accounts, contact_inboxes, conversations, devices, meetings, outgoing, postings
from core.storage.conversations import ConversationRow


def existing(work: Work, link: Link, device: bytes) -> ConversationRow | None:
    """Return the conversation with the maker of a link if no further greeting is needed, else None.

    With a greeting waiting at one link, another link is greeted too: the first may have been used up by others meanwhile.
    """
    row = conversations.by_identity(work.tx, link.identity)
    if row is None or row.state == "unanswered":
        return None
    if row.state == "waiting":
        greeted = postings.of_conversation(work.tx, row.id, "greeting")
        return row if any(each.secrets.startswith(link.greeting_secret) for each in greeted) else None
    return None if devices.find(work.tx, row.id, device) is None else row


def greet(work: Work, link: Link, bundle: Bundle, text: str) -> ConversationRow:
    """Write a greeting to the maker of a link. The conversation waits until it is accepted. Raises ``ApiError``."""
    if is_foreign(work, bundle.certificate):
        raise ApiError(Kind.BAD_INVITE, "This invitation names the device of somebody else.")
    row = conversations.by_identity(work.tx, link.identity)
    if row is not None and row.blocked:
        raise ApiError(Kind.BLOCKED, "Whoever made this invitation is blocked.")
    if row is None:
        public_id = primitives.random_bytes(16).hex()
        row = conversations.insert(work.tx, public_id, link.identity, bundle.name, "waiting", work.now.own_ms)
    if row.state != "open":
        until = (
            max(row.waiting_until or 0, link.expires_at * 1000) if row.state == "waiting" else link.expires_at * 1000
        )
        conversations.set_state(work.tx, row.id, "waiting", until)
    offer = introduce_lane(work, row, bundle.certificate.device)
    secret, answer = primitives.random_bytes(greetings.SECRET_SIZE), make_prekey(work.now.network_ms, hybrid=False)
    _, olm = open_session(bundle.olm_identity, bundle.olm_key).encrypt(secret)  # carries the secret and is not kept
    uid = primitives.random_bytes(16)
    unsigned = _unsigned(work, olm, offer, answer.public, (uid, text))
    sealed = greetings.seal(link, bundle, unsigned, work.me.device_seed)
    know(work, row.id, bundle.certificate)
    prekeys.keep(work, row.id, bundle.certificate.device, answer)
    accept_secret = greetings.acceptance_secret(secret)
    root = greetings.root_of(secret)
    resets.add_root(work, row.id, root, proof=offer.generation, acceptance=accept_secret)
    contact_inboxes.set_told(work.tx, row.id, work.me.inbox_number)
    _, seq = insert_own(work, row, Text(uid, text), pending=False)
    assert seq is not None
    outgoing.set_signed(work.tx, seq, greetings.signed_text(link, unsigned, work.me.device_seed))
    where = Whereto(link.greeting_secret, link.address_secret)
    name = greetings.root_name(root)[:16]
    post_to_slots(work, row.id, "greeting", sealed, where, link.expires_at * 1000, message=seq, generation=name)
    watch_conversation(work, row.id)
    accounts.advance(work.tx)
    for kept in meetings.greetings_from(work.tx, link.identity):  # greeting a waiting greeter accepts it
        if decode(Greeting, kept.greeting, "stored greeting").certificate.device == bundle.certificate.device:
            accept(work, kept)
    return row


def _unsigned(work: Work, olm: bytes, offer: Offer, prekey: Prekey, said: tuple[bytes, str]) -> Greeting:
    """Return a greeting that says a text under a uid; it is signed when it is sealed."""
    me = accounts.load(work.tx)
    assert me is not None
    uid, text = said
    return Greeting(
        version=greetings.VERSION,
        certificate=work.me.certificate,
        olm=olm,
        offer=offer,
        inbox=work.me.inbox,
        inbox_number=work.me.inbox_number,
        prekey=prekey,
        name=me.name,
        uid=uid,
        text=text,
        text_signature=bytes(64),
        made_at=work.now.own_ms,
        signature=bytes(64),
    )
