"""A custodian keeps strangers' parcels until they expire and lets readers find theirs.

``custodian`` joins the parts; ``admission`` decides what is taken, ``index`` knows what is held, ``streams`` tells readers
what arrived, ``repair`` keeps the custodians of a swarm alike, ``allowance`` bounds what one requester may cost.
A requester is whoever stands at the counter: a link now, the end of a circuit later.
"""

from net.custodian.admission import Quota
from net.custodian.custodian import Custodian
from net.custodian.outlet import Outlet, Requester, StoreJob

__all__ = ["Custodian", "Outlet", "Quota", "Requester", "StoreJob"]
