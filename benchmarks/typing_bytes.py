"""Bytes on the wire for each character typed at 80×24, beside a bordered ``TextArea`` in an empty program.

``ours`` as over SSH, flat and in 256 colours; ``framed`` as on a terminal of this machine, in 24-bit ones.
"""

from __future__ import annotations

from benchmarks.support import report
from tests.support.terminal import Terminal

TYPED = "the quick brown fox jumps over the lazy dog, slowly"
# Characters before the first that counts: the placeholder goes, the caret comes.
WARM_UP = 3
SSH = {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22", "COLORTERM": "truecolor"}
NEAR = {"COLORTERM": "truecolor"}


def _bytes_of(
    module: list[str], ready: str, keys_before: str, typed: str, environ: dict[str, str] = SSH
) -> list[float]:
    with Terminal(module, 80, 24, environ) as terminal:
        terminal.wait_for(ready)
        terminal.settle()
        if keys_before:
            terminal.send(keys_before)
        for character in typed[:WARM_UP]:
            terminal.cost_of(character)
        return [float(terminal.cost_of(character)) for character in typed[WARM_UP:]]


def measure(quick: bool) -> report.Figures:
    typed = TYPED[: WARM_UP + 2] if quick else TYPED
    ours = _bytes_of(["tests.support.fake_app"], "Bob", "\r", typed)
    framed = _bytes_of(["tests.support.fake_app"], "Bob", "\r", typed, NEAR)
    theirs = _bytes_of(["benchmarks.support.text_area_app"], "emptyroom", "", typed)
    return {
        "ours_bytes": report.spread(ours, 0),
        "framed_bytes": report.spread(framed, 0),
        "bordered_text_area_bytes": report.spread(theirs, 0),
        "ratio": report.ratio(ours, theirs),
    }


if __name__ == "__main__":
    report.run("typing_bytes", measure)
