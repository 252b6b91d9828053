"""What holds for all tests of the core."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from core.people import inviting, slot
from tests.support.kept import forget_keys

# A link looks into 256 slots of four fragments on three days: three thousand keys, a quarter of a second of a core, for
# each invitation. Stories pay for them all; here a few do, since nothing but a collision's likelihood depends on it.
SLOTS_OF_A_LINK = 16


@pytest.fixture(autouse=True)
def _few_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (slot, inviting):
        monkeypatch.setattr(module, "GREETING_SLOTS", SLOTS_OF_A_LINK)
    monkeypatch.setitem(slot.SLOTS, "greeting", SLOTS_OF_A_LINK)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Generator[None]:
    yield
    forget_keys()
