"""Errors of the operating system as one sentence for people: what happened, where, and what to do about it.

One table by error number (``errno``); a number that is not in it gets the system's own words, so a new system call needs
no new sentence.
"""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import Final

from core.api import MAX_INVITE_LIFE, ApiError, Kind

# The disk, the quota, the limit of a file.
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FORBIDDEN: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
# A file system that does not know what was asked of it: SMB, FUSE, shared folders of virtual machines.
# EBADF is the answer of file systems that take only files for an fsync.
UNSUPPORTED: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTTY, errno.EBADF})

_NO_DESCRIPTORS: Final = frozenset({errno.EMFILE, errno.ENFILE})
_NO_MEMORY: Final = frozenset({errno.ENOMEM, errno.ENOBUFS})
# Resources of a process or a machine that can run out.
NO_ROOM: Final = _NO_DESCRIPTORS | _NO_MEMORY
NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.EDEADLK})
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENODEV, errno.ENXIO, errno.ENOTCONN})
_BROKEN: Final = frozenset({errno.EIO, getattr(errno, "EUCLEAN", errno.EIO), getattr(errno, "EREMOTEIO", errno.EIO)})

# Seconds of Unix time; from three months before the end on an invitation, which lives that long, could not be written.
LAST_SECOND: Final = 2**32 - MAX_INVITE_LIFE
# How Python says that the system has no room for another thread.
NO_THREAD: Final = "can't start new thread"
NO_MEMORY: Final = "There is not enough memory. Close other programs and try again."


def refusal_of_os_error(error: OSError, home: Path | None = None) -> ApiError:
    """Return what people see of an error of the system; ``home`` is where it is likely to have happened."""
    number = error.errno or 0
    place = error.filename if isinstance(error.filename, str | bytes) else home
    where = "" if place is None else shown(os.fsdecode(place))
    data = {"errno": errno.errorcode[number]} if number in errno.errorcode else {}
    return ApiError(_kind_of(number), _sentence_of(number, error, where), **data)


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as text for people: a name may hold any byte, a line's end and a terminal's commands among them."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def clock_is_possible() -> bool:
    """Return whether the wall clock shows what the program can write: seconds in 32 bits, up to February 2106."""
    return 0 <= time.time() < LAST_SECOND


def placed(sentence: str, place: Path | None) -> str:
    """Return a sentence with the name of a place in it, or without if the place is unknown."""
    if place is not None:
        return sentence.format(shown(place))
    said = sentence.format("the program's folder")
    return said[0].upper() + said[1:]


def full(where: str) -> str:
    """Say that a disk is full."""
    return f"The disk is full{f' where {where} lies' if where else ''}. Free some space and try again."


def forbidden(where: str) -> str:
    """Say that something cannot be written."""
    return f"{where or 'A file'} cannot be written. Check its permissions, or choose another folder with --home."


def _kind_of(number: int) -> Kind:
    if number in FULL:
        return Kind.DISK_FULL
    return Kind.READ_ONLY if number in FORBIDDEN else Kind.FAILED


def _sentence_of(number: int, error: OSError, where: str) -> str:
    at = f" ({where})" if where else ""
    named = isinstance(error.filename, str | bytes)
    sentences = {
        FULL: full(where),
        FORBIDDEN: forbidden(where),
        _NO_DESCRIPTORS: "No more files can be opened. Close other programs, or raise the limit (ulimit -n).",
        _NO_MEMORY: NO_MEMORY,
        NO_LOCKS: f"The file system lends no locks{at}. Choose a folder on another one with --home.",
        _GONE: f"Something is missing that was there{at}. Is the disk still connected?",
        _BROKEN: f"The disk fails{at}. Make a copy of the folder while it can be read, and go on with another disk.",
    }
    for numbers, sentence in sentences.items():
        if number in numbers:
            return sentence
    said = os.strerror(number) if number > 0 else str(error.strerror or type(error).__name__)
    advice = "choose another folder with --home" if named else "start the program again"
    return f"The system refuses: {said}{at if named else ''}. Try again; if it stays so, {advice}."
