"""The commands without a screen: a node of the network, the core behind JSON-RPC, and the doctor.

Standard output belongs to the calling program and carries what ``docs/PROTOCOL.md`` 8 says, nothing else; logs
go to standard error and tell nothing of parcels. SIGTERM and SIGINT end each of them cleanly, with status 0. What goes wrong
is raised, for ``tui.host.boundary`` to tell.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import trio

from core.api import AccountUnlock, ApiError, Client, Kind
from core.doctor.findings import span
from core.gc_freeze import set_apart
from core.node.opening import NODE_DATABASE, open_node
from core.node.options import NetworkOptions, encode_node_id
from core.node.service import NodeService
from core.rpc import server
from core.vault.node_key import load_or_create
from core.vault.profile import NODE_KEY, Profile
from net.events import ClocksChanged
from tui import __version__
from tui.host import standard_error
from tui.host.boundary import FAILED, Refused
from tui.host.standard_error import Teller
from tui.host.standard_streams import StandardInput, StandardOutput
from tui.language import tr, tr_n

_log = logging.getLogger(__name__)

# Characters of a node's key that are logged, as many as programs are told.
_SHOWN_KEY_SIZE: Final = 12


def run_node(home: Path, options: NetworkOptions) -> int:
    """Run a relay and custodian until it is told to end; return the exit status."""
    return run_until_told("sottovoce node", lambda: _node(home, options))


def run_rpc(home: Path, options: NetworkOptions, *, remember: bool = True, passcode: str | None = None) -> int:
    """Serve JSON-RPC on standard input and output until the input ends; return the exit status.

    Without ``remember`` the passcode is asked for at every start, and nothing is kept outside the process.
    ``passcode``: given with ``--passcode-fd``; by it the account is opened and kept open.
    """
    return run_until_told("sottovoce rpc", lambda: _rpc(home, options, remember=remember, passcode=passcode))


def run_doctor(home: Path, options: NetworkOptions, *, as_json: bool = False) -> int:
    """Try out the network and say what was found; return 0 when there is one and nothing needs attention."""
    verdicts: list[bool] = []  # stays empty when it was told to end before it knew
    doctor = partial(_doctor, home, options, verdicts.append, as_json=as_json)
    run_until_told("sottovoce doctor", doctor, logging.ERROR)
    return 0 if verdicts == [True] else FAILED


def run_until_told(name: str, command: Callable[[], Awaitable[None]], level: int = logging.INFO) -> int:
    """Carry out a command until it is done or a signal ends it; return 0. Raises whatever keeps it from that."""
    logging.basicConfig(handlers=[Teller()], level=level, format=f"{name}: %(message)s")
    trio.run(_until_signalled, command)
    return 0


async def _until_signalled(command: Callable[[], Awaitable[None]]) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:

            async def end_on_signal() -> None:
                async for _ in signals:
                    nursery.cancel_scope.cancel()

            nursery.start_soon(end_on_signal)
            await command()
            nursery.cancel_scope.cancel()


def _say_clocks(node: NodeService) -> None:
    """Log whose clock is wrong: the owner of a node without a screen sees it nowhere else."""
    clocks = node.status().view.clocks
    off = ", ".join(
        f"{encode_node_id(each)[:_SHOWN_KEY_SIZE]} by {span(ahead)} {'ahead' if ahead > 0 else 'behind'}"
        for each, ahead in clocks.off
    )
    if clocks.is_alone:
        _log.warning("this machine's clock is alone, and nothing is served until others agree with it: %s", off)
    elif off:
        _log.warning("other nodes' clocks are wrong: %s", off)
    else:
        _log.info("all clocks agree")


async def _node(home: Path, options: NetworkOptions) -> None:
    with Profile(home):
        key = load_or_create(home / NODE_KEY)
        async with (
            open_node(
                home / NODE_DATABASE, database_key=key.database_key, node_secret=key.node_secret, options=options
            ) as node,
            trio.open_nursery() as nursery,
        ):
            set_apart()
            nursery.start_soon(_say_ready, {"join": str(node.spec), "listen": str(node.listen)})
            _log.info("listening on %s", node.listen)
            async for event in node.events:  # it wants nothing of the network, so most of it is for others
                if isinstance(event, ClocksChanged):
                    _say_clocks(node)


async def _say_ready(ready: dict[str, str]) -> None:
    with suppress(trio.BrokenResourceError):  # a node serves on when its standard output is closed
        await StandardOutput().send_all(msgspec.json.encode(ready) + b"\n")


async def _rpc(home: Path, options: NetworkOptions, *, remember: bool, passcode: str | None) -> None:
    from core.session.messenger import open_messenger
    from core.session.overrides import Overrides
    from core.session.program import Program

    terms = Overrides(stores=None if remember else (), passcode=passcode, program=Program(version=__version__))
    async with open_messenger(home, options, terms=terms) as messenger:
        set_apart()
        with messenger.attach() as client:
            if passcode is not None:
                await open_account(client, passcode)
            lost = await server.serve(client, client.events, StandardInput(), StandardOutput())
    if lost.events:
        _log.warning("%d events were dropped because nobody read them", lost.events)
    if lost.answers:
        said = tr_n(
            "an answer was not read, and nobody knows now what was said. Read until the output ends.",
            "{count} answers were not read, and nobody knows now what was said. Read until the output ends.",
            lost.answers,
        )
        raise Refused(said)


async def open_account(client: Client, passcode: str) -> None:
    """Open the account; where there is none yet, the caller is about to make it. Raises ``ApiError``."""
    try:
        await client.call(AccountUnlock(passcode=passcode))
    except ApiError as error:
        if error.kind is not Kind.NO_ACCOUNT:
            raise


async def _doctor(home: Path, options: NetworkOptions, judge: Callable[[bool], None], *, as_json: bool) -> None:
    from core.doctor.examination import PATIENCE, examine
    from tui.words.report import lines_of

    if not as_json:
        begun = tr("Trying out the network, for {seconds} seconds at most ...")
        standard_error.say(f"{begun.format(seconds=round(PATIENCE))}\n")
    report = await examine(home, options)
    said = msgspec.json.encode(report) if as_json else "\n".join(lines_of(report)).encode()
    with suppress(trio.BrokenResourceError):  # the exit status tells it too
        await StandardOutput().send_all(said + b"\n")
    judge(report.is_well)
