"""TOML with the line of each name, so that what is wrong in a file is told with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tui.language import tr

_HEAD = re.compile(r"^\s*\[\s*([^\[\]#]+?)\s*\]")
_NAME = re.compile(r"""^\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_.-]+))\s*=""")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Broken(ValueError):
    """A file is no TOML; its message is a sentence with the line."""


class Lines(NamedTuple):
    """What a file says, and the line in which each name stands, by ``name`` or ``table.name``."""

    values: dict[str, Any]
    lines: dict[str, int]

    def place(self, name: str) -> str:
        """Return ``line 3`` where it is known, else the name."""
        return tr("line {number}").format(number=self.lines[name]) if name in self.lines else name


def read(file: str, text: str) -> Lines:
    """Return what ``text`` says; ``file`` is its name in messages. Raises ``Broken``."""
    import tomllib  # by who has a file

    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = _PLACE.search(str(fault))
        reason = str(fault)[: found.start()] if found else str(fault)
        line = found[1] if found and found[1] else str(text.count("\n") + 1)
        said = tr("{file}, line {line}: {reason}; the file is not used.")
        raise Broken(said.format(file=file, line=line, reason=f"{reason[:1].lower()}{reason[1:]}")) from None
    except (RecursionError, ValueError):
        raise Broken(tr("{file} is no TOML that can be read; the file is not used.").format(file=file)) from None
    return Lines(values, dict(_lines(text)))


def _lines(text: str) -> Iterator[tuple[str, int]]:
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if head := _HEAD.match(line):
            table = f"{head[1]}."
        elif found := _NAME.match(line):
            yield table + next(name for name in found.groups() if name is not None), number
