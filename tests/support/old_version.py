"""The program as it was at an earlier commit, taken out of the history of the repository into a folder of its own.

A checkout without that history, a shallow or exported one, has no such commit: what needs it is skipped there. The old
program runs with the libraries of today.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
# The last commit before there were replies, edits, reactions and signs of reading; its files are of step 8.
BEFORE_CHANGES: Final = "01c98d470b76925b02012af7adb89fd9c7b8bd19"


def take_out(commit: str, folder: Path) -> Path:
    """Put the sources of a commit into a folder; skip the test where there is no such commit."""
    try:
        made = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False, timeout=60)
    except FileNotFoundError:
        pytest.skip("there is no git")
    if made.returncode:
        pytest.skip("this checkout has no history")
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as sources:
        sources.extractall(folder, filter="data")
    return folder


def started_in(folder: Path) -> tuple[str, ...]:
    """Return what stands before a command to let it run in a folder, and find the program there."""
    return ("sh", "-c", 'cd "$0" && exec "$@"', str(folder))
