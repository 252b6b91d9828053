"""People in a seeded world: real nodes, real engines, real SQLCipher files; only time, chance and the wire are imaginary.

An ``Account`` is an engine on a machine's leaf, which several may share. It has a small will of its own: a list of things it
wants to do, tried every other second while it is open, until done. A ``Person`` is the account of a machine that is its
alone, which can be switched off, crashed between a commit and what should follow from it, and put back to an old copy of its
file.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core import api
from core.people.effects import Effect
from core.people.work import Work
from core.session import commands, invitation_lookup
from core.session.commands.invitations import greet
from core.session.node_share import NodeShares, Share
from core.session.people_protocol import Call, Draft, PeopleProtocol, is_trusted, open_engine, prove
from core.storage import accounts
from core.storage.database import Database
from core.storage.migrations import load_migrations
from net.cover_profile import NORMAL
from net.events import NodeEvent, RecordAnswered
from net.ids import NodeId, ParcelId
from net.instant import Instant
from net.parcel.box import decode_box
from net.requests import Deposit, FindRecord, Request
from simulator import FREE, Host, Path as Way, World
from simulator.nodes import CHEAP, full_node, leaf_node, plain_tuning

MIGRATIONS = load_migrations("history")
# Seconds: events gathered into one transaction, a proof of work, how often a person thinks of what it wants.
GATHERING, SOLVING, THINKING = 0.02, 0.05, 2.0
# Seconds a crashed machine stays off.
REBOOT = 4.0
# The normal setting without cover traffic, which would be most of what happens.
QUIET = NORMAL._replace(loop_period=1e9)

Wish = Callable[["Account"], bool]


class Crashed(Exception):
    """The machine died after a commit and before anything followed from it."""


class Village:
    """Custodians, people and the one rule that is watched all the time: no id leaves with two different contents.

    Where datagrams may be lost, links and ciphers are real; where none is (``way`` None), stand-ins are as good and cheaper.
    """

    def __init__(self, folder: Path, seed: int, *, way: Way | None = None, custodians: int = 4) -> None:
        self.world = World(seed, way)
        self.folder = folder
        self.is_plain = way is None
        self.tuning = plain_tuning(QUIET) if self.is_plain else replace(CHEAP, cover_profile=QUIET)
        self.bytes_of_id: dict[tuple[str, ParcelId], bytes] = {}
        self.custodians: list[Host] = []
        for _ in range(custodians):
            doors = [host.endpoint for host in self.custodians[:1]]
            self.custodians.append(self.world.add(full_node(*doors, tuning=self.tuning, is_plain=self.is_plain)))
        self.people: list[Person] = []

    def person(self, name: str, *, skew_ms: int = 0, words_of: Person | None = None) -> Person:
        """Add a person; with the ``words`` of another, it is that account on a device that knows nothing yet."""
        person = Person(self, name, skew_ms, words_of.seed if words_of else None)
        self.people.append(person)
        return person

    def leaves(self, box: bytes, name: str) -> None:
        """Note that a box leaves a person's machine; two strangers may draw one slot of a link."""
        decoded = decode_box(box)
        known = self.bytes_of_id.setdefault((name, decoded.box_id), decoded.variant())
        assert known == decoded.variant(), "one id was used for two contents"

    def live(self, seconds: float) -> None:
        """Let time pass."""
        self.world.run_for(seconds)

    def live_until(self, condition: Callable[[], bool], limit: float) -> None:
        """Let time pass until ``condition`` holds."""
        assert self.world.run_while(lambda: not condition(), limit, step=2.0), [p.report() for p in self.people]

    def sleep(self, seconds: float) -> None:
        """Switch everything off for so long: how days pass quickly."""
        everybody = [*self.custodians, *(person.host for person in self.people)]
        was_up = [host.is_up for host in everybody]
        for person in self.people:
            person.stop()
        for host in self.custodians:
            host.kill()
        self.world.run_for(seconds)
        for host, up in zip(self.custodians, was_up, strict=False):
            if up:
                host.start()
        for person, up in zip(self.people, was_up[len(self.custodians) :], strict=True):
            if up:
                person.start()

    def close(self) -> None:
        """Let go of every file."""
        for person in self.people:
            person.stop()


