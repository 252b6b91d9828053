"""Says what is wrong with a mistyped identity, as far as its 52 characters show it.

Four bits of checksum, and that a key must be a point of its group, refuse 255 slips in 256. They cannot say where: of the
1612 ways to change one character some six would pass. Of the 51 ways to swap two neighbours hardly another does, so a
swap can be named when just one passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from core.crypto.seed import IDENTITY_SIZE, BadIdentity, Identity, public_key_of
from core.sentence import N_, Sentence, sentence

# What people and programs put between groups of characters.
_BETWEEN: Final = re.compile(r"[\s._-]+")
_NEVER: Final = re.compile("[^a-z2-7]")
# What is typed in place of a letter or digit that looks alike.
_MEANT: Final = {"0": "o", "1": N_("l or i"), "8": "b", "9": "g"}
# Characters looked at: what is longer is no identity with a slip.
_MOST: Final = 256

Slip = Literal["character", "length", "swapped", "checksum"]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A slip; ``at`` counts characters from 1, where it is known. ``message`` is one sentence for people."""

    slip: Slip
    message: Sentence
    at: int | None = None


def plain(text: str) -> str:
    """Return an identity as it is written: small letters, nothing between."""
    return _BETWEEN.sub("", text[:_MOST]).lower()


def check(text: str) -> Identity | Wrong:
    """Return the identity that a text names, or what is wrong with it."""
    written = plain(text)
    try:
        public_key_of(written)
    except BadIdentity:
        return _what_is_wrong(written)
    return Identity(written)


def _what_is_wrong(written: str) -> Wrong:
    strange = _NEVER.search(written)
    if strange is not None:
        at = strange.start() + 1
        meant = _MEANT.get(strange[0])
        return Wrong("character", _strange(at, strange[0], meant), at)
    if len(written) != IDENTITY_SIZE:
        return Wrong("length", _of_length(len(written) - IDENTITY_SIZE))
    swapped = [at for at in range(IDENTITY_SIZE - 1) if _is_identity(_swap(written, at))]
    if len(swapped) == 1:
        at = swapped[0] + 1
        return Wrong(
            "swapped",
            sentence("Its checksum does not fit: characters {at} and {next} may be swapped.", at=at, next=at + 1),
            at,
        )
    return Wrong("checksum", sentence("Its checksum does not fit: some character is another one."))


def _strange(at: int, sign: str, meant: str | None) -> Sentence:
    if meant is None:
        return sentence("Character {at} cannot be in an identity: it has letters, and digits from 2 to 7.", at=at)
    return sentence(
        "Character {at} cannot be in an identity: it has letters, and digits from 2 to 7. {sign} is never in one: {meant} "
        "is meant, maybe.",
        at=at,
        sign=sign,
        meant=Sentence(meant),
    )


def _of_length(surplus: int) -> Sentence:
    if surplus > 0:
        return sentence(
            "An identity has {size} characters; this has {count} too many.", size=IDENTITY_SIZE, count=surplus
        )
    return sentence("An identity has {size} characters; this has {count} too few.", size=IDENTITY_SIZE, count=-surplus)


def _swap(written: str, at: int) -> str:
    return written[:at] + written[at + 1] + written[at] + written[at + 2 :]


def _is_identity(written: str) -> bool:
    try:
        public_key_of(written)
    except BadIdentity:
        return False
    return True
