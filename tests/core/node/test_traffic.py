"""What taking part costs: the last hour and no other, with what the wire adds to each datagram."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from core.node.traffic import Hour, LastHour, on_the_wire
from net.ids import Endpoint


@pytest.mark.parametrize(("host", "size"), [("192.0.2.1", 1260), ("2001:db8::1", 1280)])
def test_headers_are_counted(host: str, size: int) -> None:
    assert on_the_wire(1232, Endpoint(host, 1)) == size


def test_after_a_start_the_time_is_told_with_the_bytes() -> None:
    hour = LastHour(1000.0)
    hour.sent(10, 1001.0)
    hour.received(20, 1090.0)
    assert hour.look(1100.0) == Hour(10, 20, 100.0)


def test_what_is_older_than_an_hour_does_not_count_though_nothing_came_since() -> None:
    hour = LastHour(0.0)
    hour.sent(10, 30.0)
    hour.sent(1, 3000.0)
    assert hour.look(3500.0).sent == 11
    assert hour.look(3661.0).sent == 1
    assert hour.look(9000.0)[:2] == (0, 0)
    assert hour.look(9000.0).seconds == pytest.approx(3540, abs=60)


@given(st.lists(st.tuples(st.floats(0, 20_000), st.integers(0, 5000)), max_size=200), st.floats(0, 30_000))
def test_it_is_the_hour_to_within_a_minute(passed: list[tuple[float, int]], later: float) -> None:
    hour = LastHour(0.0)
    for at, size in sorted(passed):
        hour.sent(size, at)
    now = max([at for at, _ in passed], default=0.0) + later
    told = hour.look(now)
    assert sum(size for at, size in passed if at > now - 3540) <= told.sent
    assert told.sent <= sum(size for at, size in passed if at > now - 3600)
    assert told.seconds <= 3600
