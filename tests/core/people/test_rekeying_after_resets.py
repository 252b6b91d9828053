"""After a reset both lanes are re-keyed as ever: what a side has let go of does not count as a key that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.people.format import lane
from core.storage import lanes
from tests.support.phases import PHASES, SIDES, Pair


@pytest.mark.parametrize(
    "phase",
    [
        "crossed",
        "reset_without_key",
        *(pytest.param(each, marks=pytest.mark.full) for each in ("reset_with_key", "overtaken")),
    ],
)
def test_rekeying_goes_on(tmp_path: Path, phase: str) -> None:
    pair = Pair(tmp_path)
    PHASES[phase](pair)
    pair.rest()
    pair.talk(60, "x")
    for name in SIDES:
        with pair.people[name].database.read() as tx:
            row = lanes.writing(tx, 1)
        assert row is not None
        assert row.rekeyed_blocks <= lane.REKEY_PROMISED_BLOCKS, name
