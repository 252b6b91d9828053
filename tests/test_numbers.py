"""A number that two sides or two modules agree on stands once.

Names tell what is such a number: sizes, limits in bits and hours, ports, copies, windows. Two modules that bind one name of
these to one value have written the same number twice, and the second forgets to follow when the first is changed.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.people.format import fragment
from core.storage import postings

ROOT = Path(__file__).parent.parent
TABLES = (Path("net/numbers.py"), Path("core/people/format/numbers.py"))
AGREED = re.compile(r"(SIZES?|BITS|HOURS|DAYS|MS|EPOCHS?|PORT|COPIES|VARIANTS|FRAGMENTS|WINDOW|WIDTH|HALF|CUSTODIANS)$")

# One name and one value, and yet numbers of their own.
APART = {
    "VERSION": "each format counts its own versions",
    "KEY_SIZE": "keys of different ciphers, each beside its cipher",
    "TAG_SIZE": "of seals of links, and of the vault's file, which changes with its own version",
    "NONCE_SIZE": "as TAG_SIZE",
    "SALT_SIZE": "of the vault's file, and of the age format, which others define",
    "SECRET_SIZE": "secrets of greetings, and those that a posting is kept with",
}


@pytest.fixture(scope="module")
def sources() -> dict[Path, ast.Module]:
    """Give every module that could bind a number, by its path."""
    return {
        path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
        for top in ("net", "core", "simulator")
        for path in sorted((ROOT / top).rglob("*.py"))
    }


def bindings(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Give the constants of a module, without the underscore that hides some."""
    for node in module.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id.lstrip("_"), node.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id.lstrip("_"), node.value


def value_of(expression: ast.expr) -> str | None:
    """Return a value that can be compared; None for one that is another constant's by name."""
    if isinstance(expression, ast.Name | ast.Attribute | ast.Subscript):
        return None
    text = ast.unparse(expression)
    if any(isinstance(each, ast.Name | ast.Call | ast.Attribute) for each in ast.walk(expression)):
        return text
    return repr(eval(text, {"__builtins__": {}}))


def test_no_number_that_is_agreed_on_stands_twice(sources: dict[Path, ast.Module]) -> None:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for path, module in sources.items():
        for name, expression in bindings(module):
            value = value_of(expression)
            if AGREED.search(name) and name not in APART and value is not None:
                found[name, value].append(str(path))
    assert {key: paths for key, paths in found.items() if len(paths) > 1} == {}


def test_what_stands_in_a_table_of_numbers_is_bound_nowhere_else(sources: dict[Path, ast.Module]) -> None:
    table = {name for path in TABLES for name, _ in bindings(sources[path])}
    again = [
        (str(path), name)
        for path, module in sources.items()
        if path not in TABLES
        for name, _ in bindings(module)
        if name in table
    ]
    assert again == []


def test_the_database_takes_postings_as_large_as_the_largest_class() -> None:
    """Storage stands below the formats, so it cannot import this one."""
    assert postings.MAX_FRAGMENTS == fragment.MAX_FRAGMENTS
