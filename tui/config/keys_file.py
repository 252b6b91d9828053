"""``keys.toml``: keys of the person's own, by the ids of commands (docs/KEYS.md lists them).

    go.switcher = "ctrl+t"                 # instead of the program's
    people.block = ["alt+x", "f9"]         # several
    app.quit = ""                          # none

A name that no command has, and what is no key, are told with their line; the rest counts.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from tui.config.folder import KEYS_FILE
from tui.config.lines import Broken, Lines, read
from tui.keys.key_rules import BadKey, parse_key
from tui.language import N_, tr

# Keys of one command; more are a mistake.
MAX_KEYS: Final = 8
# Dots in the name of a command, and one more.
MAX_DEPTH: Final = 3
# A comma between keys; the one that is a key itself has nothing or a plus before it.
_BETWEEN: Final = re.compile(r"(?<=[^+,\s])\s*,\s*(?=\S)")
_HEAD: Final = (
    N_("Keys of your own, by the names of docs/KEYS.md; /keys in the program lists them and writes this file."),
    N_('"" is no key at all; what is not named here has the keys of the program.'),
)


@dataclasses.dataclass(frozen=True, slots=True)
class KeysFile:
    """What the file says, before it is known which commands there are."""

    found: Lines = dataclasses.field(default_factory=lambda: Lines({}, {}))
    broken: tuple[str, ...] = ()

    def understood(self, ids: Collection[str]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
        """Return the keys by command id, and a sentence for each thing that is not used."""
        keys: dict[str, tuple[str, ...]] = {}
        told = list(self.broken)
        for name, value in _flat(self.found.values):
            place = {"file": KEYS_FILE, "place": self.found.place(name)}
            if name not in ids:
                told.append(tr("{file}, {place}: no command is called {name}.").format(name=repr(name), **place))
                continue
            try:
                keys[name] = _keys(value)
            except BadKey as bad:
                told.append(tr("{file}, {place}: {reason}.").format(reason=bad, **place))
        return keys, told


def parse(text: str) -> KeysFile:
    """Return what a file says."""
    try:
        return KeysFile(read(KEYS_FILE, text))
    except Broken as broken:
        return KeysFile(broken=(str(broken),))


def written(keys: Mapping[str, tuple[str, ...]]) -> str:
    """Return the text of a file with these keys."""
    lines = (f"{name} = {_value(chosen)}" for name, chosen in keys.items())  # ids are dotted names of TOML
    return "".join(f"# {tr(line)}\n" for line in _HEAD) + "\n".join(lines) + ("\n" if keys else "")


def _value(chosen: tuple[str, ...]) -> str:
    if len(chosen) > 1:
        return "[" + ", ".join(f'"{key}"' for key in chosen) + "]"
    return f'"{chosen[0]}"' if chosen else '""'


def _flat(values: Mapping[str, Any], before: str = "", depth: int = 1) -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, dict) and depth < MAX_DEPTH:
            flat += _flat(value, f"{before}{name}.", depth + 1)
        else:
            flat.append((before + name, value))
    return flat


def _keys(value: object) -> tuple[str, ...]:
    """Return the keys that a value names. Raises ``BadKey``."""
    texts = value
    if isinstance(value, str):
        texts = _BETWEEN.split(value.strip()) if value.strip() else []
    if not isinstance(texts, list) or len(texts) > MAX_KEYS or not all(isinstance(each, str) for each in texts):
        raise BadKey(tr("a key in quotes is expected, or a list of up to {count}").format(count=MAX_KEYS))
    return tuple(dict.fromkeys(parse_key(each) for each in texts))
