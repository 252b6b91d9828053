"""The account's own row: name, device, counters, settings."""

from __future__ import annotations

from dataclasses import dataclass

from core.storage.database import Snapshot, Transaction


@dataclass(frozen=True, slots=True, repr=False)
class AccountRow:
    """This device of the account."""

    name: str
    device_seed: bytes
    certificate: bytes
    pickle_key: bytes
    counter: int
    online_ms: int
    settings: bytes


def load(tx: Snapshot) -> AccountRow | None:
    """Return the row, None in a fresh file."""
    row = tx.row("SELECT name, device_seed, certificate, pickle_key, counter, online_ms, settings FROM account")
    return None if row is None else AccountRow(*row)


def create(tx: Transaction, row: AccountRow, upgraded: int) -> None:
    """Insert the row, up to date with step ``upgraded`` of the schema."""
    tx.run(
        "INSERT INTO account(id, name, device_seed, certificate, pickle_key, counter, online_ms, settings, upgraded)"
        " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.name,
        row.device_seed,
        row.certificate,
        row.pickle_key,
        row.counter,
        row.online_ms,
        row.settings,
        upgraded,
    )


def rename(tx: Transaction, name: str) -> None:
    """Change the name shown to others."""
    tx.run("UPDATE account SET name = ?", name)


def save_settings(tx: Transaction, settings: bytes) -> None:
    """Store the screens' settings."""
    tx.run("UPDATE account SET settings = ?", settings)


def save_certificate(tx: Transaction, certificate: bytes) -> None:
    """Store another certificate of this device."""
    tx.run("UPDATE account SET certificate = ?", certificate)


def upgraded(tx: Snapshot) -> int:
    """Return the step of the schema up to which the migration that needs keys was done (``core.people.upgrade``)."""
    row = tx.row("SELECT upgraded FROM account")
    return 0 if row is None else int(row[0])


def set_upgraded(tx: Transaction, step: int) -> None:
    """Note up to which step the migration that needs keys was done."""
    tx.run("UPDATE account SET upgraded = ?", step)


def advance(tx: Transaction, to: int | None = None) -> int:
    """Count one more change that a packet may show (or jump to ``to``) and return the new count."""
    tx.run("UPDATE account SET counter = coalesce(?, counter + 1)", to)
    row = tx.row("SELECT counter FROM account")
    assert row is not None
    return int(row[0])


def add_online(tx: Transaction, ms: int) -> int:
    """Count time online; return the total in milliseconds."""
    tx.run("UPDATE account SET online_ms = online_ms + ?", ms)
    row = tx.row("SELECT online_ms FROM account")
    return 0 if row is None else int(row[0])
