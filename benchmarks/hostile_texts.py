"""Time of cleaning, parsing and drawing the worst texts of the greatest length: processor's milliseconds, and which text.

Each part of which people who mean harm make texts (``tests.support.hostile_texts``) is repeated to 12 KiB, alone, behind a
sign of Markdown, and as often as signs are parsed; drawn are sixty lines, in both layouts, in a wide and a narrow lane.
Beside it stands the same for plain words.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.support.report import Figures, run
from core import api
from tests.support.hostile_texts import PARTS, long_texts
from tui.look.glyphs import SETS
from tui.text.caches import forget_texts
from tui.text.markdown import body_of
from tui.text.sanitize import clean_line, kept_text
from tui.widgets.chat_log.render import draw
from tui.widgets.chat_log.rows import Layout, Look, Place
from tui.words.format import Calendar

LINES_SEEN = 60
RUNS = 3
NOW = 1_790_000_000_000
PLAIN = "plain words "


def drawn(text: str, width: int, layout: Layout) -> None:
    """Draw a message, and the last lines of it."""
    calendar = Calendar(dt.UTC)
    look = Look(width, SETS["unicode"], calendar, calendar.day(NOW), {"me": "you", "b": "Bob"}, layout=layout)
    row = draw(api.Message("m", "b", text, NOW, "received"), Place(None), look)
    for at in range(max(0, len(row.lines) - LINES_SEEN), len(row.lines)):
        _ = row.lines[at]


def milliseconds(act: Callable[[], object]) -> float:
    """Return the quickest of some runs, with no text remembered."""
    taken: list[float] = []
    for _ in range(RUNS):
        forget_texts()
        start = time.process_time()
        act()
        taken.append(time.process_time() - start)
    return round(min(taken) * 1000, 1)


def acts_with(text: str) -> dict[str, Callable[[], object]]:
    """Return what is done with a text."""
    return {
        "cleaned": partial(clean_line, text),
        "parsed": partial(body_of, kept_text(text)),
        "dialogue_104": partial(drawn, text, 104, "dialogue"),
        "dialogue_14": partial(drawn, text, 14, "dialogue"),
        "letter_40": partial(drawn, text, 40, "letter"),
    }


def worst(parts: Sequence[str]) -> dict[str, Figures]:
    """Return the longest time of each act, and of which part."""
    found: dict[str, Figures] = {}
    for part in parts:
        for text in long_texts(part):
            for name, act in acts_with(text).items():
                taken = milliseconds(act)
                if taken > float(str(found.get(name, {"ms": 0.0})["ms"])):
                    found[name] = {"ms": taken, "part": ascii(part)}
    return found


def measure(quick: bool) -> Figures:
    """Measure all parts, or a few."""
    body_of("*warm* [up](https://a.b)")
    return {"worst": worst(PARTS[::40] if quick else PARTS), "plain": worst([PLAIN])}


if __name__ == "__main__":
    run("hostile_texts", measure)
