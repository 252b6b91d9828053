"""The side that attaches: a connected socket, whose other end is this user's core and has told its version.

Plain blocking calls with deadlines, before any loop runs. A core that was killed leaves its pointer and its socket behind:
nothing listens there, and the caller goes on as if there were none. What cannot be told from a trap is refused.
"""

from __future__ import annotations

import errno
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from core.api import ApiError, Command, CoreGet, CoreInfo, CoreStop, Kind, R
from core.attach.peer import is_same_user
from core.attach.place import check_socket, is_starting, read_pointer, this_boot
from core.rpc.jsonrpc import MAX_LINE_SIZE
from core.rpc.replies import decode_line, encode_request, result_of
from core.sentence import N_, Sentence, sentence

# Seconds for a core to say its version: it answers in a millisecond, unless it hangs or its machine is overloaded.
HELLO: Final = 15.0
# Seconds for a core to start: two or three, on a slow disk more.
START: Final = 60.0
# Seconds for a core to end: it commits what it holds, and says goodbye to its peers.
END: Final = 30.0
# Seconds between two looks at a pointer.
LOOK_AGAIN: Final = 0.05
# Nothing listens there any more, or the directory is gone with its user's session.
_STALE: Final = frozenset({errno.ECONNREFUSED, errno.ENOENT, errno.ENOTDIR, errno.ECONNRESET, errno.EPIPE})
READ_SIZE: Final = 65536


@dataclass(slots=True)
class Link:
    """A connection to a core. ``rest``: what the core said besides, which belongs to whoever reads on."""

    connection: socket.socket
    info: CoreInfo
    rest: bytes


def attach(home: Path, version: str, *, patience: float = HELLO) -> Link | None:
    """Attach to the core of a home, waiting for one that is just starting; None where none runs. Raises ``ApiError``.

    ``version`` is the caller's. A core of another one is told of in ``info``, and answers nothing but its end.
    """
    connection = _connect(home)
    if connection is None:
        return None
    try:
        connection.settimeout(patience)
        info, rest = ask(connection, 0, CoreGet(version=version))
        connection.settimeout(None)
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError):
            raise _silent(home) from None
        if isinstance(error, OSError) and error.errno in _STALE:
            return None  # it ended just now
        raise
    return Link(connection, info, rest)


def _connect(home: Path) -> socket.socket | None:
    deadline = time.monotonic() + START
    pointer = read_pointer(home)
    while is_starting(pointer) and time.monotonic() < deadline:
        time.sleep(LOOK_AGAIN)
        pointer = read_pointer(home)
    if pointer is None or not pointer.socket or pointer.boot != this_boot():
        return None  # none, or one of another machine, or of before this one was started
    path = Path(pointer.socket)
    try:
        check_socket(path)
    except OSError:
        return None
    except ValueError as error:
        raise _unsafe(home, str(error)) from None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(HELLO)
        connection.connect(pointer.socket)
        if not is_same_user(connection):
            raise _unsafe(home, N_("another user listens there"))
    except BaseException as error:
        connection.close()
        if isinstance(error, TimeoutError | BlockingIOError):
            raise _silent(home) from None
        if isinstance(error, OSError) and error.errno in _STALE:
            return None
        raise
    return connection


def ask(connection: socket.socket, number: int, command: Command[R], said: bytes = b"") -> tuple[R, bytes]:
    """Give a command and wait for its answer; return its result, and what else was said meanwhile.

    ``said``: what the core had said before. Raises ``ApiError``, and ``OSError`` when the core is gone or silent.
    """
    with suppress(BrokenPipeError):  # it may have said why before it closed
        connection.sendall(encode_request(number, command))
    others = b""
    while True:
        line, end, said = said.partition(b"\n")
        if not end:
            said = line + (more := connection.recv(READ_SIZE))
            if not more:
                raise ConnectionResetError(errno.ECONNRESET, "the core ended")
            if len(said) > MAX_LINE_SIZE:
                raise _strange()
            continue
        try:
            decoded = decode_line(line)
        except msgspec.DecodeError:
            raise _strange() from None
        if decoded.id == number or (decoded.error is not None and decoded.id is None):
            result: R = result_of(decoded, type(command))
            return result, others + said
        others += line + end


def other_version(info: CoreInfo, version: str) -> ApiError:
    """Return what is said of a core of another version."""
    return ApiError(
        Kind.CORE_VERSION,
        sentence(
            "The core that runs here is version {version}, and this program is {ours}: end it by `sottovoce core --stop`, "
            "and start again.",
            version=info.version,
            ours=version,
        ),
        core=info.version,
    )


def stop(link: Link, *, patience: float = END) -> bool:
    """Let a core end, and wait for that; tell whether it did in time. Raises ``ApiError``."""
    deadline = time.monotonic() + patience
    with link.connection as connection:
        try:
            connection.sendall(encode_request(1, CoreStop()))
            while (left := deadline - time.monotonic()) > 0:
                connection.settimeout(left)
                if not connection.recv(READ_SIZE):
                    break
        except (TimeoutError, ConnectionError):
            pass  # it is ending
    while _runs(link.info.pid) and time.monotonic() < deadline:
        time.sleep(LOOK_AGAIN)
    return not _runs(link.info.pid)


def _runs(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and whose parent did not look yet does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[:1] != ["Z"]


def _silent(home: Path) -> ApiError:
    pointer = read_pointer(home)
    if pointer is None:
        said = sentence("The core of {home} does not answer: end its process, and start again.", home=str(home))
    else:
        said = sentence(
            "The core of {home} does not answer: end process {pid}, and start again.", home=str(home), pid=pointer.pid
        )
    return ApiError(Kind.FAILED, said)


def _unsafe(home: Path, why: str) -> ApiError:
    return ApiError(
        Kind.READ_ONLY,
        sentence(
            "The core of {home} is not where a core of yours would be ({why}). Remove {pointer}.",
            home=str(home),
            why=Sentence(why),
            pointer=str(home / "core"),
        ),
    )


def _strange() -> ApiError:
    return ApiError(
        Kind.CORE_VERSION, N_("What runs as the core speaks another language: end it by its process, and start again.")
    )
