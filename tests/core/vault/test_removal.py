"""What is removed with an account, what is not touched, and what a kill in the middle leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.vault import removal
from core.vault.account import Accounts
from core.vault.errors import HalfRemoved
from core.vault.mark import Mark
from core.vault.profile import Profile
from tests.support.devices import CHEAP, GOOD, FakeClock, MemoryStore

FOLDERS = {"own-node": ("node.key", "parcels.db", "lock")}
FILES = (
    "history.db",
    "history.db-wal",
    "own-node/node.key",
    "own-node/parcels.db",
    "own-node/parcels.db-wal",
    "own-node/lock",
)


class Made:
    """A home with an account, and what that laid elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.home, self.marks, self.store = folder / "home", folder / "marks", MemoryStore()
        with Profile(self.home) as profile:
            unlocked = Accounts(profile, CHEAP, [self.store], FakeClock()).create(GOOD)
        (self.home / "own-node").mkdir()
        for name in FILES:
            (self.home / name).write_bytes(b"something")
        self.tag = unlocked.tag
        self.mark = Mark(unlocked.tag, unlocked.database_key, self.marks)
        self.mark.write(7)

    def begin(self) -> None:
        removal.begin(self.home, self.tag, self.mark.path)

    def finish(self) -> list[str]:
        return removal.finish(self.home, [self.store], FOLDERS, self.marks)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def test_nothing_is_left_of_an_account(made: Made, tmp_path: Path) -> None:
    assert made.store.kept
    made.begin()
    assert removal.has_begun(made.home)
    assert made.finish() == []
    assert list(tmp_path.iterdir()) == []
    assert made.store.kept == {}


def test_what_is_not_ours_stays_and_is_told(made: Made) -> None:
    (made.home / "letters.txt").write_text("mine")
    (made.home / "own-node" / "notes").write_text("mine too")
    made.begin()
    assert made.finish() == ["letters.txt", "own-node"]
    assert (made.home / "letters.txt").read_text() == "mine"
    assert [each.name for each in (made.home / "own-node").iterdir()] == ["notes"]


def test_other_accounts_marks_stay(made: Made) -> None:
    (made.marks / ("0" * 32)).write_bytes(b"another's")
    made.begin()
    made.finish()
    assert [each.name for each in made.marks.iterdir()] == ["0" * 32]


def test_a_link_in_place_of_a_folder_is_not_followed(made: Made, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (made.home / "own-node").rename(elsewhere)
    (made.home / "own-node").symlink_to(elsewhere)
    made.begin()
    assert made.finish() == ["own-node"]
    assert (elsewhere / "parcels.db").exists()


def test_a_note_that_is_not_ours_leads_nowhere(made: Made, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    notes: list[object] = [{"tag": "../x", "mark": "../victim"}, {"tag": 5, "mark": str(victim)}, [], "x"]
    for known in notes:
        (made.home / removal.REMOVING).write_text(json.dumps(known))
        made.home.mkdir(exist_ok=True)
        made.finish()
        assert victim.read_text() == "mine"
        made.home.mkdir()


def test_the_vault_is_overwritten_before_it_goes(made: Made) -> None:
    before = (made.home / "vault").read_bytes()
    os.link(made.home / "vault", made.home / "kept")
    made.begin()
    made.finish()
    after = (made.home / "kept").read_bytes()
    assert len(after) == len(before)
    assert not any(before[at : at + 16] in after for at in range(0, len(before), 16))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_what_cannot_go_is_told_and_tried_again(made: Made) -> None:
    made.begin()
    (made.home / "own-node").chmod(0o500)
    with pytest.raises(HalfRemoved):
        made.finish()
    assert removal.has_begun(made.home)
    (made.home / "own-node").chmod(0o700)
    assert made.finish() == []


# --- kill -9 at every line ----------------------------------------------------------------------------------------------

CHILD = """
import os, shutil, signal, sys
from pathlib import Path
from core.vault import removal
from tests.core.vault.test_removal import FOLDERS, Made
from tests.support.devices import CHEAP, GOOD, FakeClock
from core.vault.account import Accounts
from core.vault.profile import Profile

root = Path(sys.argv[1])
made = Made(root)
shutil.copytree(root, root.parent / "copy")
for step in range(1, 2000):
    child = os.fork()
    if not child:
        left = step
        def trace(frame, event, argument):
            global left
            if not frame.f_code.co_filename.endswith(("removal.py", "durable.py")):
                return None
            if event == "line":
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace
        sys.settrace(trace)
        made.begin()
        made.finish()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    has_begun = removal.has_begun(made.home)
    if has_begun:
        made.finish()
    if not has_begun and (made.home / "vault").exists():
        with Profile(made.home) as profile:
            Accounts(profile, CHEAP, [], FakeClock()).unlock(GOOD)
        assert len(os.listdir(made.marks)) == 1
        print("opens")
    else:
        left_over = sorted(each.name for each in made.home.iterdir()) if made.home.exists() else []
        assert left_over in ([], ["lock"]), left_over
        assert not made.marks.exists() or not os.listdir(made.marks)
        print("gone")
    if status == 0:
        print("whole")
        break
    shutil.rmtree(root)
    shutil.copytree(root.parent / "copy", root)
"""


@pytest.mark.slow
@pytest.mark.disk
def test_kill_at_every_line_leaves_an_account_that_opens_or_none(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "root")], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split()
    assert lines[-1] == "whole"
    assert lines[0] == "opens"
    assert lines.count("gone") > 50
    assert lines == sorted(lines, key=["opens", "gone", "whole"].index)  # once it is gone it does not come back
