"""A simulated town: hosts that come and go, a person at each, and the letters they write.

Sessions and pauses are exponential; at the beginning as many are up as would be in the long run. A node that starts finds
others by what it remembers and at a meeting place. Every node is a full one: it relays, and keeps boxes for others.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from random import Random
from typing import Final

from net.cover_profile import CoverProfile
from net.ids import ParcelId, tag_of
from net.node.wiring import Tuning
from net.parcel.box import decode_box
from net.parcel.store import Kind
from simulator.meeting_place import MeetingPlace
from simulator.nodes import full_node, plain_tuning
from simulator.observer import Exchange, Observer
from simulator.people import Letter, Person
from simulator.world import Build, Host, Machine, Path, World

HOUR: Final = 3600.0
# The normal pace without loops: cover traffic is a constant that would be most of the events.
QUIET_PACE: Final = CoverProfile(hop_delay=0.1, slot=0.4, loop_period=1e9)
# Seconds over which those that are up at the beginning start.
ARRIVAL: Final = 600.0
# Seconds of the world between two collections of dead nodes.
SWEEP: Final = 4 * HOUR
# Seconds after which it is noted who holds a letter: the pushes of its first custodians are through.
SPREAD_TIME: Final = 60.0
# No loss: the stand-in links do not repeat (``plain_links``).
ROADS: Final = Path(latency=0.04, jitter=0.01)


@dataclass(frozen=True, slots=True)
class Habits:
    """Mean seconds that nodes are up and down."""

    up: float = 2.5 * HOUR
    down: float = 6 * HOUR

    @property
    def uptime(self) -> float:
        """Return the share of time that a node is up."""
        return self.up / (self.up + self.down)


class Town:
    """A seeded town of ``size`` people. ``habits`` None: all stay."""

    arrival = ARRIVAL

    def __init__(self, size: int, seed: int, habits: Habits | None = None, tuning: Tuning | None = None) -> None:
        self.world = World(seed, ROADS)
        self.rng = Random(seed)
        self.people = [Person(number, self.rng.randbytes(32)) for number in range(size)]
        self.hosts: list[Host] = []
        self.letters: list[Letter] = []
        self.starts = 0
        self.observer = Observer()
        self._habits = habits
        self._tuning = tuning or plain_tuning(QUIET_PACE)
        self._meeting_place = MeetingPlace(self.rng)
        self._settle(size)

    def online(self) -> list[Person]:
        """Return those whose node is up."""
        return [person for person in self.people if person.is_online]

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        gc.disable()  # millions of living objects; what dies in cycles is swept up now and then
        end = self.world.now + seconds
        while self.world.now < end:
            self.world.run_until(min(end, self.world.now + SWEEP))
            gc.collect()
        gc.enable()

    def write_at(self, when: float) -> None:
        """Have a person who is online then write to another, who may not be."""
        self.world.at(when, self._write)

    def write(self, writer: Person, reader: Person) -> Letter:
        """Write a letter now."""
        letter = Letter(len(self.letters), writer, reader, self.world.now)
        if reader.is_online:
            letter.met_at = letter.sent_at
        self.letters.append(letter)
        writer.write(letter)
        self.world.at(self.world.now + SPREAD_TIME, lambda: self._note_holders(letter))
        return letter

    def _note_holders(self, letter: Letter) -> None:
        letter.held_by.update(person.node for person in self.holders(letter.box_id))

    def exchanges(self) -> list[Exchange]:
        """Return how the delivered letters went and came."""
        return [self._exchange(letter) for letter in self.letters if letter.delivered_at is not None]

    def holders(self, box_id: ParcelId) -> list[Person]:
        """Return those at whose node a box lies, running or not."""
        return [
            person for person, host in zip(self.people, self.hosts, strict=True) if host.store.get(Kind.BOX, box_id)
        ]

    def keepers(self, letter: Letter) -> list[Person]:
        """Return those online whose scope a letter lies in."""
        prefix = decode_box(letter.box).prefix
        return [
            person
            for person, host in zip(self.people, self.hosts, strict=True)
            if host.is_up and (status := host.node().view().custodian) and status.scope.covers(prefix)
        ]

    # --- inside -------------------------------------------------------------------------------------------------------

    def _exchange(self, letter: Letter) -> Exchange:
        tag = tag_of(letter.box_id)
        fetches = {walk for walk in self.observer.fetches[tag] if walk.who == letter.reader.node}
        return Exchange(
            letter.writer.node,
            letter.reader.node,
            tuple(self.observer.sent_boxes[tag]),
            tuple(fetches),
            frozenset(letter.held_by),
        )

    def _settle(self, size: int) -> None:
        share = self._habits.uptime if self._habits else 1.0
        span = self.arrival * min(1.0, size * share / 300)
        for person in self.people:
            host = self.world.add(self._build(person), is_up=False)
            self.hosts.append(host)
            if self.rng.random() < share:
                self.world.schedule(self.rng.uniform(0.0, span), self._start, host, None)
            elif self._habits:
                self.world.schedule(span + self.rng.expovariate(1 / self._habits.down), self._start, host, None)

    def _build(self, person: Person) -> Build:
        build = full_node(tuning=self._tuning, is_plain=True)

        def built(host: Host) -> Machine:
            person.attach(host)
            return build(host)

        return built

    def _start(self, host: Host, _unused: None) -> None:
        self.starts += 1
        host.start()
        self.observer.watch(host.node())
        self._meeting_place.come(host)
        if self._habits:
            self.world.schedule(self.world.now + self.rng.expovariate(1 / self._habits.up), self._stop, host, None)

    def _stop(self, host: Host, _unused: None) -> None:
        host.kill()
        if self._habits:
            self.world.schedule(self.world.now + self.rng.expovariate(1 / self._habits.down), self._start, host, None)

    def _write(self) -> None:
        online = self.online()
        if online:
            writer = self.rng.choice(online)
            self.write(writer, self.rng.choice([each for each in self.people if each is not writer]))
