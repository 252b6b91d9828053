"""One account at a terminal of lines: it is opened, a conversation is chosen by its number, a line is a message.

Numbers are given to conversations and rows as they are met, and stay while the program runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from core import api
from core.api import ApiError, Kind
from tui.chat.navigation import in_order
from tui.chat.search_hits import SearchHits
from tui.config.spoken import SpokenLanguage
from tui.core_port import CorePort
from tui.language import told, tr, tr_n
from tui.plain.line_input import LineInput
from tui.plain.lines import beware, conversation_line, line_of, unread_sentence, words_lines
from tui.plain.numbers import RowNumbers
from tui.text.caches import forget_texts
from tui.text.sanitize import clean_name
from tui.words.details import reaction_words
from tui.words.errors import explain
from tui.words.format import Calendar

# Rows that are read out when a conversation is opened.
SHOWN_ROWS: Final = 10


class Left(Exception):
    """The person leaves."""


class Unsaid(Exception):
    """A line cannot be carried out; the text says why, or what is missing."""


def unix_ms() -> int:
    """Return the present moment, ms of Unix time."""
    return time.time_ns() // 1_000_000


class PlainSession:
    """What is open, and how it is said."""

    def __init__(self, client: CorePort, lines: LineInput, now: Callable[[], int] = unix_ms) -> None:
        self.client, self.lines, self.now = client, lines, now
        self.calendar = Calendar()
        self.numbers: dict[str, int] = {}  # of conversations, by their ids
        self.known: dict[str, api.Conversation] = {}
        self.current: str | None = None
        self.last: str | None = None
        self.is_locked = True
        self._language = SpokenLanguage()
        self.rows = RowNumbers()
        self._newest: dict[str, str] = {}  # the last row that was said, by conversation
        self.hits: SearchHits | None = None
        """Of the last search."""
        self.looked_at: tuple[str, str] | None = None  # the first and the last row that were read out together

    # --- saying -------------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say lines."""
        self.lines.say(text)

    def refuse(self, error: ApiError) -> None:
        """Say why something was refused."""
        self.say(str(explain(error)))

    def name_of(self, conversation: str) -> str:
        """Return what a contact is called here."""
        found = self.known.get(conversation)
        return "?" if found is None else clean_name(found.name)

    @property
    def prompt(self) -> str:
        """What stands before a line that is typed."""
        return "> " if self.current is None else f"{self.name_of(self.current)}> "

    # --- the account --------------------------------------------------------------------------------------------------

    async def enter(self) -> None:
        """Open the account, or make one. Raises ``EOFError`` when the person leaves."""
        info = await self.client.call(api.AccountGet())
        if not info.exists:
            await self._make_account()
        elif info.locked:
            await self._unlock()
        self.is_locked = False
        settings = await self.client.call(api.SettingsGet())
        self.lock_after = settings.lock_after
        self.speak(settings.language)
        await self.tell_list()
        self.say(tr("A number opens a conversation, /help says what else there is."))

    lock_after = 0  # seconds without a key until it locks; 0: never

    def speak(self, language: str) -> None:
        """Speak a language from now on, by its code; empty: as the program was started."""
        self._language.speak(language)

    @property
    def here(self) -> api.Conversation:
        """The open conversation, as it was last read. Raises ``Unsaid``."""
        found = None if self.current is None else self.known.get(self.current)
        if found is None:
            raise Unsaid(tr("Open a conversation first: type its number."))
        return found

    async def _unlock(self) -> None:
        try:
            await self.client.call(api.AccountUnlock())
        except ApiError as error:
            if error.kind not in {Kind.PASSCODE_NEEDED, Kind.LOCKED, Kind.SLOW_DOWN}:
                raise
        else:
            return
        while True:
            passcode = await self.lines.ask(tr("Passcode (it is not shown): "), hidden=True)
            if not passcode:
                continue
            self.say(tr("Opening ..."))
            try:
                await self.client.call(api.AccountUnlock(passcode=passcode))
            except ApiError as error:
                self.refuse(error)
            else:
                return

    async def _make_account(self) -> None:
        self.say(tr("There is no account on this device yet."))
        words: list[str] = []
        which = tr("1 make one, 2 restore one from its eighteen words: ")
        while (answer := (await self.lines.ask(which)).strip()) not in {"1", "2"}:
            self.say(tr("{answer} is neither.").format(answer=answer) if answer else tr("1 or 2?"))
        if answer == "2":
            words = (await self.lines.ask(tr("The eighteen words, with blanks between them: "))).split()
        name = (await self.lines.ask(tr("Your name, as people see it whom you invite or greet: "))).strip()
        while True:
            which = tr("A passcode, four random words are good (it is not shown): ")
            passcode = await self.lines.ask(which, hidden=True)
            if passcode != await self.lines.ask(tr("Once more: "), hidden=True):
                self.say(tr("Those were not the same."))
                continue
            try:
                await self._establish(words, passcode, name)
            except ApiError as error:
                self.refuse(error)
                if error.kind is Kind.BAD_WORDS:
                    words = (await self.lines.ask(tr("The eighteen words again: "))).split()
            else:
                return

    async def _establish(self, words: list[str], passcode: str, name: str) -> None:
        if not words:
            made = await self.client.call(api.AccountCreate(passcode=passcode, name=name))
            self.say(tr("Your account. These words are its only copy outside this device; write them down on paper:"))
            self.say("\n".join(words_lines(made.words)))
            await self.lines.ask(tr("Press Enter when you have them: "))
            return
        restored = api.AccountRestore(words=words, passcode=passcode, name=name)
        try:
            await self.client.call(restored)
        except ApiError as error:
            question = tr("{fault} Go on anyway?").format(fault=explain(error))
            if error.kind is not Kind.WORDS_MISMATCH or not await self.is_sure(question):
                raise
            await self.client.call(api.AccountRestore(words=words, passcode=passcode, name=name, accept_mismatch=True))

    async def is_sure(self, question: str) -> bool:
        """Ask a question of yes and no."""
        asked = tr("{question} [y/N] ").format(question=question)
        return (await self.lines.ask(asked)).strip().casefold() in {"y", "yes"}

    async def lock(self) -> None:
        """Lock this screen; mail still comes in."""
        await self.client.call(api.AccountLock(keep_receiving=True))

    def forget(self) -> None:
        """Forget what was read: it is locked."""
        self.is_locked = True
        self.current = None
        self.known.clear()
        self._newest.clear()
        self.rows.forget()
        self.looked_at = self.hits = None
        self.calendar.forget()
        forget_texts()

    # --- conversations ------------------------------------------------------------------------------------------------

    async def conversations(self) -> list[api.Conversation]:
        """Read the list, and give numbers to those that have none."""
        found = await self.client.call(api.ConversationList())
        self.known = {each.id: each for each in found}
        for each in found:
            self.numbers.setdefault(each.id, len(self.numbers) + 1)
        return found

    async def tell_list(self) -> None:
        """Say all conversations, those where something was said last at the end."""
        found = await self.conversations()
        archived = sum(each.archived for each in found)
        for each in reversed([each for each in in_order(found) if not each.archived]):
            self.say(conversation_line(self.numbers[each.id], each, self.now(), self.calendar))
        if archived:
            self.say(tr_n("{count} archived: /archived lists it.", "{count} archived: /archived lists them.", archived))
        nobody = tr("No conversations yet: /invite makes an invitation, /add uses one.")
        self.say(unread_sentence(found) if found else nobody)

    def by_number(self, text: str) -> str | None:
        """Return the conversation of a number or of a name's beginning; None where there is none."""
        for conversation, number in self.numbers.items():
            if text == str(number) and conversation in self.known:
                return conversation
        beginning = text.casefold()
        return next((each for each in self.known if self.name_of(each).casefold().startswith(beginning)), None)

    def turn_to(self, conversation: str | None) -> None:
        """Let lines be for another conversation, None: for none."""
        if self.current != conversation:
            self.last, self.current = self.current, conversation
            self.looked_at = None

    async def open(self, conversation: str) -> None:
        """Open a conversation and read out its last rows."""
        await self.conversations()
        self.turn_to(conversation)
        self.say(f"-- {self.name_of(conversation)}")
        if (found := self.known.get(conversation)) and found.warning_text:
            self.say(beware(told(found.warning_said, found.warning_text)))
        await self.last_rows(conversation, SHOWN_ROWS)

    async def last_rows(self, conversation: str, count: int) -> None:
        """Read out the newest rows of a conversation."""
        rows = await self.client.call(api.MessageList(conversation=conversation, limit=count))
        self._read_out(conversation, rows)
        await self._seen(conversation, rows)

    async def look_at(self, conversation: str, rows: list[api.Message]) -> None:
        """Read out rows from further back; what comes in is told as before."""
        if conversation not in self._newest:
            newest = await self.client.call(api.MessageList(conversation=conversation, limit=1))
            for row in newest:
                self._newest[conversation] = row.id
        self._read_out(conversation, rows)

    def line(self, conversation: str, row: api.Message) -> str:
        """Return a row as it is said, with its number."""
        number = self.rows.of(conversation, row.id)
        return line_of(row, self.name_of(conversation), self.now(), self.calendar, number)

    def reaction_line(self, reaction: api.Reaction) -> str:
        """Return who put a sign to a row of the open conversation."""
        return tr("Reaction: {reaction}.").format(reaction=reaction_words(reaction, self.name_of(self.current or "")))

    def _read_out(self, conversation: str, rows: list[api.Message]) -> None:
        for row in rows:
            self.say(self.line(conversation, row))
        if rows:
            self.looked_at = rows[0].id, rows[-1].id

    async def _seen(self, conversation: str, rows: list[api.Message]) -> None:
        if rows:
            self._newest[conversation] = rows[-1].id
            await self.client.call(api.ConversationRead(conversation=conversation, upto=rows[-1].id))

    async def catch_up(self, conversation: str) -> None:
        """Read out the rows of others that came since the last one that was said."""
        after = self._newest.get(conversation)
        rows = await self.client.call(api.MessageList(conversation=conversation, after=after, limit=api.MAX_PAGE))
        for row in rows:
            if row.sender != "me":
                self.say(self.line(conversation, row))
        await self._seen(conversation, rows)

    async def send(self, text: str) -> None:
        """Send a line to the open conversation."""
        if self.current is None:
            self.say(tr("Open a conversation first: type its number. /msg lists them."))
            return
        sent = await self.client.call(api.MessageSend(conversation=self.current, text=text))
        self.rows.of(self.current, sent.id)

    # --- what comes in ------------------------------------------------------------------------------------------------

    async def take_events(self) -> None:
        """Say what came in. Events are hints: rows are read anew."""
        batch = self.client.take_events()
        touched: dict[str, None] = {}  # conversations, in the order in which they were
        for event in batch.events:
            match event:
                case api.AccountLocked():
                    self._was_locked(told(event.said, event.reason))
                    return
                case api.MessageReceived():
                    touched[event.conversation] = None
                case api.GreetingReceived():
                    self.say(tr("{name} greets you: /greetings").format(name=clean_name(event.name)))
                case api.ContactAccepted():
                    await self.conversations()
                    said = tr("{name} answered: you can talk now.")
                    self.say(said.format(name=self.name_of(event.conversation)))
                case api.MessageChanged(what="edited" | "reactions") if event.id and event.conversation == self.current:
                    await self._tell_changed(event)
                case api.MessageStateChanged() if event.state == "failed":
                    self.say(tr("A message could not be delivered."))
                case _:
                    pass
        if batch.missed and self.current is not None:
            touched[self.current] = None
        if touched and not self.is_locked:
            await self._tell_new(touched)

    async def _tell_changed(self, event: api.MessageChanged) -> None:
        """Say a row anew that was said before."""
        if self.rows.known(event.conversation, event.id) is None:
            return
        found = await self.client.call(api.MessageList(conversation=event.conversation, around=event.id, limit=1))
        for row in found:
            self.say(self.line(event.conversation, row))

    def _was_locked(self, reason: str) -> None:
        self.forget()
        self.say(reason or tr("It is locked. What was said before stands on this terminal still."))
        self.lines.interrupt()

    async def _tell_new(self, conversations: Iterable[str]) -> None:
        await self.conversations()
        for each in [each for each in conversations if each in self.known]:
            if each == self.current:
                await self.catch_up(each)
            else:
                self.say(tr("New from {name} ({number}).").format(name=self.name_of(each), number=self.numbers[each]))

    async def lock_when_idle(self, last_key: Callable[[], float]) -> None:
        """Lock after the time without a key that the settings say; until cancelled."""
        while True:
            await asyncio.sleep(1)
            if not self.is_locked and self.lock_after and time.monotonic() - last_key() > self.lock_after:
                try:
                    await self.lock()
                except ApiError:
                    continue  # it is locked already, or the core has ended, which is told elsewhere
