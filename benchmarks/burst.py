"""How long a key press is held while everything comes at once: 200 texts, 1000 reactions, 1000 signs of reading.

The texts come in as many conversations. The screen is real and on a real terminal, the core is the engine with its sealed
file; only the network is left out. A person types on in the conversation that reactions and signs are about. *held* is from
when a key was read until its character was painted, milliseconds; *quiet* before the burst, *burst* from its beginning.
"""

from __future__ import annotations

import json
import os
import select
import tempfile
import time
from pathlib import Path

from benchmarks.support import report
from benchmarks.support.pty import PATIENCE, start

OTHERS, COUNT, KEYS = 200, 1000, 150
# Seconds between two keys: twice as fast as people type.
PACE = 0.05
OPEN = "c1"


def _type(terminal: int, keys: int, figures: Path) -> None:
    """Open the first conversation, then press keys at a steady pace until it is written how long they were held."""
    seen, pressed, due = b"", 0, time.monotonic()
    until = time.monotonic() + PATIENCE
    is_open = False
    while not figures.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{pressed} keys were pressed: {seen[-300:]!r}")
        ready, _, _ = select.select([terminal], [], [], max(0, due - time.monotonic()) if is_open else 1)
        if ready:
            try:
                seen = (seen + os.read(terminal, 1 << 16))[-100_000:]
            except OSError:
                raise RuntimeError(f"it ended: {seen[-1000:]!r}") from None
        if not is_open and b"Contact 1" in seen:
            os.write(terminal, b"\x0bContact 1\r")
            is_open, due = True, time.monotonic() + 2
        elif is_open and pressed < keys and time.monotonic() >= due:
            os.write(terminal, b"x")
            pressed, due = pressed + 1, due + PACE


def measure(quick: bool) -> report.Figures:
    others, count, keys = (5, 20, 30) if quick else (OTHERS, COUNT, KEYS)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures"
        arguments = ["benchmarks.support.burst_program", str(others), str(count), str(keys), str(file)]
        process, terminal = start(arguments, 120, 40, {})
        try:
            _type(terminal, keys, file)
            held: dict[str, list[float]] = json.loads(file.read_text(encoding="utf-8"))
        finally:
            process.kill()
            process.wait()
            os.close(terminal)
    return {
        "conversations": others,
        "reactions": count,
        "signs": count,
        **{f"{name}_held_ms": report.spread(each, 1) | {"longest": round(max(each), 1)} for name, each in held.items()},
    }


if __name__ == "__main__":
    report.run("burst", measure)
