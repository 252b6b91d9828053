"""The key of an account, remembered for twenty hours from the last time its passcode was typed.

Twenty hours cover a working day and its evening, and end before the same hour of the next day. What is kept is what
a vault slot holds, outside the process and never on a disk: in the kernel's user keyring, else in the secret service's
session collection, else not at all. The expiry goes into the payload as well and is checked on recall by the boot
clock, because the kernel's own timeouts follow the wall clock, which can be set back.

A place may hang (a secret service that asks a question on a screen out of sight). It is given three seconds, and then
counts as one that refuses.

Payload: ``version 1 | boot id 16 | boot ms 8 | wall ms 8 | seed 27 | database key 32 | places 4``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from core.crypto import primitives
from core.crypto.seed import SEED_SIZE
from core.vault.clock import BOOT_ID_SIZE, Reading
from core.vault.kernel_keyring import KernelKeyring
from core.vault.secret_service import SecretService
from core.vault.slots import SLOTS_PER_PROFILE, Content

REMEMBERED_SECONDS: Final = 20 * 3600

_VERSION = b"\x01"
_KEYS_AT = 1 + BOOT_ID_SIZE + 8 + 8
_SIZE = _KEYS_AT + SEED_SIZE + primitives.KEY_SIZE + SLOTS_PER_PROFILE


class KeyStore(Protocol):
    """Somewhere outside the process. ``put`` raises OSError when refused; ``get`` and ``drop`` never fail."""

    name: str  # what to call it on a screen

    def put(self, description: str, payload: bytes, seconds: int) -> None:
        """Keep ``payload`` for at least ``seconds``."""
        ...

    def get(self, description: str) -> bytes | None:
        """Return what is kept, or None."""
        ...

    def drop(self, description: str) -> None:
        """Forget it."""
        ...


def system_stores() -> list[KeyStore]:
    """Return the places this system offers, the best first."""
    stores: list[KeyStore] = []
    for kind in (KernelKeyring, SecretService):
        with suppress(Exception):  # none here
            stores.append(kind())
    return stores


class Recalled(NamedTuple):
    """What was remembered, and when its passcode was typed."""

    content: Content
    typed_at: Reading


class RememberedKey:
    """The remembered key of the profile with this 16-byte ``tag``."""

    def __init__(self, tag: bytes, stores: Sequence[KeyStore]) -> None:
        self._description = f"sottovoce:{tag.hex()}"  # random, so a list of keys says that there is one and no more
        self._stores = stores

    def remember(self, content: Content, now: Reading) -> str | None:
        """Keep the content for twenty hours from now; return the name of the place, None when no place allows it."""
        payload = _encode(content, now)
        for store in self._stores:
            with suppress(Exception):  # a place that fails in whatever way is a place that refuses
                store.put(self._description, payload, REMEMBERED_SECONDS)
                return store.name
        return None

    def recall(self, now: Reading) -> Recalled | None:
        """Return the content while it is remembered; what has run out or is none of ours is forgotten."""
        for store in self._stores:
            with suppress(Exception):
                payload = store.get(self._description)
                if payload is None:
                    continue
                recalled = _decode(payload, now)
                if recalled is not None:
                    return recalled
                store.drop(self._description)
        return None

    def forget(self) -> None:
        """Forget the key, wherever it is."""
        for store in self._stores:
            with suppress(Exception):  # a failing place must not keep the key in the others
                store.drop(self._description)


def _encode(content: Content, now: Reading) -> bytes:
    at = now.boot + now.boot_ms.to_bytes(8, "big") + now.wall_ms.to_bytes(8, "big")
    return _VERSION + at + content.seed + content.database_key + bytes(content.places)


def _decode(payload: bytes, now: Reading) -> Recalled | None:
    """Return the content unless twenty hours have passed by either clock; a reading of another boot has run out."""
    if len(payload) != _SIZE or payload[:1] != _VERSION:
        return None
    at = 1 + BOOT_ID_SIZE
    boot_ms, wall_ms = int.from_bytes(payload[at : at + 8], "big"), int.from_bytes(payload[at + 8 : at + 16], "big")
    typed_at = Reading(payload[1:at], boot_ms, wall_ms)
    elapsed = now.since(typed_at)
    if elapsed is None or not 0 <= elapsed < REMEMBERED_SECONDS * 1000:
        return None
    if now.wall_ms - wall_ms >= REMEMBERED_SECONDS * 1000:
        return None
    keys = payload[_KEYS_AT:]
    split = SEED_SIZE + primitives.KEY_SIZE
    return Recalled(Content(keys[:SEED_SIZE], keys[SEED_SIZE:split], tuple(keys[split:])), typed_at)
