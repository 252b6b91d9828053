"""The order of a custodian's checks, from free to dear: what fails one never costs the next.

Each parcel here is wrong in all that is checked from some point on, so that a check too early would show as its verdict
or in what was counted: trials of work, signatures, rooms looked for, jobs for the disk.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from net.bucket import Bucket
from net.custodian import Quota
from net.custodian.admission import Admission
from net.custodian.allowance import DEPOSIT_BURST
from net.custodian.quota import Capacity
from net.events import Verdict
from net.messages import Deposit, DepositAnswer
from net.numbers import MAX_VARIANTS
from net.parcel import box as boxes, record as records, work
from net.parcel.box import encode_box
from net.parcel.record import encode_record
from net.parcel.work import PUZZLES
from tests.support.counter import ALICE, BOB, Counter
from tests.support.parcels import CHEAP, HOUR, make_box, make_record

SPOILT = bytes(64)
ELSEWHERE = 0xF000_0000
LATE = HOUR + 10_000


class Spent(NamedTuple):
    """What a parcel cost."""

    examined: int = 0
    variants: int = 0
    trials: int = 0
    signatures: int = 0
    rooms: int = 0
    jobs: int = 0


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> Count[str]:
    """How often each thing was done, from cheap to dear."""
    done: Count[str] = Count()

    def count(where: object, name: str, what: str) -> None:
        true: Callable[..., Any] = getattr(where, name)

        def counted(*args: Any, **named: Any) -> Any:
            done[what] += 1
            return true(*args, **named)

        monkeypatch.setattr(where, name, counted)

    count(Admission, "examine", "examined")
    count(boxes.Box, "variant", "variants")
    count(records.Record, "variant", "variants")
    count(work, "pbkdf2_hmac", "trials")
    count(boxes, "verify_signature", "signatures")
    count(records, "verify_signature", "signatures")
    count(Capacity, "make", "rooms")
    return done


def custodian() -> Counter:
    """A custodian of the lower half of all addresses."""
    counter = Counter(price=CHEAP)
    counter.meet(ALICE, BOB)
    counter.keep(0, 1)
    return counter


def deposit(counter: Counter, kind: int, data: bytes, spent: Count[str]) -> tuple[Verdict, Spent]:
    """Deposit a parcel; return the verdict and what that cost."""
    spent.clear()
    counter.say(ALICE, Deposit(1, kind, data))
    jobs = counter.jobs()
    for job in jobs:
        job.done(job.run(), counter.now)
    (answer,) = counter.take(ALICE, DepositAnswer)
    return Verdict(answer.verdict), Spent(**spent, jobs=len(jobs))


def test_a_box_is_looked_at_from_free_to_dear(spent: Count[str]) -> None:
    counter = custodian()
    # All wrong from the verdict on: later ones are those of each that follows.
    good = make_box(1, price=CHEAP)
    unsigned = replace(good, signature=SPOILT)
    unpaid = replace(make_box(2), signature=SPOILT, work=(2**32 - 1,) * PUZZLES)
    astray = replace(unpaid, prefix=ELSEWHERE)
    expired = replace(astray, expiry_hour=LATE)
    cut = encode_box(expired)[:-1]
    assert deposit(counter, 7, cut, spent) == (Verdict.MALFORMED, Spent())
    assert deposit(counter, 0, cut, spent) == (Verdict.MALFORMED, Spent(examined=1))
    assert deposit(counter, 0, encode_box(expired), spent) == (Verdict.EXPIRY, Spent(examined=1))
    assert deposit(counter, 0, encode_box(astray), spent) == (Verdict.PREFIX, Spent(examined=1))
    assert deposit(counter, 0, encode_box(unpaid), spent) == (Verdict.WORK, Spent(1, 1, trials=1))
    assert deposit(counter, 0, encode_box(unsigned), spent) == (Verdict.SIGNATURE, Spent(1, 1, PUZZLES, 1))
    assert deposit(counter, 0, encode_box(good), spent) == (Verdict.STORED, Spent(1, 1, PUZZLES, 1, rooms=1, jobs=1))
    again = encode_box(replace(good, work=(2**32 - 1,) * PUZZLES))
    assert deposit(counter, 0, again, spent) == (Verdict.STORED, Spent(1, 1, trials=1)), "a duplicate costs one trial"


def test_for_what_is_one_too_many_no_room_is_looked_for(spent: Count[str]) -> None:
    counter = custodian()
    for number in range(MAX_VARIANTS):
        box = make_box(1, content=b"%d" % number, price=CHEAP)
        assert deposit(counter, 0, encode_box(box), spent)[0] is Verdict.STORED
    more = encode_box(make_box(1, content=b"more", price=CHEAP))
    assert deposit(counter, 0, more, spent) == (Verdict.CROWDED, Spent(1, 1, PUZZLES, 1))


def test_where_there_is_no_room_the_disk_does_not_turn(spent: Count[str]) -> None:
    counter = Counter(price=CHEAP, quota=Quota(parcels=1))
    counter.meet(ALICE, BOB)
    results = [deposit(counter, 0, encode_box(make_box(n, price=CHEAP)), spent) for n in range(40)]
    assert results[-1] == (Verdict.FULL, Spent(1, 1, PUZZLES, 1, rooms=1))


def test_a_record_is_looked_at_from_free_to_dear(spent: Count[str]) -> None:
    counter = Counter(price=CHEAP)
    counter.meet(ALICE, BOB)
    good = make_record(1, 5, price=CHEAP)
    scope = Bucket.of(int.from_bytes(good.record_id[:4], "big"), 1)
    counter.keep(scope.prefix, 1)
    unsigned = replace(good, sequence=6, signature=SPOILT)
    unsigned = replace(unsigned, work=make_record(1, 6, price=CHEAP).work)
    unpaid = replace(unsigned, sequence=7, work=(2**32 - 1,) * PUZZLES)
    stale = replace(unpaid, sequence=4)
    owner = next(n for n in range(2, 99) if not scope.covers(int.from_bytes(make_record(n, 1).record_id[:4], "big")))
    astray = replace(unpaid, record_id=make_record(owner, 1).record_id)
    expired = replace(astray, expiry_hour=LATE)
    cut = encode_record(expired)[:-1]
    assert deposit(counter, 1, cut, spent) == (Verdict.MALFORMED, Spent(examined=1))
    assert deposit(counter, 1, encode_record(expired), spent) == (Verdict.EXPIRY, Spent(examined=1))
    assert deposit(counter, 1, encode_record(astray), spent) == (Verdict.PREFIX, Spent(examined=1))
    assert deposit(counter, 1, encode_record(good), spent) == (
        Verdict.STORED,
        Spent(1, 1, PUZZLES, 1, rooms=1, jobs=1),
    )
    assert deposit(counter, 1, encode_record(stale), spent) == (Verdict.STALE, Spent(1, 1))
    assert deposit(counter, 1, encode_record(unpaid), spent) == (Verdict.WORK, Spent(1, 1, trials=1))
    assert deposit(counter, 1, encode_record(unsigned), spent) == (Verdict.SIGNATURE, Spent(1, 1, PUZZLES, 1))
    again = encode_record(replace(good, work=(2**32 - 1,) * PUZZLES))
    assert deposit(counter, 1, again, spent) == (Verdict.STORED, Spent(1, 1, trials=1)), "a duplicate costs one trial"


def test_who_used_up_its_allowance_is_not_looked_at_at_all(spent: Count[str]) -> None:
    counter = custodian()
    junk = encode_box(replace(make_box(2), signature=SPOILT, work=(2**32 - 1,) * PUZZLES))
    results = [deposit(counter, 0, junk, spent) for _ in range(int(DEPOSIT_BURST) + 1)]
    assert results[0] == (Verdict.WORK, Spent(1, 1, trials=1))
    assert results[-1] == (Verdict.FULL, Spent())


def test_junk_from_a_packet_costs_one_trial_beyond_the_allowance(spent: Count[str]) -> None:
    """Who shares a relay with a flood has to be told from it, at the least cost there is."""
    counter = custodian()
    junk = encode_box(replace(make_box(2), signature=SPOILT, work=(2**32 - 1,) * PUZZLES))
    for _ in range(10_000):
        spent.clear()
        counter.send_box(junk)
        if not spent["examined"]:
            break
    assert Spent(**spent) == Spent(trials=1)
