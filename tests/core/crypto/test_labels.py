"""Labels that keep one use of a hash, key or signature apart from every other: each is there once, and means one thing.

``USES`` is the whole list. A label's first operand is followed by the fields that ``WIDTHS`` gives a size for; the last
field alone may have any size. So no two inputs of one operation are the same bytes unless they say the same.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from core.crypto import primitives
from core.people.format.account_keys import keys_of_seed
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle

ROOT = Path(__file__).parents[3]
PREFIX: Final = "sottovoce/v1/"
ANY = -1  # the last field, of whatever size
# Identities, device keys, hashes, digests.
KEY: Final = 32

TABLE: Final = (ROOT / "docs/PROTOCOL.md").read_text(encoding="utf-8").split("## 14. Labels", maxsplit=1)[1]
OPERATIONS: Final = {
    "SHA-256": "sha256",
    "SHA-1": "sha1",
    "scalar of SHA-512": "scalar",
    "HMAC-SHA-256": "hmac",
    "HKDF info": "hkdf",
    "HKDF info, of a record key": "hkdf of a record key",
    "HKDF secret": "secret of hkdf",
    "SHAKE-256, behind a secret": "shake",
    "HPKE info": "hpke",
    "Ed25519": "ed25519",
    "Noise prologue": "noise",
}


def uses() -> Iterator[tuple[str, tuple[str, tuple[int, ...]]]]:
    """Read the table: (label, (operation, sizes of the fields behind it)); labels of the seed stand under the empty one."""
    for row in TABLE.splitlines():
        if row.startswith(("| `", "| *")):
            label, operation, fields, _ = (cell.strip() for cell in row.strip("|").split("|"))
            name = re.match(r"`([^`]*)`", label)
            sizes = [] if fields == "—" else fields.split(", ")
            widths = tuple(ANY if size == "any" else int(size) for size in sizes)
            yield name[1] if name else "", (OPERATIONS[operation], widths)


# Operations whose inputs could meet are those of one name; those under different names never see each other's bytes, for key
# or algorithm differ.
USES: Final = dict(uses())
LABELS_OF_SEED, LABELS_OF_LINK = (
    tuple(re.findall(r"`([^`]+)`", line))
    for line in re.findall(r"Labels of (?:the seed|a link) \(\d\): (.*?)\.", " ".join(TABLE.split()))
)


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """Give every module of the product in which something is hashed or a label is written, named or imported."""
    return dict(_trees())


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for top in ("net", "core", "tui"):
        for path in sorted((ROOT / top).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            if re.search(r"sottovoce/v1/|_PREFIX|LABEL_|PROLOGUE|sha256", source):
                yield str(path.relative_to(ROOT)), ast.parse(source)


def literals(trees: dict[str, ast.Module]) -> Iterator[tuple[str, str]]:
    """Yield (label without prefix, file) of every label that is written down, also behind ``_PREFIX +``."""
    for name, tree in trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.BinOp(ast.Name("_PREFIX"), ast.Add(), ast.Constant(bytes() as tail)):
                    yield tail.decode(), name
                case ast.Constant(bytes() as whole) if whole.startswith(PREFIX.encode()):
                    yield whole.decode().removeprefix(PREFIX), name
                case _:
                    pass


def operands(node: ast.expr) -> list[ast.expr]:
    """Return what a sum adds up, left to right."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*operands(node.left), *operands(node.right)]
    return [node]


