"""Where a mutation belongs: its function is looked for by name in all files of its package, its text within the function.

So files may be renamed, split and joined, and entries need no line numbers. What is found nowhere, or twice, is an error:
a mutation that is silently left out would look like one that was killed.
"""

from __future__ import annotations

import ast
import os
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from scripts.mutants.listing import BadList, Mutation

# Where statements hold others; expressions, most of a tree, hold no function with a name.
_STATEMENTS: Final = ("body", "orelse", "finalbody", "handlers", "cases")


class Mutant(NamedTuple):
    """A file, relative to the root, and what it holds once the check is gone."""

    path: Path
    source: str


def make_mutant(root: Path, mutation: Mutation) -> Mutant:
    """Return what becomes of the one file that a mutation changes. Raises ``BadList``."""
    functions = 0
    found: list[tuple[Mutant, str]] = []
    for path in _files_of(root, mutation):
        source = _source(path)
        for start, end in _spans_of(source, mutation.function):
            functions += 1
            at = source.find(mutation.text, start, end)
            while at >= 0:
                before, after = source[:at] + mutation.becomes, source[at + len(mutation.text) : end]
                found.append((Mutant(path.relative_to(root), before + after + source[end:]), before[start:] + after))
                at = source.find(mutation.text, at + 1, end)
    if not functions:
        raise BadList(f"{mutation.name}: there is no such function")
    if len(found) != 1:
        raise BadList(f"{mutation.name}: this stands there {len(found)} times, not once: {mutation.text}")
    ((mutant, function),) = found
    if not _is_python(textwrap.dedent(function)):
        try:
            compile(mutant.source, str(mutant.path), "exec")
        except SyntaxError as error:
            raise BadList(f"{mutation.name}: the result is no Python: {error}") from error
    return mutant


def _is_python(function: str) -> bool:
    """Tell whether it compiles by itself: the whole file is many times as long, and there are hundreds of mutants."""
    try:
        compile(function, "function", "exec")
    except SyntaxError:
        return False
    return True


def _source(path: Path) -> str:
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


@cache  # as _functions
def _read(path: Path, _changed_ns: int, _size: int) -> str:
    return path.read_text(encoding="utf-8")


def _files_of(root: Path, mutation: Mutation) -> list[Path]:
    package = root.joinpath(*mutation.package.split("."))
    module = package.with_suffix(".py")
    if module.is_file():
        return [module]
    if package.is_dir():
        return _modules(package)
    raise BadList(f"{mutation.name}: there is no such package")


def _modules(package: Path) -> list[Path]:
    return [
        Path(folder, name)
        for folder, _, names in sorted(os.walk(package))
        for name in sorted(names)
        if name.endswith(".py")
    ]


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
    for node in (each for field in _STATEMENTS for each in getattr(parent, field, ())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = prefix + node.name
            if not isinstance(node, ast.ClassDef):
                yield name, node
            yield from _named(node, f"{name}.")
        else:
            yield from _named(node, prefix)
