"""The account on this device: made, restored, opened, locked and forgotten.

Plain and synchronous: every call that takes a passcode runs Argon2id for a second and more, so callers give it a
worker thread. Nothing here is held between calls but the path of the home; the keys are in what is returned.

A passcode is tried in this order, which must not change: counted on disk (``attempts``), stretched (``cost``), offered
to all eight slots (``slots``), and only then is the count cleared and the key remembered. Every answer that tells whether
a passcode opens something costs one count, which is given back only for the right passcode if nothing else was learned.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from core.crypto import primitives
from core.crypto.seed import Identity, draw_seed, identity_key, identity_of_seed
from core.crypto.words import seed_of, words_of
from core.vault import cost, slots
from core.vault.attempts import Attempts
from core.vault.clock import Reading, read_clock
from core.vault.cost import CostPolicy, Costs
from core.vault.durable import read_file, replace_file
from core.vault.errors import AccountExists, NoAccount, PasscodeNeeded, WeakPasscode, WrongPasscode
from core.vault.passcode import IN_USE, check_strength, normalise
from core.vault.profile import Profile
from core.vault.remembered import KeyStore, RememberedKey, system_stores
from core.vault.slots import Content, Kind, Vault


@dataclass(frozen=True, repr=False)
class Unlocked:
    """An open account: its keys suffice to act as the person, so it is never printed.

    ``remembered``: whether the key is kept for twenty hours, or this system has no place for it. ``typed_at``: when its
    passcode was typed last; opening by the remembered key does not make that later.
    """

    identity: Identity
    seed: bytes
    database_key: bytes
    tag: bytes
    remembered: bool
    typed_at: Reading = field(compare=False)

    def is_same(self, other: Unlocked) -> bool:
        """Tell whether this is the same profile, in constant time."""
        return primitives.equal(self.seed + self.database_key, other.seed + other.database_key)

    def __repr__(self) -> str:
        return f"Unlocked({self.identity}, …)"

    @property
    def signing_seed(self) -> bytes:
        """The private seed of the identity's Ed25519 key."""
        return identity_key(self.seed)

    @property
    def words(self) -> list[str]:
        """The eighteen words."""
        return words_of(self.seed)


