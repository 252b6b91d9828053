"""Make ``docs/SCHEMA.md``: every structure on the wire, between people and at the program interface, from its type.

    python -m scripts.make_schema [--check]

The types are the truth: what they refuse is refused. So the tables are drawn from them by msgspec's own description, and a
test compares the file with what this gives.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, get_args, get_origin

import msgspec
from msgspec import inspect as described

from core import api
from core.people.format import (
    content,
    device,
    greeting,
    invitation,
    lane,
    prekey,
    proof,
    reset,
)
from net import messages

TARGET: Final = Path(__file__).parents[1] / "docs" / "SCHEMA.md"

_U: Final = {2**8 - 1: "u8", 2**16 - 1: "u16", 2**32 - 1: "u32", 2**47 - 1: "u47", 2**53 - 1: "u53", 2**63 - 1: "u63"}

_PLAIN: Final[dict[type[described.Type], str]] = {
    described.BoolType: "boolean",
    described.FloatType: "number",
    described.NoneType: "null",
    described.RawType: "any value",
    described.AnyType: "any value",
}

HEAD: Final = """# Structures

Made by `python -m scripts.make_schema` from the types of the program; a test fails when it is not what they say.
[PROTOCOL.md](PROTOCOL.md) says what the fields mean and when each structure is sent.

Between nodes and between people a structure is a MessagePack array of its fields in this order; with a number in the first
column the array begins with that number. Fields behind the last one are passed over; one with a default may be missing at
the end. *u8*, *u16*, *u32* … are unsigned integers below 2^8, 2^16, 2^32 …; *a–b* an integer from a to b; *bin n* a byte
string of n bytes, *bin a–b* of a to b; *text ≤ n* a string of at most n characters; *[…] a–b* an array of a to b elements;
*{…}* another structure of this page. Numbers may be encoded in any width that MessagePack has; the program takes the least.
"""


def range_of(low: int | None, high: int | None) -> str:
    """Return bounds as ``low–high``, as ``n`` when they are one, and empty when there are none."""
    if high is None:
        return f"≥ {low}" if low else ""
    return str(high) if low == high else f"{low or 0}–{high}"


def number(kind: described.IntType) -> str:
    """Return the bounds of an integer in words."""
    low = kind.ge if kind.ge is not None else (kind.gt + 1 if kind.gt is not None else None)
    high = kind.le if kind.le is not None else (kind.lt - 1 if kind.lt is not None else None)
    if high is None:
        return "u64" if low == 0 else "integer"
    return _U[high] if low in {0, None} and high in _U else range_of(low, high)


def scalar(kind: described.Type) -> str | None:
    """Return a type that holds no others in words; None for one that does."""
    match kind:
        case described.IntType():
            return number(kind)
        case described.BytesType():
            return f"bin {range_of(kind.min_length, kind.max_length)}".strip()
        case described.StrType():
            return f"text ≤ {kind.max_length}" if kind.max_length else "text"
        case described.LiteralType():
            return " or ".join(f'"{value}"' for value in kind.values)
        case described.EnumType():
            return " or ".join(f'"{each.value}"' for each in kind.cls)
        case _:
            return _PLAIN.get(type(kind))


def type_of(kind: described.Type, shown: set[type]) -> str:
    """Return a type in words; structures within it are added to ``shown``."""
    match kind:
        case described.ListType() | described.VarTupleType() | described.SetType() | described.FrozenSetType():
            return f"[{type_of(kind.item_type, shown)}] {range_of(kind.min_length, kind.max_length)}".strip()
        case described.TupleType():
            return "[" + ", ".join(type_of(each, shown) for each in kind.item_types) + "]"
        case described.DictType():
            return f"object of {type_of(kind.key_type, shown)} to {type_of(kind.value_type, shown)}"
        case described.StructType():
            shown.add(kind.cls)
            return f"{{{kind.cls.__name__.lstrip('_')}}}"
        case described.UnionType():
            return " or ".join(type_of(each, shown) for each in kind.types)
        case _:
            words = scalar(kind)
            if words is None:
                raise TypeError(f"no words for {kind}")
            return words


def fields_of(struct: type, shown: set[type]) -> Iterator[tuple[str, str]]:
    """Give each field's name and its type in words, with its default if it has one."""
    info = described.type_info(struct)
    assert isinstance(info, described.StructType)
    for field in info.fields:
        words = type_of(field.type, shown)
        if not field.required:
            default = field.default if field.default is not msgspec.NODEFAULT else None
            words += " (may be missing)" if default in {None, ""} else f" (default {default!r})"
        yield field.encode_name, words


