"""The one registry of what a person can do: keys, slash commands, palette, help and docs are all read from it.

A ``CommandSpec`` is data. Its ``scope`` says where its handler is found (``tui.keys.handlers``); that of a command with an
``argument`` is called with the text that followed its slash name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum


class When(StrEnum):
    """Where a command makes sense; elsewhere it is neither offered nor carried out."""

    ANYTIME = "anytime"
    UNLOCKED = "unlocked"
    CHAT = "chat"  # a conversation is open


class Scope(StrEnum):
    """Where a command's handler is, and where its keys work."""

    APP = "app"  # everywhere
    MAIN = "main"  # the main screen
    COMPOSER = "composer"  # while writing
    SELECT = "select"  # while a message is selected


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """One thing a person can do. ``keys`` are alternatives in Textual's spelling, separated by commas.

    Its texts are marked by ``N_`` where it is declared, and translated where they are shown.
    """

    id: str
    title: str
    help: str
    group: str
    scope: Scope = Scope.MAIN
    keys: str = ""
    slash: str = ""
    argument: str = ""  # as help shows it: "<text>" is needed, "[text]" is not
    choices: tuple[str, ...] = ()  # what Tab and the palette offer for the argument
    when: When = When.UNLOCKED
    in_palette: bool = True
    synonyms: str = ""  # other words by which people look for it, in the palette and in help
    after: str = ""  # the id of the command that it stands behind in help; without one it stands where it is registered

    @property
    def needs_argument(self) -> bool:
        """Whether the slash command is incomplete without a text."""
        return self.argument.startswith("<")


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """The state that decides which commands make sense."""

    locked: bool
    in_chat: bool

    def allows(self, spec: CommandSpec) -> bool:
        """Whether ``spec`` makes sense now."""
        if spec.when is When.ANYTIME:
            return True
        return not self.locked and (self.in_chat or spec.when is not When.CHAT)


class DuplicateCommand(ValueError):
    """Two commands claim the same id or slash name."""


class Registry:
    """All commands, in the order in which help shows them."""

    def __init__(self, specs: Iterable[CommandSpec] = ()) -> None:
        self._by_id: dict[str, CommandSpec] = {}
        self._by_slash: dict[str, CommandSpec] = {}
        for spec in specs:
            self.register(spec)

    def register(self, spec: CommandSpec) -> None:
        """Add a command; raises ``DuplicateCommand``."""
        if spec.id in self._by_id or spec.slash in self._by_slash:
            raise DuplicateCommand(spec.id)
        self._by_id[spec.id] = spec
        if spec.slash:
            self._by_slash[spec.slash] = spec

    def rekey(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Let commands have other keys, by their ids."""
        for command_id, chosen in keys.items():
            spec = dataclasses.replace(self._by_id[command_id], keys=",".join(chosen))
            self._by_id[command_id] = spec
            if spec.slash:
                self._by_slash[spec.slash] = spec

    def __iter__(self) -> Iterator[CommandSpec]:
        followers: dict[str, list[CommandSpec]] = {}
        for spec in self._by_id.values():
            followers.setdefault(spec.after if spec.after in self._by_id else "", []).append(spec)

        def from_behind(command_id: str) -> Iterator[CommandSpec]:
            for spec in followers.get(command_id, ()):
                yield spec
                yield from from_behind(spec.id)

        return from_behind("")

    def get(self, command_id: str) -> CommandSpec:
        """Return the command of that id; raises ``KeyError``."""
        return self._by_id[command_id]

    def by_slash(self, name: str) -> CommandSpec | None:
        """Return the command that ``/name`` means."""
        return self._by_slash.get(name)

    def available(self, context: Context) -> list[CommandSpec]:
        """Return what can be done now."""
        return [spec for spec in self if context.allows(spec)]

    def completions(self, prefix: str, context: Context) -> list[CommandSpec]:
        """Return the slash commands that begin with ``prefix``, the shortest first."""
        matching = [spec for spec in self.available(context) if spec.slash and spec.slash.startswith(prefix)]
        return sorted(matching, key=lambda spec: (len(spec.slash), spec.slash))

    def of_scope(self, *scopes: Scope) -> list[CommandSpec]:
        """Return the commands of some scopes."""
        return [spec for spec in self if spec.scope in scopes]


@dataclasses.dataclass(frozen=True, slots=True)
class SlashLine:
    """A composer line that begins with a slash, taken apart."""

    name: str
    argument: str


def parse_slash(text: str) -> SlashLine | None:
    """Return the slash command in ``text``; None when it is a message: ``//`` escapes, and commands are one line."""
    if not text.startswith("/") or text.startswith("//") or "\n" in text:
        return None
    name, _, argument = text[1:].partition(" ")
    return SlashLine(name, argument.strip())


def message_text(text: str) -> str:
    """Return what to send for a composer text that is no command: ``//me`` becomes ``/me``."""
    return text[1:] if text.startswith("//") else text
