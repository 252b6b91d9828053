"""The demo on a network of four nodes: ``python -m tests.support.small_demo ARGUMENTS…``; nothing else of it is changed.

Each node is a process that has to start, on two cores one after the other. ``tests/test_demo.py`` runs the product as it is.
"""

from __future__ import annotations

import sys
from typing import Final

SMALL: Final = 4

if __name__ == "__main__":
    from tui.demo import backstage, check, front

    if sys.argv[1:] in (["demo"], ["check"]):  # the process behind, started by the one in front
        for module in (backstage, check):
            setattr(module, "NODES", SMALL)  # noqa: B010  # Final in the product
        sys.exit(backstage.main(sys.argv[1]))
    setattr(front, "_BEHIND", "tests.support.small_demo")  # noqa: B010
    from tui.cli.arguments import main

    sys.exit(main(["demo", *sys.argv[1:]]))
