"""What exists when a program is up is left out of further collections."""

from __future__ import annotations

import gc

from core.gc_freeze import set_apart


def test_what_is_there_is_set_apart_and_what_comes_later_is_not() -> None:
    before = gc.get_freeze_count()
    try:
        set_apart()
        assert gc.get_freeze_count() > before + 1000
        later: list[object] = [[]]
        assert any(each is later for each in gc.get_objects())
    finally:
        gc.unfreeze()
