"""Handlers of commands: for each place of the program a table of functions by the ids of the registry.

The app, the main screen, the composer and the message list each have such a table; the bindings made from the registry, the
slash commands and the palette all end in it. A test compares the tables with the registry, so a command without a handler
and a handler without a command fail it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Final

# What a binding made from the registry calls, in Textual's words: ``CarriesCommands.action_command``.
BINDING_ACTION: Final = "command"


class DuplicateHandler(ValueError):
    """Two functions claim the same command."""


class Handlers:
    """Functions, also coroutine functions, by command id; ``texts`` are called with what followed the slash name."""

    def __init__(
        self,
        plain: Mapping[str, Callable[[], object]] | None = None,
        texts: Mapping[str, Callable[[str], object]] | None = None,
    ) -> None:
        self.plain: Final = dict(plain or {})
        self.texts: Final = dict(texts or {})

    @property
    def ids(self) -> frozenset[str]:
        """The commands that are carried out here."""
        return frozenset(self.plain) | frozenset(self.texts)

    def add(self, other: Handlers) -> None:
        """Take on another table; raises ``DuplicateHandler``."""
        if both := self.ids & other.ids:
            raise DuplicateHandler(*sorted(both))
        self.plain.update(other.plain)
        self.texts.update(other.texts)

    async def run(self, command_id: str, argument: str = "") -> None:
        """Carry out a command; raises ``KeyError`` where it has no handler."""
        outcome = self.texts[command_id](argument) if command_id in self.texts else self.plain[command_id]()
        if inspect.isawaitable(outcome):
            await outcome


class CarriesCommands:
    """Mixed into a node of the screen whose bindings are made from the registry."""

    handlers: Handlers

    async def action_command(self, command_id: str) -> None:
        """Carry out the command of a key."""
        await self.handlers.run(command_id)
