"""The network as this device sees it (``core.api.device``)."""

from __future__ import annotations

from core import api
from core.node.status import describe_network
from core.session.commands.registry import steps
from core.session.session import Session


@steps(api.NetworkStatusGet)
async def _status(session: Session, _: api.NetworkStatusGet) -> api.NetworkStatus:
    return describe_network(session.node.status())
