"""People in a seeded world: real nodes, real engines, real SQLCipher files; only time, chance and the wire are imaginary.

A ``Person`` owns a leaf and an engine as ``core.session.people_service`` does, and a small will of its own: a list of
things it wants to do, tried every other second while its machine is up, until done. It can be switched off, crashed
between a commit and what should follow from it, and put back to an old copy of its file.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core import api
from core.people.contact import greeting_sent, invitations
from core.people.conversation.resets import trusts
from core.people.effects import BoxDraft, Effect, Emit, Solve
from core.people.engine import Engine
from core.people.format.account_keys import keys_of_seed
from core.people.mail import boxes
from core.people.moment import Moment
from core.people.work import Work
from core.session import commands, invitation_lookup
from core.storage import accounts
from core.storage.database import Database
from core.storage.migrations import load_migrations
from net.cover_profile import NORMAL
from net.errors import Overloaded
from net.events import NodeEvent, RecordAnswered
from net.ids import ParcelId
from net.instant import Instant
from net.parcel.box import decode_box
from net.requests import Deposit, FindRecord, PutRecord
from simulator import FREE, Host, Path as Way, World
from simulator.nodes import CHEAP, full_node, leaf_node, plain_tuning

MIGRATIONS = load_migrations("history")
# Seconds: events gathered into one transaction, a proof of work, how often a person thinks of what it wants.
GATHERING, SOLVING, THINKING = 0.02, 0.05, 2.0
# Seconds a crashed machine stays off.
REBOOT = 4.0
# The normal setting without cover traffic, which would be most of what happens.
QUIET = NORMAL._replace(loop_period=1e9)

Wish = Callable[["Person"], bool]


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
        """Let somebody move in; with the words of another, it is that account on a device that knows nothing yet."""
        person = Person(self, name, skew_ms, words_of.seed if words_of else None)
        self.people.append(person)
        return person

    def leaves(self, box: bytes, name: str) -> None:
        """Note that a box leaves somebody's machine; two strangers may draw one slot of a link."""
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


