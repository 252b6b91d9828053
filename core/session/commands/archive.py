"""Writes archives and takes them in (``core.api.archive``), in steps between which other commands have their turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, TypeVar

import trio

from core import api
from core.archive.reading import CONTACTS, MANIFEST, SETTINGS, ArchivedRow, ArchiveReader
from core.archive.writing import ArchiveWriter, place_of
from core.session.commands import exporting, importing
from core.session.commands.account import AtGate, at_gate
from core.session.commands.exporting import Chat, Contacts, Plan, Rows
from core.session.commands.importing import Import
from core.session.commands.registry import act_of, steps
from core.session.people_service import PeopleService
from core.session.session import Session
from core.vault.passcode import check_strength

T = TypeVar("T")
# Rows between two tellings of how far it is.
TOLD_EVERY: Final = 5_000


class _Telling:
    """Tells how far an archive is."""

    def __init__(self, emit: Callable[[api.Event], None], total: int) -> None:
        self._emit, self._total = emit, total
        self._done = self._told = 0

    def more(self, rows: int) -> None:
        """Count rows."""
        self._done += rows
        if self._done - self._told >= TOLD_EVERY:
            self._told = self._done
            self._emit(api.ArchiveProgress(done=self._done, total=max(self._done, self._total)))


# --- out --------------------------------------------------------------------------------------------------------------


@at_gate(api.ArchiveExport)
async def _export(at: AtGate, command: api.ArchiveExport) -> api.Archive:
    """Check what there is to check, then write."""
    gate = at.gate
    account = gate.account()
    if command.conversation is not None and command.what not in {"chats", "all"}:
        raise api.ApiError(api.Kind.BAD_REQUEST, "conversation goes with chats.")
    if command.passcode is not None:
        async with gate.changing:
            await _in_thread(gate.accounts().confirm, command.passcode, gate.account().unlocked)
    if command.password is not None:
        await _in_thread(check_strength, command.password)
    place = await _in_thread(place_of, command.path, gate.home)
    moment = account.service.node.moment()
    plan = Plan(command, moment.own_ms, account.unlocked.identity)
    await account.service.act(plan.make)
    make = partial(ArchiveWriter, place, command.password, overwrite=command.overwrite, log_n=gate.terms.archive_log_n)
    writer = await _in_thread(make)
    try:
        contacts = await _write(account.service, plan, writer)
        await _in_thread(writer.finish)
    finally:
        with trio.CancelScope(shield=True):
            await _in_thread(writer.__exit__, None, None, None)
    return api.Archive(
        path=str(place),
        conversations=len(plan.chats),
        messages=sum(plan.written.values()),
        contacts=contacts,
        settings=plan.has_settings,
        encrypted=command.password is not None,
        size=writer.size,
        warning="" if command.password is not None else api.LIES_OPEN,
    )


async def _write(service: PeopleService, plan: Plan, writer: ArchiveWriter) -> int:
    """Write all parts; return how many contacts."""
    await _in_thread(_put, writer, "README.txt", plan.readme())
    telling = _Telling(service.emit, 2 * plan.rows)
    for chat in plan.chats:
        await _in_thread(_put, writer, f"{chat.part}.txt", exporting.head_of(plan, chat))
        await _write_rows(service, chat, writer, exporting.names_of(plan, chat), telling)
        await _in_thread(_put, writer, f"{chat.part}.jsonl", "")
        plan.written[chat.part] = await _write_rows(service, chat, writer, None, telling)
    found = await _contacts(service) if plan.has_contacts else []
    if plan.has_contacts:
        await _in_thread(_put, writer, CONTACTS, exporting.list_of(found))
    if plan.has_settings:
        settings = await service.act(act_of(api.SettingsGet()))
        await _in_thread(_put, writer, SETTINGS, exporting.settings_of(settings))
    await _in_thread(_put, writer, MANIFEST, plan.manifest())
    return len(found)


def _put(writer: ArchiveWriter, name: str, words: str) -> None:
    writer.begin(name)
    writer.write(words)


async def _write_rows(
    service: PeopleService, chat: Chat, writer: ArchiveWriter, names: Mapping[str, str] | None, telling: _Telling
) -> int:
    """Write the rows of a conversation, for people with ``names``, else as JSON; return how many."""
    rows, count = Rows(chat.id), 0
    while True:
        await service.act(rows.go_on)
        if not rows.page:
            return count
        await _in_thread(_write_page, writer, rows.page, names)
        count += len(rows.page)
        telling.more(len(rows.page))


def _next_page(pages: Iterator[list[ArchivedRow]]) -> list[ArchivedRow] | None:
    return next(pages, None)


def _write_page(writer: ArchiveWriter, page: list[api.Message], names: Mapping[str, str] | None) -> None:
    writer.write(exporting.lines_of(page, names))


async def _contacts(service: PeopleService) -> list[dict[str, object]]:
    contacts, found = Contacts(), list[dict[str, object]]()
    while True:
        await service.act(contacts.go_on)
        if not contacts.page:
            return found
        found += contacts.page


# --- in ---------------------------------------------------------------------------------------------------------------


@steps(api.ArchiveImport)
async def _import(session: Session, command: api.ArchiveImport) -> api.ArchiveTaken:
    """Take in what makes sense here, a page at a time."""
    account = session.account()
    service = account.service
    reader = await _in_thread(ArchiveReader, command.path, command.password)
    try:
        names, settings = await _in_thread(reader.contacts), await _in_thread(reader.settings)
        taking = Import(reader.manifest, names, settings)
        await service.act(taking.begin)
        telling = _Telling(service.emit, sum(chat.part.rows for chat in taking.chats))
        for chat in taking.chats:
            pages, added = importing.pages(reader.rows(chat.part)), taking.added
            while (page := await _in_thread(_next_page, pages)) is not None:
                await service.act(partial(taking.take, chat, page))
                telling.more(len(page))
            if taking.added > added:  # whoever shows the conversation has read what was before it
                service.emit(api.MessageChanged(conversation=chat.public_id, id="", what="imported"))
    finally:
        with trio.CancelScope(shield=True):
            await _in_thread(reader.close)
    if taking.settings:
        await account.heed_settings()
    return taking.result()


async def _in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Call something that blocks; what has begun is finished."""
    return await trio.to_thread.run_sync(lambda: function(*arguments))
