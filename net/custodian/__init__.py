"""A custodian keeps strangers' parcels until they expire and lets readers find theirs.

``custodian`` joins the parts; ``admission`` decides what is taken, ``quota`` at whose cost, ``price`` what it costs in a
flood, ``index`` and ``eviction_order`` know what is held, ``streams`` tells readers what arrived, ``swarm`` and
``repair`` keep the custodians of a bucket alike, ``allowance`` bounds what one client may cost; ``friend_store`` has
what is kept for friends. A client is the far end of a link, or of a circuit.
"""

from net.custodian.custodian import Custodian, CustodianStatus
from net.custodian.jobs import ClientId, ClientPort, StoreJob
from net.custodian.quota import Quota

__all__ = ["ClientId", "ClientPort", "Custodian", "CustodianStatus", "Quota", "StoreJob"]
