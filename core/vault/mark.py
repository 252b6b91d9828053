"""A counter outside the home, which detects an old copy of the home.

Ratchets and lanes must never go back: an old state writes other bytes under keys that were used already. The database
counts its openings; the same count is kept here, in the user's state directory, where a copy or a backup of the home
does not reach. If the database then shows less than the mark, it is an old copy.

The file's name and its seal derive from the database key, so the mark does not show whose it is, and cannot be changed
without the key. It is a second opinion, never a condition: a mark that cannot be read or written stops nothing.
File: ``count 8 | HMAC-SHA-256 32``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from platformdirs import user_data_path, user_state_path

from core.crypto import primitives
from core.vault.durable import make_private, read_file, replace_file

LABEL_NAME: Final = b"sottovoce/v1/mark-name"
LABEL_SEAL: Final = b"sottovoce/v1/mark-seal"
_NAME_SIZE: Final = 16  # bytes
_COUNT_SIZE: Final = 8
_SIZE: Final = _COUNT_SIZE + 32


def marks_directory() -> Path:
    """Return where marks are kept for this user: with the state, and never where homes are by default."""
    state = user_state_path("sottovoce")
    if state == user_data_path("sottovoce"):  # systems that do not tell state from data
        state = state.with_name("sottovoce-state")
    return state / "marks"


class Mark:
    """The counter of the database with this key in the profile with this tag."""

    def __init__(self, tag: bytes, database_key: bytes, directory: Path | None = None) -> None:
        name = primitives.hkdf(database_key, LABEL_NAME, _NAME_SIZE, salt=tag)
        self._key = primitives.hkdf(database_key, LABEL_SEAL, salt=tag)
        self._path = (marks_directory() if directory is None else directory) / name.hex()

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    def read(self) -> int | None:
        """Return the count; None when there is no mark, or none that was sealed by us."""
        try:
            data = read_file(self._path, _SIZE + 1)
        except Exception:  # noqa: BLE001 -- it stops nothing, whatever it is
            return None
        if data is None or len(data) != _SIZE:
            return None
        count, seal = data[:_COUNT_SIZE], data[_COUNT_SIZE:]
        if not primitives.equal(seal, primitives.hmac_sha256(self._key, count)):
            return None
        return int.from_bytes(count, "big")

    def write(self, count: int) -> bool:
        """Set the count, a u64, and force it to the disk; tell whether that worked."""
        data = count.to_bytes(_COUNT_SIZE, "big")
        if not self._path.is_absolute():
            return False  # a user without a home: it would land wherever the program was started
        try:
            make_private(self._path.parent)  # other users must not learn how many accounts there are
            replace_file(self._path, data + primitives.hmac_sha256(self._key, data))
        except Exception:  # noqa: BLE001 -- it stops nothing, whatever it is
            return False
        return True
