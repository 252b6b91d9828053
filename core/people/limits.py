"""How much of everything one account does and keeps for its contacts, whatever they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.people.format.acknowledgement import MAX_UNHEARD
from core.people.format.lane import REKEY_AFTER_BLOCKS, REKEY_PROMISED_BLOCKS
from core.storage.later import MAX_KEPT
from core.storage.meetings import MAX_GREETINGS

# Boxes that are made in a day of what was encoded before, because the other side lost it or says so: 26 s of a core. The
# rest waits for the next day; what was never encoded does not wait.
MAX_AGAIN_BOXES: Final = 512
# Resets of the other side are answered, and lanes that it broke begun anew, until so many of our generations have begun
# within an hour (and ``resets.MAX_GENERATIONS_A_DAY`` within a day). Each costs us a lane, an announcement, and the work for
# all that was not delivered; a sane device asks once, and again after a restore.
MAX_GENERATIONS_AN_HOUR: Final = 8
# Devices kept of one person: half of an audience, the other half being one's own.
MAX_DEVICES: Final = 8
# Boxes whose work is being done at one time: enough to keep two cores busy, few enough to keep their order.
MAX_SOLVING: Final = 16
# Of which may be repriced ones: a new message does not wait for a night's queue.
MAX_PAYING: Final = MAX_SOLVING // 2


@dataclass(frozen=True, slots=True)
class PeopleLimits:
    """Those of an ``Engine``."""

    again_boxes: int = MAX_AGAIN_BOXES
    generations_an_hour: int = MAX_GENERATIONS_AN_HOUR
    devices: int = MAX_DEVICES
    solving: int = MAX_SOLVING
    paying: int = MAX_PAYING
    unheard: int = MAX_UNHEARD
    kept_for_later: int = MAX_KEPT
    greetings: int = MAX_GREETINGS
    rekey_after_blocks: int = REKEY_AFTER_BLOCKS
    rekey_promised_blocks: int = REKEY_PROMISED_BLOCKS


PEOPLE_LIMITS: Final = PeopleLimits()
