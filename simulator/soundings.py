"""Lookups of random places by nodes of a running town, held against who is really there."""

# It starts lookups by private parts of nodes: the product has no request that returns their hops.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from statistics import fmean
from typing import Final

from net.ids import NodeId
from net.overlay.descriptor import place_of
from net.overlay.lookups import Found
from net.overlay.overlay import Overlay
from net.overlay.routing_table import ID_BITS, K
from simulator.town import Town

# Seconds between two lookups: they do not meet. And for the last to end.
GAP: Final = 0.5
PATIENCE: Final = 60.0
# How many of the closest are looked at.
CLOSEST: Final = 8


def sound(town: Town, count: int) -> dict[str, object]:
    """Have nodes that have been up for a while look up random places; return hops and what was found."""
    found: list[Found] = []
    for number in range(count):
        town.world.at(town.world.now + number * GAP, lambda: _look_up(town, found))
    town.run_for(count * GAP + PATIENCE)
    places = {person.node: place_of(overlay_of(town, person.number)._own) for person in town.online() if person.node}
    best = [_rank(each, places) for each in found if each.nodes]
    sizes = [overlay_of(town, person.number).size() for person in town.online()]
    widths = [overlay_of(town, person.number).width() for person in town.online()]
    return {
        "lookups": len(found),
        "hops": {"mean": round(fmean(each.hops for each in found), 2), "max": max(each.hops for each in found)},
        "questions": round(fmean(each.questions for each in found), 1),
        "unanswered": round(fmean(each.unanswered for each in found), 1),
        "found_the_closest": round(fmean(best), 3) if best else 0.0,
        "size_estimated": round(fmean(sizes)),
        "width": {"mean": round(fmean(widths), 2), "min": min(widths), "max": max(widths)},
    }


def overlay_of(town: Town, number: int) -> Overlay:
    """Return the overlay of a person who is online."""
    return town.hosts[number].node()._parts.overlay


def _look_up(town: Town, found: list[Found]) -> None:
    ready = [each for each in town.online() if overlay_of(town, each.number).is_ready]
    if not ready:
        return
    person = town.rng.choice(ready)
    target = town.rng.randbytes(ID_BITS // 8)
    lookups = overlay_of(town, person.number)._lookups
    town.hosts[person.number].do(lambda now: lookups.find(target, now, lambda each, _now: found.append(each), count=K))


def _rank(found: Found, places: dict[NodeId, int]) -> bool:
    """Return whether the first node found is as close as any that is there, or closer and has left since."""
    target = place_of(found.target)
    closest = min(place ^ target for place in places.values())
    return (found.nodes[0].place ^ target) <= closest
