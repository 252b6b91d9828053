"""Turn any exception into an ``ApiError``: one sentence that says what to do, and a kind.

This is the one place where errors become refusals: of commands (``core.session.messenger``), of an account that has to
be locked (``core.session.gate``), of a whole program (``tui.host.boundary``). An exception with a type of its own or an
error number of the system has its sentence; any other is *unforeseen*, and comes with the places in the code where it
happened, never with a value.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core import crash, machine
from core.api import ApiError, Kind
from core.archive import errors as archive
from core.crypto.words import BadWords, WordsMismatch
from core.sentence import N_, Sentence, sentence
from core.storage import errors as storage
from core.vault import errors as vault
from net.errors import CannotListen, Unreachable

_log = logging.getLogger(__name__)

_PLAIN: Final[dict[type[BaseException], tuple[Kind, str]]] = {
    vault.NoAccount: (Kind.NO_ACCOUNT, N_("There is no account on this device yet.")),
    vault.AccountExists: (Kind.ACCOUNT_EXISTS, N_("There is an account on this device already.")),
    vault.WrongPasscode: (Kind.WRONG_PASSCODE, N_("That passcode does not open this account.")),
    vault.PasscodeNeeded: (Kind.PASSCODE_NEEDED, N_("The passcode is needed.")),
    vault.VaultDamaged: (
        Kind.WRONG_PASSCODE,
        N_("That passcode does not open this account: its vault file is damaged."),
    ),
    archive.WrongPassword: (Kind.WRONG_PASSWORD, N_("That password does not open the file.")),
    archive.NewerArchive: (Kind.NEWER_VERSION, N_("A newer version of sottovoce wrote that file: update this one.")),
    archive.FileIsThere: (
        Kind.FILE_EXISTS,
        N_("There is a file of that name already, and it is kept. Choose another name."),
    ),
    storage.Closed: (Kind.LOCKED, N_("The account was locked meanwhile.")),
    MemoryError: (Kind.FAILED, machine.NO_MEMORY),
}
# With the folder, or the file, in place of {place}.
_PLACED: Final[dict[type[BaseException], tuple[Kind, str]]] = {
    vault.ProfileInUse: (Kind.PROFILE_IN_USE, N_("Another process uses {place}: end that one first.")),
    storage.InUse: (Kind.PROFILE_IN_USE, N_("Another process uses {place}: end that one first.")),
    vault.ReadOnlyHome: (Kind.READ_ONLY, machine.FORBIDDEN_THERE),
    storage.ReadOnly: (Kind.READ_ONLY, machine.FORBIDDEN_THERE),
    vault.UnsafeHome: (
        Kind.READ_ONLY,
        N_("{place} is a symbolic link, no directory, or belongs to somebody else: choose another folder with --home."),
    ),
    vault.NoLocks: (
        Kind.FAILED,
        N_(
            "The file system of {place} lends no locks, by which two programs keep apart: choose another folder with "
            "--home."
        ),
    ),
    vault.NodeKeyDamaged: (
        Kind.DAMAGED,
        N_("The key file of {place} is damaged. Put the right one back, or move it away."),
    ),
    vault.HalfRemoved: (
        Kind.FAILED,
        N_(
            "The account in {place} is half removed, and something keeps the rest of it from going: see its permissions, "
            "and start the program again."
        ),
    ),
    vault.DiskFull: (Kind.DISK_FULL, machine.FULL_THERE),
    storage.DiskFull: (Kind.DISK_FULL, machine.FULL_THERE),
    storage.DiskFailed: (
        Kind.FAILED,
        N_("The disk fails ({place}). Make a copy of the folder while it can be read."),
    ),
    storage.Corrupt: (
        Kind.DAMAGED,
        N_("{place} is damaged. Put the right file back, or move this one away and begin without what is in it."),
    ),
    storage.WrongKey: (
        Kind.DAMAGED,
        N_(
            "{place} does not open by its key: it is damaged, or another account's. Put the right file back, or move this "
            "one away and begin without what is in it."
        ),
    ),
    storage.SchemaTooNew: (
        Kind.NEWER_VERSION,
        N_("{place} was written by a newer version of sottovoce: update this one."),
    ),
}
_UNFORESEEN: Final = N_(
    "Something happened that this program did not foresee ({what}). What was answered before is safe. Try again; if it "
    "stays so, start the program again, and report what it says."
)
# In the words of ``net.io.udp``.
N_("that is no address")


def refusal_of(fault: BaseException, home: Path | None = None) -> ApiError:
    """Return the refusal that people see for ``fault``; ``home`` is where it happened, if it names no place itself."""
    error = crash.first_of(fault)
    match error:
        case ApiError():
            return error
        case vault.WeakPasscode():
            (first, *_) = error.reasons or (N_("That passcode is too easy to guess."),)
            return ApiError(Kind.WEAK_PASSCODE, first, suggestions=list(error.suggestions))
        case vault.SlowDown():
            slow = sentence("Too many wrong passcodes; wait {seconds} s.", seconds=error.seconds)
            return ApiError(Kind.SLOW_DOWN, slow, seconds=error.seconds)
        case vault.NotEnoughMemory():
            return ApiError(
                Kind.SLOW_DOWN,
                sentence(
                    "Opening needs {size} MiB of memory, which are not free. End something else, or allow it more.",
                    size=error.mebibytes,
                ),
                seconds=60,
            )
        case BadWords():
            return ApiError(
                Kind.BAD_WORDS,
                N_("Some of the words are not on the list."),
                positions=list(error.positions),
                count=error.count,
            )
        case WordsMismatch():
            return ApiError(
                Kind.WORDS_MISMATCH, N_("All words are known, but they do not belong together: a typing slip?")
            )
        case archive.ArchiveError():
            return _of_archive(error)
        case Unreachable() if isinstance(error.__cause__, OSError) and error.__cause__.errno in machine.NO_ROOM:
            return machine.refusal_of_os_error(error.__cause__, home)  # its own path is the best
        case CannotListen():
            return ApiError(
                Kind.FAILED,
                sentence(
                    "Cannot listen on {place}: {why}. Choose another place with --listen.",
                    place=error.place,
                    why=Sentence(error.why),
                ),
            )
        case _:
            return _plain(error, home)


def _of_archive(error: archive.ArchiveError) -> ApiError:
    match error:
        case archive.BadArchive():
            return ApiError(Kind.BAD_ARCHIVE, sentence("That file cannot be taken in: {what}.", what=error.what))
        case archive.WrongPassword(is_missing=True):
            return ApiError(Kind.WRONG_PASSWORD, N_("The file is encrypted: its password is needed."))
        case archive.BadPlace():
            return ApiError(Kind.BAD_REQUEST, error.why)
        case _:
            return _plain(error, None)


def _plain(error: BaseException, home: Path | None) -> ApiError:
    plain = _PLAIN.get(type(error))
    if plain is not None:
        return ApiError(*plain)
    placed = _PLACED.get(type(error))
    if placed is not None:
        file = error.file if isinstance(error, storage.StorageError) else None
        kind, template = placed
        return ApiError(kind, machine.placed(template, file or home))
    if isinstance(error, OverflowError) and not machine.clock_is_possible():
        return ApiError(Kind.CLOCK_OFF, N_("The clock of this machine is wrong, beyond what can be written: set it."))
    if isinstance(error, RuntimeError) and machine.NO_THREAD in str(error):
        return ApiError(Kind.FAILED, machine.NO_MEMORY)
    if isinstance(error, OSError):
        return machine.refusal_of_os_error(error, home)
    said = sentence(_UNFORESEEN, what=type(error).__name__)
    return ApiError(Kind.FAILED, said, report=crash.report(error).splitlines())


def is_unforeseen(refusal: ApiError) -> bool:
    """Return whether an error had no sentence of its own, and is taken for a fault of the program."""
    return "report" in refusal.data


def note(what: str, refusal: ApiError) -> None:
    """Log a refusal that answers no command, and where it happened if it was unforeseen."""
    lines = refusal.data.get("report")
    places = "\n" + "\n".join(map(str, lines)) if isinstance(lines, list) else ""
    _log.error("%s: %s%s", what, refusal.message, places)


@contextmanager
def refusals(home: Path | None = None) -> Generator[None]:
    """Turn every error inside into ``ApiError``; none is lost, and none ends the program."""
    try:
        yield
    except ApiError:
        raise
    except Exception as fault:
        refusal = refusal_of(fault, home)
        if is_unforeseen(refusal):
            note("a command failed", refusal)
        raise refusal from fault
