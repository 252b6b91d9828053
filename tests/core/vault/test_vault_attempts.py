"""Wrong passcodes and how long one waits after them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from core.crypto import primitives
from core.vault.attempts import (
    FREE_ATTEMPTS,
    LONGEST_WAIT_MS,
    MOST_DEBT_MS,
    Attempts,
    Tally,
    decode,
    wait_after,
)
from core.vault.clock import UNKNOWN_BOOT, Reading, read_clock
from core.vault.errors import SlowDown
from tests.support.devices import FakeClock

pytestmark = pytest.mark.disk

readings = st.builds(Reading, st.binary(min_size=16, max_size=16), st.integers(0, 2**50), st.integers(0, 2**50))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path / "attempts")


def wait(attempts: Attempts, clock: FakeClock) -> int:
    """Try once; return the seconds that one is told to wait, 0 when the try was admitted."""
    try:
        attempts.admit(clock.now)
    except SlowDown as refused:
        return refused.seconds
    return 0


def use_up(attempts: Attempts, clock: FakeClock) -> None:
    assert [wait(attempts, clock) for _ in range(FREE_ATTEMPTS)] == [0] * FREE_ATTEMPTS


def test_five_are_free_then_the_wait_doubles_to_a_quarter_of_an_hour(attempts: Attempts, clock: FakeClock) -> None:
    use_up(attempts, clock)
    waits = []
    for _ in range(10):
        waits.append(wait(attempts, clock))
        clock.pass_seconds(waits[-1])
        assert wait(attempts, clock) == 0
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]


def test_asking_too_early_is_not_counted(attempts: Attempts, clock: FakeClock) -> None:
    use_up(attempts, clock)
    assert [wait(attempts, clock) for _ in range(50)] == [5] * 50
    clock.pass_seconds(4.5)
    assert wait(attempts, clock) == 1


def test_the_count_survives_a_restart_and_is_there_before_the_answer(tmp_path: Path, clock: FakeClock) -> None:
    for _ in range(FREE_ATTEMPTS):
        Attempts(tmp_path / "attempts").admit(clock.now)  # each process is killed right after
    assert wait(Attempts(tmp_path / "attempts"), clock) == 5


def test_success_starts_over(attempts: Attempts, clock: FakeClock) -> None:
    use_up(attempts, clock)
    attempts.clear(clock.now)
    use_up(attempts, clock)


def admitted(attempts: Attempts, clock: FakeClock, guesses: int) -> int:
    """Guess, each time after showing a passcode that is known; return how many guesses were admitted."""
    for number in range(guesses):
        if wait(attempts, clock):
            return number
        attempts.clear(clock.now)
        if wait(attempts, clock):
            return number
    return guesses


def test_a_passcode_that_is_known_does_not_pay_for_guesses_at_another_one(attempts: Attempts, clock: FakeClock) -> None:
    assert admitted(attempts, clock, 100) == 20
    assert wait(attempts, clock) > 0
    attempts.clear(clock.now)  # not even an answer that came late does
    assert wait(attempts, clock) == 0  # it was counted, and is no guess
    assert wait(attempts, clock) > 0


def test_time_pays_for_a_guess_in_a_quarter_of_an_hour(attempts: Attempts, clock: FakeClock) -> None:
    admitted(attempts, clock, 100)
    total = 0
    for _ in range(96):
        clock.pass_seconds(15 * 60)
        total += admitted(attempts, clock, 100)
    assert 90 <= total <= 96


def test_who_never_mistypes_owes_nothing(attempts: Attempts, clock: FakeClock) -> None:
    for _ in range(200):
        assert wait(attempts, clock) == 0
        attempts.clear(clock.now)


def test_who_mistypes_now_and_then_owes_nothing(attempts: Attempts, clock: FakeClock) -> None:
    for _ in range(100):
        assert admitted(attempts, clock, 4) == 4
        clock.pass_seconds(3600)


def test_a_debt_survives_a_boot(attempts: Attempts, clock: FakeClock) -> None:
    admitted(attempts, clock, 100)
    clock.reboot()
    assert wait(attempts, clock) > 0
    clock.set_wall(-86400)
    assert wait(attempts, clock) > 0


def test_a_count_of_the_first_version_is_read(tmp_path: Path, clock: FakeClock) -> None:
    """Written before there were debts: five wrong passcodes, just now."""
    at = clock.now.boot + clock.now.boot_ms.to_bytes(8, "big") + clock.now.wall_ms.to_bytes(8, "big")
    body = b"\x01" + (6).to_bytes(4, "big") + at
    (tmp_path / "attempts").write_bytes(body + primitives.sha256(body)[:8])
    attempts = Attempts(tmp_path / "attempts")
    assert wait(attempts, clock) == 10
    clock.pass_seconds(10)
    assert wait(attempts, clock) == 0
    assert (tmp_path / "attempts").stat().st_size == 53


@pytest.mark.parametrize("seconds", [-10 * 86400.0, 10 * 86400.0])
def test_setting_the_date_changes_nothing(attempts: Attempts, clock: FakeClock, seconds: float) -> None:
    use_up(attempts, clock)
    clock.set_wall(seconds)
    assert wait(attempts, clock) == 5
    clock.pass_seconds(5)
    assert wait(attempts, clock) == 0


def test_across_a_boot_the_wall_clock_counts(attempts: Attempts, clock: FakeClock) -> None:
    use_up(attempts, clock)
    clock.pass_seconds(2)
    clock.reboot()
    assert wait(attempts, clock) == 3


def test_a_clock_set_back_across_a_boot_starts_the_wait_anew_and_does_not_stop_it(
    attempts: Attempts, clock: FakeClock
) -> None:
    use_up(attempts, clock)
    clock.reboot()
    clock.set_wall(-86400)
    assert wait(attempts, clock) == 5
    clock.pass_seconds(5)
    assert wait(attempts, clock) == 0


@pytest.mark.parametrize("record", [b"\x01", b"\x02" + bytes(44), bytes(45), bytes(100)])
def test_a_damaged_count_costs_one_wait(tmp_path: Path, clock: FakeClock, record: bytes) -> None:
    (tmp_path / "attempts").write_bytes(record)
    attempts = Attempts(tmp_path / "attempts")
    assert wait(attempts, clock) == 5
    clock.pass_seconds(5)
    assert wait(attempts, clock) == 0


def test_a_count_that_was_never_written_is_none(attempts: Attempts, tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "attempts").touch()
    use_up(attempts, clock)


def test_the_file_is_private_and_its_size_never_changes(tmp_path: Path, clock: FakeClock) -> None:
    attempts = Attempts(tmp_path / "attempts")
    attempts.admit(clock.now)
    found = (tmp_path / "attempts").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_size) == (0o600, 53)


debts = st.integers(0, MOST_DEBT_MS)


@given(st.integers(0, 0xFFFFFFFF), readings, debts)
def test_a_tally_decodes_to_itself(wrong: int, at: Reading, debt: int) -> None:
    assert decode(Tally(wrong, at, debt).encode(), at) == Tally(wrong, at, debt)


@given(st.integers(0, 0xFFFFFFFF), readings, debts, readings)
def test_no_clock_makes_the_wait_negative_or_longer_than_it_is(
    wrong: int, at: Reading, debt: int, now: Reading
) -> None:
    assert 0 <= Tally(wrong, at).wait_ms(now) <= wait_after(wrong) <= LONGEST_WAIT_MS
    assert 0 <= Tally(wrong, at, debt).wait_ms(now) <= LONGEST_WAIT_MS
    assert 0 <= Tally(wrong, at, debt).after_guess(now).debt_ms <= MOST_DEBT_MS


def test_an_unknown_boot_is_not_even_itself() -> None:
    now = Reading(UNKNOWN_BOOT, 1000, 1000)
    assert now.since(now) is None


def test_the_real_clock_runs_forward() -> None:
    first = read_clock()
    second = read_clock()
    assert first.boot == second.boot
    assert second.boot_ms >= first.boot_ms
    assert len(first.boot) == 16
