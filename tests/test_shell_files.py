"""Completions and the manual page are what the argument parser says, and are read by the programs they are for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.make_shell_files import COMPLETIONS, MANUAL, commands_of, generated
from tui.cli.arguments import make_parser
from tui.keys.keymap import key_names
from tui.screens.catalogue import whole_registry

ROOT = Path(__file__).parent.parent
# Prints what bash would propose after the words that are its arguments.
COMPLETE = """
source completions/sottovoce
COMP_WORDS=("$@"); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_shtab_sottovoce
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("name", [*COMPLETIONS.values(), MANUAL])
def test_each_file_is_what_the_generator_gives(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generated()[name], "python -m scripts.make_shell_files"


def test_the_manual_names_each_command_and_each_option_once() -> None:
    lines = generated()[MANUAL].replace("\\-", "-").splitlines()
    commands = commands_of(make_parser())
    before, after = lines[: lines.index(".SH OPTIONS")], lines[lines.index(".SH OPTIONS") :]
    assert [line.removeprefix(".SS ") for line in before if line.startswith(".SS ")] == list(commands)
    for option in ("--home", "--listen", "--join", "--role", "--no-lan", "--version"):
        assert sum(f"\\fB{option}\\fR" in line for line in after) == 1


def test_no_line_of_the_manual_is_taken_for_a_request() -> None:
    for line in generated()[MANUAL].splitlines():
        assert not line.startswith("'")
        assert not line.startswith(".") or line.split()[0] in {".TH", ".SH", ".SS", ".TP", ".B", ".br"}


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff")
def test_groff_sets_the_manual_without_a_warning() -> None:
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8", MANUAL], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert "doctor" in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        (["sottovoce", ""], ["demo", "node", "rpc", "core", "doctor", "verify-proof"]),
        (["sottovoce", "doctor", "--js"], ["--json"]),
        (["sottovoce", "--role", ""], ["auto", "full", "leaf"]),
    ],
)
def test_bash_completes(typed: list[str], proposed: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", COMPLETE, "bash", *typed], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == proposed


def test_the_manual_has_every_key_and_command() -> None:
    text = generated()[MANUAL].replace("\\-", "-")
    for spec in whole_registry():
        assert not spec.slash or f"/{spec.slash}" in text
        assert not spec.keys or key_names(spec)[0] in text
