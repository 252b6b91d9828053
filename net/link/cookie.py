"""Cookies: proof that a node that sends from an address also receives there.

A cookie is a MAC of the address under a secret that changes every two minutes; nothing is stored per asker. It is valid
for the current secret and the one before. What a cookie is worth, ``admission`` decides.

Reference: Donenfeld, "WireGuard" (2017), section 5.3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from net.ids import Endpoint
from net.link.envelope import COOKIE_SIZE, cookie_mark, mark_of
from net.primitives import KEY_SIZE, equal, hmac

SECRET_LIFE: Final = 120.0  # seconds


class CookieJar:
    """The secrets behind our cookies."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._secret = random(KEY_SIZE)
        self._former = random(KEY_SIZE)
        self._drawn_at: float | None = None

    def bake(self, source: Endpoint, now: float) -> bytes:
        """Return the cookie, 16 bytes, to tell ``source``."""
        self._renew(now)
        return _cookie(self._secret, source)

    def is_marked(self, datagram: bytes, source: Endpoint, now: float) -> bool:
        """Return whether a datagram from ``source`` carries the mark of a cookie it got from us."""
        self._renew(now)
        mark = mark_of(datagram)
        return any(
            equal(cookie_mark(datagram, _cookie(secret, source)), mark) for secret in (self._secret, self._former)
        )

    def _renew(self, now: float) -> None:
        if self._drawn_at is None:
            self._drawn_at = now
        elif now - self._drawn_at >= SECRET_LIFE:
            # After a long pause the former secret is as old as that pause, so it goes too.
            is_former_fresh = now - self._drawn_at < 2 * SECRET_LIFE
            self._former = self._secret if is_former_fresh else self._random(KEY_SIZE)
            self._secret, self._drawn_at = self._random(KEY_SIZE), now


def _cookie(secret: bytes, source: Endpoint) -> bytes:
    return hmac(secret, f"{source.host} {source.port}".encode())[:COOKIE_SIZE]
