"""Migration of an earlier version's account: the part that needs the account's keys, beside the steps of the schema.

Step 5 changed certificates and everything between people. An earlier home keeps its history, its contacts and their roots;
its device is certified anew, each root is derived onwards as a greeting's secret is today, and every lane begins anew by
a reset under it. Both sides come to the same root, so no new greeting is needed.
"""

from __future__ import annotations

import msgspec

from core.people.conversation import inboxes
from core.people.format import greeting
from core.people.format.account_keys import AccountKeys
from core.people.format.bounds import decode
from core.people.format.device import Certificate, certify
from core.people.moment import Moment
from core.people.work import Me
from core.storage import accounts, conversations, roots
from core.storage.database import Database, Transaction

# The last step of the schema that this file knows what to do for.
PRESENT = 5


def open_me(database: Database, keys: AccountKeys, now: Moment) -> Me:
    """Return the account of a file, brought up to date."""
    with database.transaction() as tx:
        if accounts.upgraded(tx) < PRESENT:
            _certify_anew(tx, keys, now)
            _step_roots(tx)
            accounts.set_upgraded(tx, PRESENT)
        row = accounts.load(tx)
        assert row is not None
        certificate = decode(Certificate, row.certificate, "stored certificate")
        return inboxes.open_own(tx, Me(keys.identity, row.device_seed, certificate, row.pickle_key, keys.inbox))


def _certify_anew(tx: Transaction, keys: AccountKeys, now: Moment) -> None:
    row = accounts.load(tx)
    assert row is not None
    old = msgspec.msgpack.decode(row.certificate, type=list[msgspec.Raw])
    device = msgspec.msgpack.decode(old[1], type=bytes)
    accounts.save_certificate(tx, msgspec.msgpack.encode(certify(keys.identity, device, now.own_ms)))


def _step_roots(tx: Transaction) -> None:
    for conversation in conversations.every(tx):
        for row in roots.of_conversation(tx, conversation.id):
            stepped = greeting.root_of(row.root)
            roots.replace(tx, conversation.id, row.name, greeting.root_name(stepped), stepped)
