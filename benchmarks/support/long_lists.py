"""A list of many messages on a real terminal: ``python -m benchmarks.support.long_lists ours|listview ROWS FILE``.

Opens, scrolls by lines and by pages, and appends, each until it is painted, and writes the processor's milliseconds of each
into FILE. As in a real talk, every tenth message answers another, three in twenty have reactions, three in a hundred were
edited, and one in a thousand is pinned.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Label, ListItem, ListView

import tui
from core.api import Message, Quote, Reaction
from tests.support.client import FakeClient
from tui.app.app import SottovoceApp
from tui.widgets.chat_log import ChatLog

STEPS = 30
_SAID = "the quick brown fox jumps over the lazy dog and then some more words follow to make it wrap " * 2


def message(number: int) -> Message:
    """Return a row; lengths vary, so that some wrap."""
    return Message(
        id=f"m{number}",
        sender="me" if number % 3 else "x" * 52,
        text=f"{number} {_SAID[: 20 + number * 7 % 150]}",
        sent_at=1_800_000_000_000 + number * 60_000,
        state="delivered" if number % 3 else "received",
        quote=Quote(sender="me", text=_SAID[:60]) if number % 10 == 0 else None,
        reply_to=f"m{number // 2}" if number % 10 == 0 else None,
        reactions=[Reaction(emoji=each, senders=["me"]) for each in ("👍", "🎉")] if number % 20 < 3 else [],
        edited_at=1_800_000_000_000 if number % 100 < 3 else None,
        pinned=number % 1000 == 0,
    )


async def _cost(app: App[Any], act: Callable[[], object], times: int) -> list[float]:
    """Return the processor's milliseconds of each call with the painting it causes."""
    costs: list[float] = []
    for _ in range(times):
        began = time.process_time()
        result = act()
        if isinstance(result, Awaitable):
            await result
        await _painted(app)
        costs.append((time.process_time() - began) * 1000)
    return costs


async def _painted(app: App[Any]) -> None:
    """Wait until everything that was asked for is drawn."""
    import asyncio

    for _ in range(2):
        done = asyncio.Event()
        app.call_after_refresh(done.set)
        await done.wait()


class OurScreen(Screen[None]):
    """The message list alone."""

    def __init__(self, rows: int, report: Path) -> None:
        super().__init__()
        self._rows, self._report = rows, report

    def compose(self) -> ComposeResult:
        """One widget."""
        yield ChatLog()

    def on_mount(self) -> None:
        """Begin once it is drawn."""
        self.call_after_refresh(lambda: self.run_worker(self._measure()))

    async def _measure(self) -> None:
        log = self.query_one(ChatLog)
        held = [message(number) for number in range(self._rows)]
        gc.collect()  # what making them left is no part of opening
        names = {"me": "you", "x" * 52: "Bob"}
        numbers = iter(range(self._rows, self._rows + STEPS))
        figures = {
            "open": await _cost(self.app, lambda: log.show_rows(held, names, at_start=True), 1),
            "scroll": await _cost(self.app, lambda: log.scroll_relative(y=-3, animate=False), STEPS),
            "page": await _cost(self.app, lambda: log.scroll_screens(-1), STEPS),
        }
        log.go_to_end()
        await _painted(self.app)
        figures["append"] = await _cost(self.app, lambda: log.append_rows([message(next(numbers))]), STEPS)
        self._report.write_text(json.dumps(figures), encoding="utf-8")
        self.app.exit()


class OurApp(SottovoceApp):
    """The client's frame around one message list."""

    CSS_PATH = str(Path(tui.__file__).with_name("app") / "app.tcss")

    def __init__(self, rows: int, report: Path) -> None:
        super().__init__(FakeClient())
        self._wanted = OurScreen(rows, report)

    def _begin(self) -> None:
        self.push_screen(self._wanted)


class ListViewApp(App[None]):
    """The same with a widget a message."""

    def __init__(self, rows: int, report: Path) -> None:
        super().__init__()
        self._rows, self._report = rows, report
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        """One widget."""
        yield ListView()

    def on_mount(self) -> None:
        """Begin once it is drawn."""
        self.call_after_refresh(lambda: self.run_worker(self._measure()))

    async def _measure(self) -> None:
        listed = self.query_one(ListView)
        numbers = iter(range(self._rows, self._rows + STEPS))
        figures = {
            "open": await _cost(self, lambda: listed.extend([_item(number) for number in range(self._rows)]), 1),
            "scroll": await _cost(self, lambda: listed.scroll_relative(y=3, animate=False), STEPS),
            "page": await _cost(self, lambda: listed.scroll_page_down(animate=False), STEPS),
        }
        listed.scroll_end(animate=False)
        await _painted(self)
        figures["append"] = await _cost(self, lambda: listed.append(_item(next(numbers))), STEPS // 3)
        self._report.write_text(json.dumps(figures), encoding="utf-8")
        self.exit()


def _item(number: int) -> ListItem:
    return ListItem(Label(message(number).text, markup=False))


if __name__ == "__main__":
    kind, count, file = sys.argv[1:]
    app = OurApp(int(count), Path(file)) if kind == "ours" else ListViewApp(int(count), Path(file))
    app.run()
