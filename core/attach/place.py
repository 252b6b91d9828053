"""Where a core's socket lies, and how it is found from the home: a *pointer*, the file ``core`` in the home.

A socket cannot lie in the home itself: its name may have 107 bytes at most, and network file systems have none. So it lies
in a directory of its own, 0700, under a random name, in the user's run-time directory or else in one for temporary files.
The pointer names it, and the machine; it is written by the holder of the profile's lock alone.

In a directory that others can write, a name may be a trap. The random name is made by ``mkdir``, which follows no link and
takes nothing that is there already; the sticky bit keeps others from renaming it. Who follows a pointer looks at the
directory and the socket themselves (``lstat``) before connecting, and asks the kernel who listens (``core.attach.peer``).
"""

from __future__ import annotations

import os
import secrets
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from core.api import ApiError, Kind
from core.errors import CoreError
from core.sentence import N_, sentence
from core.vault.durable import DIRECTORY_MODE, FILE_MODE, replace_file
from core.vault.profile import CORE, VAULT

POINTER: Final = CORE
SOCKET: Final = "core"
PREFIX: Final = "sottovoce-"
# Bytes of a socket's name: sun_path has 108, one of them for the end.
MAX_NAME_SIZE: Final = 107
# Bytes of a pointer: a name and a few numbers.
MAX_POINTER_SIZE: Final = 4096
# Random bytes in a directory's name: not to be guessed, so that nothing lies there before.
TAG_SIZE: Final = 12
# Connections that wait to be accepted.
BACKLOG: Final = 16
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class Pointer(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says. ``socket`` is empty while the core is starting; ``boot`` is the machine's since it was started."""

    socket: str
    pid: int
    host: str
    boot: str


@dataclass(frozen=True, slots=True)
class Place:
    """A socket that is being listened on."""

    listener: socket.socket
    path: Path
    inode: int

    def is_there(self) -> bool:
        """Tell whether the name still leads to it: a run-time directory goes with the user's last session."""
        try:
            return self.path.lstat().st_ino == self.inode
        except OSError:
            return False

    def close(self) -> None:
        """Stop listening and remove what was made."""
        self.listener.close()
        _remove(self.path)


def this_boot() -> str:
    """Return what tells this machine, since it was started, from others; empty where the system does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


# --- the core's side --------------------------------------------------------------------------------------------------


def listen(home: Path, environ: Mapping[str, str] = os.environ) -> Place:
    """Listen at a new place. Raises ``ApiError`` where none can be had."""
    reasons: list[str] = []
    for base in _bases(home, environ):
        try:
            return _listen_in(base)
        except (OSError, ValueError) as error:
            reasons.append(f"{base}: {getattr(error, 'strerror', None) or error}")
    raise ApiError(
        Kind.FAILED,
        sentence(
            "There is no folder for the socket of a core ({reasons}). Set XDG_RUNTIME_DIR to a folder of your own.",
            reasons="; ".join(reasons),
        ),
    )


def _bases(home: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield directories to try, the best first: short names on this machine's own file systems."""
    named = environ.get("XDG_RUNTIME_DIR", "")
    if named.startswith("/"):
        yield Path(named)
    yield Path(f"/run/user/{os.geteuid()}")
    temporary = environ.get("TMPDIR", "")
    if temporary.startswith("/"):
        yield Path(temporary)
    yield from (Path("/tmp"), Path("/var/tmp"), home)  # noqa: S108 -- see ``check_base``, and mkdir of a random name


def _listen_in(base: Path) -> Place:
    """Listen in a directory of its own below ``base``. Raises ``OSError``, and ``ValueError`` if it is not safe there."""
    check_base(base)
    directory = base / f"{PREFIX}{secrets.token_hex(TAG_SIZE)}"
    path = directory / SOCKET
    if len(os.fsencode(path)) > MAX_NAME_SIZE:
        raise ValueError(N_("the name is too long for a socket"))
    directory.mkdir(DIRECTORY_MODE)  # raises where there is something already, a link too
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        directory.chmod(DIRECTORY_MODE)  # the umask may have taken bits away
        os.fchmod(listener.fileno(), FILE_MODE)  # the name gets this mode, less the umask: at no moment more
        listener.bind(os.fspath(path))
        path.chmod(FILE_MODE)
        check_socket(path)
        listener.listen(BACKLOG)
        return Place(listener, path, path.lstat().st_ino)
    except BaseException:
        listener.close()
        _remove(path)
        raise


def check_base(base: Path) -> None:
    """Refuse a directory in which another user could put something in place of ours. Raises ``ValueError``, ``OSError``."""
    found = base.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise ValueError(N_("not a directory"))
    if found.st_uid not in {0, os.geteuid()}:
        raise ValueError(N_("another user's directory"))
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not found.st_mode & stat.S_ISVTX:
        raise ValueError(N_("others can write there"))


def check_socket(path: Path) -> None:
    """Refuse a socket that is not ours alone, or not in a directory that is. Raises ``ValueError``, ``OSError``."""
    directory, found = path.parent.lstat(), path.lstat()
    if not stat.S_ISDIR(directory.st_mode) or not stat.S_ISSOCK(found.st_mode):
        raise ValueError(N_("no socket in a directory of its own"))
    if {directory.st_uid, found.st_uid} != {os.geteuid()}:
        raise ValueError(N_("another user's"))
    if (directory.st_mode | found.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError(N_("open to others"))


def publish(home: Path, path: Path | None) -> None:
    """Let the pointer lead to a socket, or say that the core is starting. Raises the errors of ``core.vault.durable``."""
    pointer = Pointer(
        socket="" if path is None else os.fspath(path), pid=os.getpid(), host=socket.gethostname(), boot=this_boot()
    )
    replace_file(home / POINTER, msgspec.json.encode(pointer))


def publish_again(home: Path, path: Path) -> None:
    """Publish in a home that was made anew since: its account was removed, and another one made."""
    if (home / VAULT).exists() and not (home / POINTER).exists():
        with suppress(OSError, CoreError):  # it is tried again
            publish(home, path)


def retract(home: Path) -> None:
    """Remove the pointer if it is this process's."""
    pointer = read_pointer(home)
    if pointer is not None and pointer.pid == os.getpid() and pointer.boot == this_boot():
        with suppress(OSError):
            (home / POINTER).unlink()


def clear_stale(home: Path) -> None:
    """Remove the socket that a killed core left behind. The caller holds the profile's lock, so that none runs."""
    pointer = read_pointer(home)
    if pointer is not None and pointer.socket:
        path = Path(pointer.socket)
        with suppress(OSError, ValueError):
            if path.parent.name.startswith(PREFIX):
                check_socket(path)
                _remove(path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


# --- the side that looks for it -----------------------------------------------------------------------------------------


def read_pointer(home: Path) -> Pointer | None:
    """Return what the pointer of a home says; None where there is none, or none that can be read.

    One of another user, or that others can write, is refused. Raises ``ApiError``.
    """
    try:
        handle = os.open(home / POINTER, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            return None
        if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ApiError(
                Kind.READ_ONLY,
                sentence(
                    "{pointer} says where a core of yours is, and other users can write it: remove it, and start again.",
                    pointer=str(home / POINTER),
                ),
            )
        return msgspec.json.decode(os.read(handle, MAX_POINTER_SIZE), type=Pointer)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    finally:
        os.close(handle)


def is_starting(pointer: Pointer | None) -> bool:
    """Tell whether a core is about to listen."""
    if pointer is None or pointer.socket or pointer.boot != this_boot():
        return False
    try:
        os.kill(pointer.pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return pointer.pid > 0