class Machine:
    """A host whose node is shared by the accounts that are open on it (``core.session.node_share``)."""

    def __init__(self, village: Village, skew_ms: int) -> None:
        self.village = village
        self.accounts: list[Account] = []
        doors = [custodian.endpoint for custodian in village.custodians]
        build = leaf_node(*doors, tuning=village.tuning, is_plain=village.is_plain)
        self.host = village.world.add(build, skew_ms=skew_ms)
        self.host.kill()

    def start(self) -> None:
        """Switch on, with no account open."""
        self.host.start()
        self.shares = NodeShares(self, lambda: self.host.after(GATHERING, self._deliver))
        self._events: list[NodeEvent] = []
        self.host.on_event = self._on_event

    def now(self) -> Instant:
        return self.host.now()

    def network_ms(self) -> int:
        return self.host.now().wall_ms + self.host.node().network_offset_ms()

    def custodians(self) -> list[NodeId]:
        return self.host.node().custodians()

    def shown_width(self) -> int:
        return self.host.node().shown_width()

    def price_factor(self, address: int) -> int:
        return self.host.node().price_factor(address)

    def request(self, request: Request) -> None:
        self.host.node().request(request, self.host.now())

    async def note_metered(self, *, is_metered: bool) -> None:
        pass

    def _on_event(self, event: NodeEvent, _: Instant) -> None:
        if not self._events:
            self.host.after(GATHERING, self._deliver)
        self._events.append(event)

    def _deliver(self, _: Instant) -> None:
        events, self._events = self._events, []
        for share, each in [*self.shares.sort(events), *self.shares.owed()]:
            for account in self.accounts:
                if account.share is share and share.is_open:
                    account.feed(each)


