"""How a node learns where it is, whether strangers can reach it there, and how others get through their NATs."""

from net.reach.reach import Reach
from net.reach.reflection import Nat

__all__ = ["Nat", "Reach"]
