"""Nodes on loopback that cost next to nothing: no proof of work, no waiting, no search for other nodes."""

from __future__ import annotations

from typing import Final

from core.node.options import JoinSpec, NetworkOptions
from net.cover_profile import CoverProfile
from net.ids import Endpoint
from net.node.wiring import Tuning
from net.parcel.work import WorkPrice

HURRIED: Final = CoverProfile(hop_delay=0.01, slot=0.01, loop_period=3600.0)
CHEAP: Final = Tuning(price=WorkPrice(0.0), id_work_bits=0, cover_profile=HURRIED)
LOOPBACK: Final = Endpoint("127.0.0.1", 0)


def alone(*join: JoinSpec, listen: Endpoint = LOOPBACK) -> NetworkOptions:
    """Return options by which a node looks for no nodes but these."""
    return NetworkOptions(listen=listen, join=join, mainline=False, lan=False)
