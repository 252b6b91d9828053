"""What a program consists of is set apart from garbage collection once it is all there.

A full collection visits every living object. Modules, classes and functions alone are a hundred thousand, which takes some
20 ms within whichever step of an event loop it falls into, and none of them is ever garbage. Set apart they are visited no
more; collections look at what came since. The call itself takes microseconds.
"""

from __future__ import annotations

import gc


def set_apart() -> None:
    """Leave everything that exists now out of all further collections. For whoever owns the process, when it is up."""
    gc.freeze()
