"""The interface of the core: every command, result, event and error, as frozen, serialisable records.

Screens, ``sottovoce rpc`` and bots use this and nothing else. A command is a value; ``Client.call`` turns it into its
result or raises ``ApiError``. Events are hints that something changed; ``message.list`` is the truth.

Each file holds the commands of one topic with their results. A command is added there, and its handler in
``core.session.commands``; nothing else has to know of it. A file of a new topic is imported here.

Times are integer milliseconds of Unix time, durations are seconds, identities and ids are strings.
"""

from __future__ import annotations

from typing import Final

# All that these files define, so that a new definition needs no entry in a list.
from core.api.account import *
from core.api.archive import *
from core.api.base import (
    Carrier as Carrier,
    Client as Client,
    Command as Command,
    Declared as Declared,
    Event as Event,
    R as R,
    Record as Record,
    every_command as every_command,
    method_of as method_of,
)
from core.api.changing import *
from core.api.contacts import *
from core.api.device import *
from core.api.events import *
from core.api.keeping import *
from core.api.meeting import *
from core.api.program import *
from core.api.proving import *
from core.api.refusal import *
from core.api.talking import *

# Every command by the name of its method.
COMMANDS: Final = every_command()
