"""The app as a protocol: what screens and widgets may ask of it without importing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, cast

from textual.dom import DOMNode

from core.api import ApiError, Client, Settings
from tui.keys.effective import Denied
from tui.keys.registry import CommandSpec, Context, Registry
from tui.look.glyphs import Glyphs
from tui.look.pens import Pens
from tui.look.profile import TerminalProfile
from tui.notices.decision import Incoming
from tui.start_invitation import StartInvitation
from tui.words.format import Calendar

Severity = Literal["information", "warning", "error"]


class NoticesPort(Protocol):
    """What tells the person that something came."""

    def heard(self, incoming: Incoming) -> None:
        """Tell that something came, now, later, or not at all."""
        ...

    def show_unread(self, count: int) -> None:
        """Say in the window's title how many messages are unread."""
        ...

    def opened(self) -> None:
        """The account was opened."""
        ...

    def locked(self) -> None:
        """The screen is locked: nothing of what came is told any more, and the title is neutral."""
        ...


class KeysPort(Protocol):
    """Which keys mean what."""

    denied: tuple[Denied, ...]

    def defaults(self) -> dict[str, tuple[str, ...]]:
        """Return the keys of the program and its chosen set, without the person's own, by command id."""
        ...

    def own(self) -> dict[str, tuple[str, ...]]:
        """Return the person's own keys, by command id."""
        ...

    def choose(self, command_id: str, keys: tuple[str, ...] | None) -> str:
        """Let a command have other keys, None: no own ones, and write the file; return why it cannot be written."""
        ...

    def listen(self, heard: Callable[[str], None] | None) -> None:
        """Hand the next keys to ``heard``, by Textual's names, and to nothing else; None ends it."""
        ...

    def selecting(self, hints: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Return the hints of a selected message with the keys that count there."""
        ...

    def label(self, key: str) -> str:
        """Return the key that does what ``key`` does untold, as hints name it; nothing where none does."""
        ...

    def within(self, text: str) -> str:
        """Return a sentence that names keys of the program with those that count."""
        ...


class AppPort(Protocol):
    """The app, as its screens see it."""

    calendar: Calendar
    last_conversation: str | None  # where to go back to after unlocking
    is_throwaway: bool  # whether the account is gone when the program ends
    start_invitation: StartInvitation | None  # an invitation to begin with, until it is used

    @property
    def client(self) -> Client:
        """The core."""
        ...

    @property
    def runs_on(self) -> bool:
        """Whether the core goes on when the client is left."""
        ...

    @property
    def profile(self) -> TerminalProfile:
        """What the terminal can do, with the settings laid over it."""
        ...

    @property
    def settings(self) -> Settings:
        """The stored settings."""
        ...

    @property
    def glyphs(self) -> Glyphs:
        """The signs in use."""
        ...

    @property
    def pens(self) -> Pens:
        """What lines are drawn with: a style for letters of a role on a ground of another."""
        ...

    @property
    def theme_names(self) -> tuple[str, ...]:
        """What themes can be chosen, ``auto`` first, the person's own last."""
        ...

    @property
    def notices(self) -> NoticesPort:
        """What tells the person that something came."""
        ...

    @property
    def keys(self) -> KeysPort:
        """Which keys mean what."""
        ...

    @property
    def registry(self) -> Registry:
        """All commands."""
        ...

    def now(self) -> int:
        """Return the present moment, ms of Unix time."""
        ...

    def tell(self, text: str, severity: Severity = "information") -> None:
        """Show one sentence where the top screen shows such things."""
        ...

    def tell_error(self, error: ApiError) -> None:
        """Explain a refused command."""
        ...

    def bell(self) -> None:
        """Ring the terminal's bell."""
        ...

    def jumped(self, why: str) -> None:
        """Note that the place changed without the person's doing: the next Enter is not meant for the new place."""
        ...

    def command_context(self) -> Context:
        """Return what commands make sense now."""
        ...

    async def run_command(self, spec: CommandSpec, argument: str = "") -> None:
        """Carry out a command of the registry."""
        ...

    async def apply_settings(self, settings: Settings) -> None:
        """Draw by new settings at once; the caller stores them."""
        ...

    def open_page(self, name: str) -> None:
        """Open a page by the slash name of its command: ``invite``, ``add``, …; raises ``KeyError`` where there is none."""
        ...

    def tell_wrong_files(self) -> None:
        """Say what in this machine's files is not used; once."""
        ...

    def visit_editor(
        self, text: str, saved: Callable[[str], None], came_back: Callable[[str | None], None]
    ) -> Callable[[], None]:
        """Open a text in the person's editor; return what ends that early.

        ``saved`` is told what the editor saves, ``came_back`` at last what it made of the text; None: it gave up, or
        could not be had, which is told.
        """
        ...

    def account_removed(self, said: str) -> None:
        """Take everything away and begin anew: there is no account any more. ``said``: what is left of it."""
        ...

    def lock_now(self) -> None:
        """Begin to lock the screen."""
        ...


def app_of(node: DOMNode) -> AppPort:
    """Return the app around a screen or widget."""
    return cast("AppPort", node.app)
