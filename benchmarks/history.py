"""Cost in the core of a conversation of 100 000 texts: with quotes, reactions and edits, beside the same without any.

Every tenth text answers another, three in twenty have two reactions, three in a hundred were edited twice, and as many are
pinned as may be. *open* is what a screen asks for first, the conversations and the newest page of 50 rows; *back* a page in
the middle, *around* a page about one row, *react* and *edit* a person's own with the commit, *thousand_reactions* those of a
contact in one transaction, which nothing else can interrupt, and *delete_all* everything that was said. Milliseconds of this
thread's processor.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.support import report
from core import api
from core.people.conversation import item_rules
from core.people.conversation.rows import Origin
from core.people.engine import Engine
from core.people.format.account_keys import keys_of_seed
from core.people.format.content import Edit, Item, Reaction, Text
from core.people.format.kept import Reference
from core.people.moment import Moment
from core.people.work import Work
from core.session import commands
from core.session.commands.changing import MAX_PINNED
from core.storage import conversations
from core.storage.database import Database
from core.storage.migrations import load_migrations

ROWS: Final = 100_000
REPEATS: Final = 20
PAGE: Final = 50
STEP: Final = 5_000  # texts in one transaction
NOW: Final = Moment(1_800_000_000_000, 1_800_000_000_000, 1000.0, 0, 1)
DEVICE: Final = b"d" * 32
CONTACT: Final = b"c" * 32


def uid_of(number: int) -> bytes:
    """Return the uid of a text."""
    return number.to_bytes(16, "big")


def items_of(number: int, *, changes: bool) -> list[Item]:
    """Return a text and what is said about it."""
    text = f"text {number} of a long talk about nothing in particular, as people have them"
    if not changes:
        return [Text(uid_of(number), text)]
    about = Reference(CONTACT, uid_of(number))
    said: list[Item] = [
        Text(uid_of(number), text, Reference(CONTACT, uid_of(number // 2)) if number % 10 == 0 else None)
    ]
    if number % 20 < 3:
        said += [Reaction(about, 1, "👍"), Reaction(about, 2, "🎉")]
    if number % 100 < 3:
        said += [Edit(uid_of(number), version, version, f"{text}, said {version} times") for version in (2, 3)]
    return said


class History:
    """An account with one conversation of so many texts."""

    def __init__(self, path: Path, rows: int, *, changes: bool) -> None:
        self.database = Database.open(path, os.urandom(32), load_migrations("history"))
        self.engine = Engine(self.database, keys_of_seed(b"s" * 32), NOW)
        self.conversation = "conversation"
        with self.database.transaction() as tx:
            conversations.insert(tx, self.conversation, CONTACT, "Contact", "open", 0)
        for begun in range(0, rows, STEP):
            span = range(begun, min(begun + STEP, rows))
            self.take([item for number in span for item in items_of(number, changes=changes)])
        for number in range(0, rows if changes else 0, max(rows // MAX_PINNED, 1))[:MAX_PINNED]:
            self.call(api.MessagePin(id=self.id_of(number), pinned=True))

    def id_of(self, number: int) -> str:
        """Return the id of a text."""
        with self.database.read() as tx:
            found = tx.row("SELECT id FROM messages WHERE uid = ?", uid_of(number))
        assert found is not None
        return str(found[0])

    def take(self, items: list[Item]) -> None:
        """Take what the contact says, in one transaction."""

        def act(work: Work) -> None:
            for n, item in enumerate(items):
                item_rules.take(work, Origin(1, DEVICE, NOW.own_ms, b"g" * 16, n), item, bytes(276))

        self.engine.command(act, NOW)

    def call(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command."""
        return self.engine.command(commands.act_of(command), NOW)[0]

    def page(self, *, before: str | None = None, around: str | None = None) -> list[api.Message]:
        """Return a page of rows."""
        return self.call(api.MessageList(conversation=self.conversation, limit=PAGE, before=before, around=around))

    def open(self) -> None:
        """Ask for what a screen asks for first."""
        self.call(api.ConversationList())
        self.page()


def _milliseconds(act: Callable[[], object], repeats: int) -> list[float]:
    taken: list[float] = []
    for _ in range(repeats):
        began = time.thread_time()
        act()
        taken.append((time.thread_time() - began) * 1000)
    return taken


def _measure(history: History, rows: int, repeats: int) -> dict[str, list[float]]:
    middle = history.id_of(rows // 2)
    said = history.call(api.MessageSend(conversation=history.conversation, text="mine")).id
    emoji = ["👍", "🎉"] * repeats
    texts = [f"mine, said {n} times" for n in range(repeats)]
    reactions: list[Item] = [Reaction(Reference(CONTACT, uid_of(n)), 9, "🔥") for n in range(min(1000, rows))]
    return {
        "open": _milliseconds(history.open, repeats),
        "back": _milliseconds(partial(history.page, before=middle), repeats),
        "around": _milliseconds(partial(history.page, around=middle), repeats),
        "send": _milliseconds(
            lambda: history.call(api.MessageSend(conversation=history.conversation, text="one more")), repeats
        ),
        "react": _milliseconds(lambda: history.call(api.MessageReact(id=middle, emoji=emoji.pop())), repeats),
        "edit": _milliseconds(lambda: history.call(api.MessageEdit(id=said, text=texts.pop())), repeats),
        "thousand_reactions": _milliseconds(lambda: history.take(reactions), 1),
        "delete_all": _milliseconds(
            lambda: history.call(api.MessageDelete(conversation=history.conversation, all=True)), 1
        ),
    }


def measure(quick: bool) -> report.Figures:
    rows, repeats = (300, 1) if quick else (ROWS, REPEATS)
    with tempfile.TemporaryDirectory() as folder:
        taken: dict[bool, dict[str, list[float]]] = {}
        for changes in (False, True):
            history = History(Path(folder) / f"{changes}.db", rows, changes=changes)
            taken[changes] = _measure(history, rows, repeats)
            history.database.close()
    figures: report.Figures = {"rows": rows}
    for name, samples in taken[True].items():
        figures[f"{name}_ms"] = report.spread(samples)
        figures[f"ratio_{name}_to_plain"] = report.ratio(samples, taken[False][name])
    return figures


if __name__ == "__main__":
    report.run("history", measure)
