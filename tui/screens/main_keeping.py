"""Mail that contacts' devices keep for each other: asked for, agreed to and ended from the open conversation.

Keeping is somebody's own decision and told to nobody, so both commands are switches: said once they begin, said again they
end. Before a device begins it is told what that costs.
"""

from __future__ import annotations

from core.api import ContactAskKeep, ContactKeepMail, Conversation, KeepingGet, KeepingInfo
from tui.app_port import app_of
from tui.screens.main_news import MainNews
from tui.text.sanitize import clean_name
from tui.words.network import size_words


class MainKeeping(MainNews):
    """The main screen's part in friends' devices."""

    def action_keep_mail(self) -> None:
        """Keep what waits for this contact on this device, or no longer."""
        if (contact := self.current()) is not None:
            self.attempt(self._keep(contact, keep=False) if contact.keeping else self._offer_keeping(contact))

    async def _offer_keeping(self, contact: Conversation) -> None:
        cost = await self.client.call(KeepingGet())
        if not cost.possible:
            app_of(self).tell("This device serves nobody (--role leaf), so it can keep nothing for others.", "warning")
            return
        from tui.screens.confirm import ConfirmScreen

        def answered(sure: bool | None) -> None:  # noqa: FBT001 - as the screen answers
            if sure:
                self.attempt(self._keep(contact, keep=True))

        question = f"Keep the mail of {clean_name(contact.name)} here too?"
        self.app.push_screen(ConfirmScreen(question, cost_words(cost), yes="Keep", no="Not now"), answered)

    async def _keep(self, contact: Conversation, *, keep: bool) -> None:
        await self.client.call(ContactKeepMail(conversation=contact.id, keep=keep))
        await self.read_list()
        told = "Their mail is kept here too; /keep again ends it." if keep else "Their mail is no longer kept here."
        app_of(self).tell(told)

    def action_ask_keep(self) -> None:
        """Ask this contact to keep our mail, or no longer."""
        if (contact := self.current()) is not None:
            self.attempt(self._ask_keep(contact))

    async def _ask_keep(self, contact: Conversation) -> None:
        await self.client.call(ContactAskKeep(conversation=contact.id, ask=not contact.keep_asked))
        await self.chat.catch_up()
        await self.read_list()
        told = "You no longer ask it." if contact.keep_asked else "Asked. Whether they do it, nobody is told."
        app_of(self).tell(told)


def cost_words(cost: KeepingInfo) -> str:
    """Say what keeping a contact's mail does, and what it costs this device."""
    return (
        "If the strangers that keep it vanish, your device gives it back to the network. It cannot read it, and nobody is "
        f"told. About {size_words(cost.bytes_per_day)} of traffic a day, and at most {size_words(cost.limit_bytes)} of "
        f"disk for all together; {size_words(cost.bytes)} are kept now, for {cost.contacts} of at most "
        f"{cost.max_contacts} contacts."
    )
