"""Double ratchets between devices: Olm by vodozemac, behind the smallest interface that this program needs.

An Olm account here lives for one session. A device that may be written to makes a ``Receiver`` with one one-time key,
publishes its public halves, and deletes it with the first message; the writing device makes an account, opens a session and
deletes the account at once. No key is left by which a recorded first message could be opened later; the library could not
delete a fallback key of an account that lives on. Olm does not authenticate the devices: what is inside is signed.

vodozemac leaves five things to its caller. Where each is guarded:
1. A prekey message replayed would make a second session: the one-time key that it names is gone with its account.
2. A group session accepts replays: none are used; code that adds them must remember each (session, index).
3. Only 40 skipped keys are kept: ``core.people.conversation.lane_reader`` feeds messages in the order of their lane.
4. Pickles of equal state are equal: they are made with a random key and lie in the encrypted database only.
5. Encrypting from a restored old state repeats keys: after a rollback ``core.people.conversation.resets`` retires every
session
   for sending before anything is encrypted.
"""

from __future__ import annotations

from typing import NamedTuple

import vodozemac

from core.errors import Malformed, OpenFailed

# Exceptions of vodozemac for what a stranger's bytes can cause.
_HOSTILE = (
    vodozemac.DecodeException,
    vodozemac.KeyException,
    vodozemac.SessionCreationException,
    vodozemac.OlmDecryptionException,
)

PREKEY = 0  # kind of a message that opens a session; 1 is one of a session that is open on both sides
_KEY_SIZE = 32
# A prekey message: version 3, then each field as its tag and length (https://gitlab.matrix.org/matrix-org/olm, olm.md).
_VERSION = 3
_FIELD_SIZE = 2 + _KEY_SIZE
_ONE_TIME_KEY, _BASE_KEY, _IDENTITY_KEY = 0x0A, 0x12, 0x1A


class PrekeyNames(NamedTuple):
    """What a prekey message says in the clear: the one-time key it was made for, and its sender's identity key."""

    one_time_key: bytes
    identity_key: bytes


def prekey_names(message: bytes) -> PrekeyNames:
    """Read which keys a prekey message names. Raises ``Malformed`` when it is not one."""
    if message[:1] != bytes([_VERSION]):
        raise Malformed("olm message: version")
    fields: dict[int, bytes] = {}
    for start in range(1, 1 + 3 * _FIELD_SIZE, _FIELD_SIZE):
        field = message[start : start + _FIELD_SIZE]
        if len(field) != _FIELD_SIZE or field[1] != _KEY_SIZE:
            raise Malformed("olm message: not a prekey message")
        fields[field[0]] = field[2:]
    if fields.keys() != {_ONE_TIME_KEY, _BASE_KEY, _IDENTITY_KEY}:
        raise Malformed("olm message: not a prekey message")
    return PrekeyNames(fields[_ONE_TIME_KEY], fields[_IDENTITY_KEY])


class Session:
    """A double ratchet with one device of the other side."""

    def __init__(self, session: vodozemac.Session) -> None:
        self._session = session

    @property
    def id(self) -> str:
        """The session's id, the same on both sides."""
        return self._session.session_id

    def encrypt(self, plaintext: bytes) -> tuple[int, bytes]:
        """Return (type, message); the changed state must be stored before the message leaves."""
        return self._session.encrypt(plaintext).to_parts()

    def decrypt(self, kind: int, message: bytes) -> bytes:
        """Open a message. Raises ``OpenFailed``; the state is unchanged then."""
        try:
            return self._session.decrypt(vodozemac.AnyOlmMessage.from_parts(kind, message))
        except _HOSTILE as error:
            raise OpenFailed from error

    def pickle(self, key: bytes) -> str:
        """Return the state sealed with ``key``."""
        return self._session.pickle(key)

    @staticmethod
    def restore(pickle: str, key: bytes) -> Session:
        """Undo ``pickle``."""
        return Session(vodozemac.Session.from_pickle(pickle, key))


def open_session(their_identity: bytes, their_key: bytes) -> Session:
    """Start a session towards a receiver's keys, from an account of its own that is not kept.

    Raises ``Malformed`` for keys that contribute nothing.
    """
    try:
        return Session(
            vodozemac.Account().create_outbound_session(
                vodozemac.Curve25519PublicKey.from_bytes(their_identity),
                vodozemac.Curve25519PublicKey.from_bytes(their_key),
            )
        )
    except (*_HOSTILE, ValueError) as error:
        raise Malformed("olm keys") from error


class Receiver:
    """Keys to which one other device can start one session."""

    def __init__(self, account: vodozemac.Account) -> None:
        self._account = account

    @staticmethod
    def create() -> tuple[Receiver, bytes]:
        """Return a new one and its public one-time key, which vodozemac tells only once."""
        account = vodozemac.Account()
        account.generate_one_time_keys(1)
        (key,) = account.one_time_keys.values()
        account.mark_keys_as_published()
        return Receiver(account), key.to_bytes()

    @property
    def identity_key(self) -> bytes:
        """Curve25519 identity key, 32 bytes."""
        return self._account.curve25519_key.to_bytes()

    def accept_session(self, message: bytes) -> tuple[Session, bytes]:
        """Take the session that a prekey message opens; return it and the message's plaintext.

        Raises ``OpenFailed`` or ``Malformed``. The one-time key is used up: delete this receiver.
        """
        names = prekey_names(message)
        try:
            prekey = vodozemac.AnyOlmMessage.from_parts(PREKEY, message).to_pre_key()
            if prekey is None:
                raise OpenFailed
            sender = vodozemac.Curve25519PublicKey.from_bytes(names.identity_key)
            session, plaintext = self._account.create_inbound_session(sender, prekey)
        except (*_HOSTILE, ValueError) as error:
            raise OpenFailed from error
        return Session(session), plaintext

    def pickle(self, key: bytes) -> str:
        """Return the private keys sealed with ``key``."""
        return self._account.pickle(key)

    @staticmethod
    def restore(pickle: str, key: bytes) -> Receiver:
        """Undo ``pickle``."""
        return Receiver(vodozemac.Account.from_pickle(pickle, key))
