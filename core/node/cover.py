"""The settings of cover traffic (``net.cover_profile``), by the names that people choose."""

from __future__ import annotations

from typing import Final

from core.api import PaceName
from net.cover_profile import NORMAL, SPARING, STRONG, CoverProfile

PACES: Final[dict[PaceName, CoverProfile]] = {"sparing": SPARING, "normal": NORMAL, "strong": STRONG}


def bytes_per_day(name: PaceName) -> int:
    """Return the bytes of cover traffic that a device sends in a day with this setting."""
    return PACES[name].bytes_per_day


def pace_of(name: PaceName, normal: CoverProfile) -> CoverProfile:
    """Return the profile of a name on a node that was made with ``normal``, which tests make faster."""
    return normal if name == "normal" else PACES[name]


def name_of(pace: CoverProfile) -> PaceName:
    """Return the name of a profile; one without a name counts as normal."""
    names: list[PaceName] = [name for name, known in PACES.items() if known == pace]
    return names[0] if names else "normal"
