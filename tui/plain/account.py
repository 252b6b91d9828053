"""Lines about the account and the program: settings, language, archives, network, lock."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core import api
from core.api import ApiError, Kind
from tui.keys.commands import AUTO
from tui.language import LANGUAGES, told, tr
from tui.plain.session import PlainSession, Unsaid
from tui.screens.pages.settings.rows import ROWS, offered
from tui.text.sanitize import clean_line
from tui.widgets.path_field import dragged_path
from tui.words.archives import taken_words, written_words
from tui.words.network import LABELS, facts_of

if TYPE_CHECKING:
    from tui.plain.topics import Act


class AccountLines:
    """Carries them out."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self.acts: dict[str, Act] = {
            "settings": self._settings, "set": self._set, "language": self._language, "export": self._export,
            "export-all": self._export_all, "import": self._import, "network": self._network, "lock": self._lock,
        }  # fmt: skip

    # --- settings -----------------------------------------------------------------------------------------------------

    async def _settings(self, name: str) -> None:
        """Say each setting, its value and what else it may be; of one also what it means."""
        session = self._session
        if name:
            self._known(name)
        stored = msgspec.structs.asdict(await session.client.call(api.SettingsGet()))
        for field in [name] if name else ROWS:
            label, _, meaning = ROWS[field]
            options = offered(field)
            value = next((words for words, each in options if each == stored[field]), str(stored[field]))
            said = tr("{name}: {value} ({label}; or {others})")
            others = tr("; or ").join(words for words, each in options if each != stored[field])
            session.say(said.format(name=field, value=clean_line(value), label=tr(label), others=others))
            if name:
                session.say(tr(meaning))
        session.say(tr("/set and a name and a value changes one; /settings and a name says what it means."))

    async def _set(self, argument: str) -> None:
        session = self._session
        name, _, typed = argument.partition(" ")
        self._known(name)
        typed = typed.strip() or (await session.lines.ask(tr("To what: "))).strip()
        value = self._value(name, typed)
        await session.client.call(api.SettingsSet(settings={name: value}))
        settings = await session.client.call(api.SettingsGet())
        session.lock_after = settings.lock_after
        session.speak(settings.language)
        session.say(tr("{name} is {value} now.").format(name=name, value=clean_line(typed)))

    @staticmethod
    def _known(name: str) -> None:
        if name not in ROWS:
            said = (
                tr("There is no setting {name}. /settings says all.") if name else tr("Which one? /settings says all.")
            )
            raise Unsaid(said.format(name=clean_line(name)))

    @staticmethod
    def _value(name: str, typed: str) -> object:
        """Return the value that is meant: by its words here, in English, or as programs write it. Raises ``Unsaid``."""
        wanted = typed.casefold()
        options = [*offered(name), *ROWS[name][1]]
        for words, value in options:
            if wanted in {words.casefold(), str(value).casefold(), words.partition(",")[0].casefold()}:
                return value
        if name == "lock_after" and typed.isdecimal() and len(typed) < 7:
            return int(typed)
        values = tr(", ").join(words for words, _ in offered(name))
        raise Unsaid(tr("It is one of these: {values}.").format(values=values))

    async def _language(self, name: str) -> None:
        codes = {AUTO: "", tr(AUTO): "", **{own: code for code, own in LANGUAGES.items()}}
        codes |= {code: code for code in LANGUAGES}
        if name not in codes:
            raise Unsaid(tr("One of {values}.").format(values=", ".join([tr(AUTO), *LANGUAGES.values()])))
        await self._session.client.call(api.SettingsSet(settings={"language": codes[name]}))
        self._session.speak(codes[name])
        self._session.say(tr("This is how it speaks now."))

    # --- archives -----------------------------------------------------------------------------------------------------

    async def _export(self, path: str) -> None:
        here = self._session.here
        await self._write(path, {"what": "chats", "conversation": here.id})

    async def _export_all(self, path: str) -> None:
        await self._write(path, {"what": "all"})

    async def _write(self, path: str, what: dict[str, Any]) -> None:
        session = self._session
        today = time.strftime("%Y-%m-%d", time.gmtime(session.now() / 1000))
        usual = f"~/sottovoce-{today}.zip"
        path = path or await session.lines.ask(tr("Which file (Enter: {path}): ").format(path=usual))
        password = await session.lines.ask(tr("A password for it (not shown; Enter: none): "), hidden=True)
        if password and password != await session.lines.ask(tr("Once more: "), hidden=True):
            raise Unsaid(tr("Those were not the same."))
        if not password and not await session.is_sure(tr("{warning} Write it?").format(warning=tr(api.LIES_OPEN))):
            return
        passcode = await session.lines.ask(tr("Your passcode, to make sure that it is you (not shown): "), hidden=True)
        session.say(tr("Writing ..."))
        command = api.ArchiveExport(path=path_of(path or usual), password=password or None, passcode=passcode, **what)
        try:
            written = await session.client.call(command)
        except ApiError as error:
            if error.kind is not Kind.FILE_EXISTS or not await session.is_sure(tr("That file is there. Replace it?")):
                raise
            written = await session.client.call(msgspec.structs.replace(command, overwrite=True))
        session.say(written_words(written))

    async def _import(self, path: str) -> None:
        session = self._session
        path = path or await session.lines.ask(tr("Which file: "))
        if not path.strip():
            return
        command = api.ArchiveImport(path=path_of(path))
        try:
            taken = await session.client.call(command)
        except ApiError as error:
            if error.kind is not Kind.WRONG_PASSWORD:
                raise
            session.say(told(error.said, str(error)))
            password = await session.lines.ask(tr("The file's password (not shown): "), hidden=True)
            taken = await session.client.call(msgspec.structs.replace(command, password=password))
        session.say(taken_words(taken))
        if taken.settings:
            settings = await session.client.call(api.SettingsGet())
            session.lock_after = settings.lock_after
            session.speak(settings.language)

    # --- the program --------------------------------------------------------------------------------------------------

    async def _network(self, _: str) -> None:
        facts = facts_of(await self._session.client.call(api.NetworkStatusGet()))
        line = tr("{label}: {fact}")
        self._session.say("\n".join(line.format(label=tr(LABELS[name]), fact=fact) for name, fact in facts.items()))

    async def _lock(self, _: str) -> None:
        await self._session.lock()


def path_of(typed: str) -> str:
    """Return the path that is meant, as a terminal gives it when a file is dragged into it."""
    return str(Path(dragged_path(typed)).expanduser())
