"""Answers a message, or says one of one's own otherwise: the composer is given another purpose until it is sent or left."""

from __future__ import annotations

from core.api import Message
from tui.chat.navigation import Navigation
from tui.chat.purposes import Answer, Edit, Purposes
from tui.language import tr
from tui.screens.main.draft_keeper import DraftKeeper
from tui.text.sanitize import clean_line, clean_name, fit, kept_text
from tui.widgets.writing import WritingArea

# Cells of a message's text in the line that says what is written for; the line is cut at its end anyway.
_SHOWN = 120


class Answering:
    """Begins and ends it, for the conversation that the composer writes to."""

    def __init__(self, writing: WritingArea, navigation: Navigation, purposes: Purposes, drafts: DraftKeeper) -> None:
        self._writing = writing
        self._navigation = navigation
        self._purposes = purposes
        self._drafts = drafts

    def answer(self, message: Message) -> None:
        """Write an answer to a message."""
        composer, here = self._writing.composer, self._navigation.here
        if composer.address is None or here is None:
            return
        self.cancel()
        text = fit(clean_line(message.text), _SHOWN)
        if message.sender == "me":
            words = tr("Answer to yourself: {text}").format(text=text)
        else:
            words = tr("Answer to {name}: {text}").format(name=clean_name(here.name), text=text)
        self._purposes.begin(composer.address, Answer(message.id, words))
        self._go_on()

    def edit(self, message: Message) -> None:
        """Say one of one's own messages otherwise."""
        composer = self._writing.composer
        if composer.address is None:
            return
        self.cancel()
        self._drafts.keep_written()
        words = tr("Another version of: {text}").format(text=fit(clean_line(message.text), _SHOWN))
        self._purposes.begin(composer.address, Edit(message.id, words, composer.text))
        composer.put(kept_text(message.text))
        self._go_on()

    def cancel(self) -> bool:
        """Write a message again, and what was written before an edit; returns whether there was another purpose."""
        purpose = self._purposes.end(self._writing.composer.address)
        if isinstance(purpose, Edit):
            self._writing.composer.put(purpose.draft)
        self._drafts.show_purpose()
        return purpose is not None

    def _go_on(self) -> None:
        self._drafts.show_purpose()
        self._writing.composer.focus()