class Accounts:
    """The account of one profile, whose lock the caller holds.

    ``policy`` sets the price of a passcode; ``stores`` are the places for a remembered key (None: what the system
    offers); ``clock`` and ``draw`` are time and randomness.
    """

    def __init__(
        self,
        profile: Profile,
        policy: CostPolicy = cost.PRODUCT,
        stores: Sequence[KeyStore] | None = None,
        clock: Callable[[], Reading] = read_clock,
        draw: Callable[[int], bytes] = primitives.random_bytes,
    ) -> None:
        self._path = profile.vault
        self._attempts = Attempts(profile.attempts)
        self._policy = policy
        self._stores = system_stores() if stores is None else stores
        self._clock = clock
        self._draw = draw

    def exists(self) -> bool:
        """Tell whether there is an account in this home."""
        return self._path.exists()

    def create(self, passcode: str, known_words: Sequence[str] = ()) -> Unlocked:
        """Make an account. Raises ``AccountExists``, ``WeakPasscode``, ``DiskFull``, ``ReadOnlyHome``, ``UnsafeHome``."""
        return self._establish(lambda: draw_seed(self._draw), passcode, known_words)

    def restore(
        self, words: Sequence[str], passcode: str, *, accept_mismatch: bool = False, known_words: Sequence[str] = ()
    ) -> Unlocked:
        """Make the account anew from its words, with a fresh database key.

        Raises what ``create`` raises, ``core.crypto.words.BadWords`` and ``WordsMismatch``.
        """
        return self._establish(lambda: seed_of(words, accept_mismatch=accept_mismatch), passcode, known_words)

    def unlock(self, passcode: str | None = None) -> Unlocked:
        """Open the account by its passcode, or without one by the remembered key.

        Raises ``NoAccount``, ``WrongPasscode``, ``PasscodeNeeded``, ``SlowDown``, ``VaultDamaged``,
        ``NotEnoughMemory``, ``DiskFull``, ``ReadOnlyHome``.
        """
        vault = self._read()
        if passcode is not None:
            content, _ = self._try_passcode(vault, passcode)
            self._attempts.clear(self._clock())
            return self._remember(vault, content)
        recalled = self._remembered(vault).recall(self._clock())
        if recalled is None:
            raise PasscodeNeeded
        return _unlocked(vault, recalled.content, recalled.typed_at, remembered=True)

    def change_passcode(self, old: str, new: str, open_now: Unlocked | None = None) -> Unlocked:
        """Wrap the same keys by another passcode: one slot is rewritten, all others stay as they are.

        ``open_now`` is the profile that asks: the passcode of another one is then as wrong as any. Raises what ``unlock``
        raises, and ``WeakPasscode``.
        """
        vault = self._read()
        check_strength(new)
        content, root = self._try_passcode(vault, old)
        if open_now is not None and not _unlocked(vault, content, self._clock()).is_same(open_now):
            raise WrongPasscode
        if normalise(new) == normalise(old):
            self._attempts.clear(self._clock())
        else:
            # Whether the new one is taken tells whether it opens the other profile. So the count made for the old one
            # stays, for this guess: else with one passcode, the other could be guessed as fast as Argon2id runs.
            root = slots.root_of(normalise(new), Kind.PASSCODE, vault.header)
            if _opens(vault, root):  # two doors under one key would make one of two profiles unreachable
                raise WeakPasscode((IN_USE,), ())
        replace_file(self._path, slots.seal(vault, root, Kind.PASSCODE, content, self._draw).encode())
        return self._remember(vault, content)

    def words(self, passcode: str, open_now: Unlocked) -> list[str]:
        """Return the eighteen words of ``open_now``, the profile that asks: another one's passcode is as wrong as any.

        Raises what ``confirm`` raises.
        """
        self.confirm(passcode, open_now)
        return open_now.words

    def confirm(self, passcode: str, open_now: Unlocked) -> None:
        """Check a passcode of ``open_now``, the profile that asks, as an attempt: another one's is as wrong as any.

        Nothing is remembered anew. Raises what ``unlock`` raises.
        """
        vault = self._read()
        content, _ = self._try_passcode(vault, passcode)
        opened = _unlocked(vault, content, self._clock())
        if not opened.is_same(open_now):
            raise WrongPasscode
        self._attempts.clear(self._clock())

    def is_remembered(self) -> bool:
        """Tell whether ``unlock`` without a passcode would work now."""
        return self.exists() and self._remembered(self._read()).recall(self._clock()) is not None

    def logout(self) -> None:
        """Forget the remembered key. Locking needs no call: drop what ``unlock`` returned."""
        if self.exists():
            self._remembered(self._read()).forget()

    def _establish(self, seed: Callable[[], bytes], passcode: str, known_words: Sequence[str]) -> Unlocked:
        if self.exists():
            raise AccountExists
        check_strength(passcode, known_words)
        content = Content(seed(), self._draw(primitives.KEY_SIZE), slots.draw_places(self._draw))
        vault = slots.blank(cost.calibrate(self._policy, _measure), self._draw)
        root = slots.root_of(normalise(passcode), Kind.PASSCODE, vault.header)
        vault = slots.seal(vault, root, Kind.PASSCODE, content, self._draw)
        try:
            replace_file(self._path, vault.encode())
            self._attempts.clear(self._clock())
            return self._remember(vault, content)
        except BaseException:
            self.take_back()
            raise

    def take_back(self) -> None:
        """Remove the account that was just made: its words were not told, and never could be."""
        with suppress(Exception):  # the reason for taking it back is told, not this fault
            self.logout()
        with suppress(OSError):
            self._path.unlink()

    def _read(self) -> Vault:
        data = read_file(self._path, slots.FILE_SIZE + 1)
        if data is None:
            raise NoAccount
        return slots.decode(data, self._policy)

    def _try_passcode(self, vault: Vault, passcode: str) -> tuple[Content, bytes]:
        """Return what a passcode opens, and its root. It counts as a guess until the caller clears the count."""
        cost.require(vault.header.costs)  # what cannot be tried is no guess
        self._attempts.admit(self._clock())
        root = slots.root_of(normalise(passcode), Kind.PASSCODE, vault.header)
        return slots.unseal(vault, root), root

    def _remember(self, vault: Vault, content: Content) -> Unlocked:
        now = self._clock()
        where = self._remembered(vault).remember(content, now)
        return _unlocked(vault, content, now, remembered=where is not None)

    def _remembered(self, vault: Vault) -> RememberedKey:
        return RememberedKey(vault.header.tag, self._stores)


def _unlocked(vault: Vault, content: Content, typed_at: Reading, *, remembered: bool = False) -> Unlocked:
    identity = identity_of_seed(content.seed)
    return Unlocked(identity, content.seed, content.database_key, vault.header.tag, remembered, typed_at)


def _opens(vault: Vault, root: bytes) -> bool:
    try:
        slots.unseal(vault, root)
    except WrongPasscode:
        return False
    return True


def _measure(costs: Costs) -> float:
    """Return the seconds of one Argon2id run on this machine."""
    began = time.perf_counter()
    cost.stretch(bytes(32), bytes(slots.SALT_SIZE), costs)
    return time.perf_counter() - began
