"""The age format (age-encryption.org/v1) with a passphrase: written and read a chunk at a time.

    age-encryption.org/v1
    -> scrypt SALT LOG_N            base64 without padding, as below; N = 2^LOG_N
    SEALED                          the file key, 16 bytes, under scrypt(passphrase)
    --- MAC                         HMAC of the header up to the dashes, by a key from the file key
    nonce 16, then chunks of 64 KiB by ChaCha20-Poly1305, the last one shorter or full

``age -d``, rage and pyrage open what is written here, and the other way round (``tests/core/archive/test_age.py``). The
format is implemented and not called from pyrage, since that has no streams for passphrases: it takes a file as one string
under Python's lock (measured: 60 MiB stop every thread for five seconds and take 645 MiB).

Nonce rule: the payload key is for one file alone (random file key, random nonce), and a chunk's nonce is its number and
whether it is the last. So chunks cannot be left out, repeated, reordered or cut off at the end.

Reference: C2SP, age-encryption.org/v1.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import IO, Final

from core.archive.errors import BadArchive, WrongPassword
from core.crypto import primitives
from core.errors import OpenFailed
from core.sentence import N_

INTRO: Final = b"age-encryption.org/v1\n"
CHUNK: Final = 64 * 1024  # bytes of plaintext
_SEALED_CHUNK: Final = CHUNK + primitives.SEAL_OVERHEAD
# Work of a passphrase: 2^18 is 256 MiB and most of a second, what the vault's passcode costs at the least.
LOG_N: Final = 18
# Most work that a file may ask for: 2^20 is 1 GiB and some seconds. Other writers measure their machine and use 18 to 20.
MAX_LOG_N: Final = 20
_SALT_SIZE: Final = 16
_NONCE_SIZE: Final = 16
_FILE_KEY_SIZE: Final = 16
_SCRYPT_LABEL: Final = b"age-encryption.org/v1/scrypt"
# A header of ours has 150 bytes. One with other recipients is not opened by a passphrase.
_MAX_HEADER: Final = 512
_HEADER: Final = re.compile(
    rb"(age-encryption\.org/v1\n"
    rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n"
    rb"([A-Za-z0-9+/]{43})\n"
    rb"---) ([A-Za-z0-9+/]{43})\n"
)


class AgeWriter:
    """Encrypts what is written to it into ``file``; ``finish`` writes the last chunk. Takes a second to make."""

    def __init__(self, file: IO[bytes], passphrase: str, log_n: int = LOG_N) -> None:
        file_key, salt = primitives.random_bytes(_FILE_KEY_SIZE), primitives.random_bytes(_SALT_SIZE)
        sealed = primitives.chacha_seal(_wrapping_key(passphrase, salt, log_n), bytes(12), file_key)
        header = INTRO + b"-> scrypt %s %d\n%s\n---" % (_base64(salt), log_n, _base64(sealed))
        nonce = primitives.random_bytes(_NONCE_SIZE)
        self._file = file
        self._key = _payload_key(file_key, nonce)
        self._number = 0
        self._pending = bytearray()
        file.write(header + b" " + _base64(_mac(file_key, header)) + b"\n" + nonce)

    def write(self, data: bytes) -> int:
        """Take bytes; a chunk leaves when something follows it, since the last one is marked."""
        self._pending += data
        while len(self._pending) > CHUNK:
            self._seal(bytes(self._pending[:CHUNK]), is_last=False)
            del self._pending[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Do nothing: a part of a chunk cannot be written."""

    def finish(self) -> None:
        """Write what is left, as the last chunk."""
        self._seal(bytes(self._pending), is_last=True)
        self._pending.clear()

    def _seal(self, plaintext: bytes, *, is_last: bool) -> None:
        self._file.write(primitives.chacha_seal(self._key, _chunk_nonce(self._number, is_last=is_last), plaintext))
        self._number += 1


class AgeReader:
    """The plaintext of ``file`` as a file that can be read and sought. Takes a second to make.

    Raises ``BadArchive``, from each read too, ``WrongPassword`` and ``MemoryError``.
    """

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        file.seek(0)
        header = _HEADER.match(file.read(_MAX_HEADER))
        if header is None:
            raise BadArchive(N_("it is not encrypted by a password"))
        head, salt, log_n, sealed, mac = header.groups()
        if not 1 <= int(log_n) <= MAX_LOG_N:
            raise BadArchive(N_("opening it would take too much memory"))
        file_key = _file_key(passphrase, _unbase64(salt), int(log_n), _unbase64(sealed))
        if not primitives.equal(_mac(file_key, head), _unbase64(mac)):
            raise BadArchive(N_("its head was altered"))
        start = header.end() + _NONCE_SIZE
        file.seek(header.end())
        self._key = _payload_key(file_key, file.read(_NONCE_SIZE))
        self._file, self._start = file, start
        payload = file.seek(0, 2) - start
        self._chunks = max(1, -(-payload // _SEALED_CHUNK))
        self.size = payload - self._chunks * primitives.SEAL_OVERHEAD
        if self.size < 0:
            raise BadArchive(N_("it is cut off"))
        self._position = 0
        self._held = (-1, b"")
        self._chunk(self._chunks - 1)  # that the file ends where it was ended is known from the beginning

    def seekable(self) -> bool:
        """Tell that it can be sought."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move as files do; return the position."""
        self._position = max(0, offset + (0, self._position, self.size)[whence])
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, all that are left when it is negative."""
        end = self.size if size < 0 else min(self.size, self._position + size)
        found = bytearray()
        while self._position < end:
            number, offset = divmod(self._position, CHUNK)
            piece = self._chunk(number)[offset : offset + end - self._position]
            found += piece
            self._position += len(piece)
        return bytes(found)

    def _chunk(self, number: int) -> bytes:
        if self._held[0] != number:
            self._file.seek(self._start + number * _SEALED_CHUNK)
            nonce = _chunk_nonce(number, is_last=number == self._chunks - 1)
            try:
                self._held = number, primitives.chacha_open(self._key, nonce, self._file.read(_SEALED_CHUNK))
            except OpenFailed:
                raise BadArchive(N_("it was altered or cut off")) from None
        return self._held[1]


def is_age(file: IO[bytes]) -> bool:
    """Tell whether a file says that it is of this format."""
    file.seek(0)
    return file.read(len(INTRO)) == INTRO


def _wrapping_key(passphrase: str, salt: bytes, log_n: int) -> bytes:
    return primitives.scrypt(passphrase.encode("utf-8", "surrogatepass"), _SCRYPT_LABEL + salt, log_n)


def _file_key(passphrase: str, salt: bytes, log_n: int, sealed: bytes) -> bytes:
    try:
        return primitives.chacha_open(_wrapping_key(passphrase, salt, log_n), bytes(12), sealed)
    except OpenFailed:
        raise WrongPassword from None


def _mac(file_key: bytes, header: bytes) -> bytes:
    return primitives.hmac_sha256(primitives.hkdf(file_key, b"header"), header)


def _payload_key(file_key: bytes, nonce: bytes) -> bytes:
    return primitives.hkdf(file_key, b"payload", salt=nonce)


def _chunk_nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _unbase64(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise BadArchive(N_("its head is damaged")) from None
    if _base64(data) != text:
        raise BadArchive(N_("its head is damaged"))
    return data
