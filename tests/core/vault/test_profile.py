"""The home, the mark outside it, the node key, the process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from core.vault import durable, node_key
from core.vault.errors import DiskFull, ProfileInUse, ReadOnlyHome, UnsafeHome, VaultDamaged
from core.vault.mark import Mark, marks_directory
from core.vault.profile import Profile
from tests.support.devices import repeatable

pytestmark = pytest.mark.disk

TAG, KEY = bytes(16), b"k" * 32

# A process that holds a home until its standard input ends; says what it met.
HOLDER = """
import sys
from collections.abc import Iterator
from pathlib import Path
from core.vault.errors import ProfileInUse
from core.vault.profile import Profile
try:
    profile = Profile(Path(sys.argv[1]))
    print("held", flush=True)
    sys.stdin.read()
except ProfileInUse:
    print("in use", flush=True)
"""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("loose_umask")
def test_home_and_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    with Profile(tmp_path / "deep" / "home") as profile:
        durable.replace_file(profile.vault, b"vault")
        assert mode_of(profile.home) == 0o700
        assert {mode_of(path) for path in profile.home.iterdir()} == {0o600}


def test_a_strict_umask_does_not_lock_us_out(tmp_path: Path) -> None:
    before = os.umask(0o777)
    try:
        with Profile(tmp_path / "home") as profile:
            durable.replace_file(profile.vault, b"vault")
    finally:
        os.umask(before)
    assert (mode_of(profile.home), mode_of(profile.vault)) == (0o700, 0o600)


def test_rights_of_others_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o755)
    with Profile(tmp_path / "home") as profile:
        assert mode_of(profile.home) == 0o700


def test_a_home_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with Profile(tmp_path / "home"), pytest.raises(ProfileInUse):
        Profile(tmp_path / "home")
    with Profile(tmp_path / "home"):
        pass


@pytest.mark.slow
def test_another_process_is_kept_out_until_the_first_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "home")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ProfileInUse):
            Profile(tmp_path / "home")
        holder.kill()
    with Profile(tmp_path / "home"):
        second = subprocess.run(command, check=True, capture_output=True, text=True, input="")
        assert second.stdout == "in use\n"


def test_a_link_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeHome):
        Profile(tmp_path / "home")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(UnsafeHome):
        Profile(tmp_path / "home")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_another_users_directory_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", 12345, 12345)
    with pytest.raises(UnsafeHome):
        Profile(tmp_path / "home")


@pytest.mark.parametrize("name", ["lock", "vault", "vault.new"])
def test_no_link_inside_is_followed(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / name).symlink_to(victim)
    if name == "vault":
        with pytest.raises(UnsafeHome), Profile(tmp_path / "home") as profile:
            durable.read_file(profile.vault, 100)
    else:
        with pytest.raises(UnsafeHome), Profile(tmp_path / "home") as profile:
            durable.replace_file(profile.vault, b"vault")
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    ("number", "kind"),
    [("ENOSPC", DiskFull), ("EDQUOT", DiskFull), ("EROFS", ReadOnlyHome), ("EACCES", ReadOnlyHome), ("EIO", OSError)],
)
def test_what_the_disk_says_has_a_type(number: str, kind: type[Exception]) -> None:
    import errno

    with pytest.raises(kind), durable.disk_errors():
        raise OSError(getattr(errno, number), "disk")


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    """A file size limit stands for the full disk: the kernel refuses the write half way."""
    code = """
import resource, signal, sys
from pathlib import Path
from core.vault.durable import replace_file
from core.vault.errors import DiskFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    replace_file(Path(sys.argv[1]), bytes(200))
except DiskFull:
    sys.exit(7)
