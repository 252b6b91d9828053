"""The product where trying a passcode costs next to nothing: ``python -m tests.support.thrifty ARGUMENTS…``.

Stories open an account dozens of times, and what they tell of is not Argon2. ``tests/test_cli.py`` and
``tests/test_demo.py`` run the product as it is.
"""

from __future__ import annotations

import sys
from typing import Final

from core.vault import cost

CHEAP: Final = cost.CostPolicy(floor=cost.Costs(passes=1, memory_kib=64, lanes=1), seconds=0)


def lower() -> None:
    """Make it cheap for all that is imported from here on: the price is a default argument where a passcode is asked for."""
    setattr(cost, "PRODUCT", CHEAP)  # noqa: B010  # Final in the product


if __name__ == "__main__":
    lower()
    from tui.cli.arguments import main

    sys.exit(main(sys.argv[1:]))
