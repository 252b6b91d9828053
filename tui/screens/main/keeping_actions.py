"""Commands about mail that contacts' devices keep for each other: ask for it, agree to it, end it.

Keeping is the device owner's own decision and no contact is told, so both commands are switches: said once they begin, said
again they end. Before a device begins it is told what that costs.
"""

from __future__ import annotations

from functools import partial

from core.api import ContactAskKeep, ContactKeepMail, Conversation, KeepingGet, KeepingInfo
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation
from tui.keys.handlers import Handlers
from tui.language import tr, tr_in
from tui.screens.confirm import ConfirmScreen
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.text.sanitize import clean_name
from tui.words.network import size_words


class KeepingActions:
    """Carries out both commands."""

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
        return Handlers({"people.keep": self.keep_mail, "people.ask-keep": self.ask_keep})

    def keep_mail(self) -> None:
        """Keep what waits for this contact on this device, or no longer."""
        if (contact := self._navigation.here) is not None:
            self._attempts.begin(self._keep(contact, keep=False) if contact.keeping else self._offer_keeping(contact))

    async def _offer_keeping(self, contact: Conversation) -> None:
        cost = await self._app.client.call(KeepingGet())
        if not cost.possible:
            self._app.tell(tr("This device serves nobody (--role leaf), so it can keep nothing for others."), "warning")
            return
        question = tr("Keep the mail of {name} here too?").format(name=clean_name(contact.name))
        self._dialogs.ask(
            ConfirmScreen(question, cost_words(cost), yes=tr_in("mail of another account", "Keep"), no=tr("Not now")),
            partial(self._keep, contact, keep=True),
        )

    async def _keep(self, contact: Conversation, *, keep: bool) -> None:
        await self._app.client.call(ContactKeepMail(conversation=contact.id, keep=keep))
        await self._conversations.read()
        begun, ended = tr("Their mail is kept here too; /keep again ends it."), tr("Their mail is no longer kept here.")
        told = begun if keep else ended
        self._app.tell(told)

    def ask_keep(self) -> None:
        """Ask this contact to keep our mail, or no longer."""
        if (contact := self._navigation.here) is not None:
            self._attempts.begin(self._ask_keep(contact))

    async def _ask_keep(self, contact: Conversation) -> None:
        await self._app.client.call(ContactAskKeep(conversation=contact.id, ask=not contact.keep_asked))
        await self._chat.catch_up()
        await self._conversations.read()
        begun, ended = tr("Asked. Whether they do it, nobody is told."), tr("You no longer ask it.")
        told = ended if contact.keep_asked else begun
        self._app.tell(told)


def cost_words(cost: KeepingInfo) -> str:
    """Say what keeping a contact's mail does, and what it costs this device."""
    return tr(
        "If the strangers that keep it vanish, your device gives it back to the network. It cannot read it, and nobody is "
        "told. About {traffic} of traffic a day, and at most {limit} of disk for all together; {kept} are kept now, for "
        "{contacts} of at most {most} contacts."
    ).format(
        traffic=size_words(cost.bytes_per_day),
        limit=size_words(cost.limit_bytes),
        kept=size_words(cost.bytes),
        contacts=cost.contacts,
        most=cost.max_contacts,
    )
