"""One JSON object on standard output, with the machine it was measured on."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable, Sequence

Figures = dict[str, object]


def run(name: str, measure: Callable[[bool], Figures]) -> None:
    """Measure and print; ``--quick`` asks for the smallest measurement that shows the benchmark to work."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="as little as shows that it works; no figures to quote")
    quick: bool = parser.parse_args().quick
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps({"benchmark": name, "quick": quick, "machine": machine, **measure(quick)}), flush=True)


def spread(samples: Sequence[float], digits: int = 2) -> Figures:
    """Return the median and the 95th percentile of samples, and how many there were."""
    ordered = sorted(samples)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"median": round(statistics.median(ordered), digits), "p95": round(p95, digits), "n": len(ordered)}


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return how many times theirs ours is, by medians."""
    return round(statistics.median(ours) / statistics.median(theirs), 2)
