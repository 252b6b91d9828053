"""An account's own state as a map that its devices merge: name, settings, contacts, devices.

``capture`` notes what changed on this device since last time; ``merge`` takes in what another device, or this one before
it was lost, wrote into the network. The rest of the program does not know the map: it is compared with the database's
own tables now and then. Messages are not in it, and cannot be restored from it.

A key is its kind and what it is about: ``name``, ``settings``, ``device`` ‖ key, ``mark`` ‖ key, ``inbox`` ‖ number for each
inbox at which the account reads, and of a contact ``contact`` ‖ identity ‖ (``name`` | ``inbox`` | ``root`` ‖ its name |
``device`` ‖ key | ``blocked`` | ``view``). A contact with an inbox is one that can be written to; of others only name, block
and view are kept. One whose name is a tombstone was removed.
"""

from __future__ import annotations

from collections.abc import Iterator

from core import api
from core.errors import Malformed
from core.people.conversation import inboxes, views
from core.people.format import greeting, lww
from core.people.format.bounds import decode
from core.people.format.lww import Entry, State
from core.people.format.numbers import LONGEST_AWAY_MS
from core.people.record import restoring
from core.people.record.restoring import Contact
from core.people.work import Work
from core.storage import accounts, conversations, devices, inboxes as inbox_rows, personal as rows, roots

_NAME, _SETTINGS, _DEVICE, _MARK, _CONTACT = b"name", b"settings", b"device", b"mark", b"contact"
_INBOX, _ROOT, _BLOCKED, _VIEW = b"inbox", b"root", b"blocked", b"view"
_YES, _NO = b"\1", b"\0"
_KEY_SIZE = 32
_INBOX_NUMBER_SIZE = 4
_HEAD_SIZE = len(_CONTACT) + _KEY_SIZE
_TIME_SIZE = 8
# Counts of a device are below this; a mark beyond it is no count, and would leave no room for the next.
_MAX_MARK = 1 << 46
# Tombstones outlive every record that could bring back what they bury: 90 days, an epoch, and clocks that differ.
TOMBSTONE_MS = LONGEST_AWAY_MS


def load(work: Work) -> dict[bytes, Entry]:
    """Return the map as it was last captured."""
    return {key: Entry(ms, writer, value) for key, ms, writer, value in rows.entries(work.tx)}


def capture(work: Work) -> dict[bytes, Entry]:
    """Note what changed on this device; return the map."""
    rows.drop_tombstones(work.tx, work.now.earliest_ms - TOMBSTONE_MS)
    known = load(work)
    here = _here(work, known)
    wanted: dict[bytes, bytes | None] = {**dict.fromkeys(_gone(work, known, here)), **here}
    changed = {
        key: Entry(max(work.now.network_ms, known[key].ms + 1 if key in known else 0), work.me.certificate.tag, value)
        for key, value in wanted.items()
        if key not in known or known[key].value != value
    }
    rows.save(work.tx, changed)
    return {**known, **changed}


def _here(work: Work, noted: State) -> dict[bytes, bytes]:
    """Return the state by this device's tables. What was never chosen here does not overwrite a choice made elsewhere."""
    me = accounts.load(work.tx)
    assert me is not None
    here = {_DEVICE + work.me.device: me.certificate}
    if me.name or _NAME in noted:
        here[_NAME] = me.name.encode()
    if _SETTINGS in noted or decode(api.Settings, me.settings, "stored settings") != api.Settings():
        here[_SETTINGS] = me.settings
    if work.me.inbox_number:  # the first one derives from the seed
        for inbox in inbox_rows.every(work.tx):
            here[_inbox_key(inbox.number)] = inbox.secret + inbox.made_at.to_bytes(_TIME_SIZE, "big")
    for row in conversations.every_direct(work.tx):
        head = _CONTACT + row.identity
        if row.blocked and head + _NAME in noted and noted[head + _NAME].value is None:
            continue  # removed elsewhere, and kept here until the person says something else
        here[head + _NAME] = row.name.encode()
        if row.blocked or head + _BLOCKED in noted:
            here[head + _BLOCKED] = _YES if row.blocked else _NO
        view = views.of(row)
        if view != views.PLAIN or head + _VIEW in noted:
            here[head + _VIEW] = views.encode_view(view)
        if row.state == "open" and row.inbox is not None:
            here[head + _INBOX] = row.inbox + row.inbox_number.to_bytes(_INBOX_NUMBER_SIZE, "big")
            shared = [root for root in roots.of_conversation(work.tx, row.id) if root.device is None]
            here |= {head + _ROOT + root.name: root.root for root in shared}
            theirs = devices.of_member(work.tx, row.id, row.identity)
            known = [each for each in theirs if each.is_known and each.certificate]
            here |= {head + _DEVICE + device.device: device.certificate for device in known}
    return here


