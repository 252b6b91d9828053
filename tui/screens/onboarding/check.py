"""The step that checks that the words were written down: three of them are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from tui.language import N_, tr
from tui.screens.onboarding.step import Step
from tui.widgets.flat_button import FlatButton
from tui.widgets.notice import Notice
from tui.widgets.word_slot import WordSlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

# Words asked for. A person who wrote nothing down guesses three with one chance in 4896 even among the eighteen.
ASKED = 3


class CheckWords(Step[Literal["right"]]):
    """Three numbered fields. Esc shows the words again."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    CheckWords #slots { height: auto; width: 30; margin: 1 0; }
    .-short CheckWords #slots { margin: 0; }
    """
    heading = N_("Check your copy")
    hints = (("Space", N_("next word")), ("Enter", N_("next, then check")), ("Esc", N_("see the words again")))

    def __init__(self, words: Sequence[str], positions: Sequence[int]) -> None:
        super().__init__()
        self._expected = {position + 1: words[position] for position in positions}

    def compose(self) -> ComposeResult:
        """Build the fields."""
        yield Static(
            tr(
                "Type these three words from your paper. The first four letters of each are enough; the rest "
                "completes itself."
            ),
            classes="text",
        )
        with Vertical(id="slots"):
            for number in self._expected:
                yield WordSlot(number)
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Check"), id="check")

    def on_mount(self) -> None:
        """Start with the first."""
        self.query(WordSlot).first().field.focus()

    def on_unmount(self) -> None:
        """Forget."""
        self._expected = {}

    @on(WordSlot.Finished)
    def _next(self, message: WordSlot.Finished) -> None:
        message.stop()
        slots = list(self.query(WordSlot))
        at = slots.index(message.slot)
        if at + 1 < len(slots):
            slots[at + 1].field.focus()
        else:
            self._check()

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        message.stop()
        self._check()

    def _check(self) -> None:
        wrong = [slot for slot in self.query(WordSlot) if slot.word != self._expected[slot.number]]
        if not wrong:
            self.answer("right")
            return
        for slot in self.query(WordSlot):
            slot.mark(bad=slot in wrong)
        self.screen.query_one("#notice", Notice).say(_differ([slot.number for slot in wrong]), "bad")
        wrong[0].field.focus()


def _differ(numbers: Sequence[int]) -> str:
    """Return what is said of words that are not what was shown."""
    if len(numbers) == 1:
        said = tr("Word {number} is not what was shown. Look at your paper; Esc shows the words again.")
        return said.format(number=numbers[0])
    said = tr("Words {numbers} are not what was shown. Look at your paper; Esc shows the words again.")
    return said.format(numbers=tr(" and ").join(map(str, numbers)))
