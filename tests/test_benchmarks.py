"""Every benchmark runs and says what it says in one JSON object. What it says is not asserted: machines differ."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.support.counted_program import Shares
from net.messages import AskPeers, Message, Nodes, encode_message

ROOT = Path(__file__).parent.parent
NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
# Whole networks: minutes even for the smallest measurement. They are run by hand, and here only loaded.
WHOLE_NETWORKS = {
    "attacks", "circuit", "idle", "liveness", "lookup_hops", "node_packets", "simulation", "slices", "text_latency",
    "traffic",
}  # fmt: skip
# Seconds that the smallest measurement gets; never reached by one that works.
PATIENCE = 100


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in WHOLE_NETWORKS])
def test_a_benchmark_prints_one_json_object(name: str) -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--quick"],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr
    (line,) = outcome.stdout.splitlines()
    figures = json.loads(line)
    assert (figures["benchmark"], figures["quick"]) == (name, True)
    assert set(figures) > {"benchmark", "quick", "machine"}


@pytest.mark.parametrize("name", sorted(WHOLE_NETWORKS))
def test_a_benchmark_of_a_whole_network_is_there_and_loads(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert callable(getattr(module, "measure", None) or getattr(module, "main", None))


def test_make_bench_runs_all_of_them() -> None:
    recipe = subprocess.run(["make", "--dry-run", "bench"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "benchmarks/[a-z]*.py" in recipe.stdout
    assert len(NAMES) >= 9


@pytest.mark.parametrize("is_told_first", [True, False])
def test_bytes_of_a_stream_are_shared_among_its_messages(is_told_first: bool) -> None:
    """Of what is sent the messages are known before the datagrams, of what is received after them."""
    messages: list[Message] = [AskPeers(1), Nodes(2, [bytes(232)])]
    sizes = [3 + len(encode_message(each)) for each in messages]
    charged: dict[str, float] = {}

    def charge(kind: str, cost: float) -> None:
        charged[kind] = charged.get(kind, 0.0) + cost

    shares = Shares(charge)
    if is_told_first:
        for message in messages:
            shares.tell(encode_message(message))
    shares.pay(0, sum(sizes), 1000.0)
    shares.pay(sizes[0], sum(sizes), 500.0)  # lost, and sent again
    if not is_told_first:
        for message in messages:
            shares.tell(encode_message(message))
    share = 1000.0 * sizes[0] / sum(sizes)
    assert charged == pytest.approx({"AskPeers": share, "Nodes": 1500.0 - share})
