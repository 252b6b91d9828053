"""A patron is a node at other nodes' counters: it deposits, follows, fetches and searches there.

``deposits``, ``follows``, ``fetches`` and ``searches`` each keep one table of things that are not done yet; ``courier``
carries their questions.
"""

from net.patron.courier import Courier
from net.patron.patron import Patron

__all__ = ["Courier", "Patron"]