class Account:
    """An engine on a machine, driven in simulated time as ``core.session.people_service`` drives it with trio."""

    def __init__(self, machine: Machine, name: str, seed: bytes | None = None) -> None:
        self.machine, self.village, self.name = machine, machine.village, name
        self.path = self.village.folder / f"{name}.db"
        self.key, self.seed = name.encode().ljust(32, b"k"), seed or name.encode().ljust(32, b"s")
        self.events: list[api.Event] = []
        self.wishes: deque[Wish] = deque()
        self.mark: int | None = None
        self.distrusted = 0
        self._answers: dict[ParcelId, list[RecordAnswered]] = {}
        machine.accounts.append(self)

    # --- the service ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Unlock, as ``core.session.open_account`` does."""
        self._drafts: list[Draft] = []
        self._alarm_at = float("inf")
        self._answers.clear()
        self.share = self.machine.shares.open()
        self.database = Database.open(self.path, self.key, MIGRATIONS)
        self.distrusted += not is_trusted(self.database, self.mark)
        self.engine = open_engine(self.database, self.seed, self.mark, self.share.moment(), FREE)
        self.mark = self.engine.counter
        self._protocol = PeopleProtocol(self.engine)
        self._guarded(lambda: self._run(self._protocol.start()))
        self._think(self.share)

    def lock(self) -> None:
        """Close, while the machine runs on."""
        self.share.close()
        self.database.close()

    @property
    def is_up(self) -> bool:
        """Whether the account is open on a machine that runs."""
        return self.machine.host.is_up and self.share.is_open

    def feed(self, events: list[NodeEvent]) -> None:
        """Take what the node reported."""
        for event in events:
            if isinstance(event, RecordAnswered):
                self._answers.setdefault(event.record_id, []).append(event)
        self._protocol.arrived(events)
        self._guarded(self._do_what_is_due)

    def _guarded(self, act: Callable[[], None]) -> None:
        act()

    def _run(self, call: Call) -> None:
        effects = call.run(self.share.moment())
        self._committed(effects)
        count = self._protocol.count_to_mark(effects)
        self.mark = self.mark if count is None else count
        self._protocol.let_out(effects, self)

    def _committed(self, effects: list[Effect]) -> None:
        pass

    def _do_what_is_due(self) -> None:
        while (call := self._protocol.due(self.machine.now().mono)) is not None:
            self._run(call)
        self._set_alarm()

    def _set_alarm(self) -> None:
        at = self._protocol.next_deadline()
        if at < self._alarm_at:
            self._alarm_at = at
            share = self.share
            self.machine.host.after(max(at - self.village.world.now, 0.01), lambda now: self._ring(share, now))

    def _ring(self, share: Share, now: Instant) -> None:
        if share is self.share and share.is_open and now.mono >= self._alarm_at:
            self._alarm_at = float("inf")
            self._guarded(self._do_what_is_due)

    def request(self, request: Request) -> None:
        """Ask the node for something."""
        if isinstance(request, Deposit):
            self.village.leaves(request.box, self.name)
        self.share.request(request)

    def emit(self, event: api.Event) -> None:
        """Note an event."""
        self.events.append(event)

    def solve(self, draft: Draft, *, is_slow: bool) -> None:
        """Do a proof of work, a little later."""
        if not self._drafts:
            share = self.share
            self.machine.host.after(SOLVING, lambda _: self._solve(share))
        self._drafts.append(draft)

    def _solve(self, share: Share) -> None:
        if share is not self.share or not share.is_open:
            return
        drafts, self._drafts = self._drafts, []
        hour = share.moment().hour
        for draft in drafts:
            self._protocol.paid(draft, prove(draft, hour, FREE))
        self._guarded(self._do_what_is_due)

    # --- what a person does -------------------------------------------------------------------------------------------

    def _think(self, share: Share) -> None:
        if share is self.share and share.is_open:
            self.machine.host.after(THINKING, lambda _: self._think(share))
            self._guarded(self._follow_wishes)

    def _follow_wishes(self) -> None:
        if self.wishes and self.wishes[0](self):
            self.wishes.popleft()

    def call(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command."""
        return self._act(commands.act_of(command))

    def _act(self, act: Callable[[Work], api.R]) -> api.R:
        answers: list[api.R] = []
        self._run(self._protocol.command(act, answers.append))
        self._set_alarm()
        return answers[0]

    def wish(self, *wishes: Wish) -> None:
        """Want something more."""
        self.wishes.extend(wishes)

    def add(self, link: str, text: str) -> bool:
        """Do what ``contact.add`` does; False while the network has not answered. Raises ``ApiError``."""
        decoded = invitation_lookup.read_link(link, self.engine.me.identity, self.share.moment().network_ms)
        answers = self._answers.setdefault(ParcelId(decoded.record_id), [])
        if not answers:
            self.request(FindRecord(ParcelId(decoded.record_id)))
            return False
        try:
            bundle = invitation_lookup.judge(decoded, answers, len(self.machine.custodians()))
        except api.ApiError as error:
            answers.clear()
            if error.kind in (api.Kind.NO_NETWORK, api.Kind.INVITE_NOT_FOUND):
                return False
            raise

        self._act(lambda work: greet(work, decoded, bundle, text))
        return True

    def accept_all(self) -> int:
        """Accept every greeting that waits; return how many."""
        waiting = self.call(api.GreetingList())
        for greeting in waiting:
            self.call(api.GreetingAccept(id=greeting.id))
        return len(waiting)

    def conversation(self) -> str | None:
        """Return the id of the only conversation there is."""
        found = self.call(api.ConversationList())
        assert len(found) <= 1
        return found[0].id if found else None

    def say(self, text: str) -> bool:
        """Send a text, the same one only once; False while there is no contact to send it to."""
        conversation = self.conversation()
        if conversation is None:
            return False
        self.call(api.MessageSend(conversation=conversation, text=text, uid=text[:64]))
        return True

    # --- what is to be seen -------------------------------------------------------------------------------------------

    def rows(self) -> list[api.Message]:
        """Return every row of the only conversation, oldest first."""
        with self.engine.work(self.share.moment()) as work:
            found = commands.act_of(api.ConversationList())(work)
            if not found:
                return []
            return commands.act_of(api.MessageList(conversation=found[0].id, limit=500))(work)

    def heard(self) -> list[str]:
        """Return the texts of others, in order."""
        return [row.text for row in self.rows() if row.sender != "me" and row.kind == "text"]

    def said(self) -> dict[str, str]:
        """Return the states of our texts."""
        return {row.text: row.state for row in self.rows() if row.sender == "me"}

    def report(self) -> str:
        """Return what a failed story wants to know."""
        if not self.is_up:
            return f"{self.name}: off, {len(self.wishes)} wishes"
        return f"{self.name}: {len(self.wishes)} wishes, heard {self.heard()}, said {self.said()}"


class Person(Account):
    """See the module. ``crashes`` holds the numbers of the effects-carrying calls after which the machine dies."""

    def __init__(self, village: Village, name: str, skew_ms: int, seed: bytes | None = None) -> None:
        super().__init__(Machine(village, skew_ms), name, seed)
        self.host = self.machine.host
        self.calls = 0
        self.crashes: Callable[[int], bool] = lambda _: False
        self.rollbacks = 0
        self.start()

    def start(self) -> None:
        """Switch on and unlock."""
        self.machine.start()
        self.open()

    def stop(self) -> None:
        """Switch off at once."""
        if self.host.is_up:
            self.host.kill()
            self.database.close()

    @property
    def is_up(self) -> bool:
        """Whether the machine runs."""
        return self.host.is_up

    def copy(self) -> Path:
        """Return a copy of the file as it is now."""
        was_up = self.is_up
        self.stop()
        backup = self.path.with_suffix(f".copy{self.calls}")
        shutil.copy(self.path, backup)
        if was_up:
            self.start()
        return backup

    def put_back(self, backup: Path, *, keep_mark: bool) -> None:
        """Come up with an old copy of the file; the mark outside it notices, or went back as well."""
        self.stop()
        shutil.copy(backup, self.path)
        if not keep_mark:
            database = Database.open(self.path, self.key, MIGRATIONS)
            with database.read() as snapshot:
                row = accounts.load(snapshot)
            database.close()
            self.mark = None if row is None else row.counter
        self.rollbacks += 1
        self.start()

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Crashed:
            self.stop()
            self.village.world.at(self.village.world.now + REBOOT, self._reboot)

    def _reboot(self) -> None:
        if not self.is_up:
            self.start()

    def _committed(self, effects: list[Effect]) -> None:
        self.calls += bool(effects)
        if effects and self.crashes(self.calls):
            raise Crashed


def inviting_wish(link: list[str], **terms: int) -> Wish:
    """Return the wish to invite; the link is put into ``link`` as soon as its invitation can be found in the network."""

    def wish(person: Account) -> bool:
        made = person.call(api.InviteList())
        if not made:
            person.call(api.InviteCreate(expires_in=terms.get("expires_in", 86_400), max_uses=terms.get("max_uses")))
            return False
        if made[0].copies:
            link[:] = [made[0].link]
        return bool(link)

    return wish


def adding_wish(link: list[str], text: str) -> Wish:
    """Return the wish to greet the maker of the link."""
    return lambda person: bool(link) and person.add(link[0], text)


def accepting_wish(person: Account) -> bool:
    """Accept the greetings that wait; a wish that is done once there is a conversation."""
    return person.accept_all() > 0 or person.conversation() is not None


def saying_wish(text: str) -> Wish:
    """Return the wish to say something."""
    return lambda person: person.say(text)
