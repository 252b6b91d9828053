"""Periodic maintenance of an open account: what is due again, what is over, what can be forgotten."""

from __future__ import annotations

from core.people.contact import invitations
from core.people.conversation import gaps, lane_reading, prekeys, reset_answer, resets
from core.people.format.numbers import COPIES_GONE_MS, LONGEST_AWAY_MS
from core.people.mail import outbox
from core.people.work import Work
from core.storage import lanes, mail, meetings, messages
from net.instant import DAY_MS
from net.parcel.box import MAX_BOX_HOURS

# How often this is done. Seconds.
INTERVAL = 30.0
# Tags are kept this long; the network forgets a box after 48 hours, clocks differ by two.
TAG_HOURS = MAX_BOX_HOURS
# Cursors of custodians not met for this long are forgotten: all they held then is gone.
CURSOR_HOURS = 72
# Announcements are looked at for as long as copies live; for longer than that a lane that ended is known by its name.
ENDED_MS = COPIES_GONE_MS
# What was deleted here is remembered for so long: no copy of it comes after that.
DELETED_MS = LONGEST_AWAY_MS
# Copies repeated at a time; the rest follow the next time.
MAX_REPEATED = 256


def tend(work: Work) -> None:
    """Do all of it."""
    invitations.repeat_records(work)
    gaps.give_up_holes(work)
    reset_answer.let_in_who_waited(work)
    resets.repair(work)
    outbox.give_up(work)
    outbox.repeat_unconfirmed(work, MAX_REPEATED)
    _forget(work)


def _forget(work: Work) -> None:
    """Forget what can be of no use any more, keys first of all."""
    gaps.forget_given_up(work)
    lane_reading.end_overtaken(work)
    resets.forget_former_roots(work)
    prekeys.forget_old(work)
    invitations.forget_expired(work)
    lanes.forget_ended(work.tx, work.now.earliest_ms - ENDED_MS)
    messages.forget_deleted(work.tx, work.now.earliest_ms - DELETED_MS)
    outbox.forget_expired(work)
    mail.expire_tags(work.tx, work.now.sure_hour - TAG_HOURS)
    mail.expire_cursors(work.tx, work.now.hour - CURSOR_HOURS)
    meetings.expire_pieces(work.tx, work.now.earliest_ms // DAY_MS - 3)
