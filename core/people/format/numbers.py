"""Numbers of the conversation that both sides, or two devices of an account, have to agree on beyond one format.

What belongs to one format stands in its file: windows and days of a lane in ``lane``, classes of sizes in ``fragment``, the
work of each kind of slot in ``slot``, epochs of an account's own record in ``personal_record``.
"""

from __future__ import annotations

from typing import Final

from net.instant import DAY_MS

# Hours that a copy of a posting lives: 48 beyond the hour it is made in. Custodians take two more (``net.parcel.box``).
COPY_HOURS: Final = 49
# After so long no copy of what was sent before can come from the network any more: copies live for two days, clocks differ,
# and devices sleep. What is kept only for such copies is forgotten then. Milliseconds.
COPIES_GONE_MS: Final = 4 * DAY_MS
# A device that is away for longer is not waited for: an account's own record lives for 90 days and tells of an epoch of
# 30 more, and clocks differ. What is kept for its return (roots, inboxes, tombstones) is forgotten then. Milliseconds.
LONGEST_AWAY_MS: Final = 130 * DAY_MS
