"""The scenarios of ``benchmarks.liveness``: what goes wrong in a network of processes, and how long texts take meanwhile.

A text counts from when its ``message.send`` was asked for: until its writer hears that enough custodians have named it
(``stored``), until its reader's client tells of it (``received``), until its writer knows that (``delivered``). None: not
within the patience.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from benchmarks.support.lively_world import Heard, LivelyWorld, freeze, thaw
from benchmarks.support.report import Figures
from tests.support.processes import Process, Rpc

_DAY, _HOUR = 86_400.0, 3600.0
_LOOK: Final = 0.1
# States that come no sooner than that of the key, for one may be passed over.
_AT_LEAST: Final = {"stored": {"stored", "delivered", "read"}, "delivered": {"delivered", "read"}}
# A slow node runs for so many seconds, then pauses.
_RUNS, _PAUSES = 0.1, 1.9


class Extent(NamedTuple):
    """How much is measured: texts of one kind, seconds of waiting for one, of sleeping, and of calm before."""

    texts: int
    patience: float
    asleep: float
    settling: float


class Sent(NamedTuple):
    """A text under way."""

    writer: str
    number: int
    text: str
    at: float


class Stage:
    """A network whose people talk. ``alice`` writes unless said otherwise."""

    def __init__(self, world: LivelyWorld, extent: Extent) -> None:
        self.world = world
        self.extent = extent
        self._texts = 0
        self._ids: dict[str, str] = {}

    @property
    def people(self) -> dict[str, Rpc]:
        """Alice's and bob's clients."""
        return self.world.people

    def send(self, count: int, gap: float, writer: str = "alice") -> list[Sent]:
        """Send texts, so many seconds apart, whether or not an answer came to the one before."""
        out: list[Sent] = []
        rpc = self.people[writer]
        for number in range(count):
            if number:
                time.sleep(gap)
            self._texts += 1
            text, at = f"{writer} {self._texts}", time.monotonic()
            asked = rpc.ask("message.send", conversation=self.world.conversation[writer], text=text)
            out.append(Sent(writer, asked, text, at))
        return out

    def taken(self, sent: Iterable[Sent]) -> list[Figures]:
        """Wait for all three, at most the patience after the last text; return the seconds of each text."""
        return self._once(list(sent), lambda row: None not in row.values())

    def settle(self) -> list[Figures]:
        """Let the first text through, and wait a little more; return its seconds."""
        rows = self.arrived(self.send(1, 0.0))
        time.sleep(self.extent.settling)
        return [{kind: row[kind] for kind in ("stored", "received")} for row in rows]

    def _once(self, texts: list[Sent], is_enough: Callable[[Figures], bool]) -> list[Figures]:
        deadline = time.monotonic() + self.extent.patience
        while True:
            found = [self._row(each) for each in texts]
            if time.monotonic() > deadline or all(map(is_enough, found)):
                return found
            time.sleep(_LOOK)

    def arrived(self, sent: Sequence[Sent]) -> list[Figures]:
        """Wait until texts are stored and received; return the seconds of each."""
        return self._once(list(sent), lambda row: None not in {row["stored"], row["received"]})

    def rows(self, sent: Iterable[Sent]) -> list[Figures]:
        """Return the seconds of each text as far as they are known by now."""
        return [self._row(each) for each in sent]

    def say(self, count: int, gap: float, writer: str = "alice") -> list[Figures]:
        """Send texts and wait for them."""
        return self.taken(self.send(count, gap, writer))

    def twice(self) -> int:
        """Return how many texts came more than once."""
        told = [(name, each["text"]) for name, rpc in self.people.items() for each in rpc.of_type("message.received")]
        return len(told) - len(set(told))

    def _row(self, sent: Sent) -> Figures:
        reader = "bob" if sent.writer == "alice" else "alice"
        states = [each for each in self._of(sent.writer, "message.state") if each["id"] == self._id(sent)]
        arrivals = [each for each in self._of(reader, "message.received") if each["text"] == sent.text]
        return {
            "stored": _first([each for each in states if each["state"] in _AT_LEAST["stored"]], sent),
            "received": _first(arrivals, sent),
            "delivered": _first([each for each in states if each["state"] in _AT_LEAST["delivered"]], sent),
        }

    def _id(self, sent: Sent) -> str:
        if sent.text not in self._ids:  # no two are alike; numbers begin anew with each program
            self._ids[sent.text] = str(self.people[sent.writer].answer(sent.number)["id"])
        return self._ids[sent.text]

    def _of(self, name: str, kind: str) -> list[dict[str, Any]]:
        events = self.people[name].events
        assert isinstance(events, Heard)
        return [each for each in events if each["type"] == kind]


def _first(events: Sequence[dict[str, Any]], sent: Sent) -> float | None:
    return round(events[0]["at"] - sent.at, 1) if events else None


def since(moment: float, sent: Sequence[Sent], rows: Sequence[Figures]) -> list[Figures]:
    """Return the same seconds, counted from another moment."""

    def moved(each: Sent, value: object) -> object:
        return round(value - (moment - each.at), 1) if isinstance(value, float) else None

    return [{kind: moved(each, value) for kind, value in row.items()} for each, row in zip(sent, rows, strict=True)]


# --- scenarios --------------------------------------------------------------------------------------------------------


def calm(stage: Stage) -> Figures:
    """Nothing is wrong."""
    return {"texts": stage.say(stage.extent.texts, 1.0), "back": stage.say(2, 1.0, "bob")}


def clock_ahead(stage: Stage) -> Figures:
    """The date of bob's machine jumps three days ahead."""
    return _with_clock_of_bob(stage, 3 * _DAY)


