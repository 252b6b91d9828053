"""How to build nodes for simulated hosts."""

from __future__ import annotations

from net.ids import Endpoint
from net.link.events import Role
from net.node import NORMAL_SLOT, Node
from net.parcel.work import WorkPrice
from net.simulator.world import FREE, Build, Host, Machine
