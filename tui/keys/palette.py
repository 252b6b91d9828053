"""What the palette (Ctrl+P) offers: every command of the registry that makes sense now, found by words.

A command of which Tab would offer arguments is listed once for each of them, since one has to be chosen anyway.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tui.keys.keymap import key_names
from tui.keys.matching import score
from tui.keys.registry import CommandSpec

Choice = tuple[CommandSpec, str]
"""A command and its argument, which may be empty."""

# How much a match counts, by where it is: what a thing is called before what is said about it.
_TITLE, _SLASH, _ALSO, _KEYS, _GROUP, _HELP = 8.0, 7.0, 4.0, 3.0, 1.0, 0.5
WEIGHTS: Final = (_TITLE, _SLASH, _ALSO, _KEYS, _GROUP, _HELP)


def title_of(choice: Choice) -> str:
    """Return what a choice is called."""
    spec, argument = choice
    return f"{spec.title}: {argument}" if argument else spec.title


def way_of(choice: Choice) -> str:
    """Return the way to a command without the palette: its key, else its slash command."""
    spec, argument = choice
    keys = key_names(spec)
    if keys and not argument:
        return keys[0]
    return f"/{spec.slash} {argument}".rstrip() if spec.slash else ""


def choices(specs: Iterable[CommandSpec]) -> list[Choice]:
    """Return all there is to choose from."""
    offered = [spec for spec in specs if spec.in_palette and not spec.needs_argument]
    return [(spec, argument) for spec in offered for argument in spec.choices or ("",)]


def found(query: str, offered: Iterable[Choice]) -> list[Choice]:
    """Return what matches, the best first; with nothing typed, all in their order."""
    if not query.strip():
        return list(offered)
    rated = [(_rate(query, choice), choice) for choice in offered]
    return [choice for rating, choice in sorted(rated, key=lambda each: -each[0]) if rating > 0]


def _rate(query: str, choice: Choice) -> float:
    spec = choice[0]
    texts = (title_of(choice), spec.slash, spec.synonyms, " ".join(key_names(spec)), spec.group, spec.help)
    return score(query, zip(texts, WEIGHTS, strict=True))
