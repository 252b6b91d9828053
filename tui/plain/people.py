"""Lines about the contact of the open conversation: who it is, codes, devices, names, and what one makes of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from core import api
from tui.chat.contact_lookup import contact_of
from tui.keys.commands import NOTICE_RULES
from tui.language import told, tr
from tui.plain.lines import beware, conversation_line
from tui.plain.session import PlainSession, Unsaid
from tui.screens.mute import TIMES, muted_until
from tui.text.sanitize import clean_name, kept_name
from tui.words.contacts import (
    deleted_words,
    device_name,
    key_words,
    own_name_of,
    served_words,
    short_name,
    thief_words,
    trust_words,
)
from tui.words.format import grouped
from tui.words.people import archived_words, code_lines, compared_words, devices_words, sees_words, view_words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tui.plain.topics import Act

# What stands behind /mute for each time, in the order of ``TIMES``.
_TIMES: Final = ("1h", "8h", "1d", "1w", "always")


class PeopleLines:
    """Carries them out."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        of_contact: dict[str, Callable[[str, api.Conversation], Awaitable[None]]] = {
            "contact": self._contact, "verify": self._verify, "devices": self._devices, "rename": self._rename,
            "mute": self._mute, "pin-chat": self._pin, "archive": self._archive, "mark-unread": self._mark_unread,
            "notices": self._notices, "block": self._block, "unblock": self._unblock,
            "delete-conversation": self._delete, "remove": self._remove,
        }  # fmt: skip
        self.acts: dict[str, Act] = {
            "archived": self._archived,
            **{name: partial(self._with_contact, act) for name, act in of_contact.items()},
        }

    async def _with_contact(self, act: Callable[[str, api.Conversation], Awaitable[None]], argument: str) -> None:
        await self._session.conversations()  # another screen may have changed it
        await act(argument, self._session.here)

    async def _known(self, contact: api.Conversation) -> api.Contact:
        found = await contact_of(self._session.client, contact.identity)
        if found is None:
            raise Unsaid(tr("That contact is gone."))
        return found

    # --- who it is ----------------------------------------------------------------------------------------------------

    async def _contact(self, _: str, contact: api.Conversation) -> None:
        session, found = self._session, await self._known(contact)
        facts = [
            tr("Called {name}.").format(name=clean_name(found.name)),
            tr("They call themselves {own_name}.").format(own_name=own_name_of(found)) if own_name_of(found) else "",
            tr("Identity: {identity}").format(identity=grouped(found.identity)),
            beware(told(found.warning_said, found.warning_text)) if found.warning_text else "",
            tr("You blocked them: nothing comes and nothing goes.") if found.blocked else "",
            compared_words(found),
            devices_words(found),
            sees_words(found, session.now(), session.calendar),
            view_words(found, session.now(), session.calendar),
        ]
        session.say("\n".join(fact for fact in facts if fact))

    async def _verify(self, given: str, contact: api.Conversation) -> None:
        session, name = self._session, short_name(contact.name)
        found = await self._known(contact)
        session.say(compared_words(found))
        if not given:
            code = await session.client.call(api.ContactCode(identity=contact.identity))
            session.say(tr("The code, twelve groups of five, is the same on both sides if nobody stands between you:"))
            session.say("\n".join(code_lines(code.digits, 3)))
            question = tr("Call {name}, compare. Type yes if it is the same, no if not, or all their digits: ")
            given = (await session.lines.ask(question.format(name=name))).strip()
        answer = given.casefold()
        if answer in {"n", "no"}:
            await self._note_code(contact, verified=False)
            session.say(tr("The code of {name} is to be compared again.").format(name=name))
            session.say(tr("If it differs, somebody may stand between you: write nothing that matters."))
        elif answer in {"y", "yes"}:
            await self._note_code(contact, verified=True)
            session.say(tr("You compared codes with {name}.").format(name=name))
        elif answer:
            await self._note_code(contact, verified=True, code=given)
            session.say(tr("It is the same. You compared codes with {name}.").format(name=name))

    async def _note_code(self, contact: api.Conversation, *, verified: bool, code: str = "") -> None:
        await self._session.client.call(api.ContactVerify(identity=contact.identity, verified=verified, code=code))

    async def _devices(self, _: str, contact: api.Conversation) -> None:
        session, found = self._session, await self._known(contact)
        for number, device in enumerate(found.devices, 1):
            said = tr("{number}  {name}, key {key}")
            session.say(said.format(number=number, name=device_name(device), key=key_words(device)))
            session.say(f"    {trust_words(device, found)}")
            session.say(f"    {served_words(device, found)}")
        if not found.devices:
            session.say(tr("No device of theirs is known yet."))
        if all(device.state != "unknown" for device in found.devices):
            return
        session.say(thief_words(found))
        question = tr("Ask them by another way. A number confirms, one with a minus refuses, Enter leaves it: ")
        answer = (await session.lines.ask(question)).strip()
        digits = answer.removeprefix("-")
        chosen = {str(number): each for number, each in enumerate(found.devices, 1) if each.state == "unknown"}
        if digits in chosen:
            accept = not answer.startswith("-")
            confirming = api.ContactConfirmDevice(identity=contact.identity, device=chosen[digits].id, accept=accept)
            await session.client.call(confirming)
            confirmed, refused = tr("Confirmed: it gets what you write."), tr("Refused: it is not heard any more.")
            session.say(confirmed if accept else refused)

    async def _rename(self, name: str, contact: api.Conversation) -> None:
        session = self._session
        await session.client.call(api.ContactRename(identity=contact.identity, name=kept_name(name)))
        await session.conversations()
        session.say(tr("Called {name} now.").format(name=session.name_of(contact.id)))

    # --- what one makes of the conversation -----------------------------------------------------------------------------

    async def _mute(self, time: str, contact: api.Conversation) -> None:
        session, name = self._session, short_name(contact.name)
        if contact.muted_until is not None and not time:
            await self._set(contact, tr("{name} is muted no longer.").format(name=name), muted_until=0)
            return
        for short, words in zip(_TIMES, TIMES, strict=True):
            if not time:
                session.say(tr("{value}: {meaning}").format(value=short, meaning=tr(words)))
        time = time or (await session.lines.ask(tr("For how long: "))).strip()
        if time not in _TIMES:
            raise Unsaid(tr("One of {values}.").format(values=", ".join(_TIMES)))
        until = muted_until(list(TIMES.values())[_TIMES.index(time)], session.now())
        await self._set(contact, tr("{name} is muted, and is not told.").format(name=name), muted_until=until)

    async def _pin(self, _: str, contact: api.Conversation) -> None:
        said = tr("Pinned no longer.") if contact.pinned else tr("Pinned.")
        await self._set(contact, said, pinned=not contact.pinned)

    async def _archive(self, _: str, contact: api.Conversation) -> None:
        said = archived_words(contact)
        await self._set(contact, said, archived=not contact.archived)

    async def _mark_unread(self, _: str, contact: api.Conversation) -> None:
        said = tr("The mark is gone.") if contact.marked_unread else tr("Marked as unread.")
        await self._set(contact, said, unread=not contact.marked_unread)

    async def _notices(self, rule: str, contact: api.Conversation) -> None:
        if rule not in NOTICE_RULES:
            raise Unsaid(
                tr("Now: {rule}. One of {values}.").format(rule=tr(contact.notify), values=", ".join(NOTICE_RULES))
            )
        await self._set(contact, tr("Notices: {rule}.").format(rule=tr(rule)), notify=rule)

    async def _set(self, contact: api.Conversation, said: str, **chosen: object) -> None:
        await self._session.client.call(api.ConversationSet(conversation=contact.id, **chosen))  # type: ignore[arg-type]
        await self._session.conversations()
        self._session.say(said)

    async def _archived(self, _: str) -> None:
        session = self._session
        put_away = [each for each in await session.conversations() if each.archived]
        for each in reversed(put_away):
            session.say(conversation_line(session.numbers[each.id], each, session.now(), session.calendar))
        if not put_away:
            session.say(tr("Nothing is archived."))

    # --- being heard, being rid of them ---------------------------------------------------------------------------------

    async def _block(self, _: str, contact: api.Conversation) -> None:
        if await self._session.is_sure(tr("Block {name}? They are not told.").format(name=clean_name(contact.name))):
            await self._session.client.call(api.ContactBlock(identity=contact.identity))
            self._session.say(tr("Blocked; /unblock ends it."))

    async def _unblock(self, _: str, contact: api.Conversation) -> None:
        await self._session.client.call(api.ContactUnblock(identity=contact.identity))
        self._session.say(tr("You hear them again."))

    async def _delete(self, _: str, contact: api.Conversation) -> None:
        question = tr("Delete all that was said with {name} from this device?")
        if await self._session.is_sure(question.format(name=clean_name(contact.name))):
            deleted = await self._session.client.call(api.ConversationDelete(conversation=contact.id))
            self._session.say(deleted_words(deleted) or tr("Deleted."))

    async def _remove(self, _: str, contact: api.Conversation) -> None:
        question = tr("Forget {name} and all that was said?")
        if await self._session.is_sure(question.format(name=clean_name(contact.name))):
            await self._session.client.call(api.ContactRemove(identity=contact.identity))
            self._session.current = None
            await self._session.tell_list()
