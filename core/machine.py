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
from core.sentence import N_, Sentence, sentence

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
NO_MEMORY: Final = N_("There is not enough memory. Close other programs and try again.")
# With the folder, or the file.
FULL_THERE: Final = N_("The disk is full where {place} lies. Free some space and try again.")
FORBIDDEN_THERE: Final = N_("{place} cannot be written. Check its permissions, or choose another folder with --home.")
# Error numbers -> what is said with a place, and without.
_SENTENCES: Final = {
    FULL: (FULL_THERE, N_("The disk is full. Free some space and try again.")),
    FORBIDDEN: (
        FORBIDDEN_THERE,
        N_("A file cannot be written. Check its permissions, or choose another folder with --home."),
    ),
    _NO_DESCRIPTORS: (
        N_("No more files can be opened. Close other programs, or raise the limit (ulimit -n)."),
        N_("No more files can be opened. Close other programs, or raise the limit (ulimit -n)."),
    ),
    _NO_MEMORY: (NO_MEMORY, NO_MEMORY),
    NO_LOCKS: (
        N_("The file system lends no locks ({place}). Choose a folder on another one with --home."),
        N_("The file system lends no locks. Choose a folder on another one with --home."),
    ),
    _GONE: (
        N_("Something is missing that was there ({place}). Is the disk still connected?"),
        N_("Something is missing that was there. Is the disk still connected?"),
    ),
    _BROKEN: (
        N_("The disk fails ({place}). Make a copy of the folder while it can be read, and go on with another disk."),
        N_("The disk fails. Make a copy of the folder while it can be read, and go on with another disk."),
    ),
}


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


def placed(template: str, place: Path | None) -> Sentence:
    """Return a sentence with the name of a place in it, or without if the place is unknown."""
    if place is not None:
        return Sentence(template, {"place": shown(place)})
    begins = template.startswith("{place}")
    return sentence(template, place=sentence("The program's folder") if begins else sentence("the program's folder"))


def _kind_of(number: int) -> Kind:
    if number in FULL:
        return Kind.DISK_FULL
    return Kind.READ_ONLY if number in FORBIDDEN else Kind.FAILED


def _sentence_of(number: int, error: OSError, where: str) -> Sentence:
    for numbers, (there, somewhere) in _SENTENCES.items():
        if number in numbers:
            return sentence(there, place=where) if where and "{place}" in there else Sentence(somewhere)
    said = os.strerror(number) if number > 0 else str(error.strerror or type(error).__name__)
    if not isinstance(error.filename, str | bytes):
        return sentence("The system refuses: {said}. Try again; if it stays so, start the program again.", said=said)
    if not where:
        return sentence(
            "The system refuses: {said}. Try again; if it stays so, choose another folder with --home.", said=said
        )
    return sentence(
        "The system refuses: {said} ({place}). Try again; if it stays so, choose another folder with --home.",
        said=said,
        place=where,
    )
