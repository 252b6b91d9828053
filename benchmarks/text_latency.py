"""Latency of a text from ``message.send`` to ``message.received``: two accounts and six nodes, every one a process.

That many, so that a text really goes through a guard and two relays to a custodian, and its reader's circuit as well. One
text at a time for the latency, then a burst for what one sender gets through; of that every text must arrive, once and in
order.

Most of the latency is waiting on purpose, and no setting of the product lowers it for a comparison. So ``waiting_ms`` is
worked out: each of three nodes holds a packet for an exponential time, two copies go by paths of their own and the sooner
one counts, and a custodian tells of it at the next slot; drawn many times over. ``own_work_ms`` is the measured median
less that of the waiting. It holds everything else: proof of work, commits, cryptography, the kernel, and the other
programs of this machine. ``cpu_ms_per_text`` is what all processes together computed for a text, there and acknowledged,
less what they compute when nothing is said; what of it one hop costs is beside it, measured on the spot.
"""

from __future__ import annotations

import random
import statistics

import psutil
import trio

from benchmarks import onion
from benchmarks.support import report
from benchmarks.support.household import Pair, open_pair, places
from benchmarks.support.processor import cpu_seconds
from core import api
from net.cover_profile import NORMAL
from net.numbers import COPIES
from net.onion.paths.paths import PATH_HOPS
from tui.demo.rpc_client import RpcClient

NODES = 6
TEXTS = 60
BURST = 300
# Seconds of saying nothing that are taken off, and between two looks whether paths are whole.
SILENCE, LOOK = 10.0, 0.5
DRAWS = 100_000


def waiting(draws: int) -> list[float]:
    """Return draws of the milliseconds that a text waits on purpose."""
    rng = random.Random(1)
    hops = PATH_HOPS - 1  # the last takes it in at once

    def path() -> float:
        return sum(rng.expovariate(1 / NORMAL.hop_delay) for _ in range(hops))

    return [1000 * (min(path() for _ in range(COPIES)) + rng.uniform(0, NORMAL.slot)) for _ in range(draws)]


async def _until_paths_are_whole(*clients: RpcClient) -> None:
    for client in clients:
        while (await client.call(api.NetworkStatusGet())).hops < PATH_HOPS:  # noqa: ASYNC110 - no event tells
            await trio.sleep(LOOK)


async def _one_at_a_time(sender: RpcClient, conversation: str, receiver: RpcClient, texts: int) -> list[float]:
    """Return the milliseconds of each text; each goes out at another moment of the slot."""
    taken: list[float] = []
    for number in range(texts):
        text = f"text {number}"
        began = trio.current_time()
        await sender.call(api.MessageSend(conversation=conversation, text=text))
        while (await receiver.next_event(api.MessageReceived)).text != text:
            pass
        taken.append((trio.current_time() - began) * 1000)
        await trio.sleep(0.01 * (number * 37 % 40))
    return taken


async def _burst(pair: Pair, texts: int) -> report.Figures:
    """Send all at once; every one must arrive, once and in order."""
    wanted = [f"burst {number}" for number in range(texts)]
    got: list[str] = []
    began = trio.current_time()
    committed = 0.0

    async def send() -> None:
        nonlocal committed
        for text in wanted:
            await pair.alice.call(api.MessageSend(conversation=pair.alices, text=text))
        committed = trio.current_time() - began

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        while len(got) < texts:
            event = await pair.bob.next_event(api.MessageReceived)
            if event.text.startswith("burst"):
                got.append(event.text)
    seconds = trio.current_time() - began
    with trio.move_on_after(LOOK):  # what comes twice comes now
        got.append((await pair.bob.next_event(api.MessageReceived)).text)
    return {
        "texts": texts,
        "once_and_in_order": got == wanted,
        "accepted_per_second": round(texts / committed, 1),
        "delivered_per_second": round(texts / seconds, 1),
    }


def _computed() -> float:
    """Return the processor seconds of all our children."""
    return sum(cpu_seconds(child.pid) for child in psutil.Process().children())


async def _latency(pair: Pair, texts: int, silence: float) -> report.Figures:
    before = _computed()
    await trio.sleep(silence)
    idle = (_computed() - before) / silence
    before, began = _computed(), trio.current_time()
    taken = await _one_at_a_time(pair.alice, pair.alices, pair.bob, texts)
    taken += await _one_at_a_time(pair.bob, pair.bobs, pair.alice, texts)
    computed = _computed() - before - idle * (trio.current_time() - began)
    waited = waiting(DRAWS)
    return {
        "latency_ms": report.spread(taken, 1),
        "waiting_ms": report.spread(waited, 1),
        "own_work_ms": round(statistics.median(taken) - statistics.median(waited), 1),
        "cpu_ms_per_text": round(1000 * computed / len(taken), 1),
        "idle_cpu_percent_of_all": round(100 * idle, 2),
    }


async def _measure(*, quick: bool) -> report.Figures:
    with places() as where:
        async with open_pair(where, NODES) as pair:
            await _until_paths_are_whole(pair.alice, pair.bob)
            texts, burst, silence = (2, 5, 0.5) if quick else (TEXTS, BURST, SILENCE)
            latency = await _latency(pair, texts, silence)
            return {"nodes": NODES, **latency, "burst": await _burst(pair, burst)}


def measure(quick: bool) -> report.Figures:
    figures = trio.run(lambda: _measure(quick=quick))
    return {**figures, "one_hop": onion.relayed(*((2, 1) if quick else (onion.TURNS, onion.ROUNDS)))}


if __name__ == "__main__":
    report.run("text_latency", measure)
