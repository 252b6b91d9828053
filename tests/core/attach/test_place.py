"""The socket lies where no other user gets at it, and is found from the home; what could be a trap is refused."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from core.api import ApiError
from core.attach import peer, place
from core.attach.place import MAX_NAME_SIZE, Place, Pointer


@pytest.fixture
def short() -> Generator[Path]:
    """A directory whose name leaves room for a socket's."""
    with TemporaryDirectory(prefix="sv", dir="/tmp") as path:
        yield Path(path)


@pytest.fixture
def home(short: Path) -> Path:
    (short / "home").mkdir(0o700)
    return short / "home"


@pytest.fixture
def runtime(short: Path) -> Path:
    (short / "run").mkdir(0o700)
    return short / "run"


@pytest.fixture
def found(home: Path, runtime: Path) -> Generator[Place]:
    made = place.listen(home, {"XDG_RUNTIME_DIR": str(runtime)})
    yield made
    made.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("umask", [0, 0o077, 0o777])
def test_whatever_the_umask_the_socket_is_its_owners_alone(home: Path, runtime: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        made = place.listen(home, {"XDG_RUNTIME_DIR": str(runtime)})
    finally:
        os.umask(before)
    assert made.path.is_relative_to(runtime)
    assert (mode(made.path), mode(made.path.parent)) == (0o600, 0o700)
    made.close()
    assert list(runtime.iterdir()) == []


def test_it_is_so_from_the_first_moment_that_it_has_a_name(
    home: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, int]] = []
    chmod = Path.chmod

    def look_first(path: Path, wanted: int) -> None:
        seen.append((path.is_socket(), mode(path)))
        chmod(path, wanted)

    monkeypatch.setattr(Path, "chmod", look_first)
    before = os.umask(0)
    try:
        place.listen(home, {"XDG_RUNTIME_DIR": str(runtime)}).close()
    finally:
        os.umask(before)
    assert seen == [(False, 0o700), (True, 0o600)]


def test_two_cores_never_have_one_name(home: Path, runtime: Path, found: Place) -> None:
    other = place.listen(home, {"XDG_RUNTIME_DIR": str(runtime)})
    assert other.path != found.path
    other.close()


def test_a_run_time_directory_that_others_write_is_passed_over(home: Path, runtime: Path) -> None:
    runtime.chmod(0o777)
    made = place.listen(home, {"XDG_RUNTIME_DIR": str(runtime)})
    assert not made.path.is_relative_to(runtime)
    made.close()


def test_one_whose_name_is_too_long_is_passed_over_too(home: Path, runtime: Path) -> None:
    deep = runtime / ("d" * MAX_NAME_SIZE)
    deep.mkdir(0o700)
    made = place.listen(home, {"XDG_RUNTIME_DIR": str(deep)})
    assert len(os.fsencode(made.path)) <= MAX_NAME_SIZE
    assert not made.path.is_relative_to(deep)
    made.close()


def test_it_is_noticed_when_the_directory_goes_or_another_socket_lies_there(found: Place) -> None:
    assert found.is_there()
    found.path.rename(found.path.with_name("away"))
    assert not found.is_there()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(os.fspath(found.path))
        assert not found.is_there()
    (found.path.with_name("away")).unlink()


# --- the pointer ------------------------------------------------------------------------------------------------------


def test_the_pointer_leads_there_until_its_writer_takes_it_back(home: Path, found: Place) -> None:
    place.publish(home, found.path)
    assert mode(home / place.POINTER) == 0o600
    pointer = place.read_pointer(home)
    assert pointer is not None
    assert (pointer.socket, pointer.pid) == (str(found.path), os.getpid())
    place.retract(home)
    assert place.read_pointer(home) is None


def test_the_pointer_of_another_process_is_left_alone(home: Path) -> None:
    write(home, Pointer(socket="/x/core", pid=1, host="here", boot=place.this_boot()))
    place.retract(home)
    assert place.read_pointer(home) is not None


def write(home: Path, pointer: Pointer) -> None:
    (home / place.POINTER).write_bytes(msgspec.json.encode(pointer))
    (home / place.POINTER).chmod(0o600)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"socket": 1}', b"\xff", b"{" * 5000])
