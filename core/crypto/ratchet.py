"""Double ratchets between devices: Olm by vodozemac, behind the smallest port that this program needs.

vodozemac leaves five things to its caller. Where each is guarded:
1. A prekey message replayed against a fallback key would make a second session: ``prekey_id`` names it, and
   ``core.storage.devices`` keeps every id used in the transaction that uses it.
2. A group session accepts replays: none are used yet; whoever adds them keeps (session, index).
3. Only 40 skipped keys are kept: ``core.people.reading`` feeds messages in the order of their lane.
4. Pickles of equal state are equal: they are made with a random key and lie in the encrypted database only.
5. Encrypting from a restored old state repeats keys: after a rollback ``core.people.resetting`` retires every session
   for sending before anything is encrypted.
"""

from __future__ import annotations

from typing import Protocol, cast

import vodozemac

from core.errors import Malformed, OpenFailed

# Exceptions of vodozemac for what a stranger's bytes can cause.
_HOSTILE = (
    vodozemac.DecodeException,
    vodozemac.KeyException,
    vodozemac.SessionCreationException,
    vodozemac.OlmDecryptionException,
)


class _FallbackKeys(Protocol):
    """What vodozemac's own type stub forgets of an account."""

    @property
    def fallback_key(self) -> dict[str, vodozemac.Curve25519PublicKey]: ...

    def generate_fallback_key(self) -> None: ...


def prekey_id(kind: int, message: bytes) -> str:
    """Return the id of the session that a prekey message opens. Raises ``Malformed`` when it is not one."""
    try:
        prekey = vodozemac.AnyOlmMessage.from_parts(kind, message).to_pre_key()
    except _HOSTILE as error:
        raise Malformed("olm message") from error
    if prekey is None:
        raise Malformed("olm message: not a prekey message")
    return prekey.session_id()


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


class Account:
    """Keys to which others start sessions: a device's, or one invitation's. One fallback key serves every session."""

    def __init__(self, account: vodozemac.Account) -> None:
        self._account = account

    @staticmethod
    def create() -> tuple[Account, bytes]:
        """Return a new account and its public fallback key, which vodozemac tells only once."""
        account = vodozemac.Account()
        keys = cast("_FallbackKeys", account)
        keys.generate_fallback_key()
        (fallback,) = keys.fallback_key.values()
        account.mark_keys_as_published()
        return Account(account), fallback.to_bytes()

    @property
    def identity_key(self) -> bytes:
        """Curve25519 identity key, 32 bytes."""
        return self._account.curve25519_key.to_bytes()

    def open_session(self, their_identity: bytes, their_key: bytes) -> Session:
        """Start a session towards someone's keys. Raises ``Malformed`` for keys that contribute nothing."""
        try:
            return Session(
                self._account.create_outbound_session(
                    vodozemac.Curve25519PublicKey.from_bytes(their_identity),
                    vodozemac.Curve25519PublicKey.from_bytes(their_key),
                )
            )
        except (*_HOSTILE, ValueError) as error:
            raise Malformed("olm keys") from error

    def accept_session(self, their_identity: bytes, kind: int, message: bytes) -> tuple[Session, bytes]:
        """Take the session that a prekey message opens; return it and the message's plaintext. Raises ``OpenFailed``."""
        try:
            prekey = vodozemac.AnyOlmMessage.from_parts(kind, message).to_pre_key()
            if prekey is None:
                raise OpenFailed
            sender = vodozemac.Curve25519PublicKey.from_bytes(their_identity)
            session, plaintext = self._account.create_inbound_session(sender, prekey)
        except _HOSTILE as error:
            raise OpenFailed from error
        return Session(session), plaintext

    def pickle(self, key: bytes) -> str:
        """Return the account sealed with ``key``."""
        return self._account.pickle(key)

    @staticmethod
    def restore(pickle: str, key: bytes) -> Account:
        """Undo ``pickle``."""
        return Account(vodozemac.Account.from_pickle(pickle, key))