def clock_behind(stage: Stage) -> Figures:
    """The date of bob's machine jumps nine days back."""
    return _with_clock_of_bob(stage, -9 * _DAY)


def _with_clock_of_bob(stage: Stage, seconds: float) -> Figures:
    stage.world.clocks["bob"].set(seconds)
    return {"texts": stage.say(stage.extent.texts, 5.0), "back": stage.say(2, 1.0, "bob")}


def asleep(stage: Stage) -> Figures:
    """Bob's client is stopped for minutes; its monotonic clock goes on, as that of a machine that was only too busy."""
    return _while_bob_sleeps(stage, stage.extent.asleep, by_clock=0.0)


def suspended(stage: Stage) -> Figures:
    """Bob's machine is suspended: the date goes on, the monotonic clock hardly does.

    The date can be set but not slowed, so bob's was behind before by what he sleeps, and is right when he wakes.
    """
    return _while_bob_sleeps(stage, 10.0, by_clock=stage.extent.asleep)


def _while_bob_sleeps(stage: Stage, seconds: float, *, by_clock: float) -> Figures:
    bob, clock = stage.people["bob"], stage.world.clocks["bob"]
    if by_clock:
        clock.set(-by_clock)
        stage.settle()
    until = time.monotonic() + seconds
    freeze(bob)
    sent = stage.send(3, seconds / 4)
    time.sleep(max(0.0, until - time.monotonic()))
    clock.set(0.0)
    woken = time.monotonic()
    thaw(bob)
    back = stage.send(2, 1.0, "bob")
    rows = stage.taken([*sent, *back])
    return {
        "asleep": by_clock or seconds,
        "stored": [each["stored"] for each in rows[: len(sent)]],
        "since_waking": [
            {kind: each[kind] for kind in ("received", "delivered")} for each in since(woken, sent, rows[: len(sent)])
        ],
        "back": rows[len(sent) :],
    }


def moved(stage: Stage) -> Figures:
    """Bob's address changes while he talks; then he is cut off for a while and comes back at a third one."""
    world = stage.world
    bob = len(world.hosts) - 1
    world.move(bob, "192.168.77.150")
    figures: Figures = {"texts": stage.say(3, 2.0), "back": stage.say(2, 2.0, "bob")}
    world.move(bob, "")
    began = time.monotonic()
    sent = [*stage.send(2, 2.0), *stage.send(2, 2.0, "bob")]
    time.sleep(stage.extent.asleep / 2)
    world.move(bob, "192.168.77.160")
    back = time.monotonic()
    taken = stage.taken(sent)
    rows = since(back, sent, taken)
    return {
        **figures,
        "cut_off": round(back - began),
        "stored": [each["stored"] for each in taken[:2]],
        "since_back": [{kind: each[kind] for kind in ("received", "delivered")} for each in rows[:2]],
        "back_since_back": rows[2:],
    }


def killed(stage: Stage) -> Figures:
    """All nodes are killed and start again 25 seconds later, with what is on their disks."""
    world = stage.world
    for node in world.nodes:
        node.kill()
    dead = time.monotonic()
    time.sleep(3.0)
    sent = stage.send(3, 4.0)
    time.sleep(max(0.0, dead + 25.0 - time.monotonic()))
    restarted = time.monotonic()
    world.start_nodes(range(len(world.nodes)))
    starting = time.monotonic() - restarted
    rows = stage.taken(sent)
    return {
        "starting": round(starting, 1),
        "texts": rows,
        "since_restart": since(restarted, sent, rows),
        "afterwards": stage.say(2, 1.0),
    }