"""
    path = tmp_path / "vault"
    path.write_bytes(b"old")
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 7
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["vault"]


# --- the mark ---------------------------------------------------------------------------------------------------------


def test_a_mark_is_read_back_and_unreadable_under_another_key(tmp_path: Path) -> None:
    mark = Mark(TAG, KEY, tmp_path / "marks")
    assert mark.read() is None
    assert mark.write(2**64 - 1)
    assert mark.read() == 2**64 - 1
    assert mark.write(7)
    assert Mark(TAG, KEY, tmp_path / "marks").read() == 7
    assert Mark(TAG, b"x" * 32, tmp_path / "marks").read() is None


def test_a_marks_name_tells_nothing_and_its_file_is_private(tmp_path: Path) -> None:
    for number in range(20):
        Mark(bytes([number]) * 16, KEY, tmp_path).write(number)
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 20
    assert all(len(name) == 32 for name in names)
    assert {mode_of(path) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.usefixtures("loose_umask")
def test_marks_are_nobody_elses_business_whatever_the_umask(tmp_path: Path) -> None:
    marks = tmp_path / "state" / "sottovoce" / "marks"
    assert Mark(TAG, KEY, marks).write(1)
    (mark,) = marks.iterdir()
    assert [mode_of(path) for path in (marks, *marks.parents[:2])] == [0o700] * 3
    assert mode_of(mark) == 0o600


def test_rights_of_others_to_the_marks_are_taken_away(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    assert Mark(TAG, KEY, marks).write(1)
    (mark,) = marks.iterdir()
    marks.chmod(0o777)
    mark.chmod(0o666)
    assert Mark(TAG, KEY, marks).write(2)
    assert (mode_of(marks), mode_of(mark)) == (0o700, 0o600)


def test_a_strict_umask_does_not_lock_us_out_of_the_marks(tmp_path: Path) -> None:
    before = os.umask(0o777)
    try:
        assert Mark(TAG, KEY, tmp_path / "state" / "marks").write(1)
    finally:
        os.umask(before)
    assert (mode_of(tmp_path / "state"), mode_of(tmp_path / "state" / "marks")) == (0o700, 0o700)


def test_a_link_in_place_of_the_marks_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "marks").symlink_to(tmp_path / "elsewhere")
    assert Mark(TAG, KEY, tmp_path / "marks").write(1) is False
    assert list((tmp_path / "elsewhere").iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.integers(0, 319))
def test_an_altered_mark_is_no_mark(tmp_path: Path, bit: int) -> None:
    mark = Mark(TAG, KEY, tmp_path)
    mark.write(41)
    path = next(path for path in tmp_path.iterdir() if path.is_file())
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)
    assert mark.read() is None


def test_a_place_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "marks").touch()
    mark = Mark(TAG, KEY, tmp_path / "marks")
    assert mark.write(1) is False
    assert mark.read() is None


def test_marks_are_outside_the_data_directory() -> None:
    from platformdirs import user_data_path

    assert not marks_directory().is_relative_to(user_data_path("sottovoce"))


# --- the node key -----------------------------------------------------------------------------------------------------


def test_a_nodes_key_is_drawn_once(tmp_path: Path) -> None:
    first = node_key.load_or_create(tmp_path / "node.key", repeatable("node"))
    assert node_key.load_or_create(tmp_path / "node.key") == first
    assert first.node_secret != first.database_key
    assert (len(first.node_secret), len(first.database_key)) == (32, 32)
    assert mode_of(tmp_path / "node.key") == 0o600
    assert repr(first) == "NodeKey(…)"


@pytest.mark.parametrize("data", [b"", b"\x02" * 68, b"\x01" + bytes(68), bytes(70)])
def test_a_file_that_is_no_node_key_is_not_overwritten(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "node.key").write_bytes(data)
    with pytest.raises(VaultDamaged):
        node_key.load_or_create(tmp_path / "node.key")
    assert (tmp_path / "node.key").read_bytes() == data


def test_a_persons_node_becomes_another_after_a_month_and_keeps_what_it_stores(tmp_path: Path) -> None:
    def key_on(day: int) -> node_key.NodeKey:
        return node_key.load_or_create(tmp_path / "node.key", today=day, lifetime_days=node_key.LIFETIME_DAYS)

    first = key_on(20_000)
    assert key_on(20_030) == first
    second = key_on(20_031)
    assert second.node_secret != first.node_secret
    assert second.database_key == first.database_key
    assert key_on(20_060) == second
    assert key_on(19_000).node_secret != second.node_secret  # drawn in what is now the future
    headless = node_key.load_or_create(tmp_path / "node.key", today=99_999)
    assert headless == node_key.load_or_create(tmp_path / "node.key")


# --- the process ------------------------------------------------------------------------------------------------------


def test_a_hardened_process_dumps_no_core_and_is_not_dumpable() -> None:
    code = """
import ctypes, resource, sys
from core.vault.hardening import harden_process
assert harden_process()
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
assert sys.platform != "linux" or ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0  # PR_GET_DUMPABLE
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
