"""The menu of a message: what can be done with it, each with the key that does it without the menu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from textual.content import Content
from textual.widgets.option_list import Option

from core.api import Message
from tui.app_port import app_of
from tui.keys.commands import REGISTRY
from tui.keys.matching import in_both
from tui.keys.registry import CommandSpec
from tui.language import N_, tr
from tui.screens.picker import PickerScreen
from tui.text.links import links_in
from tui.text.sanitize import kept_text, pad

# Cells of the column with what is done.
_TITLE: Final = 22
# Keys as they are typed and shown, where the registry calls them otherwise.
_TYPED: Final = {"plus": "+", "delete": "Del"}
# What can be done with a row that is no text.
_WITH_ANY: Final = ("copy", "pin", "info", "delete")


def wanted_of(message: Message) -> list[str]:
    """Return what can be done with a message, in the menu's order: names behind ``select.`` in the registry."""
    if message.kind != "text":
        return list(_WITH_ANY)
    first = ["answer", "react"]
    if message.quote is not None and not message.quote.missing:
        first.append("quoted")
    if message.sender == "me":
        first.append("edit")
    linked = ["open", "link"] if links_in(kept_text(message.text)) else []
    return [*first, "copy", *linked, "forward", "pin", "info", "delete"]


# Why something cannot be done with a message, by its name behind ``select.``.
_WHY_NOT: Final = {
    "edit": N_("Only your own messages can be edited."),
    "quoted": N_("This message answers no message that is still there."),
    "link": N_("There is no link in this message."),
    "open": N_("There is no link in this message."),
}

_ONLY_READ: Final = (
    N_("A message from an archive can only be copied, pinned, looked at or deleted."),
    N_("A remark can only be copied, pinned, looked at or deleted."),
)


def why_not(wanted: str, message: Message) -> str:
    """Return why something cannot be done with a message, or nothing where it can."""
    if wanted in wanted_of(message):
        return ""
    if message.kind != "text":
        return tr(_ONLY_READ[0] if message.kind == "imported" else _ONLY_READ[1])
    return tr(_WHY_NOT[wanted])


class MessageMenu(PickerScreen[str]):
    """Dismisses with what is wanted, as ``wanted_of`` calls it, or None.

    ``of_many``: what can be done where this message is one of several, and what that does, marked by ``N_``.
    """

    placeholder = N_("What shall be done with this message?")

    explains = True

    def __init__(self, message: Message, of_many: Mapping[str, str] | None = None) -> None:
        super().__init__()
        wanted = wanted_of(message) if of_many is None else of_many
        self._specs: Sequence[CommandSpec] = [REGISTRY.get(f"select.{each}") for each in wanted]
        self._help = {f"select.{each}": does for each, does in (of_many or {}).items()}
        self._is_pinned = message.pinned

    def options(self, query: str) -> list[Option]:
        """Return what matches: first what has the typed key, then what is called so, then what has the letters."""
        ranked = [(_rank(query.strip(), spec), spec) for spec in self._specs]
        found = sorted((each for each in ranked if each[0] is not None), key=lambda each: each[0] or 0)
        return [Option(self._line(spec), id=spec.id) for _, spec in found]

    def result_of(self, option: Option) -> str:
        """Return what is wanted."""
        return str(option.id).removeprefix("select.")

    def about(self, option: Option) -> str:
        """Return what it does, uncut."""
        return next((self._does(spec) for spec in self._specs if spec.id == option.id), "")

    def _does(self, spec: CommandSpec) -> str:
        return tr(self._help.get(spec.id, spec.help))

    def _line(self, spec: CommandSpec) -> Content:
        title = tr("Let go of the pin") if spec.id == "select.pin" and self._is_pinned else tr(spec.title)
        key = _keys_of(spec)[0]
        ellipsis = app_of(self).glyphs.ellipsis
        return Content.assemble(
            (pad(title, _TITLE, ellipsis), "bold"),
            (pad(key, 4), "$primary"),
            (self._does(spec), "dim"),
        )


def _keys_of(spec: CommandSpec) -> list[str]:
    return [_TYPED.get(key, key) for key in spec.keys.split(",")]


def _rank(query: str, spec: CommandSpec) -> int | None:
    """Return the place that what is typed gives a command, 0 the first; None where it does not match."""
    if not query or query in _keys_of(spec):
        return 0
    if any(title.startswith(query.casefold()) for title in in_both(spec.title).split("\n")):
        return 1
    return 2 if all(word in in_both(spec.title, spec.synonyms) for word in query.casefold().split()) else None
