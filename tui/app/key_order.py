"""Hands keys over one at a time, for people who type faster than the line carries.

Textual hands each key to whatever has the focus when it *arrives*, while the key before it may still be on its way up from
a widget to the binding that will move the focus: over a slow line ``Down Enter`` then presses the button above the one that
was meant, and a word lands in the field of the word before. Here a key waits until the one before has done its work.

A key right behind an escape (``tui.keys.legacy_keys``) waits a moment more, for what it means depends on what follows
it; and after a jump that was not asked for some keys are refused (``tui.keys.jumps``).

How the end of that work is noticed: queues are first in, first out, so a message posted behind a key, which bubbles up like
it, reaches the app after it. What the key's handlers posted meanwhile comes behind that message, hence several rounds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual.message import Message

from tui.app_port import app_of
from tui.keys.commands import REGISTRY
from tui.keys.jumps import Jumps
from tui.keys.keymap import key_name
from tui.keys.legacy_keys import after_escape, alt_characters, behind_escape, with_alt
from tui.language import N_, tr

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.timer import Timer

    from tui.keys.registry import Registry

# A key may post a message, whose handler posts one, whose handler moves the focus by way of the app's queue.
ROUNDS = 4
# Seconds until a key is handed over though nothing came back: its widget may be gone.
PATIENCE = 1.0
# Seconds in which a key behind an escape shows whether it is text: what was read with it comes at once, fingers do not.
TOGETHER: Final = 0.03
# Keys held back at most; more than that is no typing, and goes on as it comes.
MAX_HELD = 4096

# What is said about a key that was refused; 80 columns leave 64 for it.
REFUSED: Final = N_("Nothing done: {one}, or Esc and {other}? Look, then press again.")


class KeyPassed(Message):
    """Posted behind a key: when it arrives, what the key led to so far has been done."""

    def __init__(self, serial: int, rounds: int) -> None:
        super().__init__()
        self.serial = serial
        self.rounds = rounds


class KeyOrder:
    """Holds keys and pastes back while another is on its way."""

    def __init__(self, app: App[Any], hand_over: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_over = hand_over
        self.jumps = Jumps(app)
        self.capture: Callable[[str], None] | None = None
        """Is given each key in place of the app, while a person shows which one is meant."""
        self._held: deque[tuple[events.Event, Callable[[], None] | None]] = deque()
        self._serial = 0  # of the key on its way
        self._busy = False
        self._timer: Timer | None = None
        self.learn(REGISTRY)
        self._unclear = ""  # a character behind an escape, while it is not known whether Alt was held
        self._unclear_timer: Timer | None = None

    def learn(self, registry: Registry) -> None:
        """Take on which keys some command has with Alt, and which send."""
        self._alt = alt_characters(registry)
        self.jumps.learn(registry.get("write.send").keys)

    async def read(self, event: events.Event) -> None:
        """Take a key or a paste from the terminal, where keys may have run together."""
        character = behind_escape(event)
        if unclear := self._clear():
            await self._read_as(unclear, alt=bool(character) or not _is_text(event))
        if not character:
            await self.take(event)
        elif self.capture is not None or with_alt(character).key in self._alt:
            self._unclear = character
            self._unclear_timer = self._app.set_timer(TOGETHER, self._nothing_followed)
        else:
            await self._read_as(character, alt=False)

    def _clear(self) -> str:
        unclear, self._unclear = self._unclear, ""
        if self._unclear_timer is not None:
            self._unclear_timer.stop()
            self._unclear_timer = None
        return unclear

    async def _nothing_followed(self) -> None:
        if unclear := self._clear():
            await self._read_as(unclear, alt=True)

    async def _read_as(self, character: str, *, alt: bool) -> None:
        """Hand over what came behind an escape as one key or as two."""
        key = with_alt(character)
        doubt = tr(REFUSED).format(one=key_name(key.key), other=character) if key.key in self._alt else ""
        if alt:
            await self.take(key, partial(self.jumps.may_come, doubt))
        else:
            first, second = after_escape(character)
            await self.take(first, partial(self.jumps.came, doubt) if doubt else None)
            await self.take(second)

    async def take(self, event: events.Event, first: Callable[[], None] | None = None) -> None:
        """Hand a key over now, or once the one before has done its work, and do something right before."""
        if self._busy and len(self._held) < MAX_HELD:
            self._held.append((event, first))
            if self._timer is None:
                self._timer = self._app.set_timer(PATIENCE, self._give_up)
        else:
            await self._send(event, first)

    async def _send(self, event: events.Event, first: Callable[[], None] | None) -> None:
        if self.capture is not None:
            if isinstance(event, events.Key):
                self.capture(event.key)
            return
        if refusal := self.jumps.refusal(event):
            app_of(self._app).tell(refusal, "warning")
            return
        if first is not None:
            first()
        self._busy = True
        self._serial += 1
        receiver = self._receiver()
        await self._hand_over(event)
        self._follow(receiver, ROUNDS)

    def _receiver(self) -> MessagePump:
        if not self._app.screen_stack:
            return self._app  # it is closing, with a key still on its way
        return self._app.focused or self._app.screen

    def _follow(self, receiver: MessagePump, rounds: int) -> None:
        if not receiver.post_message(KeyPassed(self._serial, rounds)):
            self._app.post_message(KeyPassed(self._serial, 0))

    async def passed(self, message: KeyPassed) -> None:
        """Note that a round is over."""
        if message.serial != self._serial:
            return
        if message.rounds > 1:
            self._follow(self._receiver(), message.rounds - 1)
        else:
            await self._next()

    async def _next(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._busy = False
        while self._held and not self._busy:
            event, first = self._held.popleft()
            if self._held:
                self._timer = self._app.set_timer(PATIENCE, self._give_up)
            await self._send(event, first)

    async def _give_up(self) -> None:
        self._timer = None
        if not self._app.screen_stack:
            return  # it is closing
        self._serial += 1  # whatever still comes back is about a key of the past
        await self._next()


def _is_text(event: events.Event) -> bool:
    return isinstance(event, events.Key) and (event.is_printable or event.key == "enter")