def test_a_pointer_that_says_nothing_is_none(home: Path, text: bytes) -> None:
    (home / place.POINTER).write_bytes(text)
    (home / place.POINTER).chmod(0o600)
    assert place.read_pointer(home) is None


def test_a_pointer_that_others_can_write_is_refused(home: Path) -> None:
    write(home, Pointer(socket="/x/core", pid=1, host="here", boot=""))
    (home / place.POINTER).chmod(0o622)
    with pytest.raises(ApiError, match="other users can write it"):
        place.read_pointer(home)


def test_a_link_or_a_pipe_at_its_name_is_no_pointer(home: Path) -> None:
    write(home, Pointer(socket="/x/core", pid=1, host="here", boot=""))
    (home / place.POINTER).rename(home / "elsewhere")
    (home / place.POINTER).symlink_to(home / "elsewhere")
    assert place.read_pointer(home) is None
    (home / place.POINTER).unlink()
    os.mkfifo(home / place.POINTER)
    assert place.read_pointer(home) is None


def test_only_a_live_process_of_this_machine_is_starting() -> None:
    here = place.this_boot()
    assert place.is_starting(Pointer(socket="", pid=os.getpid(), host="here", boot=here))
    assert not place.is_starting(Pointer(socket="/x", pid=os.getpid(), host="here", boot=here))
    assert not place.is_starting(Pointer(socket="", pid=2**22 + 1, host="here", boot=here))
    assert not place.is_starting(Pointer(socket="", pid=os.getpid(), host="there", boot="another"))
    assert not place.is_starting(None)


def test_what_a_killed_core_left_is_cleared_and_nothing_else(home: Path, runtime: Path, found: Place) -> None:
    mine = runtime / "mine"
    mine.mkdir(0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(os.fspath(mine / "core"))
    (mine / "core").chmod(0o600)
    for path, is_left in ((found.path, False), (mine / "core", True)):
        place.publish(home, path)
        place.clear_stale(home)
        assert path.exists() is is_left


# --- what is looked at before connecting -------------------------------------------------------------------------------


def test_a_socket_of_ours_alone_is_taken(found: Place) -> None:
    place.check_socket(found.path)


@pytest.mark.parametrize("harm", ["open", "open directory", "link", "linked directory", "file"])
def test_what_could_be_a_trap_is_not(found: Place, runtime: Path, harm: str) -> None:
    path = found.path
    if harm == "open":
        path.chmod(0o666)
    elif harm == "open directory":
        path.parent.chmod(0o755)
    elif harm == "link":
        path.rename(path.with_name("real"))
        path.symlink_to("real")
    elif harm == "linked directory":
        path.parent.rename(runtime / "real")
        path.parent.symlink_to("real")
    else:
        path.unlink()
        path.touch(0o600)
    with pytest.raises(ValueError, match=r"open|directory of its own"):
        place.check_socket(path)


def test_another_users_socket_is_refused(found: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(ValueError, match="another user's"):
        place.check_socket(found.path)


def test_a_directory_that_others_could_rename_ours_in_is_no_base(runtime: Path) -> None:
    place.check_base(Path("/tmp"))
    runtime.chmod(0o1777)
    place.check_base(runtime)
    runtime.chmod(0o777)
    with pytest.raises(ValueError, match="others can write"):
        place.check_base(runtime)


# --- who is at the other end -----------------------------------------------------------------------------------------


def test_the_kernel_says_whose_the_other_end_is(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = socket.socketpair()
    with one, other:
        assert peer.is_same_user(one)
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
        assert not peer.is_same_user(one)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_told_from_us(short: Path) -> None:
    name = os.fspath(short / "open")
    short.chmod(0o711)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        Path(name).chmod(0o666)
        listener.listen()
        child = os.fork()
        if child == 0:
            try:
                os.setuid(65534)
                stranger = socket.socket(socket.AF_UNIX)
                stranger.connect(name)
                os._exit(0 if not peer.is_same_user(stranger) else 1)
            finally:
                os._exit(2)
        connection, _ = listener.accept()
        with connection:
            assert peer.user_at(connection) == 65534
            assert not peer.is_same_user(connection)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
