"""The step in which the eighteen words of an existing account are typed or pasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from tui.language import N_, tr
from tui.screens.onboarding.step import Step
from tui.widgets.flat_button import FlatButton
from tui.widgets.notice import Notice
from tui.widgets.word_slot import WordSlot

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual.app import ComposeResult

WORD_COUNT = 18
_ROWS = 6


class EnterWords(Step[list[str]]):
    """Eighteen numbered fields in three columns; answers the words. A whole list may be pasted into any field."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    EnterWords #words { height: auto; width: 1fr; margin-top: 1; }
    EnterWords .words-column { height: auto; width: 1fr; max-width: 24; }
    .-short EnterWords #words { margin: 0; }
    .-bare EnterWords #words { layout: vertical; }
    """
    heading = N_("Your eighteen words")
    hints = (("Space", N_("next word")), ("Enter", N_("next")), ("Esc", N_("back")))

    def __init__(self, words: Sequence[str] = (), marked: Collection[int] = (), complaint: str = "") -> None:
        super().__init__()
        self._words = tuple(words)
        self._marked = frozenset(marked)  # positions counted from 0
        self._complaint = complaint

    def compose(self) -> ComposeResult:
        """Build the fields, to be filled down the columns."""
        yield Static(
            tr("Four letters of each are enough, upper or lower case. You can also paste all of them at once."),
            classes="text",
        )
        with Horizontal(id="words"):
            for first in range(1, WORD_COUNT + 1, _ROWS):
                with Vertical(classes="words-column"):
                    for number in range(first, first + _ROWS):
                        yield WordSlot(number)
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Go on"), id="go-on")

    def on_mount(self) -> None:
        """Show what was typed before and what is wrong with it."""
        self._fill(0, self._words)
        for slot in self._slots:
            slot.mark(bad=slot.number - 1 in self._marked)
        if self._complaint:
            self._say(self._complaint)
        start = min(self._marked, default=0)
        self._slots[start].field.focus()
        self._words = ()

    @property
    def _slots(self) -> list[WordSlot]:
        return list(self.query(WordSlot))

    def _say(self, text: str) -> None:
        self.screen.query_one("#notice", Notice).say(text, "bad")

    def _fill(self, first: int, words: Sequence[str]) -> None:
        for slot, word in zip(self._slots[first:], words, strict=False):
            slot.field.value = word

    @on(WordSlot.Pasted)
    def _pasted(self, message: WordSlot.Pasted) -> None:
        message.stop()
        # A whole list begins at the first word, wherever the cursor happens to be.
        first = 0 if len(message.words) >= WORD_COUNT else message.slot.number - 1
        self._fill(first, message.words[:WORD_COUNT])
        for slot in self._slots[first : first + len(message.words)]:
            slot.settle()
        self._tell_marked()
        last = min(first + len(message.words), WORD_COUNT) - 1
        self._slots[last].field.focus()

    @on(WordSlot.Judged)
    def _judged(self, message: WordSlot.Judged) -> None:
        message.stop()
        self._tell_marked()

    def _tell_marked(self) -> None:
        """Name the marked words, with what was probably meant."""
        from core.crypto import words

        marked = [slot for slot in self._slots if slot.is_marked]
        if not marked:
            self.screen.query_one("#notice", Notice).clear()
            return
        meant = words.nearest(marked[0].field.value)
        numbers = ", ".join(str(slot.number) for slot in marked)
        if meant:
            said = tr("Not in the list: {numbers}. Number {number}: did you mean '{word}'?")
            self._say(said.format(numbers=numbers, number=marked[0].number, word=meant))
        else:
            self._say(tr("Not in the list: {numbers}.").format(numbers=numbers))

    @on(WordSlot.Finished)
    def _next(self, message: WordSlot.Finished) -> None:
        message.stop()
        if message.slot.number < WORD_COUNT:
            self._slots[message.slot.number].field.focus()
        else:
            self.query_one("#go-on").focus()

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        message.stop()
        for slot in self._slots:
            slot.settle()
        empty = [slot for slot in self._slots if not slot.word]
        wrong = [slot for slot in self._slots if slot.is_marked]
        if empty:
            self._say(tr("Word {number} is missing.").format(number=empty[0].number))
            empty[0].field.focus()
        elif wrong:
            self._tell_marked()
            wrong[0].field.focus()
        else:
            self.answer([slot.word for slot in self._slots])
