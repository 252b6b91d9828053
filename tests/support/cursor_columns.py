"""Ask the terminal where its cursor stands behind each of many texts: ``python -m tests.support.cursor_columns IN OUT``.

Both are JSON: a list of texts, a list of columns. A text that went on to another row counts as -1.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tty
from pathlib import Path

# Texts written at once; their answers have to fit into the terminal's queue.
AT_ONCE = 40
REPORT = re.compile(rb"\x1b\[(\d+);(\d+)R")


def columns(texts: list[str]) -> list[int]:
    """Write each text at the beginning of an empty row, and ask (CPR)."""
    found: list[int] = []
    heard = b""
    for first in range(0, len(texts), AT_ONCE):
        part = texts[first : first + AT_ONCE]
        os.write(1, "".join(f"\x1b[H\x1b[2K{text}\x1b[6n" for text in part).encode())
        while len(found) < first + len(part):
            heard += os.read(0, 4096)
            found += [int(at[2]) - 1 if at[1] == b"1" else -1 for at in REPORT.finditer(heard)]
            heard = heard[heard.rfind(b"R") + 1 :]
    return found


def main() -> None:
    """Ask about all."""
    asked, answer = map(Path, sys.argv[1:])
    tty.setraw(0)
    written = answer.with_suffix(".part")
    written.write_text(json.dumps(columns(json.loads(asked.read_text()))))
    written.rename(answer)


if __name__ == "__main__":
    main()
