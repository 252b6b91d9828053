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
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.page import Page

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core.api import Client

ESCAPE = "escape"


def about(key: str, spec: CommandSpec, registry: Registry) -> str:
    """Return what there is to know before ``key`` is given to a command; nothing if nothing."""
    said = [
        tr("{key} is {title} now, which will not have it any more.").format(key=key_name(key), title=tr(other.title))
        for other in registry
        if other.id != spec.id and key in split(other.keys) and meet(spec, other)
    ]
    if why := doubt(key):
        said.append(tr("{why}.").format(why=why))
    return " ".join(said)


class PressScreen(Page[str], NothingUnsaved):
    """Dismisses with the key, by Textual's name; None when Esc was pressed. A key that has a snag is pressed twice."""

    heading = N_("A key")

    def __init__(self, client: Client, spec: CommandSpec) -> None:
        super().__init__(client)
        self.hints = ((tr("press any key:"), N_("it is the new one")), ("Esc", N_("back")))
        self._spec = spec
        self._doubted = ""

    def compose_body(self) -> ComposeResult:
        """Yield the question."""
        yield Static(self._question(), classes="text")
        yield Static(Content(tr(self._spec.help)), classes="text faint")
        yield Static("", id="snag", classes="text gap")

    def _question(self) -> Content:
        before, _, after = tr("Press the key for {title}.").partition("{title}")
        return Content.assemble(before, (tr(self._spec.title), "bold"), after)

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
            self._say(tr("{why}. Another one?").format(why=why))
            return
        snag = about(key, self._spec, app_of(self).registry)
        if snag and key != self._doubted:
            self._doubted = key
            self._say(tr("{snag} Press it again to take it.").format(snag=snag))
            return
        self.dismiss(key)

    def _say(self, text: str) -> None:
        self.query_one("#snag", Static).update(Content(text))
