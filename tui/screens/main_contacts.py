"""What one does about the contact of the open conversation: name it, look at its devices, be rid of it.

All of it is one's own affair: the other side is never told. What cannot be taken back is asked first, with what goes.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from core import api
from tui.app_port import app_of
from tui.screens.main_keeping import MainKeeping
from tui.text.sanitize import kept_name
from tui.words.contacts import deleted_words, short_name

UNBLOCKED = "Unblocked: they learn where to write to you, and what they wrote meanwhile may still come."


class MainContacts(MainKeeping):
    """The main screen's part in who is who, and who is heard."""

    def _ask(self, question: str, detail: str, yes: str, then: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Ask, and do ``then`` if the answer is yes."""
        from tui.screens.confirm import ConfirmScreen

        def answered(sure: bool | None) -> None:  # noqa: FBT001 - as the screen answers
            if sure:
                self.attempt(then())

        self.app.push_screen(ConfirmScreen(question, detail, yes=yes, no="Not now"), answered)

    # --- names and devices --------------------------------------------------------------------------------------------

    def action_rename_contact(self, name: str = "") -> None:
        """Call this contact by a name, or ask for one."""
        contact, name = self.current(), kept_name(name)
        if contact is None:
            return
        if len(name.encode()) > api.MAX_NAME_SIZE:
            app_of(self).tell(f"The name is too long: at most {api.MAX_NAME_SIZE} bytes.", "warning")
            return
        if name:
            self.attempt(self._rename(contact, name))
            return
        from tui.screens.rename import RenameScreen

        def answered(chosen: str | None) -> None:
            if chosen is not None:
                self.attempt(self._rename(contact, chosen))

        self.app.push_screen(RenameScreen(self.client, contact), answered)

    async def _rename(self, contact: api.Conversation, name: str) -> None:
        await self.client.call(api.ContactRename(identity=contact.identity, name=name))
        await self.read_list()
        renamed = self.navigation.find(contact.id)
        if renamed is None:
            return
        called = short_name(renamed.name)
        app_of(self).tell(
            f"You call them {called} now; nobody is told."
            if name
            else f"They are called as they call themselves: {called}."
        )

    def action_show_devices(self) -> None:
        """Show the contact's devices."""
        from tui.screens.devices import DevicesScreen

        if (contact := self.current()) is not None:
            self.app.push_screen(DevicesScreen(self.client, contact.identity))

    # --- being heard --------------------------------------------------------------------------------------------------

    def action_block_contact(self) -> None:
        """Hear nothing of this contact any more."""
        contact = self.current()
        if contact is None:
            return
        name = short_name(contact.name)
        if contact.blocked:
            app_of(self).tell(f"{name} is blocked already; /unblock ends it.")
            return
        detail = (
            "You hear nothing of them any more, and they hear nothing of you, not even that a text arrived. What was said "
            f"stays here. Nobody is told: {name} does not learn of it, your other contacts only that your mailbox moved. "
            "/unblock ends it."
        )
        self._ask(f"Block {name}?", detail, "Block", partial(self._block, contact))

    async def _block(self, contact: api.Conversation) -> None:
        await self.client.call(api.ContactBlock(identity=contact.identity))
        await self.read_list()
        app_of(self).tell(f"{short_name(contact.name)} is blocked and is not told; /unblock ends it.")

    def action_unblock_contact(self) -> None:
        """Hear this contact again."""
        contact = self.current()
        if contact is not None and contact.blocked:
            self.attempt(self._unblock(contact))
        elif contact is not None:
            app_of(self).tell(f"{short_name(contact.name)} is not blocked.")

    async def _unblock(self, contact: api.Conversation) -> None:
        await self.client.call(api.ContactUnblock(identity=contact.identity))
        await self.read_list()
        app_of(self).tell(UNBLOCKED)

    def offers_unblocking(self, conversation_id: str | None) -> bool:
        """Offer to unblock whom one is about to write to; returns whether that was needed."""
        contact = self.navigation.find(conversation_id)
        if contact is None or not contact.blocked:
            return False
        name = short_name(contact.name)
        detail = f"Nothing is sent to {name} as long as you block them. What you wrote stays in the line."
        self._ask(f"Unblock {name}?", detail, "Unblock", partial(self._unblock, contact))
        return True

    # --- being rid of somebody ----------------------------------------------------------------------------------------

    def action_delete_conversation(self) -> None:
        """Delete all that was said from this device."""
        contact = self.current()
        if contact is None:
            return
        name = short_name(contact.name)
        left = "What has not left this device yet is never sent; texts that have left cannot be taken back."
        if contact.state == "open":
            question = f"Delete all that was said with {name}?"
            detail = f"It goes from this device only: {name} keeps what they have. {left} {name} stays your contact."
        else:
            question = f"Forget the greeting to {name}?"
            detail = f"It was not answered, so the whole conversation goes. {left}"
        self._ask(question, detail, "Delete", partial(self._delete_conversation, contact))

    async def _delete_conversation(self, contact: api.Conversation) -> None:
        deleted = await self.client.call(api.ConversationDelete(conversation=contact.id))
        await self.read_list()
        if self.navigation.current == contact.id:
            await self.chat.reopen()
        app_of(self).tell(deleted_words(deleted))

    def action_remove_contact(self) -> None:
        """Forget this contact."""
        contact = self.current()
        if contact is None:
            return
        name = short_name(contact.name)
        detail = (
            "All that was said and every key you have in common goes from this device, for good. Texts that have left "
            f"cannot be taken back. Nobody is told: {name} does not learn of it, your other contacts only that your mailbox "
            "moved. What they write no longer arrives; to talk again, one of you has to greet the other anew."
        )
        self._ask(f"Remove {name}?", detail, "Remove", partial(self._remove, contact))

    async def _remove(self, contact: api.Conversation) -> None:
        await self.client.call(api.ContactRemove(identity=contact.identity))
        await self.read_list()
        app_of(self).tell(f"{short_name(contact.name)} is removed, and is not told.")
