"""What is typed to search: words, and filters among them.

::

    from:bob   from:me   from:"Bob Smith"   before:2026-11-03   after:2026-11   has:link

``after`` is from that day on, ``before`` is until it begins. What looks like a filter and is none is a word like others, so
that a text with a colon in it is found. The colon may be the wide one that Chinese keyboards give.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from core import api
from tui.language import N_, tr
from tui.text.sanitize import clean_name
from tui.words.dates import day_of
from tui.words.format import MONTHS, Calendar

FILTERS: Final = ("from:", "before:", "after:", "has:link")
"""What Tab completes, in this order."""
ME: Final = "me"
LINK: Final = "link"
EXAMPLES: Final = N_("Filters: from:name  from:me  before:2026-11-03  after:2026-11  has:link")
"""Said where no filter is typed yet. Names of filters stay as they are."""
_FILTER: Final = re.compile(r'(?<!\S)(from|before|after|has)[:：]("[^"]*(?:"|$)|\S*)', re.IGNORECASE)
_LAST: Final = re.compile(r'(?<!\S)(?:(from|before|after)[:：]("[^"]*"?|\S*)|\S*)$', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched. ``said``: each filter in words. ``fault``: why nothing can be searched by it."""

    words: str = ""
    sender: str | None = None
    since: int | None = None
    until: int | None = None
    has: Literal["link"] | None = None
    said: tuple[str, ...] = ()
    fault: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.words and not self.said

    def command(self, conversation: str | None, limit: int, before: str | None = None) -> api.MessageSearch:
        """Return it as the core's command."""
        return api.MessageSearch(
            query=self.words, conversation=conversation, limit=limit, before=before,
            sender=self.sender, since=self.since, until=self.until, has=self.has,
        )  # fmt: skip


def understand(text: str, people: Mapping[str, str], now: int, calendar: Calendar) -> Query:
    """Return what a text asks for. ``people``: names as they are shown here, by identity, the likeliest first."""
    found: dict[str, Any] = {}
    said: list[str] = []
    fault = ""

    def take(match: re.Match[str]) -> str:
        nonlocal fault
        kind, value = match[1].casefold(), match[2].strip('"')
        if not value:
            return ""  # it is being typed
        if kind == "has" and value.casefold() != LINK:
            return match[0]
        fields, words, wrong = _filter(kind, value, people, now, calendar)
        found.update(fields)
        said.extend([words] if words else [])
        fault = fault or wrong
        return ""

    words = " ".join(_FILTER.sub(take, text).split())
    return Query(words, said=tuple(said), fault=fault, **found)


def _filter(
    kind: str, value: str, people: Mapping[str, str], now: int, calendar: Calendar
) -> tuple[dict[str, Any], str, str]:
    """Return a filter's fields, what it means, and what is wrong with it."""
    if kind == "has":
        return {"has": LINK}, tr("with a link"), ""
    if kind == "from":
        if value.casefold() == ME:
            return {"sender": ME}, tr("from you"), ""
        identity = called(value, people)
        if identity is None:
            return {}, "", tr("Nobody here is called {name}.").format(name=clean_name(value))
        return {"sender": identity}, tr("from {name}").format(name=clean_name(people[identity])), ""
    day = day_of(value, now, calendar)
    if day is None:
        return {}, "", tr("Write a day as 2026-11-03.")
    date = dt.date.fromordinal(day)
    shown = tr("{day} {month} {year}").format(day=date.day, month=tr(MONTHS[date.month - 1]), year=date.year)
    moment = min(max(0, calendar.begins(day)), api.END_OF_TIME_MS - 1)
    if kind == "before":
        return {"until": moment}, tr("before {date}").format(date=shown), ""
    return {"since": moment}, tr("from {date} on").format(date=shown), ""


def called(name: str, people: Mapping[str, str]) -> str | None:
    """Return who is called so: by the whole name, else by the beginning of it or of a word in it."""
    wanted = name.casefold()
    names = {identity: clean_name(shown).casefold() for identity, shown in people.items()}
    if wanted in names:
        return wanted
    # 0 for the whole name, 1 for its beginning, 2 for that of a word in it.
    ranks = {
        identity: 0 if shown == wanted else 1 if shown.startswith(wanted) else 2
        for identity, shown in names.items()
        if f" {wanted}" in f" {shown}"
    }
    return min(ranks, key=ranks.__getitem__, default=None)


def completed(text: str, people: Mapping[str, str], today: str) -> str:
    """Return a text with its last word completed to a filter or a filter's value; pressed again, with the next one."""
    last = _LAST.search(text)
    assert last is not None  # the empty word at the end matches
    options: list[str] = _values(last[1].casefold(), people, today) if last[1] else list(FILTERS)
    typed = last[0].replace("：", ":").casefold()
    complete = [option for option in options if option.casefold() == typed]
    if complete:
        chosen = options[(options.index(complete[0]) + 1) % len(options)]
    else:
        bare = typed.replace('"', "")
        chosen = next((each for each in options if each.casefold().replace('"', "").startswith(bare)), "")
    return text[: last.start()] + chosen if chosen else text


def _values(kind: str, people: Mapping[str, str], today: str) -> list[str]:
    """Return what a filter may say, as it is typed."""
    if kind != "from":
        return [f"{kind}:{today}"]
    names = [clean_name(name).replace('"', "") for name in people.values()]
    return [f"from:{ME}", *(f'from:"{name}"' if " " in name else f"from:{name}" for name in dict.fromkeys(names))]
