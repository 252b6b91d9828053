"""Parcels whose work is paid in other processes, and what was paid: compressions and processor time, as measured.

A nonce counts from zero, so a parcel shows how many trials it took; what it is expected to cost is beside the point.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final, NamedTuple

from net.ids import ParcelId, Tag, tag_of
from net.parcel.box import BOX_SIZE, CIPHERTEXT_SIZE, UNPAID_HOURS, Box, box_digest, encode_box, signed_fields
from net.parcel.record import (
    Record,
    asked_work,
    encode_record,
    record_digest,
    record_size,
    signed_fields as signed_record,
)
from net.parcel.work import COMPRESSIONS_PER_TRIAL, WorkPrice, required_work, solve
from net.primitives import sign_by_seed

# Parcels that one process makes before it gives them back.
_BATCH: Final = 32
# Boxes as honest people make them: paid for 48 hours.
HOURS: Final = 48
WEEK: Final = 168


class Order(NamedTuple):
    """So many parcels. ``size`` 0: boxes; else records with a ciphertext of so many bytes. ``factor`` times the price."""

    number: int
    price: float  # per byte-hour
    hours: int = HOURS
    factor: int = 1
    size: int = 0

    def expected(self) -> float:
        """Return the compressions that these parcels take on average."""
        least = 8.0 * COMPRESSIONS_PER_TRIAL
        return self.number * max(self._work(), least)

    def _work(self) -> float:
        price = WorkPrice(self.price)
        if not self.size:
            return required_work(BOX_SIZE, self.hours, price, self.factor)
        # Beside the hours of the record itself, the factor is of a week's price: see net.parcel.record.
        return asked_work(record_size(self.size), self.hours, price, self.factor if self.factor > 1 else 0)

    def make(self) -> tuple[bytes, Tag, int]:
        """Make one: its bytes, its tag, the trials that it took."""
        seed = os.urandom(32)
        name = ParcelId(sign_by_seed(seed, b"")[0])
        expiry = int(time.time()) // 3600 + self.hours + UNPAID_HOURS
        if self.size:
            content = os.urandom(self.size)
            nonces = solve(record_digest(name, 1, expiry, content), self._work())
            signature = sign_by_seed(seed, signed_record(name, 1, expiry, content))[1]
            data = encode_record(Record(name, 1, expiry, nonces, content, signature))
        else:
            content = os.urandom(CIPHERTEXT_SIZE)
            nonces = solve(box_digest(0, expiry, name, content), self._work())
            signature = sign_by_seed(seed, signed_fields(0, expiry, name, content))[1]
            data = encode_box(Box(0, expiry, name, nonces, content, signature))
        return data, tag_of(name), sum(nonces) + len(nonces)


@dataclass(slots=True)
class Bill:
    """What was paid so far."""

    compressions: int = 0
    cpu: float = 0.0
    parcels: int = 0


class Made(NamedTuple):
    """Parcels and their tags."""

    parcels: list[bytes]
    tags: list[Tag]


def _make(order: Order) -> tuple[Made, int, float]:
    began = time.process_time()
    made = [order.make() for _ in range(order.number)]
    trials = sum(each[2] for each in made)
    return Made([each[0] for each in made], [each[1] for each in made]), trials, time.process_time() - began


def _settle(made: tuple[Made, int, float], bill: Bill) -> Made:
    bill.compressions += made[1] * COMPRESSIONS_PER_TRIAL
    bill.cpu += made[2]
    bill.parcels += len(made[0].parcels)
    return made[0]


class Payer:
    """Makes parcels in processes of its own. Call ``close``."""

    def __init__(self, processes: int) -> None:
        self._pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))  # threads read pipes here
        self._ahead = 2 * processes  # batches that are begun before they are wanted

    def stream(self, orders: Iterable[Order], bill: Bill) -> Generator[Made]:
        """Yield batches in order, as they get ready; orders are asked for no sooner than they are begun."""
        ready: deque[Future[tuple[Made, int, float]]] = deque()
        for order in orders:
            for at in range(0, order.number, _BATCH):
                ready.append(self._pool.submit(_make, order._replace(number=min(_BATCH, order.number - at))))
                while len(ready) > self._ahead:
                    yield _settle(ready.popleft().result(), bill)
        while ready:
            yield _settle(ready.popleft().result(), bill)

    def make(self, orders: Iterable[Order], bill: Bill) -> Made:
        """Make them all."""
        made = Made([], [])
        for batch in self.stream(orders, bill):
            made.parcels.extend(batch.parcels)
            made.tags.extend(batch.tags)
        return made

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)
