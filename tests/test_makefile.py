"""The commands of the README that take a Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def planned(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what make would do, and do nothing; a make that runs these tests does not speak into it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "--dry-run", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, env=environ
    )


def test_each_python_gets_an_environment_of_its_own_and_is_named() -> None:
    done = planned("test", f"PYTHON={sys.executable}")
    environment = f".venv-{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"{environment}/bin/python -m pytest -n" in done.stdout
    assert f"in {environment}." in done.stdout.splitlines()[-1]
    assert ".venv/" not in done.stdout.replace(sys.executable, "")


@pytest.mark.parametrize("command", ["test", "demo"])
def test_a_python_that_is_not_there_is_named(command: str) -> None:
    done = planned(command, "PYTHON=python2.99")
    assert done.returncode != 0
    assert "python2.99 does not run" in done.stderr
