"""The state of an open account outside its database: small machines without I/O, one for each concern.

``load`` rebuilds from the database all that mirrors it, at the start and after a transaction that failed. The rest only
matters for minutes, and is kept.
"""

from __future__ import annotations

from random import Random

from core.people.contact import invitations, slot_posts
from core.people.conversation import item_rules, lane_reading, resets
from core.people.conversation.ack_timing import AckTiming
from core.people.conversation.inbox_addresses import InboxAddresses
from core.people.conversation.rollback_detection import RollbackDetection
from core.people.format.account_keys import AccountKeys
from core.people.limits import PEOPLE_LIMITS, PeopleLimits
from core.people.mail.pending_fetches import PendingFetches
from core.people.mail.repricing import Repricing
from core.people.moment import Moment
from core.people.presence import Presence
from core.people.record.record_sync import RecordSync
from core.people.repeats import Repeats
from core.people.tag_index import TagIndex
from core.people.work import Me, Work
from core.storage import conversations, lanes, mail, meetings
from core.storage.database import Transaction


class Memory:
    """The machines of one open account. ``solving``: boxes, as (posting, fragment), whose proof of work is being done."""

    def __init__(self, keys: AccountKeys, random: Random, day: int, limits: PeopleLimits = PEOPLE_LIMITS) -> None:
        self._keys = keys
        self.limits = limits
        self._random = random
        self.tag_index = TagIndex(day)
        self.pending_fetches = PendingFetches()
        self.rollback_detection = RollbackDetection()
        self.inbox_addresses = InboxAddresses(random)
        self.record_sync = RecordSync(keys, random)
        self.repricing = Repricing()
        self.repeats = Repeats()
        self.presence = Presence(random)
        self.ack_timing = AckTiming(random)
        self.solving: set[tuple[int, int]] = set()
        self.is_caught_up = False

    def may_write(self, now: float) -> bool:
        """Tell whether blocks may be encoded: nothing in the network says that this state is an old copy."""
        return self.is_caught_up and not self.rollback_detection.is_waiting(now)

    def next_ack(self) -> float:
        """Return when an acknowledgement is to be written, monotonic seconds."""
        return max(self.ack_timing.next_deadline(), self.rollback_detection.waits_until())

    def distrust_state(self, work: Work) -> None:
        """Begin every lane anew: this database may be an old copy of itself."""
        resets.distrust_state(work)
        self.solving.clear()
        self.rollback_detection.clear()

    def load(self, tx: Transaction, me: Me, now: Moment, *, distrust: bool) -> None:
        """Build anew what mirrors the database."""
        self.solving.clear()
        self.rollback_detection.clear()
        self.inbox_addresses = InboxAddresses(self._random)
        self.record_sync = RecordSync(self._keys, self._random)
        self.tag_index = TagIndex(now.day, mail.tags(tx))
        work = Work(tx, me, now, self.tag_index, limits=self.limits)
        if distrust:
            resets.distrust_state(work)
        item_rules.take_later(work)
        for row in lanes.every_reading(tx):
            if not conversations.by_id(tx, row.conversation).blocked:
                lane_reading.watch_lane(work, row)
        for invitation in meetings.every(tx):
            invitations.watch(work, invitation)
        for conversation in conversations.every(tx):
            slot_posts.watch_conversation(work, conversation.id)
        self.pending_fetches = PendingFetches(self.tag_index.wanted(), now.mono)
