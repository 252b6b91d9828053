"""A patron is a node at other nodes' counters: it deposits, follows, fetches and searches there, and trusts none of them.

``courier`` is the way there, ``choice`` whom to ask. ``streams`` are single tag streams; ``follows`` keeps two in each
bucket (``place``), ``comparison`` what they differ in, ``disputes`` finds out who lies. ``deposits`` and ``records`` bring
parcels, ``fetches`` and ``searches`` get them; each keeps one table of things that are not done yet. ``keeping`` does all
of that for a friend.
"""

from net.patron.courier import Courier, Purpose
from net.patron.keeping import KeepingView
from net.patron.losses import KeepingPace
from net.patron.patron import Patron
from net.patron.place import BucketView

__all__ = ["BucketView", "Courier", "KeepingPace", "KeepingView", "Patron", "Purpose"]
