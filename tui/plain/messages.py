"""Lines about one message, which is named by its number: answer, react, edit, pin, forward, delete, tell all about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import api
from tui.language import tr, tr_in
from tui.plain.lines import details_lines
from tui.plain.session import PlainSession, Unsaid
from tui.text.sanitize import clean_line, fit
from tui.widgets.chat_log.rows import MESSAGES
from tui.words import emoji
from tui.words.contacts import deleted_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.plain.topics import Act

# Rows that are looked through for the last one of somebody.
_RECENT = 50
# A number has fewer digits than this.
_DIGITS = 10


def sign_of(typed: str) -> str:
    """Return the emoji that is meant: of its words, in English or the language in use, else what was typed."""
    words = typed.casefold().split()
    for each in emoji.ALL:
        known = each.said()
        if words and all(word in known for word in words):
            return each.sign
    named = emoji.of_name(typed.strip().strip(":"))
    return typed.strip() if named is None else named.sign


class MessageLines:
    """Carries them out."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self.acts: dict[str, Act] = {
            "reply": self._reply, "react": self._react, "edit": self._edit, "pin": self._pin,
            "forward": self._forward, "delete": self._delete, "info": self._info,
        }  # fmt: skip

    async def _named(
        self, argument: str, otherwise: Callable[[api.Message], bool] | None = None
    ) -> tuple[api.Message, str]:
        """Return the row that an argument begins with, and the rest; without a number the last one that is meant else.

        Raises ``Unsaid``.
        """
        session = self._session
        here = session.here.id
        number, _, rest = argument.partition(" ")
        digits = number.removeprefix("#")
        if digits.isdecimal():
            row = session.rows.row(here, int(digits)) if len(digits) < _DIGITS else None
            found = [] if row is None else await self._read(here, row)
            if not found:
                raise Unsaid(tr("There is no message {number} here. /last reads the last ones.").format(number=digits))
            return found[0], rest.strip()
        if otherwise is None:
            raise Unsaid(tr("Which message? Its number comes first; /last reads the last ones."))
        recent = await session.client.call(api.MessageList(conversation=here, limit=_RECENT))
        last = next((row for row in reversed(recent) if row.kind in MESSAGES and otherwise(row)), None)
        if last is None:
            raise Unsaid(tr("There is no such message lately: name it by its number."))
        return last, argument

    async def _read(self, conversation: str, row: str) -> list[api.Message]:
        return await self._session.client.call(api.MessageList(conversation=conversation, around=row, limit=1))

    async def _asked(self, text: str, question: str) -> str:
        """Return a text, asked for where it was not in the line. Raises ``Unsaid``: none was given."""
        given = text or (await self._session.lines.ask(question)).strip()
        if not given:
            raise Unsaid(tr("Nothing was done."))
        return given

    async def _reply(self, argument: str) -> None:
        session = self._session
        row, text = await self._named(argument, lambda each: each.sender != "me")
        text = await self._asked(text, tr("The answer: "))
        sent = await session.client.call(api.MessageSend(conversation=session.here.id, text=text, reply_to=row.id))
        session.rows.of(session.here.id, sent.id)
        session.say(tr("Answered: {text}").format(text=fit(clean_line(row.text), 60)))

    async def _react(self, argument: str) -> None:
        row, typed = await self._named(argument, lambda each: each.sender != "me")
        sign = sign_of(await self._asked(typed, tr("Which sign, or a word for it, as heart: ")))
        put = next((each.emoji for each in row.reactions if "me" in each.senders), "")
        await self._session.client.call(api.MessageReact(id=row.id, emoji=sign, remove=sign == put))

    async def _edit(self, argument: str) -> None:
        row, text = await self._named(argument, lambda each: each.sender == "me")
        if row.sender != "me":
            raise Unsaid(tr("Only what you said yourself can be said otherwise."))
        if not text:
            self._session.say(row_text(row))
        text = await self._asked(text, tr("The new text, whole: "))
        await self._session.client.call(api.MessageEdit(id=row.id, text=text))

    async def _pin(self, argument: str) -> None:
        row, _ = await self._named(argument)
        await self._session.client.call(api.MessagePin(id=row.id, pinned=not row.pinned))
        self._session.say(tr_in("a message", "Pinned no longer.") if row.pinned else tr("Pinned: /pins lists them."))

    async def _forward(self, argument: str) -> None:
        session = self._session
        row, to = await self._named(argument)
        to = await self._asked(to, tr("To whom, by name or number of the conversation: "))
        await session.conversations()
        conversation = session.by_number(to)
        if conversation is None:
            raise Unsaid(tr("There is no conversation {name}. /msg lists them.").format(name=clean_line(to)))
        await session.client.call(api.MessageForward(id=row.id, conversation=conversation))
        session.say(tr("Forwarded to {name}.").format(name=session.name_of(conversation)))

    async def _delete(self, argument: str) -> None:
        session = self._session
        row, _ = await self._named(argument)
        what = tr("“{text}”").format(text=fit(clean_line(row.text), 40)) if row.text else tr("this remark")
        if await session.is_sure(tr("Delete {what} from this device?").format(what=what)):
            deleted = await session.client.call(api.MessageDelete(ids=[row.id]))
            session.say(deleted_words(deleted))

    async def _info(self, argument: str) -> None:
        session = self._session
        row, _ = await self._named(argument)
        found = await session.client.call(api.MessageDetails(id=row.id))
        lines = list(details_lines(found, session.name_of(session.here.id), session.now(), session.calendar))
        lines[-1:-1] = [session.reaction_line(each) for each in row.reactions]
        session.say("\n".join(lines))


def row_text(row: api.Message) -> str:
    """Return what a text says now, to be said otherwise."""
    return tr("Now it says: {text}").format(text=clean_line(row.text))
