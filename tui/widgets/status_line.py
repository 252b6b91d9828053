"""The bottom line: what just happened or which keys work, and how the network is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.app import RenderResult
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from tui.app_port import app_of
from tui.language import tr, tr_n
from tui.text.cells import width_of
from tui.text.sanitize import fit
from tui.widgets.hints import spelled

# Seconds a notice stays.
NOTICE_TIME = 6.0
NOTICE_STYLES = {"information": "$foreground", "warning": "$warning", "error": "bold $error"}

# The last stretch before the vault locks, in which the line says when. Milliseconds.
SOON = 60 * 60 * 1000

if TYPE_CHECKING:
    from typing import Self

    from textual.geometry import Region

Hint = tuple[str, str]
"""A key and what it does."""


class StatusLine(Widget):
    """One line, redrawn only when its words change."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        dock: bottom;
        padding: 0 1;
        background: $panel;
        color: $ink;
        text-wrap: nowrap;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints: Sequence[Hint] = ()
        self._notice: tuple[str, str] | None = None
        self._linked: int | None = None
        self._silent = False
        self._timer: Timer | None = None
        self._locks_at: int | None = None
        self.on_change: Callable[[Callable[[int, str], Content]], None] | None = None
        """Who shows the same elsewhere: is given what makes the line of a width and a filling."""

    def show_hints(self, hints: Sequence[Hint]) -> None:
        """Say what can be pressed."""
        if hints != self._hints:
            self._hints = hints
            self.refresh()

    def show_notice(self, text: str, severity: str) -> None:
        """Say what happened, for a while."""
        if self._timer is not None:
            self._timer.stop()
        self._notice = (text, severity)
        self._timer = self.set_timer(NOTICE_TIME, self.clear_notice)
        self.refresh()

    def clear_notice(self) -> None:
        """Back to the hints."""
        if self._notice is not None:
            self._notice = None
            self.refresh()

    @property
    def said(self) -> str:
        """The notice now shown."""
        return self._notice[0] if self._notice is not None else ""

    def show_network(self, nodes: int | None, *, silent: bool = False) -> None:
        """Say how many nodes are linked, or that those which we send by do not answer."""
        if (nodes, silent) != (self._linked, self._silent):
            self._linked, self._silent = nodes, silent
            self.refresh()

    def show_lock_time(self, locks_at: int | None) -> None:
        """Say when the vault locks, ms of Unix time, once that is near."""
        self._locks_at = locks_at
        if locks_at is not None:
            left = locks_at - SOON - app_of(self).now()
            if left > 0:
                self.set_timer(left / 1000, self.refresh)
            else:
                self.refresh()

    def _lock_time(self) -> Content:
        app = app_of(self)
        if self._locks_at is None or app.now() < self._locks_at - SOON:
            return Content("")
        return Content.assemble(
            (tr("locks at {time}").format(time=app.calendar.clock(self._locks_at)), "$warning"), "  "
        )

    def _network(self) -> Content:
        glyphs = app_of(self).glyphs
        if self._linked is None:
            return Content("")
        if not self._linked:
            return Content.assemble((f"{glyphs.offline} {tr('no network')}", "$warning"))
        if self._silent:
            return Content.assemble((f"{glyphs.offline} {tr('no answer')}", "$warning"))
        linked = tr_n("online, {count} node", "online, {count} nodes", self._linked)
        return Content.assemble((f"{glyphs.online} ", "$success"), (linked, "$quiet"))

    def render(self) -> RenderResult:
        """Return the line."""
        return self.line(self.size.width or self.app.size.width - 2)

    def line(self, width: int, filling: str = "") -> Content:
        """Return the line in ``width`` cells, the left side cut if need be. ``filling`` is put between the sides."""
        right = Content.assemble(self._lock_time(), self._network())
        room = width - right.cell_length - 2
        if width_of(self.said) > room:  # what just happened is there for seconds: the network makes room for it
            right, room = Content(""), width
        left = self._left(room)
        between = max(1, width - left.cell_length - right.cell_length)
        rule = f" {filling * (between - 2)} " if filling and between > 2 else " " * between
        return Content.assemble(left, rule, right)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw anew, elsewhere too."""
        if self.on_change is not None:
            self.on_change(self.line)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _left(self, room: int) -> Content:
        if self._notice is not None:
            text, severity = self._notice
            return Content.assemble((fit(text, room, app_of(self).glyphs.ellipsis), NOTICE_STYLES[severity]))
        parts: list[Content] = []
        used = 0
        for hint, does in self._hints:
            what = tr(does)
            sign = app_of(self).keys.label(hint)
            if not sign:
                continue
            key = spelled(sign) if app_of(self).profile.glyphs == "ascii" else sign
            needed = width_of(key) + 1 + width_of(what) + (2 if parts else 0)
            if used + needed > room:
                break
            used += needed
            parts.append(Content.assemble("  " if parts else "", (key, "bold $ink"), " ", (what, "$soft")))
        return Content("").join(parts)
