"""Says where a link leads before anything opens it, and offers to copy it instead.

The host stands alone, in its own letters and as the network has it; whatever about the link could deceive is said. What
opens is not this program, so the sheet says that the other end then sees this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static
from textual.widgets.option_list import Option

from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.picker import PickerScreen
from tui.screens.sheet import Sheet
from tui.text.sanitize import clean_line, fit
from tui.widgets.flat_button import FlatButton
from tui.words.format import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tui.text.link_targets import Target

Answer = Literal["open", "copy"]
# Cells of a link that are shown; its host stands above it anyway.
_SHOWN: Final = 300


class OpenLinkScreen(Sheet[Answer], NothingUnsaved):
    """Dismisses with what to do, or None. ``can_open``: there is a program here that opens it."""

    DEFAULT_CSS = """
    OpenLinkScreen {
        & #host { width: 1fr; height: auto; color: $bright; text-style: bold; }
        & #link { width: 1fr; height: auto; max-height: 4; color: $soft; }
        & #odd { width: 1fr; height: auto; margin-top: 1; color: $text-warning; text-style: bold; }
        & #then { width: 1fr; height: auto; margin-top: 1; color: $ink; }
        & #answers { height: 1; margin: 1 0; }
        &.-short #odd, &.-short #then, &.-short #answers { margin: 0; }
        &.-short #link { max-height: 2; }
        &:ansi #link { color: ansi_default; text-style: dim; }
        &:ansi #host, &:ansi #odd, &:ansi #then { color: ansi_default; }
    }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]
    heading = N_("Where this link leads")
    keys = (("←→", N_("choose")), ("Enter", N_("do")), ("Esc", N_("back")))
    BINDINGS = [
        Binding("c", "answer('copy')", "Copy", show=False),
        Binding("escape,n", "dismiss(None)", "Back", show=False),
        Binding("left,up", "other(-1)", "Other answer", show=False),
        Binding("right,down", "other(1)", "Other answer", show=False),
    ]

    def __init__(self, target: Target, *, can_open: bool) -> None:
        super().__init__()
        self._target = target
        self._can_open = can_open and bool(target.address)

    def compose_sheet(self) -> ComposeResult:
        """Yield host, link, what is odd about it, what follows, the answers."""
        target = self._target
        yield Static(Content("\n".join(host_lines(target))), id="host")
        yield Static(Content(fit(clean_line(target.address or target.link), _SHOWN)), id="link")
        if odd := odd_lines(target):
            yield Static(Content("\n".join(f"! {each}" for each in odd)), id="odd")
        yield Static(Content(self._what_follows()), id="then")
        with Horizontal(id="answers"):
            if self._can_open:
                yield FlatButton(tr("Open"), id="open")
            yield FlatButton(tr("Copy"), id="copy")
            yield FlatButton(tr("Back"), id="back")

    def on_mount(self) -> None:
        """Enter opens what is plain; where something could deceive, it goes back."""
        self.query_one("#back" if odd_lines(self._target) else "#open" if self._can_open else "#copy").focus()

    def clear_caches(self) -> None:
        """Forget the link."""
        for text in self.query(Static):
            text.update("")

    def _what_follows(self) -> str:
        if not self._target.address:
            return tr("It is not opened from here; you can copy it.")
        if not self._can_open:
            return tr("Nothing here can open it: over SSH, or without a desktop, it can only be copied.")
        if self._target.kind == "mail":
            return tr("Your mail program opens it, outside sottovoce.")
        return tr("Your browser opens it, outside sottovoce: who is there sees your internet address.")

    def action_other(self, by: int) -> None:
        """Move to another answer."""
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_answer(self, answer: Answer) -> None:
        """Answer by key."""
        self.dismiss(answer)

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        match message.button.id:
            case "open":
                self.dismiss("open")
            case "copy":
                self.dismiss("copy")
            case _:
                self.dismiss(None)


def host_lines(target: Target) -> list[str]:
    """Return where a link leads: its host in its own letters, and as the network has it where that is another."""
    if not target.host:
        return []
    hosts = [clean_line(target.host)]
    return hosts if target.ascii_host == target.host else [*hosts, clean_line(target.ascii_host)]


def odd_lines(target: Target) -> list[str]:
    """Return what about a link could deceive, each a sentence."""
    lines: list[str] = []
    if target.kind == "unclear":
        lines.append(tr("It is written so that programs could take it differently: it is not certain where it leads."))
    if target.said:
        said = tr("The text says {said}, but it leads to {host}.")
        lines.append(said.format(said=fit(clean_line(target.said), 60), host=clean_line(target.ascii_host)))
    if target.odd:
        lines.append(tr("Letters that may look like others: {letters}.").format(letters=listed(target.odd)))
    if target.is_number:
        lines.append(tr("It leads to a machine by its number, not by a name."))
    return lines


class LinkPicker(PickerScreen["Target"]):
    """Dismisses with one of several links, or None."""

    placeholder = N_("Which link?")

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = list(targets)

    def options(self, query: str) -> list[Option]:
        """Return what matches."""
        words = query.casefold().split()
        return [
            Option(Content(fit(clean_line(each.link), _SHOWN)), id=str(number))
            for number, each in enumerate(self._targets)
            if all(word in each.link.casefold() for word in words)
        ]

    def result_of(self, option: Option) -> Target:
        """Return the link."""
        return self._targets[int(option.id or 0)]

    def clear_caches(self) -> None:
        """Forget the links, too."""
        super().clear_caches()
        self._targets = []