class Person:
    """See the module. ``crashes`` holds the numbers of the effects-carrying calls after which the machine dies."""

    def __init__(self, village: Village, name: str, skew_ms: int, seed: bytes | None = None) -> None:
        self.village, self.name = village, name
        self.path = village.folder / f"{name}.db"
        self.key, self.seed = name.encode().ljust(32, b"k"), seed or name.encode().ljust(32, b"s")
        self.events: list[api.Event] = []
        self.wishes: deque[Wish] = deque()
        self.mark: int | None = None
        self.calls = 0
        self.crashes: Callable[[int], bool] = lambda _: False
        self.rollbacks = 0
        self.distrusted = 0
        self._answers: dict[ParcelId, list[RecordAnswered]] = {}
        doors = [custodian.endpoint for custodian in village.custodians]
        build = leaf_node(*doors, tuning=village.tuning, is_plain=village.is_plain)
        self.host = village.world.add(build, skew_ms=skew_ms)
        self.host.kill()
        self.start()

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Switch on and unlock, as ``core.session.open_account`` does."""
        self.host.start()
        self._batch: list[NodeEvent] = []
        self._drafts: list[Solve] = []
        self._tick_at = float("inf")
        self._answers.clear()
        self.database = Database.open(self.path, self.key, MIGRATIONS)
        with self.database.read() as snapshot:
            row = accounts.load(snapshot)
        trusted = trusts(None if row is None else row.counter, self.mark)
        self.distrusted += not trusted
        self.engine = Engine(self.database, keys_of_seed(self.seed), self.moment(), distrust=not trusted, price=FREE)
        if not trusted:
            self.engine.jump_ahead(max(self.mark or 0, self.engine.counter) + 1, self.moment())
        self.mark = self.engine.counter
        self.host.on_event = self._on_event
        self._guarded(lambda now: self._engine(self.engine.start))
        self.host.after(THINKING, self._think)

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

    def moment(self) -> Moment:
        """Return the present as the engine sees it."""
        now, node = self.host.now(), self.host.node()
        network_ms = now.wall_ms + node.network_offset_ms()
        return Moment(now.wall_ms, network_ms, now.mono, len(node.custodians()), node.shown_width())

    # --- the service --------------------------------------------------------------------------------------------------

    def _guarded(self, act: Callable[[Instant], None]) -> None:
        try:
            act(self.host.now())
        except Crashed:
            self.stop()
            self.village.world.at(self.village.world.now + REBOOT, self._reboot)

    def _reboot(self) -> None:
        if not self.is_up:
            self.start()

    def _engine(self, call: Callable[[Moment], list[Effect]]) -> None:
        effects = call(self.moment())
        self.calls += bool(effects)
        if effects and self.crashes(self.calls):
            raise Crashed
        if any(isinstance(effect, Deposit | PutRecord) for effect in effects):
            self.mark = self.engine.counter
        for effect in effects:
            try:
                self._carry_out(effect)
            except Overloaded:
                continue  # the engine's duties ask again
        self._set_alarm()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Solve():
                if not self._drafts:
                    self.host.after(SOLVING, lambda _: self._guarded(self._solve))
                self._drafts.append(effect)
            case Emit():
                self.events.append(effect.event)
            case _:
                if isinstance(effect, Deposit):
                    self.village.leaves(effect.box, self.name)
                self.host.node().request(effect, self.host.now())

    def _solve(self, _: Instant) -> None:
        drafts, self._drafts = self._drafts, []
        hour = self.moment().hour
        results = [
            (
                solve.draft,
                boxes.solve_draft(solve.draft, hour, FREE)
                if isinstance(solve.draft, BoxDraft)
                else invitations.solve_draft(solve.draft, hour, FREE),
            )
            for solve in drafts
        ]
        self._engine(lambda moment: self.engine.solved(results, moment))

    def _on_event(self, event: NodeEvent, _: Instant) -> None:
        if isinstance(event, RecordAnswered):
            self._answers.setdefault(event.record_id, []).append(event)
        if not self._batch:
            self.host.after(GATHERING, lambda _: self._guarded(self._feed))
        self._batch.append(event)

    def _feed(self, _: Instant) -> None:
        batch, self._batch = self._batch, []
        self._engine(lambda moment: self.engine.network(batch, moment))

    def _set_alarm(self) -> None:
        at = self.engine.next_deadline()
        if at < self._tick_at:
            self._tick_at = at
            self.host.after(max(at - self.village.world.now, 0.01), lambda _: self._guarded(self._tick))

    def _tick(self, now: Instant) -> None:
        if now.mono < self._tick_at:
            return
        self._tick_at = float("inf")
        if self.engine.next_deadline() <= now.mono:
            self._engine(self.engine.tick)
        self._set_alarm()

    # --- what a person does -------------------------------------------------------------------------------------------

    def _think(self, _: Instant) -> None:
        self.host.after(THINKING, self._think)
        self._guarded(self._follow_wishes)

    def _follow_wishes(self, _: Instant) -> None:
        if self.wishes and self.wishes[0](self):
            self.wishes.popleft()

    def call(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command."""
        return self._act(commands.act_of(command))

    def _act(self, act: Callable[..., api.R]) -> api.R:
        answers: list[api.R] = []

        def run(moment: Moment) -> list[Effect]:
            answer, effects = self.engine.command(act, moment)
            answers.append(answer)
            return effects

        self._engine(run)
        return answers[0]

    def wish(self, *wishes: Wish) -> None:
        """Want something more."""
        self.wishes.extend(wishes)

    def add(self, link: str, text: str) -> bool:
        """Do what ``contact.add`` does; False while the network has not answered. Raises ``ApiError``."""
        decoded = invitation_lookup.read_link(link, self.engine.me.identity, self.moment().network_ms)
        answers = self._answers.setdefault(ParcelId(decoded.record_id), [])
        if not answers:
            self.host.node().request(FindRecord(ParcelId(decoded.record_id)), self.host.now())
            return False
        try:
            bundle = invitation_lookup.judge(decoded, answers, len(self.host.node().custodians()))
        except api.ApiError as error:
            answers.clear()
            if error.kind in (api.Kind.NO_NETWORK, api.Kind.INVITE_NOT_FOUND):
                return False
            raise

        def greet(work: Work) -> str:
            known = greeting_sent.existing(work, decoded, bundle.certificate.device)
            return (known or greeting_sent.greet(work, decoded, bundle, text)).public_id

        self._act(greet)
        return True

    def accept_all(self) -> int:
        """Let everybody in who waits at the door; return how many."""
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
        """Send a text, the same one only once; False while there is nobody to send it to."""
        conversation = self.conversation()
        if conversation is None:
            return False
        self.call(api.MessageSend(conversation=conversation, text=text, uid=text[:64]))
        return True

    # --- what is to be seen -------------------------------------------------------------------------------------------

    def rows(self) -> list[api.Message]:
        """Return every row of the only conversation, oldest first."""
        with self.engine.work(self.moment()) as work:
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


def inviting_wish(link: list[str], **terms: int) -> Wish:
    """Return the wish to invite; the link is put into ``link`` as soon as somebody could find what it leads to."""

    def wish(person: Person) -> bool:
        made = person.call(api.InviteList())
        if not made:
            person.call(api.InviteCreate(expires_in=terms.get("expires_in", 86_400), max_uses=terms.get("max_uses")))
            return False
        if made[0].copies:
            link[:] = [made[0].link]
        return bool(link)

    return wish


def adding_wish(link: list[str], text: str) -> Wish:
    """Return the wish to greet whoever made the link."""
    return lambda person: bool(link) and person.add(link[0], text)


def accepting_wish(person: Person) -> bool:
    """Let in whoever greets, once somebody did."""
    return person.accept_all() > 0 or person.conversation() is not None


def saying_wish(text: str) -> Wish:
    """Return the wish to say something."""
    return lambda person: person.say(text)
