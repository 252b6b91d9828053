"""The examination that ``sottovoce doctor`` runs: take part in the network for some seconds, without an account.

A running client cannot be asked, so a node of our own takes part: the client's, when its files are not in use, else a leaf
with a key for this run alone. It listens, links, is dialled back and leaves; no account is touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import trio

from core import api
from core.attach.logout import at_logout
from core.attach.place import read_pointer
from core.doctor.findings import FEW_CUSTODIANS, SETTLING, Finding, finding, findings_of, needs_attention
from core.node.opening import open_own_node
from core.node.options import NetworkOptions
from core.node.service import NodeService
from core.node.status import describe_network
from core.sentence import N_
from net.node.wiring import Tuning

# Seconds that a network has to be found in, and to say what it knows of us: dial-backs take up to fifteen of them.
PATIENCE: Final = 20.0
# Seconds between two looks, and how many in a row must find nothing new.
LOOK_PERIOD: Final = 0.5
CALM_LOOKS: Final = 6


class Report(api.NetworkStatus, frozen=True, omit_defaults=False):
    """The network's state, and the findings about it."""

    findings: list[Finding]

    @property
    def is_well(self) -> bool:
        """Return whether there is a network and nothing needs attention."""
        return self.peers > 0 and not any(needs_attention(each) for each in self.findings)


async def examine(
    home: Path, options: NetworkOptions, *, tuning: Tuning | None = None, patience: float = PATIENCE
) -> Report:
    """Take part until nothing new is learnt, for ``patience`` seconds at most. Raises ``net.errors.Unreachable``."""
    async with open_own_node(home, options, tuning=tuning) as node, trio.open_nursery() as nursery:
        nursery.start_soon(_read_nothing, node)
        with trio.move_on_after(patience):
            await _wait_until_calm(node)
        status = describe_network(node.status())
        nursery.cancel_scope.cancel()
    findings = findings_of(status)
    if status.role == "leaf" and options.part != "leaf":
        findings.append(
            finding(
                "home-in-use",
                N_(
                    "sottovoce is running with this home already (or its files cannot be used), so this test took part "
                    "as a leaf and cannot tell whether strangers reach you. The client's network screen can: /network."
                ),
            )
        )
    if _has_core(home) and (ended := at_logout()) is not None:
        findings.append(finding(*ended))
    return Report(**{field: getattr(status, field) for field in status.__struct_fields__}, findings=findings)


def _has_core(home: Path) -> bool:
    """Tell whether a core of its own runs for a home, or did."""
    try:
        return read_pointer(home) is not None
    except api.ApiError:  # one that others can write, which who attaches is told
        return True


async def _read_nothing(node: NodeService) -> None:
    async for _ in node.events:
        pass  # nothing is wanted of the network but its state


async def _wait_until_calm(node: NodeService) -> None:
    """Return when the status is complete and did not change for some looks."""
    before: object = None
    calm = 0
    while calm < CALM_LOOKS:
        await trio.sleep(LOOK_PERIOD)
        status = describe_network(node.status())
        learnt = _learnt(status)
        calm = calm + 1 if learnt == before and is_complete(status) else 0
        before = learnt


def _learnt(status: api.NetworkStatus) -> tuple[object, ...]:
    clocks = status.clocks_off, status.clock_alone
    return (
        clocks,
        status.peers,
        status.custodians,
        status.nat,
        status.reachable,
        status.anonymity_set,
        status.guards_linked,
        [join.state for join in status.joins],
    )


def is_complete(status: api.NetworkStatus) -> bool:
    """Return whether waiting longer would tell nothing more than details."""
    is_placed = status.role == "leaf" or (status.nat != "unknown" and status.reachable is not None)
    has_known_end = status.custodians >= FEW_CUSTODIANS or status.clock_alone is not None
    return has_known_end and is_placed and not any(_is_asking(join, status.uptime) for join in status.joins)


def _is_asking(join: api.JoinInfo, uptime: int) -> bool:
    """Say whether the state of a named node is about to be known; a node with enough links may never ask it."""
    return join.state == "resolving" or (join.state == "trying" and uptime < SETTLING)
