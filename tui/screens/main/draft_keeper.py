"""Keeps unsent texts: the composer's and those of other conversations, and says when they go into the file."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Static

from core.api import ApiError, Conversation, Kind
from tui.chat.drafts import Drafts
from tui.chat.navigation import Navigation
from tui.chat.purposes import Edit, Purpose, Purposes
from tui.widgets.composer import Composer
from tui.widgets.writing import WritingArea


class DraftKeeper:
    """Keeps them: ``save_soon`` asks that ``save`` be called a little later."""

    def __init__(
        self,
        drafts: Drafts,
        purposes: Purposes,
        writing: WritingArea,
        navigation: Navigation,
        save_soon: Callable[[], None],
        tell_error: Callable[[ApiError], None],
    ) -> None:
        self._drafts = drafts
        self._purposes = purposes
        self._writing = writing
        self._navigation = navigation
        self._save_soon = save_soon
        self._tell_error = tell_error

    def keep(self, address: str | None, text: str) -> None:
        """Remember an unsent text, and save it soon."""
        listed = self._navigation.find(address)
        if address is None or self._purposes.is_editing(address):
            return
        if not self._drafts.keep(address, text, listed.draft if listed is not None else ""):
            return
        self._save_soon()

    def keep_written(self) -> None:
        """Remember what the composer holds."""
        for composer in self._writing.query(Composer):  # none, once the screen is taken away
            self.keep(composer.address, composer.text)

    def turn_to(self, conversation: Conversation | None) -> None:
        """Keep what is written for one conversation, and go on with what was written for another; None: with none."""
        self.keep_written()
        composer = self._writing.composer
        self._purposes.leave(composer.address)
        composer.address = conversation.id if conversation is not None else None
        if conversation is not None:
            composer.put(self._drafts.text_for(conversation))
        self.show_purpose()

    def is_editing(self, address: str) -> bool:
        """Tell whether what is written for a conversation is another version of a message."""
        return self._purposes.is_editing(address)

    def let_go(self, address: str | None) -> Purpose | None:
        """Empty the composer, whose text is sent, or go on with what was written before an edit; return what it was for."""
        purpose = self._purposes.end(address)
        self.show_purpose()
        self._writing.composer.put(purpose.draft if isinstance(purpose, Edit) else "")
        return purpose

    def show_purpose(self) -> None:
        """Say what the composer's text is for."""
        purpose = self._purposes.of(self._writing.composer.address)
        self._writing.show_purpose("" if purpose is None else purpose.words)

    def give_back(self, address: str, text: str) -> None:
        """Put a text that could not be sent where it was written: nothing written is ever lost."""
        composer = self._writing.composer
        if composer.address != address:
            self.keep(address, text)
        elif not composer.text:
            composer.put(text)

    def forget(self, conversation_id: str | None) -> None:
        """Forget what was written for a conversation that is gone, and what the composer holds."""
        if conversation_id is not None:
            self._drafts.forget(conversation_id)
        self._writing.composer.address = None
        self._writing.composer.put("")

    async def save(self) -> None:
        """Write unsaved drafts into the file, and first what the composer has not told of yet."""
        self.keep_written()
        try:
            await self._drafts.save()
        except ApiError as error:
            if error.kind is not Kind.LOCKED:
                self._tell_error(error)

    def clear_caches(self) -> None:
        """Forget every text but the drafts, which ``save`` still has to write."""
        self.keep_written()
        self._purposes.clear()
        for line in self._writing.query("#purpose").results(Static):
            line.update("")
        for composer in self._writing.query(Composer):
            composer.address = None
            composer.put("")
            composer.history.clear()
            composer.placeholder = ""
