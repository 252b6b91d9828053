"""An in-memory core with a demo world: a whole ``core.api.Client`` and ``tui.core_port.CorePort``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec

from core import api, search_terms
from core.api import ApiError, Kind
from tests.support.client_archives import FakeArchives
from tests.support.client_changes import FakeChanges
from tests.support.client_contacts import WARNING_TEXTS, FakeContacts, fate_of
from tests.support.world import ALICE, BOB, HOUR, NOW, Room, demo_rooms
from tui.core_port import EventBatch

R = TypeVar("R")
PASSCODE = "correct horse"
WORDS = ["able", "baker", "cabin", "daily", "eagle", "fable", "gable", "habit", "ideal"] * 2
# Right in shape and alphabet, not in meaning.
LINK_TAIL = "K3QZV7XW2P5NJD6RM4TFA8HCY9BSGEU3" * 4
GREETER = "gr33t" + BOB[5:]


class FakeClient(FakeArchives, FakeContacts, FakeChanges):
    """Answers every command from memory. ``exists`` and ``locked`` set where the program starts."""

    def __init__(
        self,
        rooms: list[Room] | None = None,
        *,
        exists: bool = True,
        locked: bool = False,
        remembered: bool = False,
        now: int = NOW,
    ) -> None:
        self.rooms = demo_rooms() if rooms is None else rooms
        self.exists, self.locked, self.remembered = exists, locked, remembered
        self.passcode = PASSCODE
        self.identity, self.name = ALICE, "Alice"
        self.locks_at: int | None = None
        self.serves = True
        self.now = now
        self.stored_settings = api.Settings()
        self.invites: list[api.Invite] = []
        self.greetings = [
            api.Greeting(
                id="g1", identity=GREETER, name="Grace", text="Hi Alice, we met at the library.",
                received_at=now - HOUR, note="library",
            ),
            api.Greeting(
                id="g2", identity="x" + GREETER[1:], name="\x1b[31mX\u202e", text="click here\r\x1b[2J", received_at=now,
            ),
        ]  # fmt: skip
        self.inviter = api.InvitePreview(name="Sam", identity=GREETER[::-1], expires_at=now + HOUR)
        self.calls: list[api.Command[Any]] = []
        self.refuse: dict[type[api.Command[Any]], ApiError] = {}
        self.stopped = False
        self._events: list[api.Event] = []
        self._wake: Callable[[], None] = lambda: None
        self.crash: Callable[[str], None] = lambda _: None

    # --- CorePort -----------------------------------------------------------------------------------------------------

    def start(self, wake: Callable[[], None], crashed: Callable[[str], None]) -> None:
        """Remember whom to wake."""
        self._wake, self.crash = wake, crashed

    @property
    def runs_on(self) -> bool:
        """It ends with the test."""
        return False

    def take_events(self) -> EventBatch:
        """Give the events so far."""
        batch = EventBatch(tuple(self._events))
        self._events.clear()
        return batch

    def shut(self) -> None:
        """Note that the app was ended from outside."""
        self.stopped = True

    async def stop(self) -> None:
        """Note that the app said goodbye."""
        self.stopped = True

    def emit(self, event: api.Event) -> None:
        """Let an event happen."""
        self._events.append(event)
        self._wake()

    # --- what the world does ------------------------------------------------------------------------------------------

    def room(self, conversation: str) -> Room:
        """Return a conversation; raises unknown-conversation."""
        for room in self.rooms:
            if room.id == conversation:
                return room
        raise ApiError(Kind.UNKNOWN_CONVERSATION, "no such conversation")

    def receive(self, conversation: str, text: str, *, late: bool = False) -> None:
        """Let the other side write."""
        room = self.room(conversation)
        row = room.say(room.identity, text, self.now, late=late)
        self.emit(
            api.MessageReceived(conversation=conversation, id=row.id, sender=row.sender, text=row.text, late=late)
        )

    def advance(self, conversation: str, message_id: str, state: api.State) -> None:
        """Let one of our messages move on."""
        room = self.room(conversation)
        for index, row in enumerate(room.rows):
            if row.id == message_id:
                room.rows[index] = msgspec.structs.replace(row, state=state)
        self.emit(api.MessageStateChanged(conversation=conversation, id=message_id, state=state))

    # --- commands -----------------------------------------------------------------------------------------------------

    async def call(self, command: api.Command[R]) -> R:
        """Answer from memory, after one turn of the loop."""
        self.calls.append(command)
        await asyncio.sleep(0)
        if type(command) in self.refuse:
            raise self.refuse[type(command)]
        if self.locked and not isinstance(
            command, (api.AccountGet, api.AccountUnlock, api.NetworkStatusGet, api.AccountCreate, api.AccountRestore)
        ):
            raise ApiError(Kind.LOCKED if self.exists else Kind.NO_ACCOUNT, "locked")
        name = api.method_of(command).replace(".", "_")
        answer: Callable[[Any], object] = getattr(self, f"_{name}")
        return cast(R, answer(command))

    def _account_info(self, _: api.AccountGet) -> api.AccountInfo:
        if self.locked or not self.exists:
            return api.AccountInfo(identity="", name="", locked=self.locked, exists=self.exists, locks_at=self.locks_at)
        return api.AccountInfo(
            identity=self.identity, name=self.name, locked=False, exists=True, remembered=True, locks_at=self.locks_at
        )

    def _account_create(self, command: api.AccountCreate) -> api.AccountCreated:
        if self.exists:
            raise ApiError(Kind.ACCOUNT_EXISTS, "exists")
        self._check_passcode(command.passcode)
        self.exists, self.locked, self.passcode, self.name = True, False, command.passcode, command.name
        return api.AccountCreated(identity=ALICE, words=list(WORDS))

    def _account_restore(self, command: api.AccountRestore) -> api.AccountIdentity:
        wrong = [index for index, word in enumerate(command.words) if word not in WORDS]
        if wrong or len(command.words) != len(WORDS):
            raise ApiError(Kind.BAD_WORDS, "bad words", positions=wrong, count=len(command.words))
        if command.words != WORDS and not command.accept_mismatch:
            raise ApiError(Kind.WORDS_MISMATCH, "mismatch")
        self._check_passcode(command.passcode)
        self.exists, self.locked, self.passcode, self.name = True, False, command.passcode, command.name
        return api.AccountIdentity(identity=ALICE)

    def _check_passcode(self, passcode: str) -> None:
        if len(passcode) < 8:
            raise ApiError(Kind.WEAK_PASSCODE, "weak", suggestions=["Add another word or two."])

    def _account_unlock(self, command: api.AccountUnlock) -> api.AccountIdentity:
        if not self.exists:
            raise ApiError(Kind.NO_ACCOUNT, "no account")
        if command.passcode is None and not self.remembered:
            raise ApiError(Kind.PASSCODE_NEEDED, "passcode needed")
        if command.passcode not in {None, self.passcode}:
            raise ApiError(Kind.WRONG_PASSCODE, "wrong")
        self.locked = False
        return api.AccountIdentity(identity=ALICE)

    def _account_lock(self, _: api.AccountLock) -> api.Done:
        self.locked = True
        return api.Done()

    def _account_logout(self, _: api.AccountLogout) -> api.Done:
        self.locked, self.remembered = True, False
        return api.Done()

    def _account_change_passcode(self, command: api.AccountChangePasscode) -> api.Done:
        if command.old != self.passcode:
            raise ApiError(Kind.WRONG_PASSCODE, "wrong")
        self._check_passcode(command.new)
        self.passcode = command.new
        return api.Done()

    def _account_words(self, command: api.AccountWords) -> api.AccountPhrase:
        if command.passcode != self.passcode:
            raise ApiError(Kind.WRONG_PASSCODE, "wrong")
        return api.AccountPhrase(words=list(WORDS))

    def _account_rename(self, command: api.AccountRename) -> api.Done:
        self.name = command.name
        return api.Done()

    def _invite_create(self, command: api.InviteCreate) -> api.InviteCreated:
        number = len(self.invites) + 1
        link = f"SOTTO:{number}" + LINK_TAIL[:124]
        expires_at = self.now + command.expires_in * 1000
        self.invites.insert(
            0,
            api.Invite(
                id=f"i{number}", link=link, created_at=self.now, expires_at=expires_at, state="open", uses=0,
                copies=2, max_uses=command.max_uses, note=command.note,
            ),
        )  # fmt: skip
        return api.InviteCreated(id=f"i{number}", link=link, expires_at=expires_at, copies=2)

    def _invite_list(self, _: api.InviteList) -> list[api.Invite]:
        return list(self.invites)

    def _invite_revoke(self, command: api.InviteRevoke) -> api.Done:
        self.invites = [
            msgspec.structs.replace(invite, state="revoked") if invite.id == command.id else invite
            for invite in self.invites
        ]
        return api.Done()

    def _contact_add(self, command: api.ContactAdd) -> api.ConversationRef:
        if not command.link.startswith(("SOTTO:", "SOTTOVOCE:")):
            raise ApiError(Kind.BAD_INVITE, "bad invite")
        if any(command.link == invite.link for invite in self.invites):
            raise ApiError(Kind.OWN_INVITE, "own invite")
        room = Room(f"new{len(self.rooms)}", BOB[::-1], "Newcomer", state="waiting")
        room.say("me", command.greeting or "Hello!", self.now, state="queued")
        self.rooms.insert(0, room)
        return api.ConversationRef(conversation=room.id)

    def _contact_preview(self, _: api.ContactPreview) -> api.InvitePreview:
        return self.inviter

    def _greeting_list(self, _: api.GreetingList) -> list[api.Greeting]:
        return list(self.greetings)

    def _greeting_accept(self, command: api.GreetingAccept) -> api.ConversationRef:
        greeting = self._take_greeting(command.id)
        room = Room(f"from-{greeting.id}", greeting.identity, greeting.name)
        room.say(greeting.identity, greeting.text, greeting.received_at)
        self.rooms.insert(0, room)
        return api.ConversationRef(conversation=room.id)

    def _greeting_reject(self, command: api.GreetingReject) -> api.Done:
        self._take_greeting(command.id)
        return api.Done()

    def _take_greeting(self, greeting_id: str) -> api.Greeting:
        for greeting in self.greetings:
            if greeting.id == greeting_id:
                self.greetings.remove(greeting)
                return greeting
        raise ApiError(Kind.UNKNOWN_GREETING, "no such greeting")

    def _conversation_list(self, _: api.ConversationList) -> list[api.Conversation]:
        listed = [self._listed(room) for room in self.rooms]
        return sorted(listed, key=lambda conversation: -conversation.last_at)

    def _listed(self, room: Room) -> api.Conversation:
        unread = room.rows[room.read_upto :]
        last = room.rows[-1] if room.rows else None
        return api.Conversation(
            id=room.id,
            identity=room.identity,
            name=room.name,
            state=cast(Any, room.state),
            unread=sum(row.sender != "me" for row in unread),
            last_at=last.sent_at if last else 0,
            last_kind=last.kind if last else "text",
            last_text=last.text if last else "",
            last_sender=last.sender if last else "",
            last_state=last.state if last else "",
            first_unread=next((row.id for row in unread if row.sender != "me"), None),
            draft=room.draft,
            keep_asked=room.keep_asked,
            keep_wanted=room.keep_wanted,
            keeping=room.keeping,
            own_name=room.own_name,
            blocked=room.blocked,
            warning=room.warning,
            warning_text=WARNING_TEXTS[room.warning] if room.warning else "",
            rekey_overdue=room.rekey_overdue,
            verified=room.verified,
            **room.view,
        )

    def _keeping_get(self, _: api.KeepingGet) -> api.KeepingInfo:
        return api.KeepingInfo(
            possible=self.serves, contacts=sum(room.keeping for room in self.rooms), max_contacts=8, boxes=64,
            bytes=58_944, limit_bytes=33_554_432, returned=0, bytes_per_day=5_200_000,
        )  # fmt: skip

    def _contact_keep_mail(self, command: api.ContactKeepMail) -> api.Done:
        self.room(command.conversation).keeping = command.keep
        return api.Done()

    def _contact_ask_keep(self, command: api.ContactAskKeep) -> api.Done:
        room = self.room(command.conversation)
        room.keep_asked = command.ask
        room.say("me", "", self.now, state="queued", kind="keep-asked" if command.ask else "keep-ended")
        return api.Done()

    def _conversation_read(self, command: api.ConversationRead) -> api.Done:
        room = self.room(command.conversation)
        room.read_upto = max(room.read_upto, self._index(room, command.upto) + 1)
        return api.Done()

    def _conversation_focus(self, _: api.ConversationFocus) -> api.Done:
        return api.Done()

    def _conversation_typing(self, _: api.ConversationTyping) -> api.Done:
        return api.Done()

    def _draft_set(self, command: api.DraftSet) -> api.Done:
        self.room(command.conversation).draft = command.text
        return api.Done()

    def _message_send(self, command: api.MessageSend) -> api.MessageRef:
        room = self.room(command.conversation)
        if len(command.text.encode()) > api.MAX_TEXT_SIZE:
            raise ApiError(Kind.TOO_LONG, "too long", limit=api.MAX_TEXT_SIZE)
        if room.blocked:
            raise ApiError(Kind.BLOCKED, "You blocked this contact.")
        row = room.say(
            "me",
            command.text,
            self.now,
            state="queued",
            reply_to=command.reply_to,
            quote=self.quote_of(command.reply_to),
        )
        room.read_upto = len(room.rows)
        return api.MessageRef(id=row.id)

    def _message_list(self, command: api.MessageList) -> list[api.Message]:
        rows = self.room(command.conversation).rows
        if command.pinned:
            rows = [row for row in rows if row.pinned]
        if command.at is not None:
            later = (index for index, row in enumerate(rows) if row.sent_at >= command.at)
            first = next(later, len(rows) - 1)
            start = max(0, first - command.limit // 2)
            return rows[start : start + command.limit]
        start, stop = 0, len(rows)
        if command.around is not None:
            start = max(0, self._index(self.room(command.conversation), command.around) - command.limit // 2)
            return rows[start : start + command.limit]
        if command.before is not None:
            stop = self._index(self.room(command.conversation), command.before)
        if command.after is not None:
            start = self._index(self.room(command.conversation), command.after) + 1
            return rows[start : min(stop, start + command.limit)]
        return rows[max(0, stop - command.limit) : stop]

    def _message_delete(self, command: api.MessageDelete) -> api.Deleted:
        deleted = [row for room in self.rooms for row in room.rows if row.id in command.ids]
        for room in self.rooms:
            room.rows = [row for row in room.rows if row.id not in command.ids]
        return fate_of(deleted)

    def _message_search(self, command: api.MessageSearch) -> list[api.Found]:
        wanted = search_terms.words_of(command.query)
        hits = [
            api.Found(conversation=room.id, message=row)
            for room in self.rooms
            if command.conversation in {None, room.id}
            for row in room.rows
            if search_terms.holds(row.text, wanted) and _is_wanted(row, command)
        ]
        hits = sorted(hits, key=lambda hit: -hit.message.sent_at)
        ids = [hit.message.id for hit in hits]
        first = ids.index(command.before) + 1 if command.before is not None else 0
        return hits[first : first + command.limit]

    def _index(self, room: Room, message_id: str) -> int:
        for index, row in enumerate(room.rows):
            if row.id == message_id:
                return index
        raise ApiError(Kind.UNKNOWN_MESSAGE, "no such message")

    def _network_status(self, _: api.NetworkStatusGet) -> api.NetworkStatus:
        links = [
            api.PeerInfo(
                node=f"{index:02x}f3a9c1", endpoint=f"192.0.2.{index}:4400", role="full" if index < 3 else "leaf",
                rtt_ms=18.5 * index, following=index < 3,
            )
            for index in range(1, 5)
        ]  # fmt: skip
        return api.NetworkStatus(
            listen="0.0.0.0:4400", public="198.51.100.7:4400", peers=4, role="full", nat="cone", reachable=True,
            peers_by_source={"join": 0, "mainline": 1, "lan": 0, "remembered": 2, "exchange": 0, "incoming": 1},
            mainline=api.FinderInfo(running=True, reason="", contacts=86, heard=14),
            lan=api.FinderInfo(running=True, reason="", contacts=1, heard=0),
            joins=[], custodians=46, mailboxes=[
                api.MailboxInfo(bits=4, custodians=["01f3a9c1", "02f3a9c1"], agree=True),
                api.MailboxInfo(bits=4, custodians=["9ac0ff3e", "02f3a9c1"], agree=True),
            ],
            copies_agree=True, clock_offset_ms=-40,
            clocks_agreeing=3, clocks_off=[], clock_alone=None,
            anonymity_set=212, relays=187, hops=4, guards=3, guards_linked=3,
            loops_sent=240, loops_lost=1, uptime=7260, bytes_in=22_464_288, bytes_out=21_091_840,
            hour_out=2_745_000, hour_in=2_910_000, hour_seconds=3590.0, pace="normal",
            cover_bytes_per_day={"sparing": 177_408, "normal": 3_548_160, "strong": 53_222_400},
            datagrams_in=18234, datagrams_out=17120, datagrams_dropped=12, parcels=311, parcel_bytes=330_904, swarm=9,
            price_factor=1, links=links,
        )  # fmt: skip

    def _settings_get(self, _: api.SettingsGet) -> api.Settings:
        return self.stored_settings

    def _settings_set(self, command: api.SettingsSet) -> api.Done:
        self.stored_settings = msgspec.structs.replace(self.stored_settings, **command.settings)
        return api.Done()


def _is_wanted(row: api.Message, command: api.MessageSearch) -> bool:
    """Whether a row is of those that a search's filters leave."""
    return (
        row.kind == "text"
        and (command.sender is None or row.sender == command.sender)
        and (command.since is None or row.sent_at >= command.since)
        and (command.until is None or row.sent_at < command.until)
        and (command.has is None or "http" in row.text)
    )
