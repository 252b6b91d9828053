"""Commands about the contact of the open conversation: its page, names, codes, muting, pinning, blocking, removing.

The other side is never told. What cannot be taken back is asked first, with what goes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from core import api
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.contact_lookup import contact_of
from tui.chat.navigation import Navigation
from tui.keys.handlers import Handlers
from tui.screens.confirm import ConfirmScreen
from tui.screens.main.attempts import Attempts, Work
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.text.sanitize import kept_name
from tui.words.contacts import deleted_words, short_name

UNBLOCKED = "Unblocked: they learn where to write to you, and what they wrote meanwhile may still come."


class ContactActions:
    """Carries out the commands about the contact of the open conversation."""

    def __init__(
        self,
        app: AppPort,
        navigation: Navigation,
        chat: Chat,
        conversations: Conversations,
        dialogs: Dialogs,
        attempts: Attempts,
    ) -> None:
        self._app = app
        self._navigation = navigation
        self._chat = chat
        self._conversations = conversations
        self._dialogs = dialogs
        self._attempts = attempts

    def handlers(self) -> Handlers:
        """Return what is carried out here."""
        return Handlers(
            {
                "people.contact": self.show_contact,
                "people.compare": self.compare,
                "people.mute": self.mute,
                "people.pin": self.pin,
                "people.archive": self.archive,
                "people.mark-unread": self.mark_unread,
                "people.devices": self.show_devices,
                "people.block": self.block,
                "people.unblock": self.unblock,
                "people.export": self.export,
                "people.delete-conversation": self.delete_conversation,
                "people.remove": self.remove,
            },
            {"people.rename": self.rename},
        )

    def _ask(self, question: str, detail: str, yes: str, then: Callable[[], Work]) -> None:
        """Ask, and do ``then`` if the answer is yes."""
        self._dialogs.ask(ConfirmScreen(question, detail, yes=yes, no="Not now"), then)

    # --- who it is ----------------------------------------------------------------------------------------------------

    def show_contact(self) -> None:
        """Show the contact's page, and do what was chosen there."""
        from tui.screens.contact import ContactScreen

        def chosen(command: str | None) -> None:
            self._attempts.begin(self._conversations.read())
            behind: dict[str, Callable[[], None]] = {
                "people.rename": self.rename,
                "people.block": self.block,
                "people.unblock": self.unblock,
                "people.delete-conversation": self.delete_conversation,
                "people.remove": self.remove,
            }
            if command in behind:
                behind[command]()

        if (contact := self._navigation.here) is not None:
            self._dialogs.show(ContactScreen(self._app.client, contact.identity), chosen)

    def compare(self) -> None:
        """Compare the security code with the contact."""
        if (contact := self._navigation.here) is not None:
            self._attempts.begin(self._compare(contact))

    async def _compare(self, contact: api.Conversation) -> None:
        from tui.screens.compare import CompareScreen

        found = await contact_of(self._app.client, contact.identity)
        if found is not None:
            self._dialogs.show(CompareScreen(self._app.client, found))

    # --- what one makes of the conversation ---------------------------------------------------------------------------

    def mute(self) -> None:
        """Hear no notices for a time, or hear them again."""
        from tui.screens.mute import MuteScreen

        contact = self._navigation.here
        if contact is None:
            return
        name = short_name(contact.name)
        if contact.muted_until is not None:
            self._set(contact, f"{name} is muted no longer.", muted_until=0)
            return

        def answered(until: int | None) -> None:
            if until is not None:
                self._set(contact, f"{name} is muted, and is not told.", muted_until=until)

        self._dialogs.show(MuteScreen(name, self._app.now()), answered)

    def pin(self) -> None:
        """Keep the conversation at the top of the list, or let it go."""
        if (contact := self._navigation.here) is not None:
            self._set(contact, "Pinned no longer." if contact.pinned else "Pinned.", pinned=not contact.pinned)

    def archive(self) -> None:
        """Put the conversation away, or take it out."""
        if (contact := self._navigation.here) is not None:
            said = "Taken out of the archive." if contact.archived else "Archived: it comes back when they write."
            self._set(contact, said, archived=not contact.archived)

    def mark_unread(self) -> None:
        """Mark the conversation as unread, or take the mark away."""
        if (contact := self._navigation.here) is not None:
            said = "The mark is gone." if contact.marked_unread else "Marked as unread."
            self._set(contact, said, unread=not contact.marked_unread)

    def _set(self, contact: api.Conversation, said: str, **chosen: int) -> None:
        self._attempts.begin(self._change(contact, said, chosen))

    async def _change(self, contact: api.Conversation, said: str, chosen: Mapping[str, Any]) -> None:
        await self._app.client.call(api.ConversationSet(conversation=contact.id, **chosen))
        await self._conversations.read()
        self._app.tell(said)

    # --- names and devices --------------------------------------------------------------------------------------------

    def rename(self, name: str = "") -> None:
        """Call this contact by a name, or ask for one."""
        contact, name = self._navigation.here, kept_name(name)
        if contact is None:
            return
        if len(name.encode()) > api.MAX_NAME_SIZE:
            self._app.tell(f"The name is too long: at most {api.MAX_NAME_SIZE} bytes.", "warning")
            return
        if name:
            self._attempts.begin(self._rename(contact, name))
            return
        from tui.screens.rename import RenameScreen

        def answered(chosen: str | None) -> None:
            if chosen is not None:
                self._attempts.begin(self._rename(contact, chosen))

        self._dialogs.show(RenameScreen(contact), answered)

    async def _rename(self, contact: api.Conversation, name: str) -> None:
        await self._app.client.call(api.ContactRename(identity=contact.identity, name=name))
        await self._conversations.read()
        renamed = self._navigation.find(contact.id)
        if renamed is None:
            return
        called = short_name(renamed.name)
        self._app.tell(
            f"You call them {called} now; nobody is told."
            if name
            else f"They are called as they call themselves: {called}."
        )

    def show_devices(self) -> None:
        """Show the contact's devices."""
        from tui.screens.devices import DevicesScreen

        if (contact := self._navigation.here) is not None:
            self._dialogs.show(DevicesScreen(self._app.client, contact.identity))

    def export(self) -> None:
        """Write what was said into a file."""
        from tui.screens.pages.export import ExportScreen

        if (contact := self._navigation.here) is not None:
            self._dialogs.show(ExportScreen(self._app.client, contact))

    # --- being heard --------------------------------------------------------------------------------------------------

    def block(self) -> None:
        """Hear nothing of this contact any more."""
        contact = self._navigation.here
        if contact is None:
            return
        name = short_name(contact.name)
        if contact.blocked:
            self._app.tell(f"{name} is blocked already; /unblock ends it.")
            return
        detail = (
            "You hear nothing of them any more, and they hear nothing of you, not even that a text arrived. What was said "
            f"stays here. Nobody is told: {name} does not learn of it, your other contacts only that your mailbox moved. "
            "/unblock ends it."
        )
        self._ask(f"Block {name}?", detail, "Block", partial(self._block, contact))

    async def _block(self, contact: api.Conversation) -> None:
        await self._app.client.call(api.ContactBlock(identity=contact.identity))
        await self._conversations.read()
        self._app.tell(f"{short_name(contact.name)} is blocked and is not told; /unblock ends it.")

    def unblock(self) -> None:
        """Hear this contact again."""
        contact = self._navigation.here
        if contact is not None and contact.blocked:
            self._attempts.begin(self._unblock(contact))
        elif contact is not None:
            self._app.tell(f"{short_name(contact.name)} is not blocked.")

    async def _unblock(self, contact: api.Conversation) -> None:
        await self._app.client.call(api.ContactUnblock(identity=contact.identity))
        await self._conversations.read()
        self._app.tell(UNBLOCKED)

    def offers_unblocking(self, conversation_id: str | None) -> bool:
        """Offer to unblock a blocked contact before a text goes to it; returns whether that was needed."""
        contact = self._navigation.find(conversation_id)
        if contact is None or not contact.blocked:
            return False
        name = short_name(contact.name)
        detail = f"Nothing is sent to {name} as long as you block them. What you wrote stays in the line."
        self._ask(f"Unblock {name}?", detail, "Unblock", partial(self._unblock, contact))
        return True

    # --- being rid of them --------------------------------------------------------------------------------------------

    def delete_conversation(self) -> None:
        """Delete all that was said from this device."""
        contact = self._navigation.here
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
        deleted = await self._app.client.call(api.ConversationDelete(conversation=contact.id))
        await self._conversations.read()
        if self._navigation.current == contact.id:
            await self._chat.reopen()
        self._app.tell(deleted_words(deleted))

    def remove(self) -> None:
        """Forget this contact."""
        contact = self._navigation.here
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
        await self._app.client.call(api.ContactRemove(identity=contact.identity))
        await self._conversations.read()
        self._app.tell(f"{short_name(contact.name)} is removed, and is not told.")
