"""Commands that make, open, lock and change the account."""

from __future__ import annotations

from typing import ClassVar, Literal

from core.api.base import Carrier, Command, Record


class Done(Record, frozen=True):
    """Success, without a result."""


class AccountCreated(Record, frozen=True):
    """A new account: its identity and the eighteen words that are its only copy outside this device."""

    identity: str
    words: list[str]


class AccountIdentity(Record, frozen=True):
    """The identity of the account now open."""

    identity: str


class AccountPhrase(Record, frozen=True):
    """The eighteen words of the account now open, in order."""

    words: list[str]


class AccountInfo(Record, frozen=True, omit_defaults=False):
    """Whose account this is. Identity and name are empty while locked or while there is no account.

    ``remembered`` says whether the unlocked key is held for 20 hours (None while locked). ``locks_at``: when the vault
    locks unless the passcode is typed before, also behind the screen lock; until then mail comes in (None while the vault
    is locked).
    """

    identity: str
    name: str
    locked: bool
    exists: bool
    remembered: bool | None = None
    locks_at: int | None = None


class AccountCreate(Command[AccountCreated], frozen=True, tag="account.create"):
    """Make an account on this device. Needs no network. Errors: account-exists, weak-passcode, disk-full, read-only."""

    carrier: ClassVar = Carrier.GATE
    while_locked: ClassVar = True
    told_once: ClassVar = True

    passcode: str
    name: str = ""


class AccountRestore(Command[AccountIdentity], frozen=True, tag="account.restore"):
    """Make the account anew from its words. Errors as create, and bad-words, words-mismatch."""

    carrier: ClassVar = Carrier.GATE
    while_locked: ClassVar = True

    words: list[str]
    passcode: str
    accept_mismatch: bool = False
    name: str = ""


class AccountUnlock(Command[AccountIdentity], frozen=True, tag="account.unlock"):
    """Open with the passcode, or without one by the remembered key; a screen that its person locked takes the passcode.

    A vault may hold two profiles: the one that the passcode belongs to is open afterwards, and no other.
    Errors: no-account, wrong-passcode, passcode-needed, slow-down.
    """

    carrier: ClassVar = Carrier.GATE
    while_locked: ClassVar = True

    passcode: str | None = None


class AccountLock(Command[Done], frozen=True, tag="account.lock"):
    """Lock. With ``keep_receiving`` only the caller's screen locks: commands answer ``locked``, mail still comes in.

    Else the vault does, for every screen and program. The vault keeps the remembered key; the screen forgets it, so that
    no restart is a way around the lock.
    """

    carrier: ClassVar = Carrier.GATE
    while_locked: ClassVar = True

    keep_receiving: bool = False


class AccountLogout(Command[Done], frozen=True, tag="account.logout"):
    """Lock and forget the remembered key."""

    carrier: ClassVar = Carrier.GATE
    while_locked: ClassVar = True


class AccountChangePasscode(Command[Done], frozen=True, tag="account.change_passcode"):
    """Wrap the same account with another passcode. Errors: wrong-passcode, weak-passcode, slow-down.

    Each change counts as an attempt, like a wrong passcode: whether one is taken tells whether it is in use.
    """

    carrier: ClassVar = Carrier.GATE

    old: str
    new: str


class AccountWords(Command[AccountPhrase], frozen=True, tag="account.words"):
    """Tell the eighteen words to whoever gives the passcode of the account now open. Errors: wrong-passcode, slow-down.

    It counts as an attempt, like any place where a passcode is tried.
    """

    carrier: ClassVar = Carrier.GATE

    passcode: str


class Left(Record, frozen=True, omit_defaults=False):
    """Something of an account that is still in the network, sealed, until a time at the latest."""

    what: Literal["texts", "invitations", "record"]
    until: int


class AccountRemoved(Record, frozen=True, omit_defaults=False):
    """What could not be removed. ``files``: names of what lies in the home and is not of this program.

    ``emptied``: custodians hold an empty personal record in place of the account's, so that the words bring no contacts
    back. ``network``: what strangers' devices keep, which nothing can delete; no one can read it without the account's keys.
    """

    emptied: bool
    files: list[str]
    network: list[Left]


class AccountWipe(Command[AccountRemoved], frozen=True, tag="account.wipe"):
    """Remove the account from this machine: home, mark, remembered key. Nothing brings it back but its words.

    The personal record in the network is overwritten by an empty one before, as far as there is a network, unless
    ``only_here``: then the words bring the contacts back, as after a loss. Contacts are not told. Once it has begun it is
    finished, at the next start if need be. Errors: wrong-passcode, slow-down, disk-full, read-only.
    """

    carrier: ClassVar = Carrier.GATE

    passcode: str
    only_here: bool = False


class AccountRename(Command[Done], frozen=True, tag="account.rename"):
    """Change the name that future invitations and greetings show."""

    name: str


class AccountGet(Command[AccountInfo], frozen=True, tag="account.info"):
    """Tell whose account is open. Works while locked."""

    carrier: ClassVar = Carrier.GATE
    while_locked: ClassVar = True
