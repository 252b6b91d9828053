"""The simulation's lines as Markdown: one row for each town, figures as measured and nothing beyond."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

Line = dict[str, Any]
Row = Callable[[Line], list[tuple[str, str]]]


def table(lines: Sequence[Line]) -> str:
    """Return a table of what was measured, whole runs or single parts; lines of other benchmarks are passed over."""
    parts = [part for line in lines for part in line.get("parts", [line])]
    rows = [row for part in parts for row in _ROWS.get(str(part.get("part", part.get("benchmark"))), _nothing)(part)]
    return "".join((
        "| measured in simulation | |\n| --- | --- |\n",
        *(f"| {what} | {figure} |\n" for what, figure in rows),
    ))  # fmt: skip


def _nothing(_line: Line) -> list[tuple[str, str]]:
    return []


def _delivery(line: Line) -> list[tuple[str, str]]:
    who = f"{line['people']} people, each up {line['uptime']:.0%} of the time, {line['letters']} texts"
    times, after = line["hours_to_delivery"], line["seconds_after_reader_came"]
    rows = [
        (
            f"{who}: delivered within {line['patience_hours']:.0f} h",
            f"{line['delivered_share']:.2%} (reader online at all: {line['reader_online_share']:.2%})",
        ),
        ("… time to delivery, both mostly offline", _times(times, "h")),
        ("… from when the reader came online, or from sending", _times(after, "s")),
        ("… stored by two custodians", _times(line["seconds_to_stored"], "s")),
    ]
    return rows + [
        (
            f"… linked by an attacker with {each['attacker']:.0%} of the nodes, of {each['pairs']} pairs",
            f"{each['pairs_sharp']:.2%} for certain, at worst {each['pairs_at_worst']:.1%}; "
            f"of texts {each['letters_sharp']:.2%}, {each['letters_at_worst']:.1%}",
        )
        for each in line["linking"]
    ]


def _times(times: Line, unit: str) -> str:
    if not times:
        return "—"
    return f"median {times['median']:g} {unit}, 95 % {times['p95']:g} {unit}, 99 % {times['p99']:g} {unit}"


def _load(line: Line) -> list[tuple[str, str]]:
    size = f"{_many(line['people'])} people, {_many(line['online'])} online"
    custody, day = line["datagrams_per_node_day"].get("custody", 0), line["mb_per_node_day"]
    window = f"rate over {line['window_seconds'] / 60:g} min"
    return [
        (
            f"{size}: hops of a lookup",
            f"mean {line['hops']['mean']:g}, most {line['hops']['max']} (log₂ {line['log2_online']:g}); "
            f"the closest found {line['found_the_closest']:.0%}",
        ),
        (
            f"{size}: sent for the swarm, each custodian and day ({window})",
            f"{_many(custody)} datagrams, {day.get('custody', 0):g} MB",
        ),
        (
            f"{size}: sent in all, each node and day, no cover traffic ({window})",
            f"{line['mb_per_node_day_in_all']:g} MB: circuits {day.get('circuits', 0):g}, overlay "
            f"{day.get('overlay', 0):g}, other {day.get('other', 0):g}",
        ),
    ]


def _many(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _partition(line: Line) -> list[tuple[str, str]]:
    return [
        (
            f"{line['people']} nodes in two halves for {line['apart_seconds'] / 60:g} min, {line['letters']} texts, "
            f"{line['across']} of them across",
            f"both hold the same {_seconds(line['seconds_until_all_hold_the_same'])} after healing, all delivered "
            f"{_seconds(line['seconds_until_all_delivered'])} after; lost: {line['letters_nobody_holds']}",
        )
    ]


def _seconds(seconds: float | None) -> str:
    return "not within two hours" if seconds is None else f"{seconds:.0f} s"


def _lookup_hops(line: Line) -> list[tuple[str, str]]:
    return [
        (
            f"{_many(int(size))} overlay tables alone: hops of a lookup, all there; three in ten gone unnoticed",
            " ; ".join(
                f"mean {each['hops']['mean']:g}, most {each['hops']['max']}, of the closest 16 found "
                f"{each['found_of_the_closest_16']:.0%}"
                for each in (network["all_there"], network["gone"])
            ),
        )
        for size, network in line["networks"].items()
    ]


def _eclipse(line: Line) -> list[tuple[str, str]]:
    chance = [
        (
            f"one inbox, attacker with {each['attacker']:.0%} of {line['online']} nodes online",
            f"{each['his_share_of_custodians']['mean']:.0%} of its custodians (99 %: "
            f"{each['his_share_of_custodians']['p99']:.0%}); both that a reader follows {each['both_followed_his']:.2%}",
        )
        for each in line["by_chance"]
    ]
    work = [
        (
            f"one inbox whose address of the day is known, {each['places']} places ground into its bucket",
            f"{each['his_share_of_custodians']:.0%} of its custodians, both that a reader follows "
            f"{each['both_followed_his']:.0%}, for {each['core_hours']:g} core-hours, for a day",
        )
        for each in line["by_work"]
    ]
    return chance + work


_ROWS: Final[dict[str, Row]] = {
    "delivery": _delivery,
    "load": _load,
    "partition": _partition,
    "eclipse": _eclipse,
    "lookup_hops": _lookup_hops,
}
