"""What programs rely on: every method, its parameters, its result and every event, as they were told to the world.

``tests/vectors/api.json`` is frozen: what stands there stays as it is. New methods, events and records may join, and fields
that may be left out: a command is understood without them, and an answer says nothing by them where it said nothing. A
field of a command that had to be given may come to be left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from core import api

FROZEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "api.json").read_text("utf-8"))


def name_of(annotation: object) -> str:
    """Return a type as it is written, whichever file its records live in."""
    text = annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else repr(annotation)
    return re.sub(r"\b(?:core\.api\.\w+|typing)\.", "", text)


def structs_in(annotation: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the records that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    elif get_origin(annotation) in {list, dict, Union, UnionType}:
        for part in get_args(annotation):
            yield from structs_in(part)


def describe(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return what a record is on the wire: its fields, which of them are left out, what is refused."""
    config = struct.__struct_config__
    fields = {
        field.encode_name: name_of(field.type) + ("" if field.required else f" = {field.default!r}")
        for field in msgspec.structs.fields(struct)
    }
    said = {"omits": config.omit_defaults, "refuses": config.forbid_unknown_fields}
    return {"fields": fields, **{name: True for name, holds in said.items() if holds}}


def result_of(command: type[api.Command[Any]]) -> Any:
    """Return the type that a command is answered by."""
    bases = getattr(command, "__orig_bases__", ())
    (result,) = [get_args(base)[0] for base in bases if get_args(base)]
    return result


def describe_all(commands: list[type[api.Command[Any]]], events: list[type[api.Event]]) -> dict[str, Any]:
    """Return the whole interface."""
    records: dict[str, Any] = {}
    waiting: list[type[msgspec.Struct]] = [struct for command in commands for struct in structs_in(result_of(command))]
    for struct in [*commands, *events]:
        waiting += [part for field in msgspec.structs.fields(struct) for part in structs_in(field.type)]
    while waiting:
        struct = waiting.pop()
        if struct.__name__ not in records:
            records[struct.__name__] = describe(struct)
            waiting += [part for field in msgspec.structs.fields(struct) for part in structs_in(field.type)]
    methods = {
        api.method_of(command): {**describe(command), "result": name_of(result_of(command))} for command in commands
    }
    return {
        "methods": methods,
        "events": {str(event.__struct_config__.tag): describe(event) for event in events},
        "records": records,
        "errors": [str(kind) for kind in api.Kind],
    }


def without_added(present: dict[str, Any] | None, known: dict[str, Any]) -> dict[str, Any] | None:
    """Return a record without the fields that joined and may be left out."""
    if present is None:
        return None
    fields: dict[str, str] = {}
    for name, kind in present["fields"].items():
        before = known["fields"].get(name)
        if "result" in known and before is not None and " = " not in before:
            fields[name] = kind.partition(" = ")[0]
        elif before is not None or " = " not in kind:
            fields[name] = kind
    return {**present, "fields": fields}


def test_what_programs_rely_on_is_as_it_was() -> None:
    present = describe_all(list(api.COMMANDS.values()), list(get_args(api.AnyEvent)))
    for part in ("methods", "events", "records"):
        kept = {name: without_added(present[part].get(name), known) for name, known in FROZEN[part].items()}
        assert kept == FROZEN[part]
    assert set(FROZEN["errors"]) <= set(present["errors"])
