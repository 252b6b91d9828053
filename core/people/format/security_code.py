"""The security code of two people: sixty digits that both compute from the two identities, and compare by another way.

Whoever stands in the middle has an identity of its own, so each side would see another code. It says nothing of devices:
a new one changes nothing, since it is certified by the identity or is no device of the person.

    fingerprint(identity) = 5200 rounds of h <- SHA-256(label, h, identity), from 32 zero bytes
    thirty digits of it   = six times five bytes, as a number modulo 100 000
    code                  = both people's thirty digits, the smaller first

A liar needs an identity whose thirty digits are those of another: 2^99.6 tries, each of 5200 rounds. That each person's
digits stand in a half of their own, rather than in a hash of both, keeps a liar from searching both at once (a birthday).

Reference: Signal's "safety numbers" (M. Marlinspike, 2016); its numeric fingerprint does the same with SHA-512.
"""

from __future__ import annotations

import re
from typing import Final

from core.crypto import primitives

_LABEL: Final = b"sottovoce/v1/code"
# As many as Signal's: what one look at a code costs, 3 ms a person, and every try of who searches.
ROUNDS: Final = 5200
GROUPS: Final = 12  # of five digits
GROUP_SIZE: Final = 5
DIGITS: Final = GROUPS * GROUP_SIZE
# What a code begins with as text in a QR code, which is all of its "alphanumeric" characters: fewer modules.
QR_PREFIX: Final = "SOTTOVOCE-CODE:"

_IN_A_CODE = re.compile(rf"{QR_PREFIX}([0-9]{{{DIGITS}}})", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s.,;:/_-]+")


def fingerprint(identity: bytes) -> str:
    """Return the thirty digits of a person."""
    state = bytes(32)
    for _ in range(ROUNDS):
        state = primitives.sha256(_LABEL + state + identity)
    numbers = (int.from_bytes(state[n : n + 5], "big") % 10**GROUP_SIZE for n in range(0, 30, 5))
    return "".join(f"{number:0{GROUP_SIZE}}" for number in numbers)


def digits_of(one: bytes, other: bytes) -> str:
    """Return the sixty digits of two people, the same in either order."""
    return "".join(sorted((fingerprint(one), fingerprint(other))))


def qr_text(digits: str) -> str:
    """Return what a QR code of these digits holds."""
    return QR_PREFIX + digits


def read(text: str) -> str | None:
    """Return the digits that a text gives: of a QR code in it, else if it is sixty digits, grouped as one likes.

    None where there are none.
    """
    found = _IN_A_CODE.search(text)
    if found is not None:
        return found[1]
    plain = _BETWEEN.sub("", text)
    return plain if re.fullmatch(rf"[0-9]{{{DIGITS}}}", plain) else None
