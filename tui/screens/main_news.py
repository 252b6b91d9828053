"""What the core tells the main screen: each event is a hint to read again, soon and once.

Events come in bursts, so they are gathered; the bell rings once in a while and never says from whom or what.
"""

from __future__ import annotations

from core import api
from tui.app_port import app_of
from tui.messages import CoreEvent, EventsMissed
from tui.screens.main_heads import MainHeads
from tui.screens.pacing import Pacer
from tui.text.sanitize import clean_name
from tui.words.contacts import short_name

# Seconds in which events are gathered into one reading of the list and of the rows.
GATHER = 0.1
# Seconds in which one bell is enough.
BELL_PAUSE = 3.0


class MainNews(MainHeads):
    """The main screen's ears."""

    def listen(self) -> None:
        """Begin to follow what happens."""
        self._gather = Pacer(self, GATHER, self._refresh_gathered)
        self._bell = Pacer(self, BELL_PAUSE, self.app.bell, trailing=False)

    # --- what is read -------------------------------------------------------------------------------------------------

    async def read_greetings(self) -> None:
        """Count the strangers who wait; raises ``ApiError``."""
        self.greetings = len(await self.client.call(api.GreetingList()))
        self.show_heads()

    async def read_list(self) -> None:
        """Read the list of conversations; raises ``ApiError``."""
        self.navigation.conversations = await self.client.call(api.ConversationList())
        if (current := self.navigation.find(self.navigation.current)) is not None:
            self.chat.renew(current)
        elif self.navigation.current is not None:
            await self._miss_conversation()
        self.show_heads()

    async def _miss_conversation(self) -> None:
        """Leave the open conversation if a list that was read after it had been opened does not have it either."""
        self.navigation.conversations = await self.client.call(api.ConversationList())
        if self.navigation.current is not None and self.navigation.find(self.navigation.current) is None:
            self.forget_conversation()
            app_of(self).jumped("Nothing done: that conversation is gone. Look, then press again.")
            app_of(self).tell("That conversation is gone.", "warning")

    # --- what is heard ------------------------------------------------------------------------------------------------

    def on_core_event(self, message: CoreEvent) -> None:
        """Something changed: read it from the core, soon and once."""
        event = message.event
        if isinstance(event, api.DeviceChanged):
            self.chat.device_changed(event)
        match event:
            case api.MessageReceived():
                self._ring(event)
                self._gather.go()
            case api.MessageStateChanged() if event.conversation == self.navigation.current:
                self.chat.state_changed(event)
                self._gather.go()
            case api.GreetingReceived():
                app_of(self).tell(f"{clean_name(event.name)} greets you: Alt+G answers.")
                self.attempt(self.read_greetings(), group="greetings")
                self._bell.go()
            case api.DeviceChanged(state="unknown"):
                self._device_appeared(event.identity)
                self._gather.go()
            case api.NetworkChanged():
                self._network_changed(event.peers)
            case api.ClocksChanged(alone=alone) if alone is not None:
                app_of(self).tell(
                    "This machine's clock is wrong, or the other nodes' are: /network says more.", "warning"
                )
            case api.PriceRisen():
                self._price_told(event.factor)
            case _:
                self._gather.go()

    def _network_changed(self, peers: int) -> None:
        """Show how many nodes are linked, and say what it means that there are none."""
        if not peers:
            app_of(self).tell("No node is linked. What you write waits and goes out by itself.", "warning")
        self.status.show_peers(peers)

    def _price_told(self, factor: int) -> None:
        """Say why mail takes a moment longer, and that nobody has to do anything."""
        app_of(self).tell(
            f"Somebody floods the network where this goes. It goes out by itself, at {factor} times the work.",
            "warning",
        )

    def _device_appeared(self, identity: str) -> None:
        """Say that a contact has a device that may be somebody else's."""
        contact = next((listed for listed in self.navigation.conversations if listed.identity == identity), None)
        if contact is not None:
            app_of(self).tell(f"{short_name(contact.name)} has a device that nobody vouches for: /devices.", "warning")

    def _ring(self, event: api.MessageReceived) -> None:
        """Ring for what one does not see; never say from whom or what."""
        if event.late:
            self.attempt(self.chat.place_late(event), group="pages")
        seen = self.app.app_focus and self.is_current and event.conversation == self.navigation.current
        notify = app_of(self).settings.notify
        if seen or notify == "off":
            return
        self._bell.go()
        if notify == "bell+text":
            app_of(self).tell("New message.")

    def _refresh_gathered(self) -> None:
        self.attempt(self._refresh(), group="refreshing")

    async def _refresh(self) -> None:
        if self.navigation.current is not None and self.log_view.model.at_end:
            try:
                await self.chat.catch_up()
            except api.ApiError as error:
                if error.kind is not api.Kind.UNKNOWN_CONVERSATION:  # the list tells, and then it is left
                    raise
        await self.read_list()

    def on_events_missed(self, _: EventsMissed) -> None:
        """Events alone no longer tell everything."""
        self.attempt(self.chat.reload(), group="pages")
        self._gather.go()
