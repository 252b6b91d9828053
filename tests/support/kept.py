"""Keys of slots and ids of boxes, kept once they are derived.

All people of a test live in one process and derive the same ones, a thief too; the product keeps none and pays once.
"""

from __future__ import annotations

from functools import lru_cache

from core.people import tag_index
from core.people.format import lane
from core.people.format.slot import SlotKey, slot_key
from core.people.mail import outbox

slot_ids: set[bytes] = set()  # of every slot that any person of the test looked at


@lru_cache(maxsize=1 << 17)
def kept_slot_key(secret: bytes, day: int, number: int, fragment: int) -> SlotKey:
    """Derive the keys of a slot, once."""
    key = slot_key(secret, day, number, fragment)
    slot_ids.add(key.box_id)
    return key


_kept_box_id = lru_cache(maxsize=1 << 17)(lane.box_id)


def keep_keys() -> None:
    """Let all people in this process use what is kept."""
    for module in (tag_index, outbox):
        setattr(module, "slot_key", kept_slot_key)  # noqa: B010 -- a name that they import
    setattr(lane, "box_id", _kept_box_id)  # noqa: B010 -- mypy holds a function for fixed


def forget_keys() -> None:
    """Forget what was kept: the next test's people have other secrets, and a search of memory goes through all of them."""
    kept_slot_key.cache_clear()
    _kept_box_id.cache_clear()
    slot_ids.clear()
