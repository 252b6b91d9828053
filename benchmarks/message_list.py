"""Cost of a list of 100 000 messages: open, scroll by three lines, append one; processor's milliseconds with the painting.

Compared with Textual's ``ListView``, a widget a message, at the size it can bear. The terminal is real and is read.
"""

from __future__ import annotations

import json
import os
import select
import tempfile
from pathlib import Path

from benchmarks.support import report
from benchmarks.support.pty import PATIENCE, start

ROWS, LIST_VIEW_ROWS = 100_000, 1_000


def _costs(kind: str, rows: int) -> dict[str, list[float]]:
    """Run one list on a terminal of 120 by 40."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        process, terminal = start(["benchmarks.support.long_lists", kind, str(rows), str(figures)], 120, 40, {})
        try:
            while process.poll() is None:
                ready, _, _ = select.select([terminal], [], [], PATIENCE)
                if not ready:
                    raise TimeoutError(f"{kind} hangs")
                try:
                    os.read(terminal, 1 << 16)
                except OSError:  # it has closed its side
                    break
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()
            os.close(terminal)
        found: dict[str, list[float]] = json.loads(figures.read_text(encoding="utf-8"))
        return found


def measure(quick: bool) -> report.Figures:
    sizes = {"ours": 500, "listview": 20} if quick else {"ours": ROWS, "listview": LIST_VIEW_ROWS}
    costs = {kind: _costs(kind, rows) for kind, rows in sizes.items()}
    if not quick:
        costs["ours_at_listview_size"] = _costs("ours", LIST_VIEW_ROWS)
    small = costs.get("ours_at_listview_size", costs["ours"])
    return {
        "rows": sizes,
        **{kind: {name: report.spread(taken, 1) for name, taken in each.items()} for kind, each in costs.items()},
        "ratio_at_listview_size": {name: report.ratio(small[name], costs["listview"][name]) for name in small},
    }


if __name__ == "__main__":
    report.run("message_list", measure)
