"""The lock screen: the program's name, a field for the passcode, and until when mail comes in.

It looks the same for every account, whatever is kept in it (promise P6); every wrong passcode is answered with the same
sentence. It is opaque and has no way back but the passcode. Whether the screen or the vault is
locked it does say, since behind the one mail comes in, and behind the other it waits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from core import api
from tui.app_port import app_of
from tui.language import N_, told, tr
from tui.messages import CoreEvent
from tui.screens.content import PlainScreen
from tui.widgets.edges import BARE, Edge, UpperEdge
from tui.widgets.hints import Hints
from tui.widgets.notice import Notice
from tui.widgets.secret_field import PasscodeField, SecretField
from tui.widgets.wordmark import Wordmark
from tui.words.errors import explain
from tui.words.format import Calendar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer


def mail_sentence(locks_at: int | None, now: int, calendar: Calendar) -> str:
    """Return the sentence about mail: it comes in until the vault locks, then it waits."""
    if locks_at is None:
        return tr("Mail waits with its senders until you unlock.")
    today, tomorrow = (
        tr("Messages still come in until {time}; after that they wait in the network."),
        tr("Messages still come in until tomorrow {time}; after that they wait in the network."),
    )
    said = today if calendar.day(locks_at) <= calendar.day(now) else tomorrow  # twenty hours reach no further
    return said.format(time=calendar.clock(locks_at))


class LockScreen(Screen[bool], PlainScreen):
    """Asks for the passcode; dismisses True once the account is open."""

    SCOPED_CSS = False  # one rule looks at the app's glyphs
    DEFAULT_CSS = """
    LockScreen {
        align: center middle;
        background: $ground;
        & #lock { width: 100%; max-width: 50; height: auto; }
        & Wordmark { margin-bottom: 2; }
        & #entry { height: 1; width: 1fr; padding: 0 1; border-left: round $self; border-right: round $self; }
        & PasscodeField, & PasscodeField:focus { border: none; background: $ground; background-tint: transparent; }
        & #notice { margin-top: 1; min-height: 2; text-align: center; }
        & #mail { width: 1fr; text-align: center; color: $soft; }
        &.-short Wordmark { margin-bottom: 1; }
        &.-short #notice { margin-top: 0; min-height: 1; }
        &.-bare #entry { border: none; padding: 0; }
        &:ansi, &:ansi PasscodeField, &:ansi PasscodeField:focus { background: ansi_default; border: none; }
    }
    .ascii LockScreen #entry { border-left: ascii $self; border-right: ascii $self; }
    .ascii LockScreen PasscodeField, .ascii LockScreen PasscodeField:focus { border: none; }
    .ascii LockScreen.-bare #entry { border: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-bare"), (BARE, "-framed")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (16, "-tall")]

    def __init__(self, client: api.Client, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self.client = client
        self._clock = clock
        self._open_again_at = 0.0  # monotonic seconds; 0 = now
        self._countdown: Timer | None = None

    def compose(self) -> ComposeResult:
        """Build the name, the framed field, and what is told below it."""
        with Vertical(id="lock"):
            yield Wordmark()
            yield UpperEdge(tr("Passcode"))
            with Horizontal(id="entry"):
                yield PasscodeField(id="passcode")
            yield Hints(("Enter", N_("open")), ("Ctrl+T", N_("show")), ("Ctrl+Q", N_("quit")))
            yield Notice(id="notice")
            yield Static(id="mail")

    def on_resize(self) -> None:
        """Draw the frame with or without corners."""
        for edge in self.query(Edge):
            edge.refresh()

    def on_mount(self) -> None:
        """Wait for the passcode."""
        self._field.focus()
        self._tell_of_mail()

    def on_core_event(self, message: CoreEvent) -> None:
        """Say anew until when mail comes in: the vault may have locked behind this screen, or been opened again."""
        if isinstance(message.event, (api.AccountLocked, api.AccountOpened)):
            self._tell_of_mail()
        if isinstance(message.event, api.AccountLocked) and message.event.reason:
            self.notice.say(told(message.event.said, message.event.reason), "bad")

    @work(exclusive=True, group="mail")
    async def _tell_of_mail(self) -> None:
        with suppress(api.ApiError):  # whatever is refused is told once the passcode is typed
            info = await self.client.call(api.AccountGet())
            app = app_of(self)
            self.query_one("#mail", Static).update(Content(mail_sentence(info.locks_at, app.now(), app.calendar)))

    @property
    def _field(self) -> PasscodeField:
        return self.query_one(PasscodeField)

    @property
    def notice(self) -> Notice:
        """The line under the field."""
        return self.query_one(Notice)

    @on(SecretField.Entered)
    def _entered(self) -> None:
        if not self._field.value or self._field.disabled:
            return
        self._field.disabled = True
        self.notice.say(tr("Opening"), "working")
        self._unlock(self._field.take())

    @work(exclusive=True)
    async def _unlock(self, passcode: str) -> None:
        try:
            await self.client.call(api.AccountUnlock(passcode=passcode))
        except api.ApiError as error:
            if error.kind is api.Kind.SLOW_DOWN:
                self._slow_down(float(str(error.data.get("seconds", 1))))
            else:
                self.notice.say(str(explain(error)), "bad")
                self._wait_for_passcode()
        else:
            self.dismiss(result=True)

    def _wait_for_passcode(self) -> None:
        self._field.disabled = False
        self._field.focus()

    def _slow_down(self, seconds: float) -> None:
        """Count down once a second; the field opens again by itself."""
        self._open_again_at = self._clock() + seconds
        self._tick()
        self._countdown = self.set_interval(1.0, self._tick)

    def _tick(self) -> None:
        left = math.ceil(self._open_again_at - self._clock())
        if left > 0:
            self.notice.say(tr("Too many attempts. Wait {seconds} s.").format(seconds=left), "bad")
            return
        if self._countdown is not None:
            self._countdown.stop()
        self.notice.clear()
        self._wait_for_passcode()
