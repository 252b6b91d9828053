"""Which addresses the node was last told to read: our own, and those of open invitations.

They are always the same ones while they are of use, whatever is looked at on the screen, so that what is read says
nothing about what is done (studies: T14).
"""

from __future__ import annotations

from core.people.addressing import addresses, days_read
from core.people.effects import Read
from core.people.work import Work


class Listening:
    """The set that the node reads, as far as it was told."""

    def __init__(self) -> None:
        self._told: tuple[range, frozenset[bytes]] | None = None

    def look(self, work: Work) -> None:
        """Say anew what is to be read, if it changed: a day began, an invitation was made or is over."""
        wanted = days_read(work.now), frozenset({work.me.inbox, *work.watches.address_secrets()})
        if wanted != self._told:
            self._told = wanted
            days, secrets = wanted
            work.effects.append(Read(addresses(secrets, days)))