def sums(trees: dict[str, ast.Module]) -> Iterator[tuple[str, list[ast.expr]]]:
    """Yield (label, what is added behind it) of every sum that begins with a label, written there or named there."""
    for tree in trees.values():
        names = named(tree)
        inner = {
            id(node.left) for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and id(node) not in inner:
                head, *rest = operands(node)
                label = label_in(head, names)
                if label is not None:
                    yield label, rest


def named(tree: ast.Module) -> dict[str, str]:
    """Return the names that a module gives to labels."""
    found: dict[str, str] = {}
    for node in tree.body:
        target = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        value = node.value if isinstance(node, ast.AnnAssign | ast.Assign) else None
        if isinstance(target, ast.Name) and value is not None:
            label = label_in(value, found)
            if label is not None:
                found[target.id] = label
    return found


def label_in(node: ast.expr, names: dict[str, str]) -> str | None:
    match node:
        case ast.Constant(bytes() as whole) if whole.startswith(PREFIX.encode()):
            return whole.decode().removeprefix(PREFIX)
        case ast.Name(name):
            return names.get(name)
        case ast.BinOp(ast.Name("_PREFIX"), ast.Add(), ast.Constant(bytes() as tail)):
            return tail.decode()
        case _:
            return None


def test_every_label_is_written_down_once(trees: dict[str, ast.Module]) -> None:
    written = Counter(label for label, _ in literals(trees))
    assert {label: times for label, times in written.items() if times > 1} == {}
    assert written.keys() == USES.keys()


def test_every_name_of_a_label_is_used_in_one_file(trees: dict[str, ast.Module]) -> None:
    """Nobody borrows the label of another: labels are not imported."""
    imported = {
        alias.name
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith(("LABEL_", "PROLOGUE"))
    }
    # Cipher and header share the secret of a hop; what grows from the seed grows where it is used.
    assert imported <= {f"LABEL_{name}" for name in ("ID_SIGN", "SELF_INBOX", "SELF_KV_WRITE", "SELF_KV_READ")}


def test_of_one_operation_no_label_goes_on_as_another_begins() -> None:
    by_operation: dict[str, list[str]] = defaultdict(list)
    for label, (operation, _) in USES.items():
        by_operation[operation].append(label)
    by_operation["hkdf"] = [each for each in by_operation["hkdf"] if each not in {"", "invite/"}]
    by_operation["hkdf"] += [*LABELS_OF_SEED, *(f"invite/{each}" for each in LABELS_OF_LINK)]
    widths = {label: uses[1] for label, uses in USES.items()} | dict.fromkeys(LABELS_OF_SEED, (4,))
    confused = [
        (label, other)
        for labels in by_operation.values()
        for label in labels
        for other in labels
        if label != other and other.startswith(label) and widths.get(label)
    ]
    assert confused == []


def test_labels_behind_a_secret_do_not_end_alike() -> None:
    """SHAKE takes secret and label in this order: no label is the end of another."""
    shaken = [f"{PREFIX}{label}" for label, (operation, _) in USES.items() if operation == "shake"]
    assert [(a, b) for a in shaken for b in shaken if a != b and a.endswith(b)] == []


def test_all_fields_but_the_last_have_a_size_of_their_own() -> None:
    for label, (_, widths) in USES.items():
        assert ANY not in widths[:-1] or label == "", label


def test_every_sum_behind_a_label_has_the_fields_that_are_listed(trees: dict[str, ast.Module]) -> None:
    """A field more is a field whose size somebody has to think about."""
    counted: dict[str, set[int]] = defaultdict(set)
    for label, rest in sums(trees):
        counted[label].add(len(rest))
    del counted[""]  # the seed's: a prefix of whole labels
    counted["node-id"].remove(2)  # hashed up to there once, for all nonces that are tried
    listed = {label: {len(widths)} for label, (_, widths) in USES.items() if widths and label}
    assert counted == listed


def test_what_is_hashed_without_a_label_leaves_nobody_else_room(trees: dict[str, ast.Module]) -> None:
    """Sums that are hashed and begin with no label: few, and all but the last field of one size."""
    bare: set[tuple[str, str]] = set()
    for file, tree in trees.items():
        names = named(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("sha256") and node.args:
                head, *rest = operands(node.args[0])
                if rest and label_in(head, names) is None and not file.startswith("simulator/"):
                    bare.add((file, ast.unparse(node.args[0])))
    assert bare == {
        ("core/session/twenty_hours.py", "unlocked.seed + unlocked.database_key"),  # stays in memory
        ("core/people/conversation/rows.py", "conversation.encode() + author + uid"),
        ("net/link/noise.py", "self.hash + data"),  # as Noise has it
        ("core/session/commands/proving.py", "said.identity + (item.of if isinstance(item, Edit) else item.uid)"),
        ("net/parcel/box.py", "self.fields() + self.signature"),  # one parcel, whole
        ("net/parcel/record.py", "self.fields() + self.signature"),
    }


# --- while people talk ------------------------------------------------------------------------------------------------


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[tuple[str, int]]]:
    """What was given to each operation of ``core``: label -> (operation, size of what stood behind the label)."""
    seen: dict[str, set[tuple[str, int]]] = defaultdict(set)
    longest = sorted(USES, key=len, reverse=True)

    def note(operation: str, data: bytes) -> None:
        if data.startswith(PREFIX.encode()):
            text = data[len(PREFIX) :]
            label = next(each for each in longest if text.startswith(each.encode()) and operation in USES[each][0])
            seen[label].add((operation, len(text) - len(label)))

    def spy(name: str, operation: str, at: int) -> None:
        true: Callable[..., Any] = getattr(primitives, name)

        def spied(*args: Any, **named: Any) -> Any:
            note(operation, args[at])
            return true(*args, **named)

        monkeypatch.setattr(primitives, name, spied)

    for name, operation, at in (
        ("sha256", "sha256", 0),
        ("hmac_sha256", "hmac", 1),
        ("hkdf", "hkdf", 1),
        ("scalar_from", "scalar", 0),
        ("xwing_seal", "hpke", 2),
        ("xwing_open", "hpke", 2),
        ("ed25519_sign", "ed25519", 1),
        ("ed25519_verify", "ed25519", 2),
    ):
        spy(name, operation, at)
    return seen


def test_what_is_hashed_and_signed_has_the_sizes_that_are_listed(
    heard: dict[str, set[tuple[str, int]]], office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    for number in range(60):
        alice.say(a, f"text {number}")
        bob.say(b, f"answer {number}")
        settle(office, alice, bob, rounds=1)
    keys_of_seed(b"x" * 27)
    for label, uses in heard.items():
        operation, widths = USES[label]
        if ANY not in widths:
            assert uses == {(operation.split(" ", maxsplit=1)[0], sum(widths))}, label
        else:
            assert {each for each, _ in uses} == {operation}, label
            assert min(size for _, size in uses) >= sum(widths) + 1, label
    assert heard.keys() >= {"item", "greeting", "greeting-signature", "device", "conversation", "slot", "lane/id"}
