"""The age format: what other programs write is read, what is written they read, and no altered byte passes."""

from __future__ import annotations

import base64
import io
import random

import pytest

from core.archive.age import CHUNK, MAX_LOG_N, AgeReader, AgeWriter, is_age
from core.archive.errors import ArchiveError, BadArchive, WrongPassword

SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7)
HEADER = 150  # bytes and a few


def sealed(data: bytes, password: str = "heron", log_n: int = 4, pieces: int = 50_000) -> bytes:
    file = io.BytesIO()
    writer = AgeWriter(file, password, log_n)
    for at in range(0, len(data), pieces):
        writer.write(data[at : at + pieces])
    writer.finish()
    return file.getvalue()


def opened(data: bytes, password: str = "heron") -> bytes:
    return AgeReader(io.BytesIO(data), password).read()


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_read(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert opened(sealed(data)) == data


def test_other_programs_read_it() -> None:
    passphrase = pytest.importorskip("pyrage").passphrase
    for size in (0, CHUNK, CHUNK + 9):
        data = random.Random(size).randbytes(size)
        assert passphrase.decrypt(sealed(data, "brëad"), "brëad") == data


@pytest.mark.full  # half a gibibyte of scrypt
def test_what_other_programs_write_is_read() -> None:
    assert opened(FROM_AGE, "correct horse") == b"written by another program\n"


# By pyrage 1.4.0 (rage), whose work factor was measured: too slow to make anew in each run.
FROM_AGE = base64.b64decode(
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBtN09HQzU4ZmQ3Rk04aFAzWTQ0cFZ3IDE5CklRMmZtWDB2R1BNVEtZQmxo"
    "eGxob1pEbTkzOGg0WGlGcllwVzRBNnV5RWMKLS0tIDNiVVUrcktWMWNta1M0SXMvUEdHbXBEcmxkL2RUN1ptTzZUVEVRK014bjAK"
    "qQpUgW/8aKnW6kRzNQKLo8azA6UHvY8mAUYl6f+GuL+82h7KBAxZj+Aa8r7d3I2T7GLvL57MfLpEbdI="
)


def test_it_is_read_anywhere_as_a_file_is() -> None:
    data = random.Random(1).randbytes(2 * CHUNK + 100)
    reader = AgeReader(io.BytesIO(sealed(data)), "heron")
    assert reader.seek(-50, 2) == len(data) - 50
    assert reader.read() == data[-50:]
    reader.seek(CHUNK - 3)
    assert reader.read(6) == data[CHUNK - 3 : CHUNK + 3]
    assert reader.tell() == CHUNK + 3
    assert reader.size == len(data)


def test_another_password_does_not_open_it() -> None:
    with pytest.raises(WrongPassword):
        opened(sealed(b"x"), "crane")


def test_nothing_is_left_out_of_it_repeated_or_cut_off() -> None:
    data = sealed(random.Random(2).randbytes(3 * CHUNK + 5))
    start = len(data) - (3 * CHUNK + 5 + 4 * 16)
    whole = CHUNK + 16
    chunks = [data[at : at + whole] for at in range(start, len(data), whole)]
    for changed in (chunks[:3], chunks[:2], chunks[1:], [chunks[1], chunks[0], *chunks[2:]], chunks[:1] * 4, []):
        with pytest.raises(BadArchive):
            opened(data[:start] + b"".join(changed))


def test_no_altered_byte_passes() -> None:
    data = sealed(b"0123456789" * 20)
    for at in range(len(data)):
        for flip in (1, 0x20):
            altered = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
            with pytest.raises((BadArchive, WrongPassword)):
                opened(altered)


def test_a_header_cannot_ask_for_all_memory() -> None:
    data = sealed(b"x")
    for asked in (b"%d" % (MAX_LOG_N + 1), b"63", b"99", b"0", b"-1", b"1e9"):
        with pytest.raises(BadArchive):
            opened(data.replace(b" 4\n", b" " + asked + b"\n", 1))


def test_hostile_bytes_give_an_error_of_ours() -> None:
    chance = random.Random(3)
    good = sealed(b"x" * 100)
    for _ in range(300):
        at, size = chance.randrange(len(good)), chance.randrange(60)
        bad = good[:at] + chance.randbytes(size) + good[at + chance.randrange(60) :]
        try:
            opened(bad)
        except ArchiveError:
            continue
        assert bad == good


def test_it_says_what_it_is() -> None:
    assert is_age(io.BytesIO(sealed(b"")))
    assert not is_age(io.BytesIO(b"PK\x03\x04"))
    assert not is_age(io.BytesIO(b""))
