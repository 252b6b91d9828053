"""Settings of a session that tests replace: costs, pauses, stores for keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from core.archive.age import LOG_N
from core.session.attachments import ATTENTIVE
from core.session.program import Program
from core.vault.clock import Reading, read_clock
from core.vault.cost import PRODUCT, CostPolicy
from core.vault.remembered import KeyStore
from net.node.wiring import Tuning

# Seconds until a given passcode is typed again when something was in the way: each try costs a second and a half of two
# cores.
RENEW_PAUSE: Final = 60.0
# Seconds between two looks at the settings: they also come, without an event, from the account's other devices.
SETTINGS_PERIOD: Final = 60.0


@dataclass(frozen=True, slots=True)
class Overrides:
    """What tests make cheap or quick; the product sets ``stores``, ``passcode`` and ``program``.

    ``stores``: places for a remembered key. ``passcode``: given for an account that runs without a person; it stays in
    memory. Pauses are seconds.
    """

    policy: CostPolicy = PRODUCT
    stores: tuple[KeyStore, ...] | None = None
    tuning: Tuning = field(default_factory=Tuning)
    clock: Callable[[], Reading] = read_clock
    passcode: str | None = field(default=None, repr=False)
    renew_pause: float = RENEW_PAUSE
    settings_period: float = SETTINGS_PERIOD
    attentive: float = ATTENTIVE
    archive_log_n: int = LOG_N  # work of an archive's password
    program: Program = field(default_factory=Program)
