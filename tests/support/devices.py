"""A device for account tests: cheap passcodes, settable clocks, repeatable randomness, a key store in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from core.vault.clock import Reading
from core.vault.cost import CostPolicy, Costs

# One pass over 64 KiB: a tenth of a millisecond. Only tests have it; the product's floor is 256 MiB in three passes.
CHEAP = CostPolicy(floor=Costs(passes=1, memory_kib=64, lanes=1), seconds=0)

GOOD, BETTER, BEST = "violet anchor muddle 93", "seven tame otters juggle", "quartz-lagoon-parsnip"


def repeatable(name: str) -> Callable[[int], bytes]:
    """Return a source of bytes that gives the same for the same name: SHAKE-256(name ‖ call number as u32)."""
    calls = 0

    def draw(size: int) -> bytes:
        nonlocal calls
        calls += 1
        return hashlib.shake_256(name.encode() + calls.to_bytes(4, "big")).digest(size)

    return draw


class FakeClock:
    """A clock that tests move: ``pass_seconds`` moves boot and wall time, ``set_wall`` wall time, ``reboot`` boots."""

    def __init__(self) -> None:
        self.now = Reading(b"first boot......", 1_000_000, 1_800_000_000_000)

    def __call__(self) -> Reading:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        elapsed = int(seconds * 1000)
        self.now = self.now._replace(boot_ms=self.now.boot_ms + elapsed, wall_ms=self.now.wall_ms + elapsed)

    def set_wall(self, seconds: float) -> None:
        self.now = self.now._replace(wall_ms=self.now.wall_ms + int(seconds * 1000))

    def reboot(self) -> None:
        self.now = self.now._replace(boot=hashlib.sha256(self.now.boot).digest()[:16], boot_ms=20_000)


class MemoryStore:
    """A key store that a test can look into; refuses everything when ``refuses``."""

    name = "memory"

    def __init__(self, *, refuses: bool = False) -> None:
        self.kept: dict[str, bytes] = {}
        self.refuses = refuses

    def put(self, description: str, payload: bytes, seconds: int) -> None:
        if self.refuses:
            raise PermissionError(f"no place for {seconds} s")
        self.kept[description] = payload

    def get(self, description: str) -> bytes | None:
        return self.kept.get(description)

    def drop(self, description: str) -> None:
        self.kept.pop(description, None)
