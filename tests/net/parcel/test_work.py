"""Proof of work: what it costs, that it is found and that it is checked."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, strategies as st

from net.parcel.box import BOX_SIZE
from net.parcel.work import (
    FULL_PRICE,
    GREETING_FACTOR,
    PUZZLES,
    WorkPrice,
    check,
    required_work,
    solve,
    work_digest,
)
from tests.support.parcels import VECTORS

LITTLE = 20_000.0  # compressions: 5 ms
DIGEST = work_digest(b"some parcel")


def test_the_frozen_work_is_found_again() -> None:
    frozen = json.loads(VECTORS.read_text())["work"]
    assert work_digest(bytes.fromhex(frozen["fields"])).hex() == frozen["digest"]
    assert required_work(frozen["size"], frozen["hours"]) == frozen["required"]
    assert list(solve(bytes.fromhex(frozen["digest"]), frozen["required"])) == frozen["nonces"]


def test_the_frozen_work_wins_by_the_formula_of_the_protocol() -> None:
    frozen = json.loads(VECTORS.read_text())["work"]
    limit = 2**64 * 66 * 8 / (0.2316 * (frozen["size"] + 16384) * (frozen["hours"] + 1))
    for puzzle, winner in enumerate(frozen["nonces"]):
        password = bytes.fromhex(frozen["digest"]) + bytes([puzzle])
        trials = [
            int.from_bytes(hashlib.pbkdf2_hmac("sha256", password, n.to_bytes(4, "big"), 32)[:8], "big")
            for n in range(winner + 1)
        ]
        assert trials[-1] < limit
        assert all(trial >= limit for trial in trials[:-1])


def test_a_text_for_two_days_costs_two_hundred_thousand_hashes() -> None:
    assert required_work(BOX_SIZE, 48) == pytest.approx(196_400, rel=1e-3)


@given(st.integers(0, 2**20), st.integers(0, 2000), st.integers(1, 5))
def test_more_bytes_and_more_hours_cost_more(size: int, hours: int, more: int) -> None:
    work = required_work(size, hours)
    assert required_work(size + more, hours) > work
    assert required_work(size, hours + more) > work
    assert required_work(size, hours, FULL_PRICE, GREETING_FACTOR) == pytest.approx(4 * work)


def test_time_that_is_over_costs_no_less_than_none() -> None:
    assert required_work(BOX_SIZE, -5) == required_work(BOX_SIZE, 0)


def test_work_is_found_and_enough() -> None:
    assert check(DIGEST, solve(DIGEST, LITTLE), LITTLE)


def test_work_for_another_parcel_is_worth_nothing() -> None:
    assert not check(work_digest(b"another"), solve(DIGEST, LITTLE), LITTLE)


@pytest.mark.parametrize("puzzle", range(PUZZLES))
def test_every_puzzle_counts(puzzle: int) -> None:
    nonces = list(solve(DIGEST, LITTLE))
    nonces[puzzle] -= 1  # the smallest winner's neighbour loses
    assert not check(DIGEST, tuple(nonces), LITTLE)


def test_a_puzzle_too_few_is_not_enough() -> None:
    assert not check(DIGEST, solve(DIGEST, LITTLE)[:-1], LITTLE)


def test_little_work_is_not_much_work() -> None:
    assert not check(DIGEST, solve(DIGEST, LITTLE), 100 * LITTLE)


def test_where_parcels_are_free_zeros_do() -> None:
    free = required_work(BOX_SIZE, 48, WorkPrice(0.0))
    assert solve(DIGEST, free) == (0,) * PUZZLES
    assert check(DIGEST, (0,) * PUZZLES, free)


def test_the_limit_is_where_the_protocol_puts_it() -> None:
    nonces = solve(DIGEST, LITTLE)
    worst = max(
        int.from_bytes(hashlib.pbkdf2_hmac("sha256", DIGEST + bytes([j]), n.to_bytes(4, "big"), 32)[:8], "big")
        for j, n in enumerate(nonces)
    )
    most = 2**64 * 66 * 8 / worst  # the dearest work that these nonces still pay for
    assert check(DIGEST, nonces, most * 0.999)
    assert not check(DIGEST, nonces, most * 1.001)
