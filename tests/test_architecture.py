"""The shape of the house: layers, and the maxima that tell a tidy file from one that swallowed its neighbours."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import filterfalse
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


# --- how tests look at details ----------------------------------------------------------------------------------------

# A limit is given to who keeps it (``RelayLimits``, ``PeopleLimits``, arguments with the product's number as default), a
# clock, a resolver, a program to start likewise. What stands in a table is told by ``core.storage`` or by what a person
# sees, else by ``tests.support.tables``. The exceptions, each for a reason:

# Constants of the product that are replaced, and how often.
OTHER_CONSTANTS = {
    "tests/core/conftest.py": (
        1,
        "a link has fewer slots, which take a second to compute; tests of slots have all",
    ),
    "tests/core/people/test_changes_of_contacts.py": (1, "as read by a version without these kinds"),
    "tests/core/people/test_forward_secrecy.py": (
        1,
        "shows that what it looks for is found in a log that is never emptied",
    ),
    "tests/core/people/test_future_contact.py": (3, "as written by a later version"),
    "tests/core/session/test_unforeseen_sweep.py": (
        1,
        "a whole program, hundreds of times, each with its farewell",
    ),
    "tests/support/hurried_app.py": (1, "a whole program in another process, which leaves in a hurry"),
    "tests/support/small_demo.py": (1, "a whole program in another process, with fewer nodes"),
    "tests/support/thrifty.py": (1, "a whole program in another process, where passcodes cost little"),
    "tests/tui/keys/test_key_order.py": (1, "a slow machine must not end what is held; the app makes it itself"),
    "tests/tui/terminal/test_clipboard.py": (1, "through a whole app, to a tmux that hangs"),
}

# Functions and classes of the product that are replaced, and how often.
_NOTED = "calls are noted, and made"
_HOSTILE = "a hostile program is ours with a part replaced"
_FAILS = "something that nobody foresaw fails within"
OTHER_FUNCTIONS = {
    "tests/core/attach/test_listener.py": (2, "what the kernel says of another user's process"),
    "tests/core/crypto/test_labels.py": (1, _NOTED),
    "tests/core/session/test_commands.py": (1, _NOTED),
    "tests/core/people/test_contact_costs.py": (5, _HOSTILE + "; " + _NOTED),
    "tests/core/people/test_forward_secrecy.py": (3, _NOTED + "; and a log that is never emptied"),
    "tests/core/people/test_greeting.py": (1, _HOSTILE),
    "tests/core/people/test_hostile_contact.py": (4, _HOSTILE),
    "tests/core/people/test_key_share.py": (1, _HOSTILE),
    "tests/core/people/test_outbox.py": (2, _NOTED),
    "tests/core/people/test_people_survivors.py": (1, _NOTED),
    "tests/core/people/test_prekeys_talking.py": (1, _NOTED),
    "tests/core/people/test_reading.py": (1, _HOSTILE),
    "tests/core/people/test_rekeying.py": (2, _NOTED),
    "tests/core/people/test_saying_again.py": (1, _NOTED),
    "tests/core/people/test_tag_index.py": (1, "keys are computed once"),
    "tests/core/pictures/test_pictures.py": (
        2,
        "the child's program within this process, which must not confine itself",
    ),
    "tests/core/session/test_gate.py": (2, _FAILS),
    "tests/core/session/test_unforeseen.py": (5, _FAILS),
    "tests/core/session/test_unforeseen_sweep.py": (2, _NOTED),
    "tests/core/storage/test_database.py": (1, _FAILS),
    "tests/core/test_deadlines.py": (3, "the system, which answers late or never"),
    "tests/core/vault/test_vault_account.py": (1, "a machine without memory"),
    "tests/core/vault/test_vault_memory.py": (
        1,
        "memory that must not be taken, for the system would kill this process",
    ),
    "tests/core/vault/test_vault_survivors.py": (1, _NOTED),
    "tests/net/node/test_clocks.py": (1, _HOSTILE),
    "tests/stories/test_simulated_people.py": (2, "keys are computed once"),
    "tests/support/kept.py": (1, "keys are computed once"),
    "tests/support/locking.py": (1, "a second profile with a database of its own, which no program makes yet"),
    "tests/support/people_vectors.py": (2, "randomness of frozen vectors"),
    "tests/tui/host/test_core_process.py": (4, "the process that is started, and what it asks the terminal"),
    "tests/tui/keys/test_key_order.py": (1, "a key that does no work"),
    "tests/tui/screens/test_catalogue.py": (1, "a folder with one page more"),
    "tests/tui/screens/test_network.py": (1, _NOTED),
    "tests/tui/screens/test_onboarding.py": (2, _NOTED + "; and words that are asked for by lot"),
}

# Private attributes of others that are set, and how often.
SET_ATTRIBUTES = {
    "tests/core/people/test_put_out.py": (1, "a thief whose doings no other device of the account hears of"),
    "tests/core/session/test_unforeseen.py": (2, "what is done once in hours is due now"),
    "tests/net/client/test_client.py": (1, "readers that differ in their chance alone"),
    "tests/net/onion/test_circuit_stream.py": (1, "as if it had sent what this version has no way to send"),
    "tests/support/future.py": (3, "a node of a later version"),
    "tests/tui/keys/test_legacy_keys.py": (1, "the clock of the keys, deep in an app that makes them itself"),
    "tests/tui/screens/test_invite.py": (1, "a stage has no account to open"),
    "tests/tui/terminal/test_noise.py": (1, "the clock of Textual's parser"),
}

# Who speaks SQL beside ``tests.support.tables``.
SQL = re.compile(
    r"\s*(SELECT |INSERT (OR \w+ )?INTO |UPDATE \w+ SET |DELETE FROM |(CREATE|DROP|ALTER) [A-Z ]*TABLE |PRAGMA |EXPLAIN )"
)
SPEAK_SQL = {
    "tests/core/people/test_upgrade.py": "files of former versions, as those wrote them",
    "tests/core/test_search.py": "a file of a former version, as that wrote it",
    "tests/support/search_terms.py": "the terms of the index, by a table that SQLite makes of it",
    "tests/support/stolen.py": "what a thief reads in a file",
    "tests/support/tables.py": "the door to tables",
    "tests/stories/test_at_rest.py": "shows that a file is none of SQLite's without its key",
}

TESTS = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "tests").rglob("*.py"))
}
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]+")
PRODUCT = ("net.", "core.", "tui.")


def imported(tree: ast.Module) -> dict[str, str]:
    """Return what the names of a module stand for that it imports."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            for each in node.names:
                top = each.name.split(".")[0]
                found[each.asname or top] = each.name if each.asname else top
    return found


