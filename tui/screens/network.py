"""An honest view of the network: what this node is, whom it is linked to, and what is wrong, in plain words.

Each line is a widget of its own that is redrawn only when its words change, so that a look every two seconds neither
flickers nor costs anything over SSH while nothing happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Label, Static

from core import api
from tui.durations import spoken
from tui.errors import explain
from tui.format import plural
from tui.screens.page import Column, Page
from tui.text import clean_line, fit

if TYPE_CHECKING:
    from textual.app import ComposeResult

# Seconds between looks.
REFRESH = 2.0
# A clock further off than this is said to be; network time corrects it either way (ms).
CLOCK_TOLERANCE_MS = 10 * 60 * 1000
# Below this many custodians one more failure could lose what waits.
FEW_CUSTODIANS = 2
# Peers listed; the rest is counted.
MAX_PEERS_SHOWN = 50

ROLES = {
    "full": "full: relays and stores sealed parcels for others",
    "leaf": "leaf: takes part without relaying or storing for others",
}
LABELS = {
    "role": "Role",
    "listen": "Listens on",
    "peers": "Peers",
    "custodians": "Custodians",
    "clock": "Clock",
    "datagrams": "Datagrams",
    "parcels": "Parcels",
}


def facts_of(status: api.NetworkStatus) -> dict[str, str]:
    """Return each line's words by its name."""
    agree = {True: ", their copies agree", False: ", their copies differ for now", None: ""}[status.copies_agree]
    keep = "keeps" if status.custodians == 1 else "keep"
    return {
        "role": ROLES[status.role],
        "listen": clean_line(status.listen) or "nothing yet",
        "peers": plural(status.peers, "node") + " linked" if status.peers else "none",
        "custodians": f"{plural(status.custodians, 'node')} {keep} what waits for you{agree}"
        if status.custodians
        else "none known",
        "clock": clock_words(status.clock_offset_ms),
        "datagrams": f"{_count(status.datagrams_in)} in, {_count(status.datagrams_out)} out, "
        f"{_count(status.datagrams_dropped)} dropped",
        "parcels": f"{_count(status.parcels)} of other people's, sealed, kept for up to 50 hours",
    }


def clock_words(offset_ms: int) -> str:
    """Say how far the own clock is from the peers': positive when the peers are ahead."""
    off = abs(offset_ms)
    if off < 1000:
        return "agrees with the peers"
    return f"{spoken(off / 1000)} {'behind' if offset_ms > 0 else 'ahead of'} the peers"


def warnings_of(status: api.NetworkStatus) -> list[str]:
    """Return what is wrong and what to do about it, the worst first."""
    found: list[str] = []
    if not status.peers:
        found.append(
            "You are linked to nobody, so nothing is sent or received; what you write waits here. Check that this "
            "machine is online and that UDP is not blocked. Nodes on the same LAN are found by themselves; "
            "elsewhere start with --join."
        )
    elif not status.custodians:
        found.append("No peer keeps parcels, so messages wait here until one is found.")
    elif status.custodians < FEW_CUSTODIANS:
        found.append("Only one node keeps your messages while they wait. More are being looked for.")
    if status.peers and status.custodians and status.copies_agree is False:
        found.append("Custodians hold different copies. They settle that among themselves within the hour.")
    if abs(status.clock_offset_ms) > CLOCK_TOLERANCE_MS:
        found.append("Your clock is far off. sottovoce goes by the network's time, but please set it.")
    return found


def peer_line(peer: api.PeerInfo, width: int) -> str:
    """Return one peer in a line: node, role, round trip, whether it is followed, address where there is room."""
    follows = "followed" if peer.following else ""
    line = (
        f"{clean_line(peer.node)[:8]:<10}{peer.role:<6}{peer.rtt_ms:>5.0f} ms  {follows:<10}{clean_line(peer.endpoint)}"
    )
    return fit(line.rstrip(), width)


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


class Line(Static):
    """One line that knows what it says, and is redrawn only when that changes."""

    said = ""

    def say(self, text: str) -> None:
        """Show ``text``."""
        if text != self.said:
            self.said = text
            self.update(Content(text))


class NetworkScreen(Page[None]):
    """Refreshes itself; works while locked too, since it names no contact."""

    DEFAULT_CSS = """
    NetworkScreen {
        #warning { width: 1fr; height: auto; text-style: bold; color: $text-warning; display: none; }
        #warning.-shown { display: block; margin-bottom: 1; }
        .fact { width: 1fr; height: auto; }
        #peers-heading { text-style: bold; margin-top: 1; }
        #peer-lines { width: 1fr; height: auto; }
        &:ansi #warning { color: ansi_default; }
    }
    """
    BINDINGS = [
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
    ]
    heading = "Network"
    hints = (("↑↓", "scroll"), ("Esc", "back"))

    def compose_body(self) -> ComposeResult:
        """Yield warning, facts and peers."""
        yield Line("", id="warning")
        for name, label in LABELS.items():
            with Horizontal(classes="row"):
                yield Label(label, classes="label")
                yield Line("...", id=name, classes="fact")
        yield Line("", id="peers-heading", classes="text")
        yield Line("", id="peer-lines")

    def on_mount(self) -> None:
        """Look now and then."""
        self._look()
        self.set_interval(REFRESH, self._look)

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
        for name, words in facts_of(status).items():
            self.query_one(f"#{name}", Line).say(words)
        warning = self.query_one("#warning", Line)
        found = warnings_of(status)
        warning.say("\n".join(f"! {each}" for each in found))
        warning.set_class(bool(found), "-shown")
        shown = status.links[:MAX_PEERS_SHOWN]
        more = f" (the first {MAX_PEERS_SHOWN} of {len(status.links)})" if len(status.links) > len(shown) else ""
        self.query_one("#peers-heading", Line).say(f"Linked nodes{more}" if shown else "")
        lines = self.query_one("#peer-lines", Line)
        lines.say("\n".join(peer_line(peer, lines.size.width or 76) for peer in shown))
