"""The towns of the simulation benchmark: one function for each question, each a seeded run of its own."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import fmean
from typing import NamedTuple

from benchmarks.support.report import Figures
from simulator.observer import linked
from simulator.old_town import OldTown
from simulator.people import Letter
from simulator.soundings import sound
from simulator.town import HOUR, Habits, Town
from simulator.traffic import Traffic

DAY = 86_400.0
# Seconds before the first letter: who is up at the beginning has come up.
BEGIN = 1200.0
# The attacker's shares of the nodes, and how many draws of them are judged.
ATTACKERS, DRAWS = (0.1, 0.2), 300
# Seconds between two looks whether a town is done.
STEP = 600.0


class Correspondence(NamedTuple):
    """People who write so many letters within the first ``hours``; mean hours up and down; hours for the last."""

    people: int
    letters: int
    hours: float
    up: float
    down: float
    patience: float


def delivery(asked: Correspondence, seed: int) -> Figures:
    """Let people write for some hours, and wait for the last letter, or until all have arrived."""
    town = Town(asked.people, seed, Habits(asked.up * HOUR, asked.down * HOUR))
    for _ in range(asked.letters):
        town.write_at(BEGIN + town.rng.random() * asked.hours * HOUR)
    end, online = BEGIN + (asked.hours + asked.patience) * HOUR, list[int]()
    while town.world.now < end and (len(town.letters) < asked.letters or _waiting(town.letters)):
        town.run_for(STEP)
        online.append(len(town.online()))
        _tell(town)
    return {
        "people": asked.people,
        "uptime": round(fmean(online) / asked.people, 3),
        "letters": asked.letters,
        "virtual_hours": round(town.world.now / HOUR, 1),
        "patience_hours": asked.patience,
        **_arrivals(town.letters, asked.patience * HOUR),
        "hops_of_paths": _hops(town),
        "linking": _linking(town, Random(seed)),
    }


def _waiting(letters: Sequence[Letter]) -> bool:
    return any(letter.delivered_at is None for letter in letters)


def _tell(town: Town) -> None:
    arrived = sum(letter.delivered_at is not None for letter in town.letters)
    sys.stderr.write(
        f"{town.world.now / HOUR:.2f} h: {len(town.online())} up, {len(town.letters)} letters, {arrived} arrived\n"
    )
    sys.stderr.flush()


def _arrivals(letters: Sequence[Letter], patience: float) -> Figures:
    came = [each for each in letters if each.delivered_at is not None and each.delivered_at - each.sent_at <= patience]
    met = [each for each in letters if each.met_at is not None and each.met_at - each.sent_at <= patience]
    stored = [each.stored_at - each.sent_at for each in letters if each.stored_at is not None]
    at_once = [each for each in letters if each.met_at == each.sent_at]
    return {
        "delivered": len(came),
        "delivered_share": round(len(came) / len(letters), 5),
        "reader_online_share": round(len(met) / len(letters), 5),
        "both_online_share": round(len(at_once) / len(letters), 3),
        "hours_to_delivery": _quantiles([(each.delivered_at or 0.0) - each.sent_at for each in came], HOUR),
        "seconds_after_reader_came": _quantiles(
            [(each.delivered_at or 0.0) - (each.met_at or 0.0) for each in came], 1.0
        ),
        "seconds_when_both_online": _quantiles(
            [each.delivered_at - each.sent_at for each in at_once if each.delivered_at is not None], 1.0
        ),
        "stored_by_two_share": round(len(stored) / len(letters), 5),
        "seconds_to_stored": _quantiles(stored, 1.0),
        "not_delivered": [_story(each) for each in letters if each.delivered_at is None][:20],
    }


def _story(letter: Letter) -> Figures:
    return {
        "sent_h": round(letter.sent_at / HOUR, 2),
        "stored_h": letter.stored_at and round(letter.stored_at / HOUR, 2),
        "reader_online_h": letter.met_at and round(letter.met_at / HOUR, 2),
        "held_by": len(letter.held_by),
    }


def _quantiles(samples: Sequence[float], unit: float) -> Figures:
    if not samples:
        return {}
    ordered = sorted(samples)
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] / unit, 2)
        for name, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }


def _hops(town: Town) -> Figures:
    """Count the nodes on the paths of letters: four, where enough are known that were not found wanting."""
    walks = [walk for each in town.exchanges() for walk in each.sent_boxes + each.fetches]
    return {str(hops): count for hops, count in sorted(Counter(len(walk.nodes) for walk in walks).items())}


def _linking(town: Town, rng: Random) -> list[Figures]:
    exchanges = town.exchanges()
    nodes = [person.node for person in town.people if person.node]
    return [
        {
            "attacker": share,
            "draws": DRAWS,
            "pairs": len({each[:2] for each in exchanges}),
            **{name: round(part, 4) for name, part in linked(exchanges, nodes, share, DRAWS, rng)._asdict().items()},
        }
        for share in ATTACKERS
    ]


def load(people: int, settling: float, window: float, *, seed: int, lookups: int) -> Figures:
    """Measure the traffic of a town that was there for long, in a window; then look random places up in it."""
    town = OldTown(people, seed, Habits())
    town.run_for(settling)
    traffic, online = Traffic(), [len(town.online())]
    town.world.taps.append(traffic)
    # A letter for every tenth of those online, all in the first half: the load is that of being there.
    for _ in range(max(1, online[0] // 10)):
        town.write_at(town.world.now + town.rng.random() * window / 2)
    for _ in range(4):
        town.run_for(window / 4)
        online.append(len(town.online()))
        _tell(town)
    town.world.taps.clear()
    per_day = DAY / window / fmean(online)
    boxes = [host.store.usage()[0] for host in town.hosts if host.is_up]
    return {
        "people": people,
        "online": round(fmean(online)),
        "log2_online": round(math.log2(fmean(online)), 1),
        "settling_seconds": settling,
        "window_seconds": window,
        "starts_in_all": town.starts,
        "letters": len(town.letters),
        "arrived_where_both_online": _share(
            [each.delivered_at is not None for each in town.letters if each.met_at == each.sent_at]
        ),
        "datagrams_per_node_day": {name: round(count * per_day) for name, count in traffic.datagrams.most_common()},
        "mb_per_node_day": {name: round(count * per_day / 1e6, 2) for name, count in traffic.bytes.most_common()},
        "mb_per_node_day_in_all": round(sum(traffic.bytes.values()) * per_day / 1e6, 1),
        "boxes_held": {"mean": round(fmean(boxes), 2), "max": max(boxes)},
        **sound(town, lookups),
    }


def _share(answers: Sequence[bool]) -> float | None:
    return round(sum(answers) / len(answers), 4) if answers else None


def partition(people: int, *, apart: float, seed: int) -> Figures:
    """Part a town in halves, have each person write to one on either side, heal it, and see when both hold the same."""
    town = Town(people, seed)
    town.run_for(900.0)
    halves = town.people[: people // 2], town.people[people // 2 :]
    town.world.partition([town.hosts[each.number] for each in halves[0]])
    town.run_for(apart / 2)
    for number, person in enumerate(town.people):
        same, other = halves[number % 2], halves[1 - number % 2]
        for readers in (same, other):
            town.write(person, town.rng.choice([each for each in readers if each is not person]))
    town.run_for(apart / 2)
    before = sum(letter.delivered_at is not None for letter in town.letters)
    crossing = sum((each.writer in halves[0]) != (each.reader in halves[0]) for each in town.letters)
    town.world.heal()
    healed = town.world.now
    same_at = delivered_at = None
    while town.world.now < healed + 2 * HOUR and (same_at is None or delivered_at is None):
        town.run_for(10.0)
        if delivered_at is None and not _waiting(town.letters):
            delivered_at = town.world.now - healed
        if same_at is None and _hold_the_same(town):
            same_at = town.world.now - healed
    return {
        "people": people,
        "apart_seconds": apart,
        "letters": len(town.letters),
        "across": crossing,
        "delivered_while_apart": before,
        "delivered_in_the_end": sum(letter.delivered_at is not None for letter in town.letters),
        "seconds_until_all_delivered": delivered_at,
        "seconds_until_all_hold_the_same": same_at,
        "letters_nobody_holds": sum(not town.holders(letter.box_id) for letter in town.letters),
    }


def _hold_the_same(town: Town) -> bool:
    """Whether all nodes in whose scope a letter lies hold it."""
    return all(
        person.number in holders
        for letter in town.letters
        for holders in [{each.number for each in town.holders(letter.box_id)}]
        for person in town.keepers(letter)
    )
