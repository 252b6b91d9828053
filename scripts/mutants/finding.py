"""Where a mutation belongs: its function is looked for by name in all files of its package, its text within the function.

So files may be renamed, split and joined, and entries need no line numbers. What is found nowhere, or twice, is an error:
a mutation that is silently left out would look like one that was killed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from scripts.mutants.listing import BadList, Mutation


class Mutant(NamedTuple):
    """A file, relative to the root, and what it holds once the check is gone."""

    path: Path
    source: str


def make_mutant(root: Path, mutation: Mutation) -> Mutant:
    """Return what becomes of the one file that a mutation changes. Raises ``BadList``."""
    functions = 0
    found: list[Mutant] = []
    for path in _files_of(root, mutation):
        source = path.read_text(encoding="utf-8")
        for start, end in _spans_of(source, mutation.function):
            functions += 1
            at = source.find(mutation.text, start, end)
            while at >= 0:
                mutated = source[:at] + mutation.becomes + source[at + len(mutation.text) :]
                found.append(Mutant(path.relative_to(root), mutated))
                at = source.find(mutation.text, at + 1, end)
    if not functions:
        raise BadList(f"{mutation.name}: there is no such function")
    if len(found) != 1:
        raise BadList(f"{mutation.name}: this stands there {len(found)} times, not once: {mutation.text}")
    try:
        compile(found[0].source, str(found[0].path), "exec")
    except SyntaxError as error:
        raise BadList(f"{mutation.name}: the result is no Python: {error}") from error
    return found[0]


def _files_of(root: Path, mutation: Mutation) -> list[Path]:
    package = root.joinpath(*mutation.package.split("."))
    module = package.with_suffix(".py")
    if module.is_file():
        return [module]
    if package.is_dir():
        return sorted(package.rglob("*.py"))
    raise BadList(f"{mutation.name}: there is no such package")


def _spans_of(source: str, function: str) -> list[tuple[int, int]]:
    """Return where the functions of this qualified name begin and end in the text, decorators included."""
    return [(start, end) for name, start, end in _functions(source) if name == function]


@cache  # a file is looked into for each mutation of its package
def _functions(source: str) -> tuple[tuple[str, int, int], ...]:
    starts = [0]  # of each line; ``ast`` counts none but these line ends
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found: list[tuple[str, int, int]] = []
    for name, node in _named(ast.parse(source), ""):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        found.append((name, starts[first - 1], min(starts[node.end_lineno or first], len(source))))
    return tuple(found)


def _named(parent: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = prefix + node.name
            if not isinstance(node, ast.ClassDef):
                yield name, node
            yield from _named(node, f"{name}.")
        else:
            yield from _named(node, prefix)
