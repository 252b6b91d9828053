"""Times, counts and identities as words. Pure functions; the time zone and the present moment are arguments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from tui.language import N_, tr, tr_n
from tui.text.cells import width_of

Clock = Callable[[], int]
"""The present moment, integer milliseconds of Unix time."""

WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
# As a list has room for them.
SHORT_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
MONTHS = (
    N_("Jan"),
    N_("Feb"),
    N_("Mar"),
    N_("Apr"),
    N_("May"),
    N_("Jun"),
    N_("Jul"),
    N_("Aug"),
    N_("Sep"),
    N_("Oct"),
    N_("Nov"),
    N_("Dec"),
)
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

    def begins(self, day: int) -> int:
        """Return the moment at which a day begins here, milliseconds; ``day`` is an ordinal."""
        midnight = dt.datetime.combine(dt.date.fromordinal(day), dt.time())
        local = midnight.astimezone() if self._zone is None else midnight.replace(tzinfo=self._zone)
        return int(local.timestamp() * 1000)

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
        return tr("Today")
    if day == today - 1:
        return tr("Yesterday")
    date = dt.date.fromordinal(day)
    is_this_year = date.year == dt.date.fromordinal(today).year
    shown = tr("{weekday} {day} {month}") if is_this_year else tr("{weekday} {day} {month} {year}")
    weekday, month = tr(WEEKDAYS[date.weekday()]), tr(MONTHS[date.month - 1])
    return shown.format(weekday=weekday, day=date.day, month=month, year=date.year)


def when(at: int, now: int, calendar: Calendar) -> str:
    """Return a moment as a list shows it: the hour today, the weekday this week, else the date."""
    day, today = calendar.day(at), calendar.day(now)
    if day >= today:
        return calendar.clock(at)
    date = dt.date.fromordinal(day)
    if today - day < DAYS_A_WEEK:
        return tr(SHORT_WEEKDAYS[date.weekday()])
    if date.year == dt.date.fromordinal(today).year:
        return tr("{day} {month}").format(day=date.day, month=tr(MONTHS[date.month - 1]))
    return date.isoformat()[:7]


def when_width() -> int:
    """Return how many cells ``when`` needs at most, in the language in use."""
    return max(7, *(width_of(tr("{day} {month}").format(day=30, month=tr(month))) for month in MONTHS))


def moment(at: int, now: int, calendar: Calendar) -> str:
    """Return a moment in full: Today 14:02, Monday 17 Nov 14:02."""
    day = day_name(calendar.day(at), calendar.day(now))
    return tr("{day} {clock}").format(day=day, clock=calendar.clock(at))


def count(number: int) -> str:
    """Return a count that never needs more than four cells."""
    return str(number) if number <= MAX_COUNT else f"{MAX_COUNT}+"


def listed(parts: Iterable[str]) -> str:
    """Return several things side by side: ``settings, 2 names``."""
    return tr(", ").join(parts)


def grouped(identity: str, size: int = 4) -> str:
    """Return an identity in groups of ``size``, as people read it to each other."""
    return " ".join(identity[start : start + size] for start in range(0, len(identity), size))


STATE_WORDS = {
    "queued": N_("waiting to be sent"),
    "sent": N_("sent"),
    "stored": N_("held for them"),
    "delivered": N_("delivered"),
    "read": N_("read"),
    "failed": N_("not delivered"),
    "received": N_("received"),
}


def state_sentence(state: str, copies: int | None, until: int | None, now: int, calendar: Calendar) -> str:
    """Return where a message of ours is: ``held for them by 3 nodes until Today 14:02``."""
    if state != "stored" or (not copies and until is None):
        return tr(STATE_WORDS.get(state, state))
    nodes = tr_n("{count} node", "{count} nodes", copies) if copies else ""
    if until is None:
        return tr("held for them by {nodes}").format(nodes=nodes)
    said = tr("held for them by {nodes} until {moment}") if copies else tr("held for them until {moment}")
    return said.format(nodes=nodes, moment=moment(until, now, calendar))
