"""What a line does: a number opens a conversation, a slash begins a command, all else is a message.

What a command is called and does is what the screen calls it, where there is such (``topics``); each group of them stands in
a file of its own.
"""

from __future__ import annotations

from core.api import ApiError
from tui.language import tr
from tui.plain.account import AccountLines
from tui.plain.finding import FindingLines
from tui.plain.meeting import MeetingLines
from tui.plain.messages import MessageLines
from tui.plain.people import PeopleLines
from tui.plain.session import Left, PlainSession, Unsaid
from tui.plain.topics import Act, lines_about, topics
from tui.text.sanitize import clean_name


class PlainCommands:
    """Carries out lines for a session."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        parts = (
            FindingLines(session), MessageLines(session), MeetingLines(session), PeopleLines(session), AccountLines(session),
        )  # fmt: skip
        self.acts: dict[str, Act] = {
            "msg": self._message, "next": self._next_unread, "back": self._back, "help": self._help, "quit": self._quit,
        }  # fmt: skip
        for part in parts:
            self.acts |= part.acts

    async def run(self, line: str) -> None:
        """Carry out a line, or say why not. Raises ``Left``, ``EOFError``, ``Interrupted``."""
        try:
            await self._run(line)
        except Unsaid as why:
            self._session.say(str(why))
        except ApiError as error:
            self._session.refuse(error)

    async def _run(self, line: str) -> None:
        text = line.strip()
        if not text:
            return
        if text.startswith("//"):
            await self._session.send(line.replace("//", "/", 1))
        elif text.startswith("/"):
            name, _, argument = text[1:].partition(" ")
            await self._command(name.casefold(), argument.strip())
        elif self._session.current is None and text.isdecimal():
            await self._message(text)
        else:
            await self._session.send(line)

    async def _command(self, name: str, argument: str) -> None:
        act = self.acts.get(name)
        if act is None:
            said = tr("There is no /{name} in lines. /help says what there is; // sends a line with a slash.")
            raise Unsaid(said.format(name=clean_name(name)))
        await act(argument)

    async def _message(self, name: str) -> None:
        session = self._session
        if not name:
            session.turn_to(None)
            await session.tell_list()
            return
        await session.conversations()
        found = session.by_number(name)
        if found is None:
            raise Unsaid(tr("There is no conversation {name}. /msg lists them.").format(name=clean_name(name)))
        await session.open(found)

    async def _next_unread(self, _: str) -> None:
        session = self._session
        unread = next((each.id for each in await session.conversations() if each.unread), None)
        if unread is None:
            raise Unsaid(tr("Nothing new."))
        await session.open(unread)

    async def _back(self, _: str) -> None:
        session = self._session
        if session.last is None:
            await self._message("")
        else:
            await session.open(session.last)

    async def _help(self, topic: str) -> None:
        if topic:
            said = "\n".join(lines_about(topic)) or tr("Nothing is known about that. /help says all.")
            self._session.say(said)
            return
        self._session.say("\n".join(topics()))
        self._session.say(tr("/help and a topic or a name says more; /help all says all."))
        hint = tr("A number opens a conversation while none is open. All else that is typed is sent to the open one.")
        self._session.say(hint)

    async def _quit(self, _: str) -> None:
        raise Left
