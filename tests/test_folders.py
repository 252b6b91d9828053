"""Where the files of tests lie, and that none of them stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.folders import DISK, MEMORY, RunFolder, memory

ROOT = Path(__file__).parent.parent
# A run that says where its files lie, and waits to be killed.
RUN = """
import sys
from pathlib import Path
from tests.support.folders import RunFolder
made = RunFolder(Path(sys.argv[1]))
(made.path / "shut").mkdir()
(made.path / "shut" / "file").write_text("left")
(made.path / "shut").chmod(0)
print(made.path, flush=True)
sys.stdin.read()
"""


def test_other_tests_lie_in_memory_where_there_is_room(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    if memory() is None or not str(pytestconfig.option.basetemp).startswith(str(MEMORY)):
        pytest.skip("no room in memory, or --basetemp")
    assert tmp_path.is_relative_to(MEMORY)


@pytest.mark.disk
def test_tests_of_the_disk_lie_on_it(tmp_path: Path, disk_folder: Path) -> None:
    assert tmp_path.is_relative_to(disk_folder)
    assert not tmp_path.is_relative_to(MEMORY)
    assert not os.access(DISK, os.W_OK) or tmp_path.is_relative_to(DISK)


def test_too_little_room_is_none(tmp_path: Path) -> None:
    assert memory(tmp_path, room=1) == tmp_path
    assert memory(tmp_path, room=1 << 60) is None
    assert memory(tmp_path / "absent", room=1) is None


def test_a_run_that_ends_leaves_nothing(tmp_path: Path) -> None:
    made = RunFolder(tmp_path)
    (made.path / "file").write_text("x")
    made.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next_and_a_living_ones_is_not(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        RunFolder(tmp_path).remove()
        assert folder.is_dir(), "it lives"
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert folder.is_dir()
    RunFolder(tmp_path).remove()
    assert list(tmp_path.iterdir()) == []
