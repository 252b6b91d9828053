"""Numbered steps that bring a database file to today's schema; forward only.

A *family* is one kind of file: ``history`` (a person's) or ``parcels`` (a node's). Its steps are the files
``schema/<family>_<NNNN>_<name>.sql``, numbered from 1 without holes. A step that was released is never edited.
``PRAGMA user_version`` holds the number of the last step done; each step and its number are committed together.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Literal

import sqlcipher3

Family = Literal["history", "parcels"]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number, counted from 1, and the SQL statements that make it."""

    number: int
    statements: tuple[str, ...]


def load_migrations(family: Family) -> tuple[Migration, ...]:
    """Return a family's steps in order; raises ``ValueError`` when their numbers have holes (our own bug)."""
    folder = resources.files("core.storage") / "schema"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith(f"{family}_"))
    steps = tuple(
        Migration(int(name.split("_")[1]), split_statements((folder / name).read_text(encoding="utf-8")))
        for name in names
    )
    if [step.number for step in steps] != list(range(1, len(steps) + 1)) or not steps:
        raise ValueError(f"schema files of {family}: {names}")
    return steps


def split_statements(script: str) -> tuple[str, ...]:
    """Cut a script into its statements, the bodies of triggers whole.

    Python's own ``executescript`` commits whatever is open, so a step that failed half-way would stay half done.
    """
    statements: list[str] = []
    pending = ""
    for piece in script.split(";")[:-1]:
        pending += piece + ";"
        if sqlcipher3.complete_statement(pending):
            statements.append(pending.strip())
            pending = ""
    if pending:
        raise ValueError("a schema file ends within a statement")
    return tuple(statements)
