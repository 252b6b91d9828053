"""Invitations of one's own, greetings that came in by them, and pieces found in slots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction
from net.numbers import MAX_VARIANTS

# Pieces kept of the slots of one watch that are not whole yet. A link holder pays fourfold work for each; beyond this,
# new ones of this watch wait.
MAX_PIECES = 4096
# Greetings of strangers that may wait; more are not opened, as their senders will greet again tomorrow.
MAX_GREETINGS = 500


@dataclass(frozen=True, slots=True, repr=False)
class InvitationRow:
    """An invitation; its keys are None once it is over. ``record`` is what should be in the network now."""

    id: str
    link: str
    record_id: bytes
    created_at: int
    expires_at: int
    max_uses: int | None
    uses: int
    state: str
    note: str
    xwing_private: bytes | None
    olm_account: str | None
    bundle: bytes | None
    sequence: int
    record: bytes | None
    custodians: bytes

    @property
    def copies(self) -> int:
        """How many custodians hold the record."""
        return len(self.custodians) // 32


_INVITATION = (
    "id, link, record_id, created_at, expires_at, max_uses, uses, state, note, xwing_private, olm_account, bundle, sequence,"
    " record, custodians"
)


def insert(tx: Transaction, row: InvitationRow) -> None:
    """Keep a new invitation."""
    tx.run(
        f"INSERT INTO invitations({_INVITATION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.id,
        row.link,
        row.record_id,
        row.created_at,
        row.expires_at,
        row.max_uses,
        row.uses,
        row.state,
        row.note,
        row.xwing_private,
        row.olm_account,
        row.bundle,
        row.sequence,
        row.record,
        row.custodians,
    )


def find(tx: Snapshot, invitation: str) -> InvitationRow | None:
    """Return an invitation."""
    row = tx.row(f"SELECT {_INVITATION} FROM invitations WHERE id = ?", invitation)
    return None if row is None else InvitationRow(*row)


def every(tx: Snapshot) -> list[InvitationRow]:
    """Return all invitations, newest first."""
    rows = tx.rows(f"SELECT {_INVITATION} FROM invitations ORDER BY created_at DESC, id")
    return [InvitationRow(*row) for row in rows]


def finish(tx: Transaction, invitation: str, state: str, sequence: int) -> None:
    """End an invitation: its keys are overwritten, its record is to become a tombstone."""
    tx.forget()
    tx.run(
        "UPDATE invitations SET state = ?, sequence = ?, xwing_private = NULL, olm_account = NULL, bundle = NULL,"
        " record = NULL, custodians = x'' WHERE id = ?",
        state,
        sequence,
        invitation,
    )


def drop_keys(tx: Transaction, now_ms: int) -> None:
    """Overwrite the keys of invitations that expired; nothing can be opened with them twice any more."""
    tx.run(
        "UPDATE invitations SET xwing_private = NULL, olm_account = NULL, bundle = NULL"
        " WHERE expires_at <= ? AND xwing_private IS NOT NULL",
        now_ms,
    )
    tx.run("DELETE FROM greetings_opened WHERE invitation IN (SELECT id FROM invitations WHERE xwing_private IS NULL)")


def set_record(tx: Transaction, invitation: str, sequence: int, record: bytes) -> None:
    """Keep the finished record, unless the invitation moved on meanwhile."""
    tx.run("UPDATE invitations SET record = ? WHERE id = ? AND sequence = ?", record, invitation, sequence)


def by_record(tx: Snapshot, record_id: bytes) -> InvitationRow | None:
    """Return the invitation whose record has this id."""
    row = tx.row(f"SELECT {_INVITATION} FROM invitations WHERE record_id = ?", record_id)
    return None if row is None else InvitationRow(*row)


def confirm_record(tx: Transaction, invitation: str, custodian: bytes) -> int:
    """Note that a custodian holds the record; return how many do."""
    row = find(tx, invitation)
    if row is None:
        return 0
    known = [row.custodians[i : i + 32] for i in range(0, len(row.custodians), 32)]
    if custodian not in known and len(known) < 16:
        tx.run("UPDATE invitations SET custodians = CAST(custodians || ? AS BLOB) WHERE id = ?", custodian, invitation)
        return row.copies + 1
    return row.copies


def count_use(tx: Transaction, invitation: str) -> int:
    """Spend a use; return how many are spent."""
    tx.run("UPDATE invitations SET uses = uses + 1 WHERE id = ?", invitation)
    row = find(tx, invitation)
    return 0 if row is None else row.uses


def note_opened(tx: Transaction, greeting_hash: bytes, invitation: str) -> bool:
    """Note that a greeting was opened; False when it was before."""
    return tx.run("INSERT OR IGNORE INTO greetings_opened VALUES (?, ?)", greeting_hash, invitation) == 1


def was_opened(tx: Snapshot, greeting_hash: bytes) -> bool:
    """Tell whether a greeting was opened before."""
    return tx.row("SELECT 1 FROM greetings_opened WHERE greeting_hash = ?", greeting_hash) is not None


@dataclass(frozen=True, slots=True, repr=False)
class GreetingRow:
    """A greeting that waits for an answer."""

    id: str
    invitation: str
    greeting: bytes
    identity: bytes
    root: bytes
    greeting_hash: bytes
    session: str
    received_at: int


_GREETING = "id, invitation, greeting, identity, root, greeting_hash, session, received_at"


def is_door_full(tx: Snapshot, most: int = MAX_GREETINGS) -> bool:
    """Tell whether no more greetings should be kept."""
    count = tx.row("SELECT count(*) FROM greetings")
    return count is not None and int(count[0]) >= most


def add_greeting(tx: Transaction, row: GreetingRow) -> None:
    """Keep a greeting until it is answered."""
    tx.run(
        f"INSERT INTO greetings({_GREETING}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        row.id,
        row.invitation,
        row.greeting,
        row.identity,
        row.root,
        row.greeting_hash,
        row.session,
        row.received_at,
    )


def greetings(tx: Snapshot) -> list[GreetingRow]:
    """Return greetings that wait, oldest first."""
    return [GreetingRow(*row) for row in tx.rows(f"SELECT {_GREETING} FROM greetings ORDER BY received_at, id")]


def greeting(tx: Snapshot, greeting_id: str) -> GreetingRow | None:
    """Return one greeting that waits."""
    row = tx.row(f"SELECT {_GREETING} FROM greetings WHERE id = ?", greeting_id)
    return None if row is None else GreetingRow(*row)


def greetings_from(tx: Snapshot, identity: bytes) -> list[GreetingRow]:
    """Return the greetings of one identity that wait."""
    rows = tx.rows(f"SELECT {_GREETING} FROM greetings WHERE identity = ? ORDER BY received_at", identity)
    return [GreetingRow(*row) for row in rows]


def drop_greeting(tx: Transaction, greeting_id: str) -> None:
    """Forget a greeting once it is answered."""
    tx.run("DELETE FROM greetings WHERE id = ?", greeting_id)


@dataclass(frozen=True, slots=True)
class Slot:
    """Which slot a piece was found in: the stored name of its watch (``core.people.format.watch``), the day, the number."""

    watch: str
    day: int
    number: int


def add_piece(tx: Transaction, slot: Slot, fragment: int, variant: bytes, plaintext: bytes) -> bool:
    """Keep an opened box of a slot; False when it is there already or there are too many."""
    count = tx.row("SELECT count(*) FROM slot_pieces WHERE watch = ?", slot.watch)
    variants = tx.row(
        "SELECT count(*) FROM slot_pieces WHERE watch = ? AND day = ? AND number = ? AND fragment = ?",
        slot.watch,
        slot.day,
        slot.number,
        fragment,
    )
    assert count is not None
    assert variants is not None
    if int(count[0]) >= MAX_PIECES or int(variants[0]) >= MAX_VARIANTS:
        return False
    return (
        tx.run(
            "INSERT OR IGNORE INTO slot_pieces VALUES (?, ?, ?, ?, ?, ?)",
            slot.watch,
            slot.day,
            slot.number,
            fragment,
            variant,
            plaintext,
        )
        == 1
    )


def pieces(tx: Snapshot, slot: Slot) -> list[tuple[int, bytes]]:
    """Return (fragment, plaintext) of all pieces found in a slot."""
    rows = tx.rows(
        "SELECT fragment, plaintext FROM slot_pieces WHERE watch = ? AND day = ? AND number = ? ORDER BY fragment",
        slot.watch,
        slot.day,
        slot.number,
    )
    return [(int(f), bytes(p)) for f, p in rows]


def drop_pieces(tx: Transaction, slot: Slot) -> None:
    """Forget a slot's pieces once they are understood."""
    tx.run("DELETE FROM slot_pieces WHERE watch = ? AND day = ? AND number = ?", slot.watch, slot.day, slot.number)


def forget_pieces(tx: Transaction, prefixes: Iterable[str]) -> None:
    """Forget what was found in the slots of watches whose stored name begins with one of these."""
    for prefix in prefixes:
        tx.run("DELETE FROM slot_pieces WHERE watch GLOB ?", f"{prefix}*")


def expire_pieces(tx: Transaction, before_day: int) -> None:
    """Forget pieces whose missing parts are gone from the network."""
    tx.run("DELETE FROM slot_pieces WHERE day < ?", before_day)
