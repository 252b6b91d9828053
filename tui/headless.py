"""The commands without a screen: a node of the network, the core behind JSON-RPC, and the doctor.

Standard output belongs to whoever started the program and carries what ``docs/PROTOCOL.md`` 8 says, nothing else; logs
go to standard error and tell nothing of parcels. SIGTERM and SIGINT end each of them cleanly, with status 0.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import trio

from core import rpc
from core.api import AccountUnlock, ApiError, Client, Kind
from core.doctor import span
from core.lasting import set_apart
from core.node_service import NodeService
from core.open_node import NODE_DATABASE, open_node
from core.options import NetworkOptions, encode_node_id
from core.storage.errors import Corrupt, DiskFailed, DiskFull, InUse, ReadOnly, SchemaTooNew, StorageError, WrongKey
from core.vault.errors import (
    DiskFull as VaultDiskFull,
    ProfileInUse,
    ReadOnlyHome,
    UnsafeHome,
    VaultDamaged,
    VaultError,
)
from core.vault.given import UnreadablePasscode, read_passcode
from core.vault.node_key import load_or_create
from core.vault.profile import NODE_KEY, Profile
from net.errors import Unreachable
from net.events import ClocksChanged
from tui.standard_streams import StandardInput, StandardOutput

_log = logging.getLogger(__name__)

# Exit statuses: what was asked for cannot be done, and it was asked for wrongly (a port that is taken, say).
FAILED: Final = 1
ASKED_WRONGLY: Final = 2
# Characters of a node's key that are logged, as many as programs are told.
_SHOWN_KEY_SIZE: Final = 12

_REASONS: Final[dict[type[Exception], str]] = {
    ProfileInUse: "another process uses it",
    InUse: "another process uses it",
    UnsafeHome: "it is a symbolic link, no directory, or somebody else's",
    ReadOnlyHome: "it cannot be written",
    ReadOnly: "it cannot be written",
    VaultDiskFull: "the disk is full",
    DiskFull: "the disk is full",
    DiskFailed: "the disk fails",
    VaultDamaged: "the key file is damaged",
    WrongKey: "the key file and the database do not belong together",
    Corrupt: "the database is damaged",
    SchemaTooNew: "a newer version has written it",
}


class _Refused(Exception):
    """Something outside the program is not as it must be. The message is one sentence; ``status`` to exit with."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status


def run_node(home: Path, options: NetworkOptions) -> int:
    """Run a relay and custodian until it is told to end; return the exit status."""
    return _run("sottovoce node", lambda: _node(home, options))


def run_rpc(home: Path, options: NetworkOptions, *, remember: bool = True, passcode_fd: int | None = None) -> int:
    """Serve JSON-RPC on standard input and output until the input ends; return the exit status.

    Without ``remember`` the passcode is asked for at every start, and nothing is kept outside the process.
    ``passcode_fd``: a descriptor with the passcode, by which the account is opened and kept open.
    """
    passcode = None
    if passcode_fd is not None:
        try:
            passcode = read_passcode(passcode_fd)
        except UnreadablePasscode as error:
            sys.stderr.write(f"sottovoce rpc: no passcode can be read from descriptor {passcode_fd}: {error}\n")
            return ASKED_WRONGLY
    return _run("sottovoce rpc", lambda: _rpc(home, options, remember=remember, passcode=passcode))


def run_doctor(home: Path, options: NetworkOptions, *, as_json: bool = False) -> int:
    """Try out the network and say what was found; return 0 when there is one and nothing needs attention."""
    verdicts: list[bool] = []  # stays empty when it was told to end before it knew
    status = _run("sottovoce doctor", lambda: _doctor(home, options, verdicts.append, as_json=as_json), logging.ERROR)
    return status or (0 if verdicts == [True] else FAILED)


def _run(name: str, command: Callable[[], Awaitable[None]], level: int = logging.INFO) -> int:
    logging.basicConfig(stream=sys.stderr, level=level, format=f"{name}: %(message)s")
    outcome = trio.run(_until_signalled, command)
    if outcome is None:
        return 0
    sys.stderr.write(f"{name}: {outcome}\n")
    return outcome.status


async def _until_signalled(command: Callable[[], Awaitable[None]]) -> _Refused | None:
    """Carry out a command; return why it was refused, if it was."""
    refused: _Refused | None = None
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:

            async def end_on_signal() -> None:
                async for _ in signals:
                    nursery.cancel_scope.cancel()

            nursery.start_soon(end_on_signal)
            try:
                await command()
            except _Refused as error:
                refused = error
            nursery.cancel_scope.cancel()
    return refused


def _say_clocks(node: NodeService) -> None:
    """Log whose clock is wrong: whoever runs a node without a screen sees it nowhere else."""
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
    try:
        with Profile(home):
            key = load_or_create(home / NODE_KEY)
            async with open_node(
                home / NODE_DATABASE, database_key=key.database_key, node_secret=key.node_secret, options=options
            ) as node:
                set_apart()
                ready = {"join": str(node.spec), "listen": str(node.listen)}
                with suppress(trio.BrokenResourceError):  # a node serves on whether or not somebody listens to it
                    await StandardOutput().send_all(msgspec.json.encode(ready) + b"\n")
                _log.info("listening on %s", node.listen)
                async for event in node.events:  # it wants nothing of the network, so most of it is for others
                    if isinstance(event, ClocksChanged):
                        _say_clocks(node)
    except Unreachable as error:
        raise _Refused(str(error), ASKED_WRONGLY) from None
    except (VaultError, StorageError) as error:
        raise _Refused(f"{home}: {_REASONS.get(type(error), type(error).__name__)}") from None
    except OSError as error:
        raise _Refused(f"{home}: {error.strerror}") from None


async def _rpc(home: Path, options: NetworkOptions, *, remember: bool, passcode: str | None) -> None:
    from core.gate import Terms
    from core.messenger import open_messenger

    terms = Terms(stores=None if remember else (), passcode=passcode)
    refusal: ApiError | None = None
    dropped = 0
    try:
        async with open_messenger(home, options, terms=terms) as messenger:
            set_apart()
            refusal = None if passcode is None else await _open(messenger, passcode)
            if refusal is None:
                dropped = await rpc.serve(messenger, messenger.events, StandardInput(), StandardOutput())
    except ApiError as error:
        refusal = error
    except Unreachable as error:
        raise _Refused(str(error), ASKED_WRONGLY) from None
    if refusal is not None:
        raise _Refused(refusal.message)
    if dropped:
        _log.warning("%d events were dropped because nobody read them", dropped)


async def _open(client: Client, passcode: str) -> ApiError | None:
    """Open the account, or return why not; where there is none yet, the caller is about to make it."""
    try:
        await client.call(AccountUnlock(passcode=passcode))
    except ApiError as error:
        return None if error.kind is Kind.NO_ACCOUNT else error
    return None


async def _doctor(home: Path, options: NetworkOptions, judge: Callable[[bool], None], *, as_json: bool) -> None:
    from core.examination import PATIENCE, examine
    from tui.report import lines_of

    if not as_json:
        sys.stderr.write(f"Trying out the network, for {PATIENCE:.0f} seconds at most ...\n")
    try:
        report = await examine(home, options)
    except Unreachable as error:
        raise _Refused(str(error), ASKED_WRONGLY) from None
    said = msgspec.json.encode(report) if as_json else "\n".join(lines_of(report)).encode()
    with suppress(trio.BrokenResourceError):  # the exit status tells it too
        await StandardOutput().send_all(said + b"\n")
    judge(report.is_well)
