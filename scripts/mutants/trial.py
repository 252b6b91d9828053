"""Copies of the tree, and what the tests say to a mutant in one.

A copy is run by the interpreter that runs this, with the copy in front of its search path, so that its modules are the
ones imported though the project is installed editable; that is looked at before anything is tried. Only a test that
failed by its own judgement kills: names that a mutation left undefined and files that cannot be imported do not.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from scripts.mutants.finding import make_mutant
from scripts.mutants.listing import Mutation

# Seconds for one run: several times what all named tests take without any mutation on a busy machine.
LIMIT: Final = 600.0
# Pytest's exit statuses.
_ALL_PASSED, _SOME_FAILED = 0, 1
# With "-rfE" each failed test has a line of this form, and so has what could not be run.
_FAILED: Final = re.compile(r"^FAILED (\S.*?)(?: - (.*))?$", re.MULTILINE)
_ERROR: Final = re.compile(r"^ERROR .*$", re.MULTILINE)
# A mutant that fails by one of these was not judged: the mutation is clumsy.
_CLUMSY: Final = ("NameError", "UnboundLocalError", "ImportError", "ModuleNotFoundError", "SyntaxError")
_NOT_COPIED: Final = shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info")
_TOPS: Final = ("net", "core", "tui")


class Verdict(Enum):
    """What became of a mutant. All but the first are survivors."""

    KILLED = "killed"
    SURVIVED = "SURVIVED"
    BROKEN = "BROKEN"  # the tests could not be run, or the mutant does not work at all
    ENDLESS = "ENDLESS"


class Outcome(NamedTuple):
    """``by``: the first test that failed and why, or the end of what pytest said."""

    verdict: Verdict
    by: str
    seconds: float


class WrongTree(Exception):
    """The tests would import other modules than those of the copy, or none."""


class Copy:
    """A copy of the tree at ``root``, in the new folder ``where``. Raises ``WrongTree``."""

    def __init__(self, root: Path, where: Path) -> None:
        self.root = where.resolve()
        shutil.copytree(root, self.root, ignore=_NOT_COPIED, symlinks=True)
        for top in filter(lambda each: (self.root / each).is_dir(), _TOPS):
            said = self._python(f"import {top}; print({top}.__file__)")
            if not Path(said).is_relative_to(self.root):
                raise WrongTree(f"{top} comes from {said}")

    def try_out(self, mutation: Mutation) -> Outcome:
        """Run a mutation's tests on its mutant, and put everything back."""
        mutant = make_mutant(self.root, mutation)
        path = self.root / mutant.path
        original = path.read_text(encoding="utf-8")
        try:
            _rewrite(path, mutant.source)
            return self.run(mutation.tests)
        finally:
            _rewrite(path, original)

    def run(self, tests: Sequence[str]) -> Outcome:
        """Run tests up to the first that fails."""
        options = ("-x", "-q", "-rfE", "--tb=no", "-p", "no:randomly", "-o", "timeout=0")
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own tests
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # what the tests started ends with them
        )
        try:
            said, _ = process.communicate(timeout=LIMIT)
            verdict, by = _judge(process.returncode, said)
        except subprocess.TimeoutExpired:
            verdict, by = Verdict.ENDLESS, f"no end after {LIMIT:.0f} s"
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Outcome(verdict, by, time.monotonic() - began)

    def _python(self, code: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
            [sys.executable, "-c", code],
            cwd=self.root,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise WrongTree(done.stderr.strip().rpartition("\n")[2])
        return done.stdout.strip()

    def _environment(self) -> dict[str, str]:
        # COLUMNS: pytest cuts the names of failed tests to the width of the terminal.
        return {**os.environ, "PYTHONPATH": str(self.root), "COLUMNS": "1000"}


def _judge(status: int, said: str) -> tuple[Verdict, str]:
    failed, error = _FAILED.search(said), _ERROR.search(said)
    last = error[0] if error else said.strip().rpartition("\n")[2]
    if status == _ALL_PASSED:
        return Verdict.SURVIVED, last
    if status != _SOME_FAILED or failed is None:
        return Verdict.BROKEN, last
    test, why = failed[1], failed[2] or ""
    if why.startswith(_CLUMSY):
        return Verdict.BROKEN, f"{test}: {why}"
    return Verdict.KILLED, test


def _rewrite(path: Path, source: str) -> None:
    """Write a module and throw its bytecode away, which a change within a second, of the same size, would not outdate."""
    path.write_text(source, encoding="utf-8")
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
