"""The process at the other end of a measured link: ``python -m benchmarks.support.loopback_node custodian|sink``.

It prints where it listens.
``custodian`` is a full node over SQLCipher at a price of nothing, so that a flood of deposits can be paid for; ``sink``
is a bare link layer that takes messages and gives cells back. Either ends with its standard input.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import trio

from core.node.opening import open_node
from core.node.options import JoinSpec, NetworkOptions
from net.ids import Endpoint
from net.io.driver import Driver, system_clock
from net.io.udp import Transport
from net.link.events import CellReceived, LinkEvent, MessageReceived, Role
from net.link.layer import LinkLayer
from net.node.wiring import Tuning
from net.parcel.work import WorkPrice
from tui.host.standard_streams import StandardInput

# The message that ends a stream of others; the sink gives it back.
END = b"end"
FREE = WorkPrice(0.0)
LOOPBACK = Endpoint("127.0.0.1", 0)


async def _until_told() -> None:
    async for _ in StandardInput():
        pass


async def custodian() -> None:
    """Store what comes."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_node(
                Path(folder) / "parcels.db",
                database_key=os.urandom(32),
                node_secret=os.urandom(32),
                options=NetworkOptions(listen=LOOPBACK),
                tuning=Tuning(price=FREE),
            ) as node,
            trio.open_nursery() as nursery,
        ):

            async def ignore_events() -> None:
                async for _ in node.events:
                    pass

            nursery.start_soon(ignore_events)
            print(node.spec, flush=True)
            await _until_told()
            nursery.cancel_scope.cancel()


async def sink() -> None:
    """Take messages; send every cell back."""
    layer = LinkLayer(secret_key=os.urandom(32), role=Role.FULL, random=os.urandom)

    async def answer(event: LinkEvent) -> None:
        if isinstance(event, CellReceived):
            layer.send_cell(event.link, event.data, system_clock())
        elif isinstance(event, MessageReceived) and event.data == END:
            layer.send_message(event.link, END, system_clock())
        else:
            return
        driver.poke()

    with Transport.open(*LOOPBACK) as transport:
        driver = Driver[LinkEvent](layer, transport, answer)
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            print(JoinSpec(transport.local, layer.node_id), flush=True)
            await _until_told()
            nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run({"custodian": custodian, "sink": sink}[sys.argv[1]])
