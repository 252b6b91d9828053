"""Archives and removal, as the in-memory core answers them."""

from __future__ import annotations

from core import api
from core.api import ApiError, Kind


class FakeArchives:
    """A part of ``tests.support.client.FakeClient``."""

    passcode: str
    exists: bool
    locked: bool
    now: int
    taken_paths: tuple[str, ...] = ("/taken.zip",)

    def _archive_export(self, command: api.ArchiveExport) -> api.Archive:
        if command.passcode not in {None, self.passcode}:
            raise ApiError(Kind.WRONG_PASSCODE, "wrong")
        if command.path in self.taken_paths and not command.overwrite:
            raise ApiError(Kind.FILE_EXISTS, "there")
        return api.Archive(
            path=command.path,
            conversations=1 if command.conversation else 6,
            messages=412,
            contacts=6 if command.what == "all" else 0,
            settings=command.what in {"all", "settings"},
            encrypted=command.password is not None,
            size=48_213,
            warning="" if command.password else api.LIES_OPEN,
        )

    def _archive_import(self, command: api.ArchiveImport) -> api.ArchiveTaken:
        if command.path.endswith(".age") and command.password != "heron":
            raise ApiError(Kind.WRONG_PASSWORD, "The file is encrypted: its password is needed.")
        return api.ArchiveTaken(
            conversations=2, messages=120, known=3, contacts=1, settings=["lock_after"], left_out=["One was left out."]
        )

    def _account_wipe(self, command: api.AccountWipe) -> api.AccountRemoved:
        if command.passcode != self.passcode:
            raise ApiError(Kind.WRONG_PASSCODE, "wrong")
        self.exists, self.locked = False, True
        return api.AccountRemoved(
            emptied=not command.only_here, files=[], network=[api.Left(what="record", until=self.now + 86_400_000)]
        )
