"""Days as people type them: ``2026-11-03``, ``2026-11``, ``2026``, ``today``, ``yesterday``."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

from tui.language import N_, tr
from tui.words.format import Calendar

_DATE: Final = re.compile(r"(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?")
# Times are counted from this year on.
FIRST_YEAR: Final = 1970
# Word -> days before the present one.
_WORDS: Final = {N_("today"): 0, N_("yesterday"): 1}


def day_of(text: str, now: int, calendar: Calendar) -> int | None:
    """Return the day that a text names, the first one of a month or a year, as a proleptic ordinal; None: none."""
    typed = unicodedata.normalize("NFKC", text).strip().casefold()
    for word, back in _WORDS.items():
        if typed in {word, tr(word).casefold()}:
            return calendar.day(now) - back
    found = _DATE.fullmatch(typed)
    if found is None:
        return None
    try:
        date = dt.date(*(int(part or 1) for part in found.groups()))
    except ValueError:  # the 31st of a month that has none
        return None
    return date.toordinal() if date.year >= FIRST_YEAR else None