def replaced(tree: ast.Module) -> Iterator[str]:
    """Give what of the product a test replaces, as far as it is named: by attribute, by entry of a table, or as a text."""
    names = imported(tree)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        what = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if what not in {"setattr", "setitem", "object", "patch"}:
            continue
        target = ast.unparse(call.args[0])
        root, dot, rest = target.partition(".")
        name = (
            str(ast.literal_eval(target))
            if isinstance(call.args[0], ast.Constant)
            else names.get(root, "") + dot + rest
        )
        if what != "setitem" and len(call.args) == 3:
            name += "." + ast.unparse(call.args[1]).strip("'")
        if name.startswith(PRODUCT):
            yield name


def set_privately(tree: ast.Module) -> Iterator[str]:
    """Give the private attributes of others that are set."""
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        )
        for target in targets:
            name = ast.unparse(target)
            if isinstance(target, ast.Attribute) and re.search(r"(?<!self)(?<!cls)\._[a-z]", name):
                yield name


def is_constant(name: str) -> bool:
    """Say whether a name is a constant's."""
    return CONSTANT.fullmatch(name.rpartition(".")[2]) is not None


def counted(find: Callable[[ast.Module], Iterable[str]]) -> dict[str, int]:
    """Return the tests in which something is found, and how often."""
    counts = {file: sum(1 for _ in find(tree)) for file, tree in TESTS.items()}
    return {file: count for file, count in counts.items() if count}


def allowed(exceptions: dict[str, tuple[int, str]]) -> dict[str, int]:
    """Return the counts of exceptions, without their reasons."""
    return {file: count for file, (count, _) in exceptions.items()}


def test_limits_are_given_and_no_constant_is_replaced() -> None:
    assert counted(lambda tree: filter(is_constant, replaced(tree))) == allowed(OTHER_CONSTANTS)


def test_functions_of_the_product_are_replaced_where_it_is_said_why() -> None:
    assert counted(lambda tree: filterfalse(is_constant, replaced(tree))) == allowed(OTHER_FUNCTIONS)


def test_private_attributes_are_set_where_it_is_said_why() -> None:
    assert counted(set_privately) == allowed(SET_ATTRIBUTES)


def test_tables_are_looked_at_through_one_door() -> None:
    texts = {
        file: [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        for file, tree in TESTS.items()
        if not file.startswith("tests/core/storage/")
    }
    assert {file for file, found in texts.items() if any(map(SQL.match, found))} == set(SPEAK_SQL)
