"""The signs the screens draw, in three sets: plain ASCII, Unicode that every font has, and Nerd Font icons.

A glyph is at most two cells wide and never carries a meaning by colour alone. Around a message::

    ▌ a block of theirs, its bar in their colour     a block of the person's own ▐
    ▖ the bar where the same run goes on                                          ▗
    ▎ a quoted message      ◆ keys compared     ◇ not compared     ◔ goes after a time     ▴ pinned
"""

from __future__ import annotations

import dataclasses

from tui.look.profile import GlyphSet


@dataclasses.dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs."""

    queued: str
    sent: str
    stored: str
    delivered: str
    read: str
    failed: str
    rule: str  # between names and texts
    line: str  # fills date and unread rules
    ellipsis: str
    draft: str
    waiting: str
    blocked: str
    warning: str
    online: str
    offline: str
    down: str
    selected: str
    prompt: str
    separator: str
    dash: str
    bullet: str
    bar: str  # beside a message of theirs
    bar_next: str  # where a run goes on
    own_bar: str
    own_next: str
    chosen: str  # the bar of the chosen message
    picked: str  # the bar of a message that is marked
    quote: str
    held: str  # kept by others until it is fetched
    done: str  # delivered
    compared: str
    unknown: str  # keys not compared
    timer: str
    pin: str
    muted: str
    archive: str
    online_dot: str
    heart: str
    link: str  # behind a link
    under: str  # the rule under the header
    scroll: str  # the thumb of a scroll bar
    corners: str  # top left, top right, bottom left, bottom right, across, upright
    typing: str

    def of_state(self, state: str) -> str:
        """Return the sign of a delivery state; nothing for ``received``."""
        signs = {
            "queued": self.queued,
            "sent": self.sent,
            "stored": self.stored,
            "delivered": self.delivered,
            "read": self.read,
            "failed": self.failed,
        }
        return signs.get(state, "")


ASCII = Glyphs(
    queued=".",
    sent=">",
    stored="=",
    delivered="+",
    read="++",
    failed="X",
    rule="|",
    line="-",
    ellipsis="~",
    draft="*",
    waiting="?",
    blocked="#",
    warning="!",
    online="o",
    offline="x",
    down="v",
    selected=">",
    prompt=">",
    separator="|",
    dash="-",
    bullet="-",
    bar="|",
    bar_next=":",
    own_bar="|",
    own_next=":",
    chosen=">",
    picked="*",
    quote=">",
    held="o",
    done="+",
    compared="#",
    unknown="?",
    timer="~",
    pin="^",
    muted="z",
    archive="v",
    online_dot="*",
    heart="<3",
    link="",
    under="-",
    scroll="|",
    corners="++++-|",
    typing="...",
)
UNICODE = Glyphs(
    queued="·",
    sent="↑",
    stored="≡",
    delivered="✓",
    read="✓✓",
    failed="✗",
    rule="│",
    line="─",
    ellipsis="…",
    draft="✎",
    waiting="◌",
    blocked="⊘",
    warning="!",
    online="●",
    offline="○",
    down="↓",
    selected="▌",
    prompt="›",
    separator="·",
    dash="–",
    bullet="•",
    bar="▌",
    bar_next="▖",
    own_bar="▐",
    own_next="▗",
    chosen="█",
    picked="●",
    quote="▎",
    held="◌",
    done="✓",
    compared="◆",
    unknown="◇",
    timer="◔",
    pin="▴",
    muted="z",
    archive="▾",
    online_dot="●",
    heart="♥",
    link="↗",
    under="▔",
    scroll="▐",
    corners="╭╮╰╯─│",
    typing="···",
)
NERD = dataclasses.replace(
    UNICODE, queued="\uf017", sent="\uf062", stored="\uf1c0", delivered="\uf00c", read="\uf06e", failed="\uf00d",
    draft="\uf040", waiting="\uf252", blocked="\uf05e", warning="\uf071",
)  # fmt: skip

SETS: dict[GlyphSet, Glyphs] = {"ascii": ASCII, "unicode": UNICODE, "nerd": NERD}


def glyphs_of(name: GlyphSet) -> Glyphs:
    """Return the set of that name."""
    return SETS[name]
