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
from tui.language import N_, tr
from tui.screens.confirm import ConfirmScreen
from tui.screens.main.attempts import Attempts, Work
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.text.sanitize import kept_name
from tui.words.contacts import deleted_words, short_name
from tui.words.people import archived_words

UNBLOCKED = N_("Unblocked: they learn where to write to you, and what they wrote meanwhile may still come.")


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
        self._dialogs.ask(ConfirmScreen(question, detail, yes=yes, no=tr("Not now")), then)

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
            self._set(contact, tr("{name} is muted no longer.").format(name=name), muted_until=0)
            return

        def answered(until: int | None) -> None:
            if until is not None:
                self._set(contact, tr("{name} is muted, and is not told.").format(name=name), muted_until=until)

        self._dialogs.show(MuteScreen(name, self._app.now()), answered)

    def pin(self) -> None:
        """Keep the conversation at the top of the list, or let it go."""
        if (contact := self._navigation.here) is not None:
            said = tr("Pinned no longer.") if contact.pinned else tr("Pinned.")
            self._set(contact, said, pinned=not contact.pinned)

    def archive(self) -> None:
        """Put the conversation away, or take it out."""
        if (contact := self._navigation.here) is not None:
            said = archived_words(contact)
            self._set(contact, said, archived=not contact.archived)

    def mark_unread(self) -> None:
        """Mark the conversation as unread, or take the mark away."""
        if (contact := self._navigation.here) is not None:
            said = tr("The mark is gone.") if contact.marked_unread else tr("Marked as unread.")
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
            self._app.tell(tr("The name is too long: at most {most} bytes.").format(most=api.MAX_NAME_SIZE), "warning")
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
        if name:
            self._app.tell(tr("You call them {name} now; nobody is told.").format(name=called))
        else:
            self._app.tell(tr("They are called as they call themselves: {name}.").format(name=called))

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
            self._app.tell(tr("{name} is blocked already; /unblock ends it.").format(name=name))
            return
        detail = tr(
            "You hear nothing of them any more, and they hear nothing of you, not even that a text arrived. What was said "
            "stays here. Nobody is told: {name} does not learn of it, your other contacts only that your mailbox moved. "
            "/unblock ends it."
        ).format(name=name)
        self._ask(tr("Block {name}?").format(name=name), detail, tr("Block"), partial(self._block, contact))

    async def _block(self, contact: api.Conversation) -> None:
        await self._app.client.call(api.ContactBlock(identity=contact.identity))
        await self._conversations.read()
        said = tr("{name} is blocked; /unblock ends it.")
        self._app.tell(said.format(name=short_name(contact.name)))

    def unblock(self) -> None:
        """Hear this contact again."""
        contact = self._navigation.here
        if contact is not None and contact.blocked:
            self._attempts.begin(self._unblock(contact))
        elif contact is not None:
            self._app.tell(tr("{name} is not blocked.").format(name=short_name(contact.name)))

    async def _unblock(self, contact: api.Conversation) -> None:
        await self._app.client.call(api.ContactUnblock(identity=contact.identity))
        await self._conversations.read()
        self._app.tell(tr(UNBLOCKED))

    def offers_unblocking(self, conversation_id: str | None) -> bool:
        """Offer to unblock a blocked contact before a text goes to it; returns whether that was needed."""
        contact = self._navigation.find(conversation_id)
        if contact is None or not contact.blocked:
            return False
        name = short_name(contact.name)
        detail = tr("Nothing is sent to {name} as long as you block them. What you wrote stays in the line.")
        question = tr("Unblock {name}?").format(name=name)
        self._ask(question, detail.format(name=name), tr("Unblock"), partial(self._unblock, contact))
        return True

    # --- being rid of them --------------------------------------------------------------------------------------------

    def delete_conversation(self) -> None:
        """Delete all that was said from this device."""
        contact = self._navigation.here
        if contact is None:
            return
        name = short_name(contact.name)
        if contact.state == "open":
            question = tr("Delete all that was said with {name}?")
            detail = tr(
                "It goes from this device only: {name} keeps what they have. What has not left this device yet is never "
                "sent; texts that have left cannot be taken back. {name} stays your contact."
            )
        else:
            question = tr("Forget the greeting to {name}?")
            detail = tr(
                "It was not answered, so the whole conversation goes. What has not left this device yet is never sent; "
                "texts that have left cannot be taken back."
            )
        then = partial(self._delete_conversation, contact)
        self._ask(question.format(name=name), detail.format(name=name), tr("Delete"), then)

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
        detail = tr(
            "All that was said and every key you have in common goes from this device, for good. Texts that have left "
            "cannot be taken back. Nobody is told: {name} does not learn of it, your other contacts only that your mailbox "
            "moved. What they write no longer arrives; to talk again, one of you has to greet the other anew."
        ).format(name=name)
        self._ask(tr("Remove {name}?").format(name=name), detail, tr("Remove"), partial(self._remove, contact))

    async def _remove(self, contact: api.Conversation) -> None:
        await self._app.client.call(api.ContactRemove(identity=contact.identity))
        await self._conversations.read()
        self._app.tell(tr("{name} is removed, and is not told.").format(name=short_name(contact.name)))
