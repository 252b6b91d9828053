"""``make mutants`` on a toy tree: a check that a test notices, one that none does, and lists that are wrong."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest

from scripts.mutants.__main__ import ROOT, main
from scripts.mutants.finding import make_mutant
from scripts.mutants.listing import BadList, Mutation, read_list
from scripts.mutants.trial import Copy, Verdict, WrongTree

DOOR = """
class Door:
    def open(self, key):
        if key != "secret":
            return False
        return True

    def knock(self, times):
        if times > 3:
            return False
        return True


def open(key):
    return key == "secret"
"""
TESTS = """
from net.house.door import Door


def test_nobody_opens_without_the_key():
    assert not Door().open("guess")


def test_twice_is_heard():
    assert Door().knock(2)


def test_that_helps_itself():
    from net.house import door
"""
OPEN = Mutation(
    "net.house",
    "Door.open",
    'if key != "secret":',
    "if False:",
    "Nobody opens without the key.",
    ("tests/test_door.py",),
)
KNOCK = Mutation("net.house", "Door.knock", "if times > 3:", "if False:", "Knocking ends.", ("tests/test_door.py",))


def entry(mutation: Mutation) -> str:
    """Return an entry of a list."""
    return (
        f"[[mutation]]\nin = '{mutation.package}'\nfunction = '{mutation.function}'\ntext = '{mutation.text}'\n"
        f"becomes = '{mutation.becomes}'\npromise = '{mutation.promise}'\ntests = {list(mutation.tests)}\n"
    )


@pytest.fixture(autouse=True)
def _bare_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Toy tests need none of the plugins, whose loading would take most of the time."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\naddopts = '--import-mode=importlib'\n",
        "net/__init__.py": "",
        "net/house/__init__.py": "",
        "net/house/door.py": DOOR,
        "tests/test_door.py": TESTS,
    }
    root = tmp_path / "tree"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def run(root: Path, *mutations: Mutation, arguments: tuple[str, ...] = ()) -> int:
    (root / "tests" / "mutants.toml").write_text("".join(map(entry, mutations)))
    return main(arguments, root)


@pytest.mark.slow
def test_a_killed_mutation_is_named_with_its_test_and_the_tree_stays_as_it_was(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tree, OPEN) == 0
    said = capsys.readouterr().out
    assert said.startswith("killed")
    assert "tests/test_door.py::test_nobody_opens_without_the_key" in said
    assert "1 of 1 killed" in said
    assert (tree / "net" / "house" / "door.py").read_text() == DOOR


@pytest.mark.slow
def test_one_survivor_fails_the_run_and_its_promise_is_told(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree, OPEN, KNOCK) == 1
    said = capsys.readouterr().out
    assert "1 of 2 killed" in said
    assert said.count("SURVIVED") == 2  # in the table, and at the end
    assert KNOCK.promise in said
    assert OPEN.promise not in said.rsplit("SURVIVED", 1)[1]


@pytest.mark.slow
def test_only_those_that_are_asked_for_are_tried(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree, OPEN, KNOCK, arguments=("--only", "without the KEY")) == 0
    assert "1 of 1 killed" in capsys.readouterr().out


def test_the_list_is_told_with_places_and_nothing_is_tried(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree, OPEN, KNOCK, arguments=("--list", "--only", "Knocking")) == 0
    said = capsys.readouterr().out
    assert said.startswith("net/house/door.py Door.knock")
    assert OPEN.promise not in said


@pytest.mark.slow
def test_tests_that_fail_anyway_prove_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "tests" / "test_red.py").write_text("def test_red():\n    assert False\n")
    red = Mutation("net.house", "Door.open", "return True", "return 1", "None.", ("tests/test_red.py",))
    assert run(tree, OPEN, red) == 2
    assert "without any mutation: tests/test_red.py::test_red" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("becomes", "verdict"),
    [
        ("if True:", Verdict.KILLED),  # as a control: the same line, and a judgement
        ("if kye:", Verdict.BROKEN),  # no judgement of a test, but a name that is not there
        ("import nonsense\n        if False:", Verdict.BROKEN),
        ("import os; os._exit(3)\n        if False:", Verdict.BROKEN),
    ],
)
def test_what_breaks_is_not_killed(tree: Path, tmp_path: Path, becomes: str, verdict: Verdict) -> None:
    mutation = Mutation("net.house", "Door.knock", "if times > 3:", becomes, "None.", ("tests/test_door.py",))
    copy = Copy(tree, tmp_path / "copy")
    assert copy.try_out(mutation).verdict is verdict
    assert (copy.root / "net" / "house" / "door.py").read_text() == DOOR


@pytest.mark.slow
def test_what_never_ends_is_not_killed(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.mutants.trial.LIMIT", 3.0)
    forever = Mutation("net.house", "Door.knock", "if times", "while times", "None.", ("tests/test_door.py",))
    loops = Mutation("net.house", "Door.knock", "return True", "while True: pass", "None.", ("tests/test_door.py",))
    copy = Copy(tree, tmp_path / "copy")
    assert copy.try_out(loops).verdict is Verdict.ENDLESS
    monkeypatch.setattr("scripts.mutants.trial.LIMIT", 300.0)
    assert copy.try_out(forever).verdict is Verdict.SURVIVED  # nothing of the one before is left


@pytest.mark.slow
def test_what_the_tests_started_ends_with_them(tree: Path, tmp_path: Path) -> None:
    (tree / "tests" / "test_child.py").write_text(
        "import subprocess, sys\n"
        "from pathlib import Path\n\n\n"
        "def test_child():\n"
        "    sleeper = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "    child = subprocess.Popen(sleeper, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "    Path('child').write_text(str(child.pid))\n"
    )
    copy = Copy(tree, tmp_path / "copy")
    assert copy.run(("tests/test_child.py",)).verdict is Verdict.SURVIVED
    stat = Path("/proc") / (copy.root / "child").read_text() / "stat"
    for _ in range(100):
        if not stat.exists() or " Z " in stat.read_text():  # killed, though nobody may have looked yet
            return
        time.sleep(0.1)
    raise AssertionError("it is still there")


@pytest.mark.slow
def test_a_module_that_cannot_be_imported_kills_nothing(tree: Path, tmp_path: Path) -> None:
    (tree / "net" / "house" / "door.py").write_text(DOOR + "\nopen('secret')\n")
    mutation = Mutation("net.house", "open", "return key", "raise OSError  # key", "None.", ("tests/test_door.py",))
    assert Copy(tree, tmp_path / "copy").try_out(mutation).verdict is Verdict.BROKEN


def test_a_function_is_found_by_its_whole_name(tree: Path) -> None:
    outer = Mutation("net", "open", 'key == "secret"', "True", "None.", ())
    assert make_mutant(tree, outer).source == DOOR.replace('key == "secret"', "True")
    assert make_mutant(tree, outer).path == Path("net/house/door.py")
    assert make_mutant(tree, Mutation("net.house.door", *_fields(outer))).source == make_mutant(tree, outer).source


def _fields(mutation: Mutation) -> tuple[str, str, str, str, tuple[str, ...]]:
    return mutation.function, mutation.text, mutation.becomes, mutation.promise, mutation.tests


@pytest.mark.parametrize(
    ("package", "function", "text", "becomes", "words"),
    [
        ("net.garden", "Door.open", "key", "lock", "no such package"),
        ("net.house", "Door.close", "key", "lock", "no such function"),
        ("net.house", "Door", "key", "lock", "no such function"),
        ("net.house", "knock", "times", "1", "no such function"),
        ("net.house", "Door.open", "if times > 3:", "if False:", "0 times"),
        ("net.house", "Door.knock", "times", "1", "2 times"),
        ("net.house", "Door.knock", "if times > 3:", "if times >", "no Python"),
    ],
)
def test_what_is_not_found_just_once_fails_the_run(
    tree: Path, capsys: pytest.CaptureFixture[str], package: str, function: str, text: str, becomes: str, words: str
) -> None:
    wrong = Mutation(package, function, text, becomes, "None.", ("tests/test_door.py",))
    assert run(tree, OPEN, wrong, arguments=("--only", "without the key")) == 2
    assert words in capsys.readouterr().out


def test_a_function_of_one_name_in_two_files_is_told_apart_by_its_text(tree: Path) -> None:
    (tree / "net" / "house" / "gate.py").write_text(DOOR.replace("> 3", "> 4"))
    assert make_mutant(tree, KNOCK).path == Path("net/house/door.py")
    with pytest.raises(BadList, match="2 times"):
        make_mutant(tree, OPEN)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no mutation"),
        ("[[mutation]]\nin = 'net'", "lacks"),
        (entry(OPEN) + "timeout = 3", "unknown"),
        (entry(OPEN) + entry(KNOCK) + entry(OPEN), "twice"),
        ("[[mutation", "mutants.toml"),
    ],
)
def test_a_list_that_says_something_else_is_refused(tree: Path, text: str, words: str) -> None:
    (tree / "tests" / "mutants.toml").write_text(text)
    with pytest.raises(BadList, match=words):
        read_list(tree)


def test_without_a_hint_all_tests_of_the_area_are_asked(tree: Path) -> None:
    (tree / "tests" / "mutants.toml").write_text(entry(OPEN).partition("tests = ")[0])
    assert [each.tests for each in read_list(tree)] == [("tests/net",)]


def test_a_copy_whose_modules_would_come_from_elsewhere_is_refused(tree: Path, tmp_path: Path) -> None:
    (tree / "net" / "__init__.py").unlink()
    (tree / "net" / "__init__.py").symlink_to(tmp_path / "elsewhere.py")
    (tmp_path / "elsewhere.py").write_text("__file__ = '/elsewhere/net/__init__.py'\n")
    with pytest.raises(WrongTree, match="elsewhere"):
        Copy(tree, tmp_path / "copy")
    (tmp_path / "elsewhere.py").write_text("raise OSError('no such tree')\n")
    with pytest.raises(WrongTree, match="no such tree"):
        Copy(tree, tmp_path / "another copy")


def test_the_projects_own_list_is_found_in_its_tree() -> None:
    assert main(("--list",)) == 0


def test_no_check_is_left_to_the_tests_that_are_told_in_full_alone() -> None:
    """Each test that an entry names runs by default, or the check could go unnoticed until somebody asks for ``--full``."""
    full: list[str] = []
    for name in sorted({test for each in read_list(ROOT) for test in each.tests if "::" in test}):
        file, *inner = name.partition("[")[0].split("::")
        body: list[ast.stmt] = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
        for part in inner:
            found = [
                node
                for node in body
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == part
            ]
            assert found, f"{name}: there is no such test"
            body = found[-1].body
            full += [name for each in found[-1].decorator_list if ast.unparse(each) == "pytest.mark.full"]
    assert full == []
