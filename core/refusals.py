"""Typed errors of the layers below as what people and programs see: one sentence and a kind."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from core.api import ApiError, Kind
from core.crypto.words import BadWords, WordsMismatch
from core.storage import errors as storage
from core.vault import errors as vault

_PLAIN: dict[type[Exception], tuple[Kind, str]] = {
    vault.NoAccount: (Kind.NO_ACCOUNT, "There is no account on this device yet."),
    vault.AccountExists: (Kind.ACCOUNT_EXISTS, "There is an account on this device already."),
    vault.WrongPasscode: (Kind.WRONG_PASSCODE, "That passcode does not open this account."),
    vault.PasscodeNeeded: (Kind.PASSCODE_NEEDED, "The passcode is needed."),
    vault.ProfileInUse: (Kind.PROFILE_IN_USE, "Another sottovoce is running on this profile."),
    vault.ReadOnlyHome: (Kind.READ_ONLY, "This profile's directory cannot be written."),
    vault.UnsafeHome: (Kind.READ_ONLY, "This profile's directory is a link or belongs to somebody else."),
    vault.VaultDamaged: (Kind.WRONG_PASSCODE, "That passcode does not open this account: its vault file is damaged."),
    vault.DiskFull: (Kind.DISK_FULL, "The disk is full."),
    storage.DiskFull: (Kind.DISK_FULL, "The disk is full."),
    storage.ReadOnly: (Kind.READ_ONLY, "This profile's directory cannot be written."),
    storage.Closed: (Kind.LOCKED, "The account was locked meanwhile."),
    storage.InUse: (Kind.PROFILE_IN_USE, "Another process uses this profile's database."),
}


def refusal_of(error: Exception) -> ApiError | None:
    """Return what people see of an error; None when it is our own bug or a damaged file."""
    match error:
        case ApiError():
            return error
        case vault.WeakPasscode():
            reasons = " ".join(error.reasons) or "That passcode is too easy to guess."
            return ApiError(Kind.WEAK_PASSCODE, reasons, suggestions=list(error.suggestions))
        case vault.SlowDown():
            return ApiError(Kind.SLOW_DOWN, f"Too many wrong passcodes; wait {error.seconds} s.", seconds=error.seconds)
        case vault.NotEnoughMemory():
            return ApiError(
                Kind.SLOW_DOWN, f"Opening needs {error.mebibytes} MiB of memory, which are not free.", seconds=60
            )
        case BadWords():
            return ApiError(
                Kind.BAD_WORDS,
                "Some of the words are not on the list.",
                positions=list(error.positions),
                count=error.count,
            )
        case WordsMismatch():
            return ApiError(Kind.WORDS_MISMATCH, "All words are known, but they do not belong together: a typing slip?")
        case _:
            plain = _PLAIN.get(type(error))
            return None if plain is None else ApiError(*plain)


@contextmanager
def refusals() -> Generator[None]:
    """Turn typed errors inside into ``ApiError``."""
    try:
        yield
    except (vault.VaultError, storage.StorageError, BadWords, WordsMismatch) as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
