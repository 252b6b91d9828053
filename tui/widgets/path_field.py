"""A field for a file's path, completed from the folder it names: → or Tab takes the proposal."""

from __future__ import annotations

import asyncio
import os
import shlex
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from textual.binding import Binding
from textual.suggester import Suggester

from tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Container

    from textual import events

# Entries of a folder looked at for a proposal; a folder with more gets none from beyond them.
MAX_ENTRIES = 5000
# Longest path taken, in characters (PATH_MAX on Linux).
MAX_PATH_LENGTH = 4096


def complete_path(typed: str, suffixes: Container[str]) -> str | None:
    """Return ``typed`` completed by the first entry, in order of name, that is a folder or has one of ``suffixes``.

    Folders end in a slash. An empty container of suffixes means any file.
    """
    folder, _, start = typed.rpartition("/")
    where = Path(f"{folder}/" if "/" in typed else ".").expanduser()
    try:
        with os.scandir(where) as entries:
            names = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry in islice(entries, MAX_ENTRIES)
                if entry.name.startswith(start) and (start or not entry.name.startswith("."))
            )
    except (OSError, ValueError):
        return None
    fitting = (name for name in names if name.endswith("/") or Path(name).suffix.lower() in suffixes)
    found = next(fitting, None)
    return None if found is None or not found.isprintable() else typed[: len(typed) - len(start)] + found


def dragged_path(text: str) -> str:
    """Return the path in a pasted text: terminals quote or escape what is dragged into them, or make it a URL."""
    line = "".join(each for each in text[:MAX_PATH_LENGTH].strip().partition("\n")[0] if each.isprintable())
    if line.startswith("file://"):
        return unquote(line.removeprefix("file://"))
    try:
        parts = shlex.split(line)
    except ValueError:  # an odd quote: part of the name
        return line
    return parts[0] if len(parts) == 1 else line


class _PathSuggester(Suggester):
    def __init__(self, suffixes: Container[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._suffixes = suffixes

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(complete_path, value, self._suffixes)


class PathField(TextField):
    """A path; ``~`` is the home folder."""

    BINDINGS = [Binding("tab", "complete", "Complete", show=False)]

    def __init__(
        self,
        value: str = "",
        *,
        suffixes: Container[str],
        placeholder: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, max_length=MAX_PATH_LENGTH, suggester=_PathSuggester(suffixes), id=id
        )

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(dragged_path(event.text))

    @property
    def path(self) -> Path:
        """What was typed, ``~`` resolved."""
        typed = self.value.strip()
        try:
            return Path(typed).expanduser()
        except RuntimeError:  # ``~`` with a user that does not exist
            return Path(typed)

    def action_complete(self) -> None:
        """Take the proposal, or go on where there is none."""
        if self._suggestion not in {"", self.value} and self.cursor_at_end:
            self.action_cursor_right()
        else:
            self.screen.focus_next()
