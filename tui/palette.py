"""The command palette (Ctrl+P) over the registry."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.commandset import REGISTRY
from tui.frame import Frame, frame_of
from tui.keymap import key_names

if TYPE_CHECKING:
    from tui.commands import CommandSpec


class CommandProvider(Provider):
    """Offers every command that makes sense now."""

    @property
    def _frame(self) -> Frame:
        return frame_of(self.screen)

    def _commands(self) -> list[CommandSpec]:
        context = self._frame.command_context()
        return [spec for spec in REGISTRY.available(context) if spec.in_palette and not spec.needs_argument]

    def _title(self, spec: CommandSpec) -> str:
        keys = key_names(spec)
        ways = [*keys[:1], *([f"/{spec.slash}"] if spec.slash else [])]
        return f"{spec.title}  ({', '.join(ways)})" if ways else spec.title

    async def discover(self) -> Hits:
        """List everything before anything is typed."""
        for spec in self._commands():
            run = partial(self._frame.run_command, spec)
            yield DiscoveryHit(self._title(spec), run, help=spec.help)

    async def search(self, query: str) -> Hits:
        """List what matches, by title and explanation."""
        matcher = self.matcher(query)
        for spec in self._commands():
            score = max(matcher.match(spec.title), matcher.match(spec.help) / 2)
            if score > 0:
                run = partial(self._frame.run_command, spec)
                yield Hit(score, matcher.highlight(self._title(spec)), run, help=spec.help)
