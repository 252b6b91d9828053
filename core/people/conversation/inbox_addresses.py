"""Tells the node which addresses to read, and which to keep for contacts.

Read are those of our present inbox, of a former one that is still followed, of groups and channels, and of open
invitations. They do not depend on what the screen shows, so that what is read says nothing about what the person does
(``docs/TRAPS.md``).
"""

from __future__ import annotations

from random import Random

from core.people.conversation import inboxes
from core.people.format.address import EARLY_MS, LATEST_EARLY_MS, addresses, days_read
from core.people.work import Work
from core.storage import contact_inboxes
from net.requests import KeepForFriends, Read

_Wanted = tuple[range, frozenset[bytes]]  # days, secrets


class InboxAddresses:
    """The sets that the node reads and keeps, as far as it was told."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._day = -1
        self._early_ms = EARLY_MS  # how long before the end of that day the next one's addresses are added
        self._read: _Wanted | None = None
        self._kept: _Wanted | None = None

    def look(self, work: Work) -> None:
        """Tell the node anew if a set changed: by a new day, an invitation, a block, or an agreement to keep mail."""
        if work.now.day != self._day:
            self._day, self._early_ms = work.now.day, self._random.randint(LATEST_EARLY_MS, EARLY_MS)
        days = days_read(work.now, self._early_ms)
        shared = contact_inboxes.shared(work.tx)
        read = days, frozenset({*inboxes.followed(work), *shared, *work.tag_index.address_secrets()})
        if read != self._read:
            self._read = read
            work.effects.append(Read(addresses(read[1], days)))
        kept = days, frozenset(contact_inboxes.kept(work.tx))
        if kept != self._kept:
            self._kept = kept
            work.effects.append(KeepForFriends(addresses(kept[1], days)))
