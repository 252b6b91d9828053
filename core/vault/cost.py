"""The cost of one try at a passcode: memory and time, for the owner once a day and for a thief every time.

The floor is 256 MiB in three passes (RFC 9106 names 64 MiB in three as its lower recommendation). Above it, the machine
that makes the vault is measured and the cost raised to about a second and a half, memory first, because memory is what
an attacker's hardware is short of. What counts is what this process may have of it (``core.vault.memory``): more than that
would end the program instead of opening the account. A file that claims less than the floor was not made by this program,
and one that claims absurdly much is refused before it can occupy the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.crypto import primitives
from core.vault.errors import NotEnoughMemory, VaultDamaged
from core.vault.memory import Memory, memory

KIB_PER_GIB: Final = 1024 * 1024
ROOT_SIZE: Final = 32  # bytes of Argon2id output
MAX_MEMORY_KIB: Final = 2 * KIB_PER_GIB  # twice what calibration ever chooses
MAX_LANES: Final = 16
MAX_WORK: Final = 64 * KIB_PER_GIB  # KiB · passes: about a minute on two cores, beyond which a file is an attack
MEMORY_SHARE: Final = (
    8  # calibration takes at most this fraction of what the process may have, but never under the floor
)
FREE_SHARE: Final = (
    2  # and at most this fraction of what it may have now: the account is to be opened again on a busier day
)
RESERVE_KIB: Final = 32 * 1024  # beside Argon2id, for the rest of the program while it runs


@dataclass(frozen=True)
class Costs:
    """Argon2id's arguments: ``passes`` over ``memory_kib`` KiB in ``lanes`` parallel lanes."""

    passes: int
    memory_kib: int
    lanes: int

    @property
    def work(self) -> int:
        """KiB times passes; the time of a run is proportional to it."""
        return self.passes * self.memory_kib


@dataclass(frozen=True)
class CostPolicy:
    """What a try must cost: never under ``floor``, and about ``seconds`` when a vault is made."""

    floor: Costs
    seconds: float
    memory_cap_kib: int = KIB_PER_GIB


# What the product uses. Nothing lowers it: no flag, no file, no environment variable.
PRODUCT: Final = CostPolicy(floor=Costs(passes=3, memory_kib=KIB_PER_GIB // 4, lanes=4), seconds=1.5)


def check(costs: Costs, policy: CostPolicy) -> None:
    """Refuse costs that a vault of ours cannot have. Raises ``VaultDamaged``."""
    floor = policy.floor
    if costs.memory_kib < floor.memory_kib or costs.passes < floor.passes or costs.lanes < 1:
        raise VaultDamaged("costs under the floor")
    if costs.memory_kib > MAX_MEMORY_KIB or costs.work > MAX_WORK or costs.lanes > MAX_LANES:
        raise VaultDamaged("costs beyond reason")
    if costs.memory_kib < 8 * costs.lanes:
        raise VaultDamaged("costs that Argon2 does not take")


def calibrate(policy: CostPolicy, measure: Callable[[Costs], float], room: Callable[[], Memory] = memory) -> Costs:
    """Return costs at or above the floor that take about ``policy.seconds`` here.

    ``measure(costs)`` runs Argon2id once and returns its seconds; it is asked once, for the floor.
    """
    floor = policy.floor
    if policy.seconds <= 0:
        return floor
    taken = max(measure(floor), 1e-3)  # a clock too coarse to measure it must not lead to a huge cost
    budget = min(int(floor.work * policy.seconds / taken), MAX_WORK)  # KiB · passes
    here = room()
    cap = min(policy.memory_cap_kib, here.total // MEMORY_SHARE, here.free // FREE_SHARE)
    chosen = floor.memory_kib
    while 2 * chosen <= cap and 2 * chosen * floor.passes <= budget:
        chosen *= 2
    return Costs(max(floor.passes, budget // chosen), chosen, floor.lanes)


def require(costs: Costs, room: Callable[[], Memory] = memory) -> None:
    """Raise ``NotEnoughMemory`` where there is too little for a run."""
    if costs.memory_kib >= RESERVE_KIB and costs.memory_kib + RESERVE_KIB > room().free:
        raise NotEnoughMemory(costs.memory_kib // 1024)


def stretch(secret: bytes, salt: bytes, costs: Costs, room: Callable[[], Memory] = memory) -> bytes:
    """Return the 32-byte root of a secret: the one Argon2id run.

    Raises ``NotEnoughMemory``, where possible before allocating: some systems kill the process instead of refusing.
    """
    require(costs, room)
    try:
        return primitives.argon2id(secret, salt, costs.passes, costs.memory_kib, costs.lanes, ROOT_SIZE)
    except MemoryError as error:
        raise NotEnoughMemory(costs.memory_kib // 1024) from error