def first_sentence(struct: type) -> str:
    """Return the first sentence of a docstring, as a cell of a table."""
    first = (inspect.getdoc(struct) or "").split("\n\n")[0]
    return re.sub(r"\s+", " ", first).replace("``", "`").replace("|", "\\|")


def table(structs: Iterable[tuple[str, type]], shown: set[type]) -> str:
    """Return a table of structures: number, name, fields, what it says."""
    rows = ["| | structure | fields | says |", "| --- | --- | --- | --- |"]
    for number, struct in structs:
        fields = ", ".join(f"{name}: {words}" for name, words in fields_of(struct, shown)).replace("|", "\\|")
        result = result_of(struct, shown)
        says = first_sentence(struct) + (f" → {result}" if result else "")
        rows.append(f"| {number} | {struct.__name__.lstrip('_')} | {fields or '—'} | {says} |")
    return "\n".join(rows)


def result_of(struct: type, shown: set[type]) -> str:
    """Return what answers a command, in words; empty for other structures."""
    for base in getattr(struct, "__orig_bases__", ()):
        if get_origin(base) is api.Command:
            return type_of(described.type_info(get_args(base)[0]), shown)
    return ""


def with_inner(structs: list[tuple[str, type]]) -> str:
    """Return the table of structures and of all that stand within them."""
    known = {struct for _, struct in structs}
    while True:
        shown = set[type]()
        text = table(structs, shown)
        inner = sorted(shown - known, key=lambda each: each.__name__)
        if not inner:
            return text
        known |= set(inner)
        structs = [*structs, *(("", each) for each in inner)]


def tag_of(struct: type[msgspec.Struct]) -> str | int | None:
    """Return the number or name by which a structure is told from others."""
    return struct.__struct_config__.tag


def between_nodes() -> str:
    """Return the messages of nodes by their numbers."""
    return with_inner(
        sorted(((str(tag_of(each)), each) for each in get_args(messages.Message)), key=lambda row: int(row[0]))
    )


def between_people() -> str:
    """Return what is signed, sealed and stored between people."""
    kinds = [(str(kind.number), kind.struct) for kind in content.KINDS]
    others: list[tuple[str, type]] = [
        ("1", invitation.Bundle),
        ("2", invitation.Tombstone),
        ("", greeting.Greeting),
        ("", proof.Proof),
        ("", reset.Reset),
        ("", reset.Way),
        ("", device.Certificate),
        ("", lane.Offer),
        ("", prekey.Prekey),
    ]
    return f"""### Items of a block, by kind

{with_inner(kinds)}

### Invitations, greetings, resets

{with_inner(others)}"""


def programs() -> str:
    """Return commands, results and events of the program interface."""
    commands = [(f"`{method}`", command) for method, command in sorted(api.COMMANDS.items())]
    events = sorted(((f"`{tag_of(each)}`", each) for each in get_args(api.AnyEvent)), key=lambda row: row[0])
    return f"""### Commands

{with_inner(commands)}

### Events

{with_inner(events)}"""


def document() -> str:
    """Return the whole document."""
    return f"""{HEAD}
## Between nodes

{between_nodes()}

## Between people

{between_people()}

## For programs

JSON objects with these members (`docs/PROTOCOL.md` 8); members that are missing have their default.

{programs()}
"""


def main(arguments: list[str]) -> int:
    """Write the document, or with ``--check`` say by the status whether it is as it should be."""
    text = document()
    if arguments == ["--check"]:
        return 0 if TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
