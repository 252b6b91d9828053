"""One of the eighteen words being typed: its number, a field that completes it, and a sign when it is none of the list.

Four letters name a word, so the rest appears by itself; Space or Enter takes it and goes on. A whole list of words may be
pasted into any field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Static

from tui.widgets.secret_field import SecretField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events
    from textual.app import ComposeResult

# Characters of a typed word; the longest of the list has eight.
MAX_WORD_LENGTH = 16
# Characters of pasted words that are looked at: eighteen words, with room for numbers and line breaks.
MAX_PASTE = 1000


def listed_word(typed: str) -> str | None:
    """Return the word of the list that was typed, whole or its first four letters or more; else None."""
    from core.crypto import words

    place = words.place_of(typed)
    return None if place is None else words.load_words()[place]


def words_in(text: str) -> list[str]:
    """Return the words of a pasted text; numbers and punctuation around them are dropped."""
    tokens = (token.strip(".,;:()[]\"'*-0123456789") for token in text[:MAX_PASTE].split())
    return [token for token in tokens if token]


class _WordSuggester(Suggester):
    """Proposes the only word that begins like this."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        from core.crypto import words

        found = words.complete(value)
        # The proposal is drawn behind what was typed, so it takes over its letters.
        return value + found[0][len(value) :] if len(found) == 1 else None


class WordField(SecretField):
    """The field of a slot."""

    class Left(Message):
        """The field lost the focus."""

    class Finished(Left):
        """Space or Enter: on to the next."""

    class Pasted(Message):
        """Several words were pasted."""

        def __init__(self, words: list[str]) -> None:
            super().__init__()
            self.words = words

        def __rich_repr__(self) -> Iterator[str]:  # the words stay out of logs
            yield from ()

    def __init__(self) -> None:
        super().__init__(max_length=MAX_WORD_LENGTH, suggester=_WordSuggester())

    def on_key(self, event: events.Key) -> None:
        """Space finishes a word as Enter does."""
        if event.key in {"space", "enter"}:
            event.stop()
            event.prevent_default()
            self.post_message(self.Finished())

    def on_blur(self) -> None:
        """Have the word looked at."""
        self.post_message(self.Left())

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        pasted = words_in(event.text)
        if len(pasted) == 1:
            self.insert_text_at_cursor(pasted[0])
        elif pasted:
            self.post_message(self.Pasted(pasted))


class WordSlot(Horizontal):
    """Number, field and sign of one word."""

    DEFAULT_CSS = """
    WordSlot {
        height: 1; width: 1fr;
        .number { width: 3; color: $quiet; }
        WordField { width: 1fr; max-width: 13; }
        .sign { width: 2; padding: 0 0 0 1; text-style: bold; color: $text-error; }
        &:ansi .number, &:ansi .sign { color: ansi_default; }
    }
    """

    class Finished(Message):
        """The person went on from this slot."""

        def __init__(self, slot: WordSlot) -> None:
            super().__init__()
            self.slot = slot

    class Pasted(Message):
        """Several words were pasted into ``slot``."""

        def __init__(self, slot: WordSlot, words: list[str]) -> None:
            super().__init__()
            self.slot = slot
            self.words = words

        def __rich_repr__(self) -> Iterator[str]:  # the words stay out of logs
            yield from ()

    class Judged(Message):
        """The word was completed or marked as the person left it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number  # counted from 1
        self._judged = ""  # what the sign is about

    def compose(self) -> ComposeResult:
        """Build the row."""
        yield Static(Content(f"{self.number:>2}"), classes="number")
        yield WordField()
        yield Static("", classes="sign")

    @property
    def field(self) -> WordField:
        """The field."""
        return self.query_one(WordField)

    @property
    def word(self) -> str:
        """What was typed, completed if it names a word of the list."""
        typed = self.field.value.strip()
        return listed_word(typed) or typed

    @property
    def is_marked(self) -> bool:
        """Whether the sign of a wrong word is shown."""
        return self.field.has_class("-invalid")

    def mark(self, *, bad: bool) -> None:
        """Show or hide the sign."""
        self._judged = self.field.value
        if bad != self.is_marked:
            self.field.set_class(bad, "-invalid")
            self.query_one(".sign", Static).update("!" if bad else "", layout=False)

    def on_unmount(self) -> None:
        """Forget."""
        self._judged = ""

    def settle(self) -> None:
        """Complete the word, or mark it when it is none of the list."""
        typed = self.field.value.strip()
        word = listed_word(typed)
        if word is not None and word != self.field.value:
            self.field.value = word
        self.mark(bad=bool(typed) and word is None)

    @on(WordField.Left)
    def _left(self, message: WordField.Left) -> None:
        message.stop()
        self.settle()
        self.post_message(self.Judged())
        if isinstance(message, WordField.Finished):
            self.post_message(self.Finished(self))

    @on(WordField.Pasted)
    def _pasted(self, message: WordField.Pasted) -> None:
        message.stop()
        self.post_message(self.Pasted(self, message.words))

    @on(SecretField.Edited)
    def _edited(self, message: SecretField.Edited) -> None:
        message.stop()
        if self.field.value != self._judged:
            self.mark(bad=False)