def _inbox_key(number: int) -> bytes:
    return _INBOX + number.to_bytes(_INBOX_NUMBER_SIZE, "big")


def _is_inbox(key: bytes) -> bool:
    return key.startswith(_INBOX) and len(key) == len(_INBOX) + _INBOX_NUMBER_SIZE


def _gone(work: Work, known: State, here: dict[bytes, bytes]) -> Iterator[bytes]:
    """Yield the keys of what was dropped here: roots of contacts that have others, removed contacts, former inboxes."""
    for key in lww.alive(known):
        if key in here:
            continue
        if key.startswith(_CONTACT):
            head, field = key[:_HEAD_SIZE], key[_HEAD_SIZE:]
            if (field.startswith(_ROOT) and head + _INBOX in here) or head + _NAME not in here:
                yield key
        elif _is_inbox(key) and work.me.inbox_number:
            yield key


def merge(work: Work, found: State) -> bool:
    """Take in what was found in the network; False when it shows that this database is an old copy of itself."""
    known = capture(work)
    merged = lww.merge(known, found)
    changed = {key: entry for key, entry in merged.items() if entry != known.get(key)}
    rows.save(work.tx, changed)
    _apply_own(work, lww.alive(changed))
    if any(_is_inbox(key) for key in changed):
        inboxes.restore(work, dict(_inboxes(lww.alive(merged))))
    for identity in sorted({key[len(_CONTACT) : _HEAD_SIZE] for key in changed if key.startswith(_CONTACT)}):
        restoring.take_contact(work, _contact(merged, identity))
    me, mark = accounts.load(work.tx), found.get(_MARK + work.me.device)
    assert me is not None
    if mark is None or mark.ms <= me.counter:
        return True
    accounts.advance(work.tx, mark.ms + 1)
    return False


def _apply_own(work: Work, changed: dict[bytes, bytes]) -> None:
    name, settings = changed.get(_NAME), changed.get(_SETTINGS)
    if name is not None:
        accounts.rename(work.tx, name.decode(errors="replace")[: api.MAX_NAME_SIZE])
    if settings is not None:
        try:
            decode(api.Settings, settings, "settings of another device")
        except Malformed:
            return  # of a newer version
        accounts.save_settings(work.tx, settings)
        work.emit(api.SettingsChanged())


def _inboxes(alive: dict[bytes, bytes]) -> Iterator[tuple[int, tuple[bytes, int]]]:
    """Yield the inboxes of a state: number, secret, when it was drawn."""
    for key, value in alive.items():
        if _is_inbox(key):
            made_at = int.from_bytes(value[_KEY_SIZE:], "big")
            yield int.from_bytes(key[len(_INBOX) :], "big"), (value[:_KEY_SIZE], made_at)


