"""Attachments of rows of conversations: a description each, and the content where it is kept here.

They are deleted with their row, from the file as from the table. Small ones may be kept here whole; for others
``reference`` says how they are found in the network and opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core.storage.database import Snapshot, Transaction

Kind = Literal["file", "image", "audio", "video"]
# Offered by its author; being fetched; here, as bytes or where ``reference`` says; gone from the network before it was here.
State = Literal["offered", "fetching", "here", "lost"]

# The schema's CHECKs have the same four.
MAX_ATTACHMENTS: Final = 16  # of one row
MAX_NAME_SIZE: Final = 255  # bytes of UTF-8, what a file system takes
MAX_REFERENCE_SIZE: Final = 1024
MAX_BYTES: Final = (
    256 * 1024
)  # of content kept in this file: beyond, one row would hold up every other for milliseconds
DIGEST_SIZE: Final = 32  # SHA-256 of the whole content


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment of row ``message``; ``number`` counts from 0. ``bytes`` are not among what lists of them read."""

    message: int
    number: int
    kind: Kind
    name: str
    size: int
    digest: bytes
    reference: bytes | None
    state: State


_COLUMNS = "message, number, kind, name, size, digest, reference, state"


def insert(tx: Transaction, row: Attachment, content: bytes | None = None) -> None:
    """Add an attachment to a row that exists. Raises ``ValueError`` where it is beyond the bounds."""
    _check(row, content)
    tx.run(
        f"INSERT INTO attachments({_COLUMNS}, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.message,
        row.number,
        row.kind,
        row.name,
        row.size,
        row.digest,
        row.reference,
        row.state,
        content,
    )


def _check(row: Attachment, content: bytes | None) -> None:
    try:
        name_size = len(row.name.encode())
    except UnicodeEncodeError as error:
        raise ValueError("attachment: name") from error
    bounds: Sequence[tuple[str, int, int]] = (
        ("number", row.number, MAX_ATTACHMENTS - 1),
        ("name", name_size, MAX_NAME_SIZE),
        ("reference", len(row.reference or b""), MAX_REFERENCE_SIZE),
        ("bytes", len(content or b""), MAX_BYTES),
    )
    beyond = [what for what, value, most in bounds if not 0 <= value <= most]
    if beyond or row.size < 0 or len(row.digest) != DIGEST_SIZE:
        raise ValueError(f"attachment: {', '.join(beyond) or 'size or digest'}")


def of_message(tx: Snapshot, message: int) -> list[Attachment]:
    """Return the attachments of a row, in order."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM attachments WHERE message = ? ORDER BY number", message)
    return [Attachment(*row) for row in rows]


def content(tx: Snapshot, message: int, number: int) -> bytes | None:
    """Return the bytes of an attachment, None when they are not here."""
    row = tx.row("SELECT bytes FROM attachments WHERE message = ? AND number = ?", message, number)
    return None if row is None else row[0]


def set_state(tx: Transaction, message: int, number: int, state: State) -> None:
    """Note the state of an attachment."""
    tx.run("UPDATE attachments SET state = ? WHERE message = ? AND number = ?", state, message, number)


def set_content(tx: Transaction, message: int, number: int, content: bytes | None) -> None:
    """Keep the bytes of an attachment, or delete them (None). Raises ``ValueError``: too many."""
    if content is not None and len(content) > MAX_BYTES:
        raise ValueError("attachment: bytes")
    if content is None:
        tx.forget()
    tx.run("UPDATE attachments SET bytes = ? WHERE message = ? AND number = ?", content, message, number)
