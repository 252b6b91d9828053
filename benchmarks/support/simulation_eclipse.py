"""How many custodians of one inbox's bucket an attacker runs: by chance, and by work once the day's bucket is known.

Places and buckets are the real ones. *By chance*: an attacker runs a share of the nodes, each at a place he paid for like
all others, before he knows the address; it is a secret of the day. *By work*: a contact, who was told the address, draws
keys until places fall into the bucket; each takes 2^16 hashes for a place and as many places as there are buckets. He may
make more places there than there are honest custodians. What then still holds: the honest ones hold the box, a reader
follows two of all, drawn by chance, and those are compared; the bucket changes with the day. Where he takes the reader's
two, he can withhold until they are chosen again, and the sender, who reads at others, still sees the box named.
"""

from __future__ import annotations

import time
from random import Random
from statistics import fmean

from benchmarks.support.report import Figures
from net.bucket import Bucket, address_of
from net.overlay.identity import ID_WORK_BITS, is_worked, overlay_id_of
from net.overlay.network_size import width_for
from simulator.town import Habits

PEOPLE, ATTACKERS, FOLLOWED = 10_000, (0.1, 0.2), 2
HASHES = 20_000
GROUND = (8, 32, 128)


def eclipse(*, draws: int, seed: int) -> Figures:
    rng = Random(seed)
    online = round(PEOPLE * Habits().uptime)
    width = width_for(online)
    rate = _places_tried_per_second(rng)
    tries = 2 ** (ID_WORK_BITS + width)
    return {
        "online": online,
        "width": width,
        "by_chance": [_by_chance(online, width, share, draws, rng) for share in ATTACKERS],
        "core_seconds_for_a_place_in_the_bucket": round(tries / rate),
        "by_work": [_by_work(online, width, places, tries / rate) for places in GROUND],
    }


def _by_chance(online: int, width: int, share: float, draws: int, rng: Random) -> Figures:
    """Draw networks; count his places in a bucket, and how often both that a reader follows are his."""
    his_share: list[float] = []
    all_his = both = 0
    for _ in range(draws):
        bucket = Bucket.of(rng.getrandbits(32), width)
        swarm = [number for number in range(online) if bucket.covers(address_of(rng.randbytes(4)))]
        his = [number for number in swarm if number < share * online]
        if not swarm:
            continue
        his_share.append(len(his) / len(swarm))
        all_his += len(his) == len(swarm)
        followed = rng.sample(swarm, min(FOLLOWED, len(swarm)))
        both += all(number in his for number in followed)
    return {
        "attacker": share,
        "draws": draws,
        "his_share_of_custodians": {"mean": round(fmean(his_share), 3), "p99": _p99(his_share)},
        "buckets_all_his": round(all_his / draws, 5),
        "both_followed_his": round(both / draws, 4),
    }


def _p99(samples: list[float]) -> float:
    return round(sorted(samples)[int(0.99 * len(samples))], 3)


def _by_work(online: int, width: int, places: int, seconds: float) -> Figures:
    honest = online / 2**width
    every = places + honest
    return {
        "places": places,
        "honest_custodians": round(honest, 1),
        "his_share_of_custodians": round(places / every, 3),
        "both_followed_his": round(places / every * (places - 1) / (every - 1), 3),
        "core_hours": round(places * seconds / 3600, 2),
    }


def _places_tried_per_second(rng: Random) -> float:
    node, key = rng.randbytes(32), rng.randbytes(32)
    began = time.process_time()
    for nonce in range(HASHES):
        is_worked(overlay_id_of(node, key, nonce), ID_WORK_BITS)  # type: ignore[arg-type]  # bytes stand for a node's key
    return HASHES / (time.process_time() - began)
