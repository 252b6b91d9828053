"""What completes what is typed, above the composer, which keeps the focus: commands after a slash, signs after a colon."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.app_port import app_of
from tui.keys.registry import CommandSpec
from tui.language import tr
from tui.text.cells import width_of
from tui.text.sanitize import fit, pad
from tui.words.emoji import Named

Completes = CommandSpec | Named

# Most commands shown at once.
MAX_SHOWN = 6
# Cells of the column with names.
NAME_WIDTH = 22


class Completion(Widget):
    """A few lines; one of them chosen."""

    DEFAULT_CSS = """
    Completion {
        height: auto;
        display: none;
        background: $surface;
        color: $foreground;
    }
    """
    position = reactive(0)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._specs: Sequence[Completes] = ()

    def offer(self, specs: Sequence[Completes]) -> None:
        """Show these; nothing closes."""
        if specs == self._specs and self.display:
            return
        self._specs = specs
        self.position = 0
        self.display = bool(specs)
        self.refresh(layout=True)

    def close(self) -> bool:
        """Show nothing; returns whether anything was shown."""
        was_open = self.display
        self._specs = ()
        self.display = False
        return was_open

    def move(self, step: int) -> None:
        """Choose another one."""
        if self._specs:
            self.position = (self.position + step) % len(self._specs)

    def chosen(self) -> Completes | None:
        """Return the chosen one."""
        return self._specs[self.position] if self._specs else None

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """One line for each, and one that says how many more there are."""
        return min(MAX_SHOWN, len(self._specs)) + (len(self._specs) > MAX_SHOWN)

    def render(self) -> RenderResult:
        """Return the lines around the chosen one."""
        glyphs = app_of(self).glyphs
        start = max(0, min(self.position - MAX_SHOWN // 2, len(self._specs) - MAX_SHOWN))
        lines: list[Content] = []
        width = self.size.width
        name_width = min(NAME_WIDTH, max((width_of(self._named(spec)) for spec in self._specs), default=0))
        for index, spec in enumerate(self._specs[start : start + MAX_SHOWN], start):
            name = pad(self._named(spec), name_width, glyphs.ellipsis)
            mark = glyphs.selected if index == self.position else " "
            text = fit(_about(spec), max(0, width - name_width - 3), glyphs.ellipsis)
            line = Content.assemble(f"{mark} ", (name, "$primary"), " ", (text, "$quiet"))
            lines.append(line.stylize("bold") if index == self.position else line)
        if len(self._specs) > MAX_SHOWN:
            more = tr("{first} to {last} of {count}").format(
                first=start + 1, last=start + MAX_SHOWN, count=len(self._specs)
            )
            lines.append(Content.styled(fit(f"  {more}", width, glyphs.ellipsis), "$quiet"))
        return Content("\n").join(lines)

    def _named(self, spec: Completes) -> str:
        """Return what stands before what is said of it; of a sign the sign itself, where the terminal has it."""
        if isinstance(spec, CommandSpec):
            return f"/{spec.slash} {tr(spec.argument)}".rstrip()
        name = f":{spec.name}:"
        return name if app_of(self).profile.glyphs == "ascii" else f"{pad(spec.sign, 2)} {name}"


def _about(spec: Completes) -> str:
    return tr(spec.help if isinstance(spec, CommandSpec) else spec.words)
