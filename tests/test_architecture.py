"""The shape of the house: layers, and the maxima that tell a tidy file from one that swallowed its neighbours."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for top in ("net", "core", "tui", "simulator")
    for path in sorted((ROOT / top).rglob("*.py"))
}

# One idea fits; the median is a third of it.
MAX_FILE_LINES = 400
# A reader holds it at once; docstrings do not count.
MAX_FUNCTION_LINES = 50


def functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give each function's name and its length in lines without its docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.body[0]
            if ast.get_docstring(node) is not None and len(node.body) > 1:
                start = node.body[1]
            yield node.name, (node.end_lineno or start.lineno) - start.lineno + 1


def test_no_file_outgrows_a_reader() -> None:
    sizes = {name: text.count("\n") for name, text in SOURCES.items()}
    assert {name: size for name, size in sizes.items() if size > MAX_FILE_LINES} == {}


def test_no_function_outgrows_a_reader() -> None:
    sizes = {(name, *found) for name, text in SOURCES.items() for found in functions(ast.parse(text))}
    assert {found for found in sizes if found[2] > MAX_FUNCTION_LINES} == set()


def test_every_file_says_what_it_is_for() -> None:
    assert [name for name, text in SOURCES.items() if not ast.get_docstring(ast.parse(text))] == []


def test_layers_and_doors_are_kept() -> None:
    # Called through the module: the script may not be on the PATH of whoever runs the tests.
    code = "import sys; from importlinter.cli import lint_imports_command as lint; sys.argv = ['lint-imports']; lint()"
    outcome = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("tui.__main__", ["textual", "trio", "sqlcipher3", "cryptography", "msgspec"]),
        ("core.rpc.server", ["textual", "asyncio", "sqlcipher3"]),
        ("core.node.service", ["textual", "asyncio", "vodozemac", "argon2"]),
        ("tui.cli.headless", ["textual", "rich", "vodozemac", "argon2", "PIL"]),
    ],
)
def test_light_commands_stay_light(module: str, never: list[str]) -> None:
    code = f"import sys, {module}; print(*[name for name in {never} if name in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == []
