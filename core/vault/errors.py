"""Errors of an account on this device. Leaf classes carry data for screens and programs, never a secret."""

from core.errors import CoreError
from core.sentence import Sentence


class VaultError(CoreError):
    """Base of all errors of this package; never raised itself."""


class NoAccount(VaultError):
    """There is no vault in this home."""


class AccountExists(VaultError):
    """There is a vault already, and it is never overwritten."""


class WrongPasscode(VaultError):
    """No slot of the vault opens. Whether the passcode was wrong or the file was altered cannot be told apart."""


class PasscodeNeeded(VaultError):
    """No key is remembered, or it has run out."""


class WeakPasscode(VaultError):
    """Too easy to guess. ``reasons`` and ``suggestions`` are sentences for people, in English."""

    def __init__(self, reasons: tuple[str | Sentence, ...], suggestions: tuple[str, ...]) -> None:
        super().__init__(reasons)
        self.reasons = reasons
        self.suggestions = suggestions


class SlowDown(VaultError):
    """Too many wrong passcodes; the next attempt is allowed in ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class VaultDamaged(VaultError):
    """The vault file cannot be one of ours. ``what`` names the check that failed."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NotEnoughMemory(VaultError):
    """The machine has too little free memory for this vault's passcode. ``mebibytes`` says how much is needed."""

    def __init__(self, mebibytes: int) -> None:
        super().__init__(mebibytes)
        self.mebibytes = mebibytes


class NodeKeyDamaged(VaultDamaged):
    """A node's key file cannot be one of ours; no passcode opens it."""


class ProfileInUse(VaultError):
    """Another process holds this home."""


class NoLocks(VaultError):
    """The file system of the home has no locks, so a second process could not be kept out."""


class UnsafeHome(VaultError):
    """The home is a symbolic link, no directory, or belongs to another user. ``what`` says which."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class HalfRemoved(VaultError):
    """The account of this home was being removed, and something keeps the rest of it from going."""


class ReadOnlyHome(VaultError):
    """The home cannot be written."""


class DiskFull(VaultError):
    """No space is left, or the quota is used up."""
