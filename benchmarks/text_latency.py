"""From ``message.send`` to ``message.received``: two accounts, three nodes between them, every one a process.

One text at a time for the latency, then a burst for what one sender gets through. ``own_work`` is the latency without the
slots of 0.4 s in which custodians announce what came in: what is left when the waiting on purpose is taken away, as far as
the fastest tenth shows it.
"""

from __future__ import annotations

import statistics

import trio

from benchmarks.support import report
from benchmarks.support.household import Pair, open_pair, places
from core import api
from tui.demo.rpc_client import RpcClient

NODES = 3
TEXTS = 60
BURST = 300


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
    return {
        "texts": texts,
        "in_order": got == wanted,
        "accepted_per_second": round(texts / committed, 1),
        "delivered_per_second": round(texts / seconds, 1),
    }


async def _measure(*, quick: bool) -> report.Figures:
    with places() as where:
        async with open_pair(where, NODES) as pair:
            texts, burst = (3, 5) if quick else (TEXTS, BURST)
            there = await _one_at_a_time(pair.alice, pair.alices, pair.bob, texts)
            back = await _one_at_a_time(pair.bob, pair.bobs, pair.alice, texts)
            taken = there + back
            fastest = sorted(taken)[: max(1, len(taken) // 10)]
            return {
                "nodes": NODES,
                "latency_ms": report.spread(taken, 1),
                "own_work_ms": round(statistics.median(fastest), 1),
                "burst": await _burst(pair, burst),
            }


def measure(quick: bool) -> report.Figures:  # noqa: FBT001 - the one argument of every benchmark
    return trio.run(lambda: _measure(quick=quick))


if __name__ == "__main__":
    report.run("text_latency", measure)
