"""The settings of ``net.cover_profile`` by the names that people choose them by."""

from __future__ import annotations

from typing import Final

from core.api import PaceName
from net.cover_profile import NORMAL, SPARING, STRONG, CoverProfile

PACES: Final[dict[PaceName, CoverProfile]] = {"sparing": SPARING, "normal": NORMAL, "strong": STRONG}


def bytes_per_day(name: PaceName) -> int:
    """Return what this setting's cover traffic sends from a device in a day."""
    return PACES[name].bytes_per_day


def pace_of(name: PaceName, normal: CoverProfile) -> CoverProfile:
    """Return the pace that a name stands for on a node that was made with ``normal``: tests hurry."""
    return normal if name == "normal" else PACES[name]


def name_of(pace: CoverProfile) -> PaceName:
    """Return what a pace is called; one that has no name counts as normal."""
    names: list[PaceName] = [name for name, known in PACES.items() if known == pace]
    return names[0] if names else "normal"
