"""The network page: what is wrong and what to do, then what this node knows, in plain words, then its links.

Each line is a widget of its own that is redrawn only when its words change, so that a look every two seconds neither
flickers nor costs anything over SSH while nothing happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Label, Static

from core import api
from core.doctor.findings import findings_of
from tui.keys.commands import APP
from tui.keys.registry import CommandSpec, Scope, When
from tui.language import N_, told, tr, tr_in
from tui.screens.content import NothingUnsaved
from tui.screens.page import Column, Page
from tui.text.cells import width_of
from tui.text.sanitize import clean_line, fit, pad
from tui.words.errors import explain
from tui.words.network import LABELS, SOMETIMES, facts_of

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

    from core.api import Client

# Seconds between looks.
REFRESH = 2.0
# Peers listed; the rest is counted.
MAX_PEERS_SHOWN = 50
# Cells for a linked node until its place is known: what 80 columns leave.
NARROW = 76
# Cells in which an address is worth its beginning.
LEAST_ADDRESS = 9


def peer_line(peer: api.PeerInfo, width: int) -> str:
    """Return one peer in a line: node, role, round trip, whether our traffic enters there, address where there is room."""
    enters = (tr("guard") if peer.following else "") if peer.answering else tr("silent")
    role = {"leaf": tr_in("role of a node", "leaf"), "full": tr_in("role of a node", "full")}.get(peer.role, peer.role)
    node, address = pad(clean_line(peer.node)[:8], 10), clean_line(peer.endpoint)
    line = f"{node}{pad(role, 6)}{peer.rtt_ms:>5.0f} ms  {pad(enters, 7)}"
    return fit((f"{line}{address}" if width_of(line) + LEAST_ADDRESS <= width else line).rstrip(), width)


class Line(Static):
    """One line that knows what it says, and is redrawn only when that changes."""

    said = ""

    def say(self, text: str) -> None:
        """Show ``text``."""
        if text != self.said:
            self.said = text
            self.update(Content(text))


class NetworkScreen(Page[None], NothingUnsaved):
    """Refreshes itself; works while locked too, since it names no contact."""

    DEFAULT_CSS = """
    NetworkScreen {
        #warning { width: 1fr; height: auto; text-style: bold; color: $text-warning; display: none; }
        #warning.-shown { display: block; margin-bottom: 1; }
        .fact { width: 1fr; height: auto; }
        #facts { width: 1fr; height: auto; }
        #links { width: 1fr; height: auto; margin-top: 1; }
        #network { width: 1fr; height: auto; layout: vertical; }
        #peers-heading { text-style: bold; color: $bright; }
        #peer-lines { width: 1fr; height: auto; color: $soft; }
        &.-roomy .row { margin-bottom: 0; }
        &.-wide #card { max-width: 150; }
        &.-wide #network { layout: horizontal; }
        &.-wide #facts { width: 74; margin-right: 3; }
        &.-wide #links { margin-top: 0; }
        &:ansi #warning { color: ansi_default; }
    }
    """
    BINDINGS = [
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
    ]
    opened_by = CommandSpec(
        id="app.network", group=APP, scope=Scope.APP, title=N_("Network"),
        help=N_("Who your node is linked to and how it is doing."),
        slash="network", after="app.settings", when=When.ANYTIME,
        synonyms=N_("status connection peers nodes offline online internet traffic data usage bytes bandwidth"),
    )  # fmt: skip
    heading = N_("Network")
    hints = (("↑↓", N_("scroll")), ("Esc", N_("back")))

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._linked: list[api.PeerInfo] = []

    def compose_body(self) -> ComposeResult:
        """Yield warning, facts and peers."""
        yield Line("", id="warning")
        with Container(id="network"):
            with Vertical(id="facts"):
                for name, label in LABELS.items():
                    with Horizontal(classes="row", id=f"row-{name}") as row:
                        row.display = name not in SOMETIMES
                        yield Label(tr(label), classes="label")
                        yield Line("...", id=name, classes="fact")
            with Vertical(id="links"):
                yield Line("", id="peers-heading", classes="text")
                yield Line("", id="peer-lines")

    def on_mount(self) -> None:
        """Look now and then."""
        self._look()
        self.set_interval(REFRESH, self._look)

    def clear_caches(self) -> None:
        """Forget nothing else: it names no contact, and is shown while locked, too."""
        self.clear_notice()

    @work(exclusive=True)
    async def _look(self) -> None:
        try:
            status = await self.client.call(api.NetworkStatusGet())
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
            return
        self.notice.clear()
        with self.app.batch_update():
            self._show(status)

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(Column).scroll_relative(y=by, animate=False)

    def _show(self, status: api.NetworkStatus) -> None:
        facts = facts_of(status)
        for name in LABELS:
            self.query_one(f"#{name}", Line).say(clean_line(facts.get(name, "")))
            self.query_one(f"#row-{name}").display = name in facts
        warning = self.query_one("#warning", Line)
        found = findings_of(status)
        warning.say("\n".join(f"! {told(each.said, each.text)}" for each in found))
        warning.set_class(bool(found), "-shown")
        shown = status.links[:MAX_PEERS_SHOWN]
        heading = tr("Linked nodes") if shown else ""
        if len(status.links) > len(shown):
            heading = tr("Linked nodes (the first {count} of {all})").format(count=len(shown), all=len(status.links))
        self.query_one("#peers-heading", Line).say(heading)
        self._linked = shown
        self._draw_linked()
        self.call_after_refresh(self._draw_linked)  # by the width that they have beside the facts

    def _draw_linked(self) -> None:
        lines = self.query_one("#peer-lines", Line)
        lines.say("\n".join(peer_line(peer, lines.size.width or NARROW) for peer in self._linked))

    def on_resize(self, event: Resize) -> None:
        """Fit the links to the new width."""
        super().on_resize(event)
        self.call_after_refresh(self._draw_linked)
