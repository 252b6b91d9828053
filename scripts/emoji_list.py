"""Make the tests' list of emoji from Unicode's ``emoji-test.txt``: ``python -m scripts.emoji_list FILE``.

One sequence a line, in the file's order, packed: ``tests/vectors/emoji.txt.gz``.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "tests/vectors/emoji.txt.gz"


def sequences(listing: str) -> list[str]:
    """Return the sequences that a text in the form of ``emoji-test.txt`` lists."""
    fields = (line.partition("#")[0].partition(";")[0] for line in listing.splitlines())
    return ["".join(chr(int(code, 16)) for code in codes.split()) for codes in fields if codes.strip()]


def main() -> None:
    """Write the list."""
    found = sequences(Path(sys.argv[1]).read_text(encoding="utf-8"))
    TARGET.write_bytes(gzip.compress("\n".join(found).encode(), mtime=0))


if __name__ == "__main__":
    main()
