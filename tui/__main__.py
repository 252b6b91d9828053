"""The entry point of ``sottovoce`` and of ``python -m tui``."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line; return the exit status. A failure from the first import on is reported."""
    try:
        from tui.cli import arguments
    except Exception as fault:  # noqa: BLE001 -- no memory, no file to open, an installation with a part missing
        name = type(fault).__name__
        said = f"sottovoce: it cannot start ({name}). Is there memory, a file to be opened, and all of it installed?\n"
        os.write(2, said.encode())
        return 1
    return arguments.main()


if __name__ == "__main__":
    sys.exit(main())
