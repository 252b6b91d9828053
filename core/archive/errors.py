"""Errors of archives. People and programs see them as ``core.api.ApiError`` (``core.refusals``)."""

from core.errors import CoreError
from core.sentence import Sentence


class ArchiveError(CoreError):
    """Base of all errors of this package; never raised itself."""


class BadArchive(ArchiveError):
    """The file is no archive of ours, or was altered. ``what`` says in words what is wrong with it."""

    def __init__(self, what: str | Sentence) -> None:
        super().__init__(str(what))
        self.what = what if isinstance(what, Sentence) else Sentence(what)


class NewerArchive(ArchiveError):
    """A later version of this program wrote it."""


class WrongPassword(ArchiveError):
    """The password does not open it, or it has one and none was given (``is_missing``)."""

    def __init__(self, *, is_missing: bool = False) -> None:
        super().__init__()
        self.is_missing = is_missing


class FileIsThere(ArchiveError):
    """There is a file of that name, and nothing was said about overwriting it."""


class BadPlace(ArchiveError):
    """The path is no place for an archive. ``why`` is a sentence."""

    def __init__(self, why: str | Sentence) -> None:
        super().__init__(str(why))
        self.why = why
