"""Times, counts and identities as words. Pure functions; the time zone and the present moment are arguments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], int]
"""The present moment, integer milliseconds of Unix time."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS_A_WEEK = 7
# Offsets from universal time are multiples of a quarter of an hour, so a quarter never contains midnight.
QUARTER_MS = 15 * 60 * 1000
# Quarters remembered: about three weeks of an always busy conversation.
MAX_QUARTERS = 2048
# More unread than this says nothing more.
MAX_COUNT = 999


class Calendar:
    """Local days and hours. Asking the time zone costs a microsecond, so answers are kept by quarter of an hour."""

    def __init__(self, zone: dt.tzinfo | None = None) -> None:
        self._zone = zone
        self._quarters: dict[int, tuple[int, int]] = {}  # quarter -> (day number, minute of that day)

    def day(self, at: int) -> int:
        """Return the local day of a moment in ms as a proleptic ordinal."""
        return self._quarter(at)[0]

    def minute(self, at: int) -> int:
        """Return the local minute of the day of a moment in ms."""
        return self._quarter(at)[1] + at % QUARTER_MS // 60_000

    def clock(self, at: int) -> str:
        """Return ``14:02``."""
        hour, minute = divmod(self.minute(at), 60)
        return f"{hour:02}:{minute:02}"

    def forget(self) -> None:
        """Forget which moments were asked about: they tell when people wrote."""
        self._quarters.clear()

    def _quarter(self, at: int) -> tuple[int, int]:
        quarter = at // QUARTER_MS
        known = self._quarters.get(quarter)
        if known is None:
            if len(self._quarters) >= MAX_QUARTERS:
                self._quarters.clear()
            local = dt.datetime.fromtimestamp(quarter * QUARTER_MS / 1000, dt.UTC).astimezone(self._zone)
            known = self._quarters[quarter] = (local.toordinal(), local.hour * 60 + local.minute)
        return known


def day_name(day: int, today: int) -> str:
    """Return the heading of a day: Today, Yesterday, Monday 17 Nov, Monday 17 Nov 2025."""
    if day == today:
        return "Today"
    if day == today - 1:
        return "Yesterday"
    date = dt.date.fromordinal(day)
    name = f"{WEEKDAYS[date.weekday()]} {date.day} {MONTHS[date.month - 1]}"
    return name if date.year == dt.date.fromordinal(today).year else f"{name} {date.year}"


def when(at: int, now: int, calendar: Calendar) -> str:
    """Return a moment as a list shows it: the hour today, the weekday this week, else the date."""
    day, today = calendar.day(at), calendar.day(now)
    if day >= today:
        return calendar.clock(at)
    date = dt.date.fromordinal(day)
    if today - day < DAYS_A_WEEK:
        return WEEKDAYS[date.weekday()][:3]
    if date.year == dt.date.fromordinal(today).year:
        return f"{date.day} {MONTHS[date.month - 1]}"
    return date.isoformat()[:7]


def moment(at: int, now: int, calendar: Calendar) -> str:
    """Return a moment in full: Today 14:02, Monday 17 Nov 14:02."""
    return f"{day_name(calendar.day(at), calendar.day(now))} {calendar.clock(at)}"


def count(number: int) -> str:
    """Return a count that never needs more than four cells."""
    return str(number) if number <= MAX_COUNT else f"{MAX_COUNT}+"


def plural(number: int, noun: str) -> str:
    """Return ``1 peer``, ``2 peers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def grouped(identity: str, size: int = 4) -> str:
    """Return an identity in groups of ``size``, as people read it to each other."""
    return " ".join(identity[start : start + size] for start in range(0, len(identity), size))


STATE_WORDS = {
    "queued": "waiting to be sent",
    "sent": "sent",
    "stored": "held for them",
    "delivered": "delivered",
    "read": "read",
    "failed": "not delivered",
    "received": "received",
}


def state_sentence(state: str, copies: int | None, until: int | None, now: int, calendar: Calendar) -> str:
    """Return where a message of ours is: ``held for them by 3 nodes until Today 14:02``."""
    words = STATE_WORDS.get(state, state)
    if state == "stored" and copies:
        words += f" by {plural(copies, 'node')}"
    if state == "stored" and until is not None:
        words += f" until {moment(until, now, calendar)}"
    return words
