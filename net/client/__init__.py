"""A node as client of custodians: it deposits, follows, fetches and searches there, and trusts none of them.

``client`` is the one door. ``ports`` says what it needs of circuits, ``choice`` which custodians to ask. ``streams`` are
single tag streams; ``follows`` says which buckets are followed (``followed_bucket``), ``members`` keeps two custodians in
each, ``comparison`` what they differ in, ``disputes`` finds out which lies. ``deposits`` and ``records`` bring parcels,
``fetches`` and ``searches`` get them; each keeps one table of things that are not done yet, and what waits for an answer in
``questions``; ``fetch_requests`` hides what is fetched. ``friend_backup``
keeps a friend's mail, ``friend_repair`` gives back what was lost of it.
"""

from net.client.client import CustodianClient
from net.client.followed_bucket import BucketView
from net.client.friend_backup import FriendBackupView
from net.client.friend_repair import FriendRepairRate
from net.client.ports import Purpose, Transport

__all__ = ["BucketView", "CustodianClient", "FriendBackupView", "FriendRepairRate", "Purpose", "Transport"]
