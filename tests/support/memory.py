"""Searches the objects of this process for secrets: every object is gone through, so that none is forgotten."""

from __future__ import annotations

import gc
from collections.abc import Iterator


def reachable() -> Iterator[object]:
    """Go through everything that the process's objects refer to, however far."""
    gc.unfreeze()  # what was there before the first test is looked at as well
    seen: set[int] = set()
    waiting: list[object] = list(gc.get_objects())
    seen.update(map(id, waiting))
    while waiting:
        for found in gc.get_referents(waiting.pop()):
            if id(found) not in seen:
                seen.add(id(found))
                waiting.append(found)
                yield found


def masked(secrets: dict[str, bytes]) -> dict[str, bytes]:
    """Return secrets in a form that a search does not find."""
    return {name: bytes(byte ^ 0x5A for byte in secret) for name, secret in secrets.items()}


def held(hidden: dict[str, bytes]) -> set[str]:
    """Tell which secrets some object holds, as they are or in hex."""
    wanted = masked(hidden)
    in_hex = {name: secret.hex() for name, secret in wanted.items()}
    shortest = min(len(secret) for secret in wanted.values())
    found_names: set[str] = set()
    for found in reachable():
        if isinstance(found, (bytes, bytearray)):
            if len(found) >= shortest:
                found_names.update(name for name, secret in wanted.items() if secret in found and found is not secret)
        elif isinstance(found, str) and len(found) >= 2 * shortest and found.isascii():
            found_names.update(name for name, text in in_hex.items() if text in found and found is not text)
    return found_names
