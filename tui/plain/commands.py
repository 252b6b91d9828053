"""What a line does: a number opens a conversation, a slash begins a command, all else is a message.

Names, arguments and help of the commands are those of the one registry (``tui.keys``); those that move something on a
screen have no meaning here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from core import api
from tui.keys.matching import in_both
from tui.language import told, tr
from tui.plain.lines import beware, found_line, greeting_lines
from tui.plain.session import Left, PlainSession
from tui.text.sanitize import clean_name
from tui.words.contacts import deleted_words, device_name, trust_words
from tui.words.format import grouped
from tui.words.network import LABELS, facts_of

# Seconds that an invitation lives, and how many may use it: as the page of the full screen begins.
INVITE_LIFE: Final = 7 * 86_400
INVITE_USES: Final = 1
# Hits of a search that are read out.
MAX_HITS: Final = 20


class PlainCommands:
    """Carries out lines for a session."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._anywhere: dict[str, Callable[[str], Awaitable[None]]] = {
            "msg": self._message, "next": self._next_unread, "back": self._back, "search": self._search,
            "invite": self._invite, "add": self._add, "greetings": self._greetings, "network": self._network,
            "lock": self._lock, "help": self._help, "quit": self._quit,
        }  # fmt: skip
        self._of_contact: dict[str, Callable[[str, api.Conversation], Awaitable[None]]] = {
            "rename": self._rename, "devices": self._devices, "block": self._block, "unblock": self._unblock,
            "delete-conversation": self._delete, "remove": self._remove,
        }  # fmt: skip

    async def run(self, line: str) -> None:
        """Carry out a line. Raises ``ApiError``, ``Left``, ``EOFError``."""
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
        session = self._session
        if (anywhere := self._anywhere.get(name)) is not None:
            await anywhere(argument)
        elif (of_contact := self._of_contact.get(name)) is not None:
            contact = None if session.current is None else session.known.get(session.current)
            if contact is None:
                session.say(tr("Open a conversation first: type its number."))
            else:
                await of_contact(argument, contact)
        else:
            said = tr("There is no /{name} in lines. /help says what there is; // sends a line with a slash.")
            session.say(said.format(name=clean_name(name)))

    # --- anywhere -----------------------------------------------------------------------------------------------------

    async def _message(self, name: str) -> None:
        session = self._session
        if not name:
            session.current = None
            await session.tell_list()
            return
        await session.conversations()
        found = session.by_number(name)
        if found is None:
            session.say(tr("There is no conversation {name}. /msg lists them.").format(name=clean_name(name)))
        else:
            await session.open(found)

    async def _next_unread(self, _: str) -> None:
        session = self._session
        unread = next((each.id for each in await session.conversations() if each.unread), None)
        if unread is None:
            session.say(tr("Nothing new."))
        else:
            await session.open(unread)

    async def _back(self, _: str) -> None:
        session = self._session
        if session.last is None:
            await self._message("")
        else:
            await session.open(session.last)

    async def _search(self, words: str) -> None:
        session = self._session
        if not words:
            words = await session.lines.ask(tr("Search for: "))
        found = await session.client.call(api.MessageSearch(query=words, conversation=session.current, limit=MAX_HITS))
        await session.conversations()
        for each in reversed(found):
            session.say(found_line(each, session.name_of(each.conversation), session.now(), session.calendar))
        if not found:
            session.say(tr("Nothing was found."))

    async def _invite(self, note: str) -> None:
        session = self._session
        session.say(tr("Making an invitation ..."))
        made = await session.client.call(api.InviteCreate(expires_in=INVITE_LIFE, max_uses=INVITE_USES, note=note))
        session.say(tr("Give this link to one person, by a way that others do not listen to. It holds for seven days:"))
        session.say(made.link)

    async def _add(self, link: str) -> None:
        session = self._session
        if not link:
            link = await session.lines.ask(tr("The invitation: "))
        session.say(tr("Looking who invites ..."))
        preview = await session.client.call(api.ContactPreview(link=link))
        said = tr("From {name}, identity {identity}")
        session.say(said.format(name=clean_name(preview.name), identity=grouped(preview.identity)))
        if preview.warning_text:
            session.say(beware(told(preview.warning_said, preview.warning_text)))
        greeting = await session.lines.ask(tr("What to say to begin with (may be empty): "))
        if not await session.is_sure(tr("Send it?")):
            return
        added = await session.client.call(api.ContactAdd(link=link, greeting=greeting))
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

    async def _network(self, _: str) -> None:
        facts = facts_of(await self._session.client.call(api.NetworkStatusGet()))
        line = tr("{label}: {fact}")
        self._session.say("\n".join(line.format(label=tr(LABELS[name]), fact=fact) for name, fact in facts.items()))

    async def _lock(self, _: str) -> None:
        await self._session.lock()

    async def _help(self, topic: str) -> None:
        from tui.screens.catalogue import whole_registry

        here = self._anywhere.keys() | self._of_contact.keys()
        said = [
            tr("{command}: {title}. {help}").format(
                command=f"/{spec.slash} {tr(spec.argument)}".rstrip(), title=tr(spec.title), help=tr(spec.help)
            )
            for spec in whole_registry()
            if spec.slash in here and topic.casefold() in in_both(spec.slash, spec.title, spec.synonyms)
        ]
        self._session.say("\n".join(said) or tr("Nothing is known about that. /help says all."))
        if not topic:
            hint = tr(
                "A number opens a conversation while none is open. All else that is typed is sent to the open one."
            )
            self._session.say(hint)

    async def _quit(self, _: str) -> None:
        raise Left

    # --- about the contact of the open conversation -----------------------------------------------------------------------

    async def _rename(self, name: str, contact: api.Conversation) -> None:
        await self._session.client.call(api.ContactRename(identity=contact.identity, name=name))
        await self._session.conversations()
        self._session.say(tr("Called {name} now.").format(name=self._session.name_of(contact.id)))

    async def _devices(self, _: str, contact: api.Conversation) -> None:
        contacts = await self._session.client.call(api.ContactList(limit=api.MAX_PAGE))
        found = next((each for each in contacts if each.identity == contact.identity), None)
        for device in found.devices if found else ():
            assert found is not None
            self._session.say(tr("{name}: {text}").format(name=device_name(device), text=trust_words(device, found)))

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
