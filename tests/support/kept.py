"""Keys of slots, kept once they are derived.

Everybody in a test lives in one process and derives the same ones, a thief too; the product keeps none and pays once.
"""

from __future__ import annotations

from functools import lru_cache

from core.people.slot import slot_key

kept_slot_key = lru_cache(maxsize=1 << 17)(slot_key)
