"""Opens a link of a message, once the person has seen where it leads; an invitation goes to the page that adds somebody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from core.api import Message
from tui.app_port import AppPort
from tui.language import tr
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.open_link import Answer, LinkPicker, OpenLinkScreen
from tui.terminal.opener import open_address, opener
from tui.text.link_targets import Target, targets_in
from tui.text.links import links_in
from tui.text.sanitize import kept_text
from tui.widgets.chat_log import ChatLog


class LinkActions:
    """Does it; ``copy`` hands a text to the clipboard and tells so."""

    def __init__(
        self,
        app: AppPort,
        log: ChatLog,
        conversations: Conversations,
        dialogs: Dialogs,
        attempts: Attempts,
        copy: Callable[[str], None],
    ) -> None:
        self._app = app
        self._log = log
        self._conversations = conversations
        self._dialogs = dialogs
        self._attempts = attempts
        self._copy = copy

    def acts(self) -> Mapping[str, Callable[[Message], None]]:
        """Return what is done here, by the names of ``tui.widgets.chat_log.widget.WANTED``."""
        return {"open": self._open, "link": self._copy_links}

    def _copy_links(self, message: Message) -> None:
        """Copy the links of a message, each whole."""
        self._copy("\n".join(links_in(kept_text(message.text))))

    def _open(self, message: Message) -> None:
        """Say where its link leads; of several, the one that is chosen."""
        targets = targets_in(kept_text(message.text))
        if len(targets) == 1:
            self._show(message, targets[0])
            return

        def chosen(target: Target | None) -> None:
            self._back_to(message)
            if target is not None:
                self._show(message, target)

        picker = LinkPicker(targets)
        picker.lit = partial(self._log.region_of, message.id)
        self._dialogs.show(picker, chosen)

    def _show(self, message: Message, target: Target) -> None:
        if target.kind == "invitation":
            self._add(target.link)
            return
        command = opener()

        def answered(answer: Answer | None) -> None:
            self._back_to(message)
            if answer == "copy":
                self._copy(target.address or target.link)
            elif answer == "open":
                self._attempts.begin(self._hand_over(command, target.address), group="opening a link")

        sheet = OpenLinkScreen(target, can_open=bool(command))
        sheet.lit = partial(self._log.region_of, message.id)
        self._dialogs.show(sheet, answered)

    async def _hand_over(self, command: tuple[str, ...], address: str) -> None:
        if await asyncio.to_thread(open_address, command, address):
            self._app.tell(tr("Opened by your system."))
        else:
            self._copy(address)
            self._app.tell(tr("It could not be opened; it was copied instead."), "warning")

    def _add(self, invitation: str) -> None:
        """Show the page that adds somebody, the invitation in its place."""
        from tui.screens.pages.add_contact import AddContactScreen

        def added(conversation: str | None) -> None:
            if conversation is not None:
                self._attempts.begin(self._conversations.open(conversation))

        self._dialogs.show(AddContactScreen(self._app.client, invitation), added)

    def _back_to(self, message: Message) -> None:
        self._log.focus()
        self._log.select(message.id)
