"""Lines by which people meet: invitations made and used, greetings."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from core import api
from core.pictures.reader import PICTURE_SUFFIXES
from tui.language import told, tr
from tui.plain.account import path_of
from tui.plain.lines import beware, greeting_lines
from tui.plain.session import PlainSession, Unsaid
from tui.screens.pages.invite.code import state_words
from tui.text.sanitize import clean_line, clean_name
from tui.words.format import grouped, moment

if TYPE_CHECKING:
    from tui.plain.topics import Act

# Seconds that an invitation lives, and how many may use it: as the page of the full screen begins.
INVITE_LIFE: Final = 7 * 86_400
INVITE_USES: Final = 1


class MeetingLines:
    """Carries them out."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self.acts: dict[str, Act] = {
            "invite": self._invite, "invitations": self._invitations, "revoke": self._revoke, "add": self._add,
            "greetings": self._greetings,
        }  # fmt: skip

    async def _invite(self, note: str) -> None:
        session = self._session
        session.say(tr("Making an invitation ..."))
        made = await session.client.call(api.InviteCreate(expires_in=INVITE_LIFE, max_uses=INVITE_USES, note=note))
        session.say(tr("Give this link to one person, by a way that others do not listen to. It holds for seven days:"))
        session.say(made.link)

    async def _invitations(self, _: str) -> None:
        session = self._session
        for number, each in enumerate(await session.client.call(api.InviteList()), 1):
            until = moment(each.expires_at, session.now(), session.calendar)
            note = tr(", {note}").format(note=clean_line(each.note)) if each.note else ""
            said = tr("{number}  {state}, until {moment}, used {uses} times{note}")
            session.say(said.format(number=number, state=state_words(each), moment=until, uses=each.uses, note=note))
            if each.state == "open":
                session.say(each.link)
        session.say(tr("/invite makes one; /revoke and a number ends one."))

    async def _revoke(self, number: str) -> None:
        session = self._session
        made = await session.client.call(api.InviteList())
        if not number.isdecimal() or not 0 < int(number[:9]) <= len(made):
            raise Unsaid(tr("Which one? /invitations lists them with their numbers."))
        chosen = made[int(number) - 1]
        if await session.is_sure(tr("Revoke invitation {number}? Nobody can use it then.").format(number=number)):
            await session.client.call(api.InviteRevoke(id=chosen.id))
            session.say(tr("Revoked."))

    async def _add(self, given: str) -> None:
        session = self._session
        if not given:
            given = await session.lines.ask(tr("The invitation, or the file of a picture of it: "))
        path = path_of(given)
        is_picture = PurePath(path).suffix.lower() in PICTURE_SUFFIXES
        what = {"image": path} if is_picture else {"link": given}
        session.say(tr("Looking who invites ..."))
        preview = await session.client.call(api.ContactPreview(**what))
        said = tr("From {name}, identity {identity}")
        session.say(said.format(name=clean_name(preview.name), identity=grouped(preview.identity)))
        if preview.warning_text:
            session.say(beware(told(preview.warning_said, preview.warning_text)))
        greeting = await session.lines.ask(tr("What to say to begin with (may be empty): "))
        if not await session.is_sure(tr("Send it?")):
            return
        added = await session.client.call(api.ContactAdd(greeting=greeting, **what))
        await session.conversations()
        await session.open(added.conversation)

    async def _greetings(self, _: str) -> None:
        session = self._session
        found = await session.client.call(api.GreetingList())
        if not found:
            session.say(tr("Nobody waits for an answer."))
            return
        for number, each in enumerate(found, 1):
            session.say("\n".join(greeting_lines(number, each, session.now(), session.calendar)))
        question = tr("A number accepts, one with a minus rejects, Enter leaves them: ")
        answer = (await session.lines.ask(question)).strip()
        digits = answer.removeprefix("-")
        if digits not in {str(number) for number in range(1, len(found) + 1)}:
            return
        chosen = found[int(digits) - 1]
        if answer.startswith("-"):
            await session.client.call(api.GreetingReject(id=chosen.id))
            session.say(tr("Rejected; they are not told."))
        else:
            accepted = await session.client.call(api.GreetingAccept(id=chosen.id))
            await session.open(accepted.conversation)