def checked(state: State, latest_ms: int) -> dict[bytes, Entry]:
    """Return the valid entries of a state that was found; entries dated later than ``latest_ms`` are left out.

    A thief of the words can write it, so invalid entries are ignored. A key of a kind that this version does not know
    stays: it is another version's.
    """
    return {
        key: entry if key.startswith(_MARK) else entry._replace(ms=min(entry.ms, latest_ms))
        for key, entry in state.items()
        if _can_be(key, entry)
    }


def _can_be(key: bytes, entry: Entry) -> bool:
    if key.startswith(_MARK):
        return entry.ms < _MAX_MARK
    if key.startswith(_INBOX):
        value = entry.value
        return _is_inbox(key) and (
            value is None
            or (len(value) == _KEY_SIZE + _TIME_SIZE and int.from_bytes(value[_KEY_SIZE:], "big") < api.END_OF_TIME_MS)
        )
    if key.startswith(_CONTACT):
        return len(key) >= _HEAD_SIZE and _can_be_of_contact(key[_HEAD_SIZE:], entry.value)
    return True


def _can_be_of_contact(field: bytes, value: bytes | None) -> bool:
    if field == _INBOX:
        return value is None or len(value) == _KEY_SIZE + _INBOX_NUMBER_SIZE
    if field.startswith(_ROOT):
        name = field[len(_ROOT) :]
        return value is None or (len(value) == _KEY_SIZE and greeting.root_name(value) == name)
    return True


def _contact(state: State, identity: bytes) -> Contact:
    head = _CONTACT + identity
    about = {key[_HEAD_SIZE:]: entry.value for key, entry in state.items() if key.startswith(head)}
    said = {field: value for field, value in about.items() if value is not None}
    roots = {field: value for field, value in about.items() if field.startswith(_ROOT)}
    inbox = said.get(_INBOX)
    return Contact(
        identity=identity,
        name=said.get(_NAME, b"").decode(errors="replace")[: api.MAX_NAME_SIZE],
        inbox=None if inbox is None else inbox[:_KEY_SIZE],
        inbox_number=0 if inbox is None else int.from_bytes(inbox[_KEY_SIZE:], "big"),
        roots={field[len(_ROOT) :]: value for field, value in roots.items() if value is not None},
        dropped_roots=[field[len(_ROOT) :] for field, value in roots.items() if value is None],
        certificates=[value for field, value in said.items() if field.startswith(_DEVICE)],
        blocked=None if _BLOCKED not in said else said[_BLOCKED] == _YES,
        view=None if _VIEW not in said else views.decode_view(said[_VIEW]),
        removed=_NAME in about and _NAME not in said,
    )


def with_mark(work: Work, state: State) -> dict[bytes, Entry]:
    """Return a state with this device's count, which shows an old copy of its database."""
    me = accounts.load(work.tx)
    assert me is not None
    return {**state, _MARK + work.me.device: Entry(me.counter, work.me.certificate.tag, b"")}


def without_marks(state: State) -> dict[bytes, Entry]:
    """Return a state without marks: those are no reason to write."""
    return {key: entry for key, entry in state.items() if not key.startswith(_MARK)}


def smaller(state: State) -> Iterator[dict[bytes, Entry]]:
    """Yield the state, then less and less of it, for when it does not fit: contacts' roots are dropped last.

    Contacts' certificates come again with their answer. The contacts that changed longest ago are dropped first.
    """
    yield dict(state)
    lean = {key: entry for key, entry in state.items() if not _is_contact_device(key) and entry.value is not None}
    yield lean
    by_age = sorted((entry.ms, key[:_HEAD_SIZE]) for key, entry in lean.items() if key[_HEAD_SIZE:] == _INBOX)
    kept = len(by_age)
    while kept:
        kept = kept * 7 // 8
        dropped = {head for _, head in by_age[: len(by_age) - kept]}
        yield {key: entry for key, entry in lean.items() if key[:_HEAD_SIZE] not in dropped}


def _is_contact_device(key: bytes) -> bool:
    return key.startswith(_CONTACT) and key[_HEAD_SIZE:].startswith(_DEVICE)
