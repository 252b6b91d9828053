"""Archives of people around an office: the handlers of the commands, on real files, without a gate or a node."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import trio

from core import api
from core.crypto import primitives
from core.crypto.seed import identity_of
from core.people.conversation.rows import message_id
from core.people.work import Work
from core.refusals import refusals
from core.session import commands
from core.session.commands.account import AtGate
from core.session.session import Session
from core.storage import conversations, messages
from core.storage.messages import NewMessage
from core.vault.errors import WrongPasscode
from tests.support.post_office import Person


@dataclass(frozen=True)
class Friend:
    """A contact that was never met: a conversation and an identity, without keys."""

    conversation: str
    identity: bytes

    @property
    def name(self) -> str:
        return identity_of(self.identity)


def befriend(person: Person, name: str, own_name: str | None = None) -> Friend:
    """Give a person a contact."""
    identity = primitives.ed25519_public(name.encode().ljust(32, b"f"))
    public_id = primitives.sha256(person.name.encode() + identity)[:16].hex()

    def act(work: Work) -> None:
        conversations.insert(work.tx, public_id, identity, name, "open", 1, own_name=own_name)

    person.engine.command(act, person.moment())
    return Friend(public_id, identity)


def note(person: Person, friend: Friend, texts: Sequence[tuple[bool, str]], at: int = 1_000_000) -> None:
    """Let rows be there, each one's own or not, as if they had been said a second apart."""

    def act(work: Work) -> None:
        owner = conversations.by_public_id(work.tx, friend.conversation)
        assert owner is not None
        for number, (is_own, text) in enumerate(texts):
            author = work.me.identity if is_own else friend.identity
            uid = primitives.sha256(f"{at} {number} {text}".encode())[:16]
            new = NewMessage(
                id=message_id(friend.conversation, author, uid),
                conversation=owner.id,
                uid=uid,
                author=author,
                device=work.me.device if is_own else b"",
                kind=1,
                text=text,
                sent_at=at + 1000 * number,
                state="delivered" if is_own else "received",
            )
            messages.insert(work.tx, new)

    person.engine.command(act, person.moment())


# Work of a password, cheap.
LOG_N = 4
PASSCODE = "quiet river over stones"
PASSWORD = "seven slow herons waiting"


class _Service:
    def __init__(self, person: Person) -> None:
        self._person = person
        self.node = SimpleNamespace(moment=person.moment)
        self.told: list[api.Event] = []
        self.emit = self.told.append
        self.between: Callable[[], object] = lambda: None  # what others do between two steps

    async def act(self, act: Callable[[Work], api.R]) -> api.R:
        result, effects = self._person.engine.command(act, self._person.moment())
        self._person.carry_out(effects)
        self.between()
        return result


class Desk:
    """Where a person exports and imports. ``told`` are the events, ``between`` is called after each step."""

    def __init__(self, person: Person, home: Path) -> None:
        self.service = _Service(person)
        unlocked = SimpleNamespace(identity=identity_of(person.engine.me.identity))
        self._account = SimpleNamespace(service=self.service, unlocked=unlocked, heed_settings=self._heed)
        self.heeded = 0
        terms = SimpleNamespace(archive_log_n=LOG_N)
        self._gate = SimpleNamespace(
            account=lambda: self._account, home=home, terms=terms, changing=trio.Lock(), accounts=lambda: self
        )

    async def _heed(self) -> None:
        self.heeded += 1

    def confirm(self, passcode: str, _: object) -> None:
        if passcode != PASSCODE:
            raise WrongPasscode

    def export(self, path: Path, **more: Any) -> api.Archive:
        """Export; raises ``ApiError``."""
        command = api.ArchiveExport(path=str(path), **more)

        async def run() -> api.Archive:
            with refusals():
                return await commands.carry_out(cast("AtGate", SimpleNamespace(gate=self._gate)), command)

        return trio.run(run)

    def take(self, path: Path, password: str | None = None) -> api.ArchiveTaken:
        """Import; raises ``ApiError``."""
        session = cast("Session", SimpleNamespace(account=lambda: self._account))

        async def run() -> api.ArchiveTaken:
            with refusals():
                return await commands.take_steps(session, api.ArchiveImport(path=str(path), password=password))

        return trio.run(run)


def parts_of(path: Path) -> dict[str, str]:
    """Return the parts of an archive without a password."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def made_of(parts: dict[str, str | bytes], path: Path) -> Path:
    """Write an archive of any parts, as a stranger would."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in parts.items():
            archive.writestr(name, words)
    path.write_bytes(data.getvalue())
    return path


def manifest(**changed: Any) -> str:
    """Return the manifest of an archive, one that is valid but for what is ``changed``."""
    known = {
        "format": "sottovoce-archive",
        "version": 1,
        "identity": "",
        "name": "",
        "exported_at": 0,
        "what": "all",
        "conversations": [],
    }
    return json.dumps({**known, **changed})
