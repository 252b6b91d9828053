"""What the documents name is there: tests by file and words of their names, files by their paths, no other document.

A test is written `` `net/parcel/test_box.py`: *words of its name*, *of another* ``; words in italics alone in brackets are
of any.
"""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

from scripts import make_keys, make_schema

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("docs/TRAPS.md", "docs/THREATS.md", "README.md", "docs/PROTOCOL.md")
NAMED = re.compile(
    r"`(?:tests/)?((?:core|net|stories|tui|simulator)/(?:\w+/)*test_\w+\.py|test_\w+\.py)`((?:[:,] *\*[^*]+\*)*)"
)
TRAPS = 26
# Documents of elsewhere that this code was written after; nothing here may send a reader there.
ELSEWHERE = re.compile(r"\bDESIGN\b|\bstudies\b")


@functools.cache
def names_in(path: Path) -> list[str]:
    """Return the names of a file's tests as words; none if there is no such file."""
    if not path.exists():
        return []
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node.name.removeprefix("test_").replace("_", " ") for node in functions if node.name.startswith("test_")]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_test_that_a_document_names_is_there(document: str) -> None:
    missing = list[str]()
    for file, words in NAMED.findall((ROOT / document).read_text(encoding="utf-8")):
        path = ROOT / "tests" / file
        missing += [] if path.exists() else [file]
        missing += [
            f"{file}: {phrase}"
            for phrase in re.findall(r"\*([^*]+)\*", words)
            if not any(phrase in name for name in names_in(path))
        ]
    assert missing == []


def test_words_of_tests_without_their_file_are_of_some_test() -> None:
    text = (ROOT / "docs/THREATS.md").read_text(encoding="utf-8")
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")}

    def is_of_some_test(words: str) -> bool:
        written = words.replace(" ", "_")  # where it is not, nothing need be parsed
        return any(
            written in source and any(words in name for name in names_in(path)) for path, source in sources.items()
        )

    assert [words for words in re.findall(r"\(\*([^*]+)\*\)", text) if not is_of_some_test(words)] == []


def test_each_trap_has_a_row_with_a_test() -> None:
    lines = (ROOT / "docs/TRAPS.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| T")]
    assert [row[0].strip("| ") for row in rows] == [f"T{number}" for number in range(1, TRAPS + 1)]
    assert [row[0] for row in rows if len(row) != 4 or not re.search(r"`: \*", row[3])] == []


@pytest.mark.parametrize("document", ["docs/TRAPS.md", "docs/THREATS.md"])
def test_each_file_of_the_program_that_a_document_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    named = re.findall(r"`((?:core|net|tui)/[\w/]+(?:\.py|/))`", text)
    assert [path for path in named if "/test_" not in path and not (ROOT / path).exists()] == []


def test_no_file_sends_its_reader_elsewhere() -> None:
    found = list[str]()
    code = (
        path
        for top in ("net", "core", "tui", "simulator", "scripts", "benchmarks")
        for path in (ROOT / top).rglob("*.py")
    )
    for path in (*code, *ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(ROOT)}: {hit}" for hit in ELSEWHERE.findall(text)]
    assert found == []


def test_the_tables_of_structures_are_what_the_types_say() -> None:
    made = make_schema.TARGET.read_text(encoding="utf-8")
    assert made == make_schema.document(), "python -m scripts.make_schema writes them anew"


def test_the_list_of_keys_is_what_the_registry_says() -> None:
    made = make_keys.TARGET.read_text(encoding="utf-8")
    assert made == make_keys.document(), "python -m scripts.make_keys writes it anew"
