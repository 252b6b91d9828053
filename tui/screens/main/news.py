"""Handles the core's events for the main screen: each is a hint to read again, soon and once.

Events come in bursts, so they are gathered. Whether and how the person is told is decided elsewhere (``tui.notices``).
"""

from __future__ import annotations

import time

from textual.message_pump import MessagePump

from core import api
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation
from tui.language import tr
from tui.notices.decision import Incoming
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.pacing import Pacer
from tui.text.sanitize import clean_name
from tui.widgets.status_line import StatusLine
from tui.words.contacts import short_name
from tui.words.network import is_silent

# Seconds in which events are gathered into one reading of the list and of the rows.
GATHER = 0.1
# How many times as long as reading the list took it is not read again.
REST = 4


class News:
    """Follows what happens. ``owner`` has the timers."""

    def __init__(
        self,
        owner: MessagePump,
        app: AppPort,
        navigation: Navigation,
        chat: Chat,
        conversations: Conversations,
        status: StatusLine,
        attempts: Attempts,
    ) -> None:
        self._app = app
        self._navigation = navigation
        self._chat = chat
        self._conversations = conversations
        self._status = status
        self._attempts = attempts
        self._gather = Pacer(owner, GATHER, self._refresh_gathered)
        self._is_reading = False
        self._not_before = 0.0
        self._owner = owner
        self._moved: dict[str, api.MessageStateChanged] = {}
        self._changed: set[str] = set()

    def on_event(self, event: api.Event) -> None:
        """Something changed: read it from the core, soon and once."""
        if isinstance(event, api.DeviceChanged):
            self._chat.device_changed(event)
        match event:
            case api.MessageReceived():
                self._ring(event)
                self._gather.go()
            case api.MessageStateChanged() | api.MessageChanged():
                self._row_changed(event)
                self._gather.go()
            case api.GreetingReceived():
                said = self._app.keys.within(tr("{name} greets you: Alt+G answers."))
                self._app.tell(said.format(name=clean_name(event.name)))
                self._attempts.begin(self._conversations.read_greetings(), group="greetings")
                self._app.notices.heard(Incoming(is_greeting=True, name=event.name, text=event.text))
            case api.DeviceChanged(state="unknown"):
                self._device_appeared(event.identity)
                self._gather.go()
            case api.NetworkChanged():
                self._network_changed(event.peers)
            case api.ClocksChanged(alone=alone) if alone is not None:
                said = tr("This machine's clock is wrong, or the other nodes' are: /network says more.")
                self._app.tell(said, "warning")
            case api.PriceRisen():
                self._price_told(event.factor)
            case _:
                self._gather.go()

    def _row_changed(self, event: api.MessageStateChanged | api.MessageChanged) -> None:
        """Note a row of the open conversation that is another now; all that came together are drawn anew as one."""
        if event.conversation != self._navigation.current:
            return
        if isinstance(event, api.MessageChanged) and (event.what == "deleted" or not event.id):
            self._attempts.begin(self._chat.rows_gone(event), group="pages")
            return
        if not self._moved and not self._changed:
            self._owner.call_later(self._change_rows)
        if isinstance(event, api.MessageStateChanged):
            self._moved[event.id] = event
        else:
            self._changed.add(event.id)

    def _change_rows(self) -> None:
        moved, self._moved = self._moved, {}
        changed, self._changed = self._changed, set()
        self._chat.states_changed(moved.values())
        if changed:
            self._attempts.begin(self._chat.rows_changed(changed), group="pages")

    def on_missed(self) -> None:
        """Events alone no longer tell everything."""
        self._attempts.begin(self._chat.reload(), group="pages")
        self._gather.go()

    def _network_changed(self, peers: int) -> None:
        """Show how many nodes are linked, and say what it means that there are none."""
        if not peers:
            self._app.tell(tr("No node is linked. What you write waits and goes out by itself."), "warning")
        self._status.show_network(peers)
        if peers:
            self._attempts.begin(self.look_at_network(), group="network")

    async def look_at_network(self) -> None:
        """Show whether those that we send by answer: a link that falls silent is no event. Raises ``ApiError``."""
        status = await self._app.client.call(api.NetworkStatusGet())
        self._status.show_network(status.peers, silent=is_silent(status))

    def _price_told(self, factor: int) -> None:
        """Say why mail takes a moment longer, and that there is nothing to do about it."""
        said = tr("Somebody floods the network where this goes. It goes out by itself, at {factor} times the work.")
        self._app.tell(said.format(factor=factor), "warning")

    def _device_appeared(self, identity: str) -> None:
        """Say that a contact has a device that may be another person's."""
        contact = next((listed for listed in self._navigation.conversations if listed.identity == identity), None)
        if contact is not None:
            said = tr("{name} has a device that nobody vouches for: /devices.")
            self._app.tell(said.format(name=short_name(contact.name)), "warning")

    def _ring(self, event: api.MessageReceived) -> None:
        """Tell that a message came."""
        if event.late:
            self._attempts.begin(self._chat.place_late(event), group="pages")
        listed = self._navigation.find(event.conversation)
        name = listed.name if listed is not None else ""
        incoming = Incoming(conversation=event.conversation, name=name, text=event.text, rule=event.notify)
        self._app.notices.heard(incoming)

    def _refresh_gathered(self) -> None:
        if self._is_reading or time.monotonic() < self._not_before:
            self._gather.go()
        else:
            self._attempts.begin(self._refresh(), group="refreshing")

    async def _refresh(self) -> None:
        """Read anew, one after the other and with pauses: the longer it takes, the less often."""
        self._is_reading, began = True, time.monotonic()
        try:
            await self._conversations.refresh()
        finally:
            self._is_reading, now = False, time.monotonic()
            self._not_before = now + REST * (now - began)
