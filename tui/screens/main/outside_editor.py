"""Takes what is written to the person's own editor, and what the editor made of it back into the composer.

What the editor saves is in the composer at once, unseen, and so a draft like any other: a lock, a crash or a hang-up
meanwhile loses what the editor had not saved, no more. An editor that gives up (``:cq``) leaves the text as it was.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.app_port import AppPort
from tui.keys.handlers import Handlers
from tui.screens.main.draft_keeper import DraftKeeper
from tui.widgets.writing import WritingArea


class OutsideEditor:
    """Sees to one visit at a time."""

    def __init__(self, app: AppPort, writing: WritingArea, drafts: DraftKeeper) -> None:
        self._app, self._writing, self._drafts = app, writing, drafts
        self._address: str | None = None
        self._before = ""
        self._end: Callable[[], None] | None = None

    def handlers(self) -> Handlers:
        """Return what is carried out here."""
        return Handlers({"write.editor": self.open})

    def open(self) -> None:
        """Hand over what is written."""
        composer = self._writing.composer
        if composer.address is None or self._end is not None:
            return
        self._address, self._before = composer.address, composer.text
        self._end = self._app.visit_editor(composer.text, self._saved, self._came_back)

    def leave(self) -> None:
        """Have the editor end, since the account is locked or the program ends; take what it saved."""
        if (end := self._end) is not None:
            end()
            self._end, self._before = None, ""

    def _saved(self, text: str) -> None:
        if self._end is None:
            return
        composer = self._writing.composer
        if composer.address == self._address:
            composer.put(text)
        else:
            self._drafts.keep(self._address, text)

    def _came_back(self, text: str | None) -> None:
        if self._end is None:  # locked meanwhile: it is in the draft, and nothing comes back into a locked screen
            return
        composer = self._writing.composer
        self._end, before, self._before = None, self._before, ""
        if composer.address != self._address:
            self._drafts.keep(self._address, before if text is None else text)
            return
        composer.put(before)
        if text is not None and text != before:
            composer.replace_all(text)
        composer.focus()
