"""What prose names is there: modules, files, classes, functions, sections, wherever docstrings, comments and documents say.

In Python files names stand in double backticks, in documents in single ones. A dotted name must be importable, a path must
exist, a bare name must be written somewhere in the program. A section is named by its number or its heading.
"""

from __future__ import annotations

import ast
import builtins
import functools
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import api

ROOT = Path(__file__).parent.parent
TOPS = ("net", "core", "tui", "simulator", "scripts", "benchmarks", "tests")
PRODUCT = ("net", "core", "tui", "simulator")  # elsewhere a bare name may be a column, a program, a field of a result
DOCUMENTS = sorted(path.name for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
QUOTED = re.compile(r"``([^`\n]+)``")
DOTTED = re.compile(r"(?:net|core|tui|simulator|tests|scripts|benchmarks)(?:\.\w+)+")
FILE = re.compile(
    r"(?:[\w.-]+/)+[\w.-]*\w\.(?:py|md|txt|toml|sql|tcss|json|gz)|(?:net|core|tui|simulator|docs)/(?:[\w-]+/)*"
)
SOURCE = re.compile(r"[\w-]+\.(?:py|sql|tcss)")  # without its folder, which a document owes its reader
BARE = re.compile(r"[A-Za-z_]\w*")
# What stands in a source, told apart as ``tokenize`` does, in a fifth of its time. A string has its prefix before it.
LEXEME = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<string>(?<![A-Za-z0-9_])[rbfuRBFU]{0,2}(?:"
    r"\"{3}(?:[^\\\"]|\\.|\"(?!\"\"))*+\"{3}|'{3}(?:[^\\']|\\.|'(?!''))*+'{3}|\"(?:[^\\\"\n]|\\.)*+\"|'(?:[^\\'\n]|\\.)*+'))"
    r"|(?P<name>[^\W\d]\w*)|\d\w*",
    re.DOTALL,
)
DOCSTRING = re.compile(r'[rbfu]*"{3}')
# Where statements hold others.
STATEMENTS = ("body", "orelse", "finalbody", "handlers", "cases")
# Of the system, of libraries and of papers: named in prose, not called by these names.
ELSEWHERE = {"UDP_SEGMENT", "UDP_GRO", "Split", "noclamp", "executescript", "PR_SET_DUMPABLE", "nohup", "continued"}
SECTION = re.compile(r"docs/(\w+\.md),? (?:section )?(\d+(?:\.\d+)?)\b|docs/(\w+\.md), \"([^\"]+)\"")


def sources(*tops: str) -> Iterator[Path]:
    for top in tops:
        yield from sorted((ROOT / top).rglob("*.py"))


def lexemes(source: str) -> Iterator[tuple[str, str, int]]:
    """Give each comment, string and name of a file: its kind, what is written, and where it begins."""
    for found in LEXEME.finditer(source):
        yield str(found.lastgroup), found[0], found.start()


def prose_of(source: str) -> Iterator[tuple[int, str]]:
    """Give each comment and each string that stands alone, with its line."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
        for field in STATEMENTS:  # expressions hold no statements, and are most of a tree
            waiting += getattr(node, field, ())
    for kind, text, at in lexemes(source):
        if kind == "comment":
            yield source.count("\n", 0, at) + 1, text


@functools.cache
def modules() -> frozenset[str]:
    found = set[str]()
    for path in sources(*TOPS):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found |= {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return frozenset(found)


@functools.cache
def defined_in(module: str) -> frozenset[str]:
    """Give every name that a module binds, those of its classes as ``Class.name``."""
    base = ROOT / module.replace(".", "/")
    path = base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"
    return frozenset(_bound(ast.parse(path.read_text(encoding="utf-8")).body)) if path.exists() else frozenset()


def _bound(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name
            yield from (prefix + inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute))
        elif isinstance(node, ast.ClassDef):
            yield prefix + node.name
            yield from _bound(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield from defined_in(str(node.module))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (prefix + (alias.asname or alias.name) for alias in node.names)
        else:
            names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
            yield from (prefix + each.id for each in names if isinstance(each.ctx, ast.Store))


def is_there(dotted: str) -> bool:
    """Tell whether a dotted name is a module, something that a module defines, or a command."""
    if dotted in api.COMMANDS:
        return True
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        module = ".".join(parts[:end])
        if module in modules():
            rest = ".".join(parts[end:])
            return not rest or rest in defined_in(module)
    return False


@functools.cache
def written() -> frozenset[str]:
    """Give every name that is written in the program, its tests or its libraries' import lines."""
    found, strings = set[str](), set[str]()
    for path in sources(*TOPS):
        for kind, text, _ in lexemes(path.read_text(encoding="utf-8")):
            if kind == "name":
                found.add(text)
            elif kind == "string" and path.relative_to(ROOT).parts[0] in PRODUCT and not DOCSTRING.match(text):
                strings.update(re.findall(r"\w+", text))
    stems = {part for module in modules() for part in module.split(".")}
    columns = {word for path in (ROOT / "core").rglob("*.sql") for word in re.findall(r"\w+", path.read_text("utf-8"))}
    return frozenset(
        found | stems | columns | strings | set(dir(builtins)) | set(keyword.kwlist) | sys.stdlib_module_names
    )


def where_is(named: str, near: Path) -> bool:
    """Tell whether a path that is named in a file exists: from the root, from the file's folder, or from its package."""
    places = [ROOT, ROOT / "tests", *near.parents]
    return any((place / named).exists() for place in places if place.is_relative_to(ROOT))


@pytest.mark.parametrize("top", TOPS)
def test_each_name_in_docstrings_and_comments_is_there(top: str) -> None:
    wrong = list[str]()
    for path in sources(top):
        for line, text in prose_of(path.read_text(encoding="utf-8")):
            for quoted in QUOTED.findall(text):
                name = quoted.removesuffix("()")
                if DOTTED.fullmatch(name):
                    fits = is_there(name)
                elif FILE.fullmatch(name):
                    fits = where_is(name, path)
                elif BARE.fullmatch(name) and top in PRODUCT:
                    fits = name in written() or name in ELSEWHERE
                else:
                    continue
                if not fits:
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {quoted}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_file_and_module_that_a_document_names_is_there(name: str) -> None:
    path = ROOT / name if (ROOT / name).exists() else ROOT / "docs" / name
    text = path.read_text(encoding="utf-8")
    wrong = list[str]()
    for quoted in re.findall(r"`([^`\n]+)`", text):
        if DOTTED.fullmatch(quoted):
            wrong += [] if is_there(quoted) else [quoted]
        elif FILE.fullmatch(quoted):
            wrong += [] if where_is(quoted, path) else [quoted]
        elif SOURCE.fullmatch(quoted):
            wrong += [] if (ROOT / quoted).exists() else [quoted]
    assert not wrong, "\n".join(wrong)


def test_the_protocol_names_the_files_that_carry_each_section_out() -> None:
    text = (ROOT / "docs/PROTOCOL.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\*Code\*: (.*?)\.$", text, re.MULTILINE | re.DOTALL)
    named = [quoted for line in lines for quoted in re.findall(r"`(.+?)`", line)]
    assert named, "or nothing is looked at"
    assert [each for each in named if not (ROOT / each).exists()] == []


def test_the_contents_of_the_protocol_are_its_headings() -> None:
    text = (ROOT / "docs/PROTOCOL.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    anchors = [re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings]
    assert re.findall(r"\]\(#([^)]+)\)", text) == anchors


def test_each_section_that_is_named_is_there() -> None:
    wrong = list[str]()
    for path in (*sources(*TOPS), *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for file, number, other, heading in SECTION.findall(path.read_text(encoding="utf-8").replace("`", "")):
            document = (ROOT / "docs" / (file or other)).read_text(encoding="utf-8")
            headings = re.findall(r"^#+ (.*)$", document, re.MULTILINE)
            fits = any(
                each.startswith((f"{number} ", f"{number}. ")) if number else heading in each for each in headings
            )
            wrong += [] if fits else [f"{path.relative_to(ROOT)}: {file or other} {number or heading}"]
    assert not wrong, "\n".join(wrong)
