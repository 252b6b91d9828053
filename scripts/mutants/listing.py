"""The list of mutations: what is taken out, which promise that breaks, and who should notice.

[[mutation]]
in = "net.parcel"                       # a package or a module of it
function = "check_box_terms"            # its qualified name, wherever in there it stands
text = "if not is_signed(box):"         # stands just once in all functions of that name
becomes = "if False:"
promise = "Only the owner of an id writes a box under it."
tests = ["tests/net/parcel/test_box.py"]       # files or single tests; left out: all tests of that package
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LIST: Final = Path("tests/mutants.toml")
_NEEDED: Final = frozenset({"in", "function", "text", "becomes", "promise"})
_TESTS: Final = "tests"


class BadList(Exception):
    """The list, or an entry of it, does not say what it should; the message is for its author."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One check taken out."""

    package: str
    function: str
    text: str
    becomes: str
    promise: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """What to call it on a screen."""
        return f"{self.package} {self.function}"


def read_list(root: Path) -> list[Mutation]:
    """Return the mutations in the order of the list. Raises ``BadList``."""
    try:
        entries = tomllib.loads((root / LIST).read_text(encoding="utf-8")).get("mutation", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadList(f"{LIST}: {error}") from error
    mutations = [_mutation(entry, number) for number, entry in enumerate(entries, start=1)]
    if not mutations:
        raise BadList(f"{LIST}: no mutation in it")
    known: set[tuple[str, str, str, str]] = set()
    for each in mutations:
        key = each.package, each.function, each.text, each.becomes
        if key in known:
            raise BadList(f"{each.name}: the same mutation twice: {each.text}")
        known.add(key)
    return mutations


def _mutation(entry: dict[str, Any], number: int) -> Mutation:
    lacking, unknown = _NEEDED - entry.keys(), entry.keys() - _NEEDED - {_TESTS}
    if lacking or unknown:
        raise BadList(f"entry {number}: lacks {sorted(lacking)}, has unknown {sorted(unknown)}")
    package = str(entry["in"])
    tests = tuple(entry.get(_TESTS, ())) or (f"tests/{package.partition('.')[0]}",)
    return Mutation(package, entry["function"], entry["text"], entry["becomes"], entry["promise"], tests)
