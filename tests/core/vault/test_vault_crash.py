"""kill -9 at every line: whatever was being written, one whole vault is there afterwards.

A single-threaded child forks once per step; the grandchild kills itself with SIGKILL at its n-th traced line inside the
files that write, so every point between two writes is met, without a seam in the product for it. Tracing begins when the
clock is first read or the database key is drawn: all writing comes after, and the slow estimate of strength before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = [pytest.mark.disk, pytest.mark.slow]

CHILD = """
import json, os, shutil, signal, sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path
import zxcvbn
from core.vault.account import Accounts
from core.vault.errors import NoAccount, WrongPasscode
from core.vault.profile import Profile
from tests.support.devices import BETTER, CHEAP, GOOD, FakeClock, MemoryStore

root, story = Path(sys.argv[1]), sys.argv[2]
TRACED = ("account.py", "attempts.py", "durable.py")

@contextmanager
def on(home, before_writing=lambda: None):
    clock = FakeClock()
    def armed_clock():
        before_writing()
        return clock()
    def armed_draw(size):
        if size == 32:
            before_writing()
        return os.urandom(size)
    with Profile(home) as profile:
        yield Accounts(profile, CHEAP, [MemoryStore()], armed_clock, armed_draw)

def act(accounts):
    accounts.create(GOOD) if story == "create" else accounts.change_passcode(GOOD, BETTER)

left = 0

def die_at(step):
    global left
    left = step
    def trace(frame, event, argument):
        global left
        if not frame.f_code.co_filename.endswith(TRACED):
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    return lambda: sys.gettrace() or sys.settrace(trace)

def opens(home, passcode):
    try:
        with on(home) as accounts:
            return accounts.unlock(passcode).identity
    except WrongPasscode:
        return None
    except NoAccount:
        return "no account"

template = root / "template"
Profile(template).close()
if story == "change":
    with on(template) as accounts:
        accounts.create(GOOD)
for step in count():
    home = root / str(step)
    shutil.copytree(template, home)
    pid = os.fork()
    if pid == 0:
        with on(home, die_at(step)) as accounts:
            act(accounts)
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    wrong = (home / "attempts").read_bytes()[1:5].hex() if (home / "attempts").exists() else ""
    names = sorted(path.name for path in home.iterdir())
    print(json.dumps([killed, opens(home, GOOD), opens(home, BETTER), wrong, names]))
    shutil.rmtree(home)
    if not killed:
        sys.exit(status)
"""


class Wreck(NamedTuple):
    """What one killed process left: whom the old and the new passcode open, the wrong attempts counted, the files."""

    killed: bool
    old: str | None
    new: str | None
    wrong: str
    names: list[str]


def wrecks_of(story: str, tmp_path: Path) -> list[Wreck]:
    command = [sys.executable, "-c", CHILD, str(tmp_path), story]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wrecks = [Wreck(*json.loads(line)) for line in done.stdout.splitlines()]
    assert len(wrecks) > 30
    assert [wreck.killed for wreck in wrecks] == [True] * (len(wrecks) - 1) + [False]
    return wrecks


@pytest.fixture(scope="module")
def changes(disk_folder: Path) -> list[Wreck]:
    return wrecks_of("change", Path(tempfile.mkdtemp(dir=disk_folder)))


def test_killed_while_changing_the_passcode_exactly_one_of_the_two_opens_the_account(changes: list[Wreck]) -> None:
    wrecks = changes
    alice = wrecks[0].old
    assert {(wreck.old, wreck.new) for wreck in wrecks} == {(alice, None), (None, alice)}
    changed = [wreck.new == alice for wreck in wrecks]
    assert changed == sorted(changed)  # once changed, always changed
    assert {name for wreck in wrecks for name in wreck.names} == {"vault", "vault.new", "attempts", "lock"}


def test_killed_in_mid_attempt_the_attempt_is_counted(changes: list[Wreck]) -> None:
    """From the moment it is committed until the passcode proved right, the attempt stands on disk as a wrong one."""
    counted = [wreck.wrong for wreck in changes]
    first, last = counted.index("00000001"), len(counted) - counted[::-1].index("00000001")
    assert counted[first:last] == ["00000001"] * (last - first)
    assert set(counted[:first] + counted[last:]) == {"00000000"}
    assert last - first > 5


def test_killed_while_creating_there_is_an_account_or_none(tmp_path: Path) -> None:
    wrecks = wrecks_of("create", tmp_path)
    assert {wreck.old == "no account" for wreck in wrecks} == {True, False}
    assert all(wreck.old is not None for wreck in wrecks)
    assert wrecks[-1].old != "no account"
