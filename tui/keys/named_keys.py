"""Keys that sentences name, as they are chosen now.

Texts name the program's keys, in every language: ``Ctrl+F searches.`` Where a person or a set gave the command another key,
that one is said; where it has none, the slash name or, without one, the command's title. A key that is no command's stays:
what a terminal makes of it, or what a page does with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tui.keys.effective import split
from tui.keys.keymap import key_name
from tui.keys.registry import CommandSpec
from tui.language import tr


def labels_of(program: Mapping[str, CommandSpec], keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the names of keys that mean nothing or something else now, with that of the one instead; empty for none."""
    return {
        key_name(split(spec.keys)[0]): key_name(keys[spec.id][0]) if keys[spec.id] else ""
        for spec in program.values()
        if spec.keys and "+" in spec.keys and keys[spec.id][:1] != split(spec.keys)[:1]
    }


def instead_of(program: Mapping[str, CommandSpec], labels: Mapping[str, str]) -> dict[str, str]:
    """Return what a sentence says instead of each of those keys."""
    owners = {key_name(split(spec.keys)[0]): spec for spec in program.values() if spec.keys}
    return {key: label or _without_key(owners[key]) for key, label in labels.items()}


def renamed(text: str, instead: Mapping[str, str]) -> str:
    """Return a sentence with those keys in place of the program's."""
    if not instead:
        return text
    keys = "|".join(map(re.escape, sorted(instead, key=len, reverse=True)))
    found = re.compile(rf"(?<![A-Za-z0-9+])(?:{keys})(?![A-Za-z0-9_])")
    return found.sub(lambda match: instead[match[0]], text)


def _without_key(spec: CommandSpec) -> str:
    return f"/{spec.slash}" if spec.slash else f"\u201c{tr(spec.title)}\u201d"
