"""Pages about one contact: it is read, read again when something became of it, and forgotten at a lock."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from textual import work

from core import api
from tui.chat.contact_lookup import contact_of
from tui.messages import CoreEvent, EventsMissed
from tui.screens.content import NothingUnsaved
from tui.screens.page import Page
from tui.words.errors import explain

R = TypeVar("R")


class ContactPage(Page[R], NothingUnsaved, Generic[R]):
    """Shows what is known of the contact with an identity; ``_contact`` is None until it was read, and once it is gone."""

    def __init__(self, client: api.Client, identity: str) -> None:
        super().__init__(client)
        self._identity = identity
        self._contact: api.Contact | None = None

    @abstractmethod
    def show_contact(self, contact: api.Contact) -> None:
        """Show what was just read."""

    def show_none(self) -> None:
        """Show nothing to act on: the contact is gone."""

    def concerns(self, event: api.Event) -> bool:
        """Tell whether an event is about what is shown."""
        return isinstance(event, api.ContactChanged | api.DeviceChanged) and event.identity == self._identity

    def on_core_event(self, message: CoreEvent) -> None:
        """Show what has just become of the contact."""
        if self.concerns(message.event):
            self.reload()

    def on_events_missed(self, _: EventsMissed) -> None:
        """Events alone no longer tell everything."""
        self.reload()

    def clear_caches(self) -> None:
        """Forget what was read."""
        self._contact = None
        self._identity = ""

    @work(exclusive=True, group="reload")
    async def reload(self) -> None:
        """Read the contact anew."""
        try:
            self._contact = await contact_of(self.client, self._identity)
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            return
        if self._contact is None:
            self.notice.say(str(explain(api.ApiError(api.Kind.UNKNOWN_CONTACT, ""))), "bad")
            self.show_none()
        else:
            self.show_contact(self._contact)