def frozen_one(stage: Stage) -> Figures:
    """One of five nodes stops answering, one that alice's traffic enters by."""
    return _frozen(stage, 1)


def frozen_two(stage: Stage) -> Figures:
    """Two of five nodes stop answering, those that alice's traffic enters by first."""
    return _frozen(stage, 2)


def _frozen(stage: Stage, count: int) -> Figures:
    numbers, entries = _entered_by_alice(stage, count)
    chosen = [stage.world.nodes[number] for number in numbers]
    freeze(*chosen)
    sent = stage.send(stage.extent.texts, 10.0)
    rows = stage.taken(sent)
    thaw(*chosen)
    return {"frozen": count, "of_them_entries": entries, "texts": rows, "afterwards": stage.say(2, 1.0)}


def ports(stage: Stage) -> Figures:
    """Two of five nodes are killed and start again at other ports, those that alice's traffic enters by first."""
    world = stage.world
    numbers, entries = _entered_by_alice(stage, 2)
    for number in numbers:
        world.nodes[number].kill()
        world.use_other_port(number)
    began = time.monotonic()
    world.start_nodes(numbers)
    starting = round(time.monotonic() - began, 1)
    return {"starting": starting, "of_them_entries": entries, "texts": stage.say(stage.extent.texts, 5.0)}


def slow_two(stage: Stage) -> Figures:
    """Two of five nodes run a twentieth of the time, in pauses of two seconds."""
    numbers, entries = _entered_by_alice(stage, 2)
    with _slowed([stage.world.nodes[number] for number in numbers]):
        time.sleep(10.0)
        return {"of_them_entries": entries, "texts": stage.say(stage.extent.texts, 5.0)}


def clock_of_one_of_three(stage: Stage) -> Figures:
    """The date of one of three nodes jumps five hours back."""
    return _with_clocks_of_nodes(stage, {"node2": -5 * _HOUR})


def clocks_of_two_of_four(stage: Stage) -> Figures:
    """The date of one of four nodes jumps five hours back, that of another nine ahead."""
    return _with_clocks_of_nodes(stage, {"node1": -5 * _HOUR, "node2": 9 * _HOUR})


def _with_clocks_of_nodes(stage: Stage, shifts: dict[str, float]) -> Figures:
    for name, seconds in shifts.items():
        stage.world.clocks[name].set(seconds)
    time.sleep(3.0)
    return {"texts": stage.say(stage.extent.texts, 5.0)}


def _entered_by_alice(stage: Stage, count: int) -> tuple[list[int], int]:
    """Return the numbers of so many nodes, and how many of them alice's traffic enters by."""
    entries = stage.world.entries_of("alice")
    others = [number for number in reversed(range(len(stage.world.nodes))) if number not in entries]
    return [*entries, *others][:count], min(count, len(entries))


@contextmanager
def _slowed(processes: Sequence[Process]) -> Generator[None]:
    """Let processes run a part of the time for a block."""
    over = threading.Event()

    def slow(process: Process) -> None:
        while not over.is_set():
            freeze(process)
            over.wait(_PAUSES)
            thaw(process)
            over.wait(_RUNS)

    threads = [threading.Thread(target=slow, args=(each,)) for each in processes]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in threads:
            each.join()


class Scenario(NamedTuple):
    """What happens, and in what network."""

    play: Callable[[Stage], Figures]
    nodes: int = 5
    on_cable: bool = False  # a namespace for each machine
    own_clocks: bool = False  # for each node
    is_essential: bool = False  # in the quick measurement


SCENARIOS: Final[dict[str, Scenario]] = {
    "calm": Scenario(calm, is_essential=True),
    "frozen_one": Scenario(frozen_one, is_essential=True),
    "frozen_two": Scenario(frozen_two, is_essential=True),
    "ports": Scenario(ports, is_essential=True),
    "killed": Scenario(killed, is_essential=True),
    "asleep": Scenario(asleep, is_essential=True),
    "suspended": Scenario(suspended),
    "moved": Scenario(moved, on_cable=True),
    "clock_ahead": Scenario(clock_ahead),
    "clock_behind": Scenario(clock_behind),
    "slow_two": Scenario(slow_two),
    "clock_of_one_of_three": Scenario(clock_of_one_of_three, nodes=3, own_clocks=True),
    "clocks_of_two_of_four": Scenario(clocks_of_two_of_four, nodes=4, own_clocks=True),
}
