"""Days as people type them: ``2026-11-03``, ``2026-11``, ``2026``, ``today``, ``yesterday``, ``Monday``, ``3 nov``.

Messages are of the past: a weekday is the latest one, today included, and a day without a year is not after today. Words
are taken in English and in the language of the screen.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

from tui.language import N_, tr
from tui.words.format import MONTHS, SHORT_WEEKDAYS, WEEKDAYS, Calendar

_DATE: Final = re.compile(r"(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?")
# A day and the name of a month, either first, and a year that may be missing: ``3 Nov``, ``November 3rd, 2025``.
_NAMED: Final = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[. ]*([^\W\d_]+)|([^\W\d_]+)\.? *(\d{1,2})(?:st|nd|rd|th)?)[., ]*(\d{4})?"
)
_CHINESE: Final = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]?")
_FULL_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
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
    today = calendar.day(now)
    for names in (WEEKDAYS, SHORT_WEEKDAYS):
        for number, name in enumerate(names):
            if typed in {name.casefold(), tr(name).casefold()}:
                return today - (dt.date.fromordinal(today).weekday() - number) % len(WEEKDAYS)
    found = _DATE.fullmatch(typed)
    if found is None:
        return _named(typed, today)
    try:
        date = dt.date(*(int(part or 1) for part in found.groups()))
    except ValueError:  # the 31st of a month that has none
        return None
    return date.toordinal() if date.year >= FIRST_YEAR else None


def _named(typed: str, today: int) -> int | None:
    """Return the day that is named by its month, in this year or the one before where none is said."""
    if found := _CHINESE.fullmatch(typed):
        year, month, day = found[1], int(found[2]), int(found[3])
    elif found := _NAMED.fullmatch(typed):
        year, month, day = found[5], _month(found[2] or found[3]), int(found[1] or found[4])
    else:
        return None
    this_year = dt.date.fromordinal(today).year
    try:
        if year:
            date = dt.date(int(year), month, day)
        elif (date := dt.date(this_year, month, day)).toordinal() > today:
            date = dt.date(this_year - 1, month, day)
    except ValueError:
        return None
    return date.toordinal() if date.year >= FIRST_YEAR else None


def _month(word: str) -> int:
    """Return the number of a month by its name or its short one; 0: none."""
    for number, (full, short) in enumerate(zip(_FULL_MONTHS, MONTHS, strict=True), 1):
        if word in {full, short.casefold(), tr(short).casefold()}:
            return number
    return 0
