"""Asks for a key by having it pressed; says what it means already, and whether it arrives on every terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from tui.app_port import app_of
from tui.keys.effective import meet, split
from tui.keys.key_rules import doubt, forbidden
from tui.keys.keymap import key_name
from tui.keys.registry import CommandSpec, Registry
from tui.screens.content import NothingUnsaved
from tui.screens.page import Page

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core.api import Client

ESCAPE = "escape"


def about(key: str, spec: CommandSpec, registry: Registry) -> str:
    """Return what there is to know before ``key`` is given to a command; nothing if nothing."""
    said = [
        f"{key_name(key)} is {other.title} now, which will not have it any more."
        for other in registry
        if other.id != spec.id and key in split(other.keys) and meet(spec, other)
    ]
    if why := doubt(key):
        said.append(f"{why}.")
    return " ".join(said)


class PressScreen(Page[str], NothingUnsaved):
    """Dismisses with the key, by Textual's name; None when Esc was pressed. A key that has a snag is pressed twice."""

    heading = "A key"
    hints = (("any key", "is taken"), ("Esc", "back"))

    def __init__(self, client: Client, spec: CommandSpec) -> None:
        super().__init__(client)
        self._spec = spec
        self._doubted = ""

    def compose_body(self) -> ComposeResult:
        """Yield the question."""
        yield Static(Content.assemble("Press the key for ", (self._spec.title, "bold"), "."), classes="text")
        yield Static(Content(self._spec.help), classes="text faint")
        yield Static("", id="snag", classes="text gap")

    def on_mount(self) -> None:
        """Take the keys, all of them."""
        app_of(self).keys.listen(self.heard)

    def on_unmount(self) -> None:
        """Give them back, however this ends."""
        app_of(self).keys.listen(None)

    def clear_caches(self) -> None:
        """Give the keys back at once: the lock needs them."""
        app_of(self).keys.listen(None)

    def heard(self, key: str) -> None:
        """Take a key, unless there is something to say about it first."""
        if key == ESCAPE:
            self.dismiss(None)
            return
        if why := forbidden(key, self._spec):
            self._say(f"{why}. Another one?")
            return
        snag = about(key, self._spec, app_of(self).registry)
        if snag and key != self._doubted:
            self._doubted = key
            self._say(f"{snag} Press it again to take it.")
            return
        self.dismiss(key)

    def _say(self, text: str) -> None:
        self.query_one("#snag", Static).update(Content(text))
