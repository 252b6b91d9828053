"""What a file still holds of keys that were used up and texts that were deleted, opened with its own key."""

from __future__ import annotations

import gc
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core import api
from tests.core.people.test_talking import meet
from tests.support.memory import held, masked
from tests.support.post_office import Office, Person, settle

pytestmark = pytest.mark.disk

# SQLite's log: a header, then frames of 24 bytes and a page (sqlite.org/fileformat2, 4). SQLCipher's page ends in an
# initialisation vector and a seal, and the first one begins with the file's salt.
HEADER, FRAME, PAGE_SIZE_AT, SALT = 32, 24, 8, 16
IV, SEAL = 16, 64


def pages_in_log(person: Person) -> Iterator[bytes]:
    """Open every page of a person's log with the file's key, as whoever has both would."""
    log = Path(f"{person.path}-wal").read_bytes()
    if not log:
        return
    (size,) = struct.unpack_from(">I", log, PAGE_SIZE_AT)
    for at in range(HEADER, len(log) - FRAME - size + 1, FRAME + size):
        (number,) = struct.unpack_from(">I", log, at)
        page = log[at + FRAME : at + FRAME + size]
        body, iv = page[SALT if number == 1 else 0 : -IV - SEAL], page[-IV - SEAL : -SEAL]
        opened = Cipher(algorithms.AES(person.key), modes.CBC(iv)).decryptor()
        yield opened.update(body) + opened.finalize()


def chain(person: Person) -> bytes:
    """Return the secret that the next box of the other side opens with."""
    with person.database.read() as snapshot:
        row = snapshot.row("SELECT chain FROM read_lanes")
    assert row is not None
    return bytes(row[0])


def test_a_chain_that_moved_on_is_soon_gone_from_the_log(tmp_path: Path) -> None:
    office = Office()
    alice, bob = Person(office, tmp_path, "alice"), Person(office, tmp_path, "bob")
    at_alice, _ = meet(office, alice, bob)
    bob.database.checkpoint()
    first = chain(bob)
    bob.call(api.AccountRename(name="bobby"))
    seen = {first}
    for number in range(10):
        alice.say(at_alice, f"text {number}")
        settle(office, alice, bob, rounds=2)
        used = seen - {chain(bob)}
        pages = list(pages_in_log(bob))
        assert used, "else nothing moved on"
        assert not [secret for secret in used if any(secret in page for page in pages)]
        seen.add(chain(bob))
    assert len(seen) == 11


def test_a_deleted_text_is_soon_gone_from_the_log(tmp_path: Path) -> None:
    office = Office()
    alice, bob = Person(office, tmp_path, "alice"), Person(office, tmp_path, "bob")
    at_alice, at_bob = meet(office, alice, bob)
    alice.say(at_alice, "MEET-ME-AT-THE-OLD-MILL")
    settle(office, alice, bob, rounds=3)
    bob.call(api.MessageDelete(ids=[row.id for row in bob.rows(at_bob)]))
    alice.say(at_alice, "and another")
    settle(office, alice, bob, rounds=2)
    assert not [page for page in pages_in_log(bob) if b"OLD-MILL" in page]


@pytest.mark.fresh
def test_no_object_holds_a_chain_once_its_file_is_closed(tmp_path: Path) -> None:
    office = Office()
    alice, bob = Person(office, tmp_path, "alice"), Person(office, tmp_path, "bob")
    at_alice, _ = meet(office, alice, bob)
    alice.say(at_alice, "hello")
    settle(office, alice, bob, rounds=3)
    secrets = masked({"chain": chain(bob), "device": bob.engine.me.device_seed, "pickle key": bob.engine.me.pickle_key})
    assert held(secrets) >= {"device", "pickle key"}, "else the search is blind"
    bob.close()
    del bob.database, bob.engine
    gc.collect()
    assert held(secrets) == set()
