"""Who made the invitation that is in a field: what the network says of it, before one greets.

The name is what the inviter calls itself and proves nothing; so the first groups of the identity stand beside it, and a
warning where the name could be taken for a contact's. Nothing waits for this: the greeting can be sent meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from textual import work
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from core import api
from tui.app_port import app_of
from tui.language import N_, told, tr
from tui.text.sanitize import clean_line, clean_name
from tui.widgets.flat_button import FlatButton
from tui.words.format import grouped

if TYPE_CHECKING:
    from textual.app import ComposeResult

# Characters of the identity that are shown: four groups of four.
_SHOWN: Final = 16
# Whose invitation it is where there is a conversation with them: one that was answered, one that was not.
_KNOWN: Final = N_("You know {name} already.")
_GREETED: Final = N_("You greeted {name} already; there is no answer yet.")


class Inviter(Vertical):
    """Shows nothing until ``look``; ``refusal`` puts an error of the core in words. ``known``: a contact's conversation."""

    DEFAULT_CSS = """
    Inviter {
        height: auto; width: 1fr; margin-left: 12; display: none;
        &.-shown { display: block; }
        & #inviter { height: auto; width: 1fr; }
        &.-working #inviter { color: $soft; }
        &.-bad #inviter { color: $text-error; }
        & #inviter-warning { height: auto; width: 1fr; display: none; text-style: bold; color: $text-warning; }
        &.-warned #inviter-warning { display: block; }
        & FlatButton { display: none; }
        &.-known FlatButton { display: block; }
        &:ansi #inviter, &:ansi #inviter-warning { color: ansi_default; }
    }
    """

    def __init__(self, client: api.Client, refusal: Callable[[api.ApiError], str]) -> None:
        super().__init__()
        self._client = client
        self._refusal = refusal
        self._asked_for = ""
        self._has_failed = False
        self.known = ""

    def compose(self) -> ComposeResult:
        """Build the sentence, the warning and the way to a contact."""
        yield Static("", id="inviter")
        yield Static("", id="inviter-warning")
        yield FlatButton(tr("Go to the conversation"), id="to-known")

    def look(self, link: str, *, again: bool = False) -> None:
        """Show who made ``link``; the empty one shows nothing. ``again``: ask once more if there was no answer."""
        if link == self._asked_for and not (again and self._has_failed):
            return
        self._asked_for = link
        self.workers.cancel_group(self, "inviter")
        self._show("")
        if link:
            self._ask(link)

    def drop_refusal(self) -> None:
        """Show no refusal any more: the page has one of its own to tell."""
        if self._has_failed:
            self._show("")

    @work(exclusive=True, group="inviter")
    async def _ask(self, link: str) -> None:
        self._show(tr("... asking the network who it is"), "-working")
        try:
            found = await self._client.call(api.ContactPreview(link=link))
            here = await self._client.call(api.ConversationList()) if found.conversation else []
        except api.ApiError as error:
            self._show(f"! {self._refusal(error)}", "-bad")
            self._has_failed = True
            return
        known = next((each for each in here if each.id == found.conversation), None)
        if known is not None:
            said = tr(_KNOWN if known.state == "open" else _GREETED).format(name=clean_name(known.name))
            self._show(said, "-known", known=known.id)
            return
        groups = grouped(clean_line(found.identity)[:_SHOWN]) + app_of(self).glyphs.ellipsis
        warning = clean_line(told(found.warning_said, found.warning_text))
        if warning:
            warning = "! " + tr("{warning} Compare the identity.").format(warning=warning)
        said = tr("This is {name}, {identity}").format(name=clean_name(found.name), identity=groups)
        self._show(said, "-warned" if warning else "", warning=warning)

    def _show(self, text: str, look: str = "", *, warning: str = "", known: str = "") -> None:
        self._has_failed, self.known = False, known
        self.set_class(bool(text), "-shown")
        for each in ("-working", "-bad", "-known", "-warned"):
            self.set_class(each == look, each)
        self.query_one("#inviter", Static).update(Content(text))
        self.query_one("#inviter-warning", Static).update(Content(warning))
