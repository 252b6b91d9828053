"""The process behind the demo: the network and Echo, or the check. It ends when its standard input does.

On standard output one JSON line each: ``step`` (what is going on, and in ``waits_for`` what it waits for just now), then
``ready`` with what the client needs, or ``failed`` with a reason; for the check its outcome, which is the whole program's.
When this process ends, so have all its children, and the directory is gone.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import trio

from tui.config.spoken import choose_language
from tui.demo import check
from tui.demo.children import Places, last_words, open_nodes, open_rpc
from tui.demo.echo import Echo
from tui.demo.errors import StageFailed, reason_of
from tui.host.boundary import guarded
from tui.host.standard_error import say
from tui.host.standard_streams import StandardInput, StandardOutput
from tui.language import tr

NODES: Final = 10
# Seconds for Echo to make an account and an invitation: a few, and a minute or two where the machine is slow.
ECHO_PATIENCE: Final = 300.0
FAILED: Final = 1
_PREFIX: Final = "sottovoce-demo-"


class Ready(msgspec.Struct, frozen=True):
    """Where the client finds its network, its directories and Echo."""

    root: str
    join: list[str]
    link: str


class News(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line from the backstage: a step, what the client needs, or why there is nothing."""

    step: str = ""
    waits_for: str = ""
    ready: Ready | None = None
    failed: str = ""


async def perform(places: Places) -> int:
    """Run the network and Echo until cancelled; return the exit status if they break."""
    step = tr("Starting a private network: {count} nodes, each a process of its own").format(count=NODES)

    async def listening(count: int) -> None:
        await _tell(News(step=step, waits_for=tr("{count} of {all} listen").format(count=count, all=NODES)))

    async def waking(waits_for: str) -> None:
        await _tell(News(step=tr("Waking Echo, a friendly contact"), waits_for=waits_for))

    try:
        await listening(0)
        async with open_nodes(places, NODES, listening) as specs, trio.open_nursery() as nursery:
            echo = Echo(partial(open_rpc, places, "echo", specs[NODES // 2 :]), waking)
            try:
                with trio.fail_after(ECHO_PATIENCE):
                    link: str = await nursery.start(echo.run)
            except trio.TooSlowError:
                raise StageFailed(tr("Echo did not wake up")) from None
            await _tell(News(ready=Ready(str(places.root), specs[: NODES // 2], link)))
    except* Exception as group:  # noqa: BLE001 -- whatever it is, the process in front tells it
        await _tell(News(failed=f"{reason_of(group)} ({last_words(places)})"))
    return FAILED


async def examine(places: Places) -> int:
    """Run the check; return the exit status."""
    outcome, reason = await check.round_trip(places)
    await StandardOutput().send_all(msgspec.json.encode(outcome) + b"\n")
    if reason:
        say(f"sottovoce demo: {reason}\n")
    return 0 if outcome.ok else FAILED


async def _tell(news: News) -> None:
    await StandardOutput().send_all(msgspec.json.encode(news) + b"\n")


async def _on_leash(act: Callable[[], Awaitable[int]]) -> int:
    """Do it until it is done, the leash goes, or a signal says so."""
    status = FAILED
    async with trio.open_nursery() as nursery:

        async def end_with_input() -> None:
            async for _ in StandardInput():
                pass
            nursery.cancel_scope.cancel()

        async def end_on_signal() -> None:
            with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
                async for _ in signals:
                    nursery.cancel_scope.cancel()

        nursery.start_soon(end_with_input)
        nursery.start_soon(end_on_signal)
        status = await act()
        nursery.cancel_scope.cancel()
    return status


@contextmanager
def _directory() -> Generator[Places]:
    root = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        yield Places(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def main(play: str) -> int:
    """Do ``demo`` or ``check``; return the exit status."""
    choose_language()

    def perform_it() -> int:
        with _directory() as places:
            return trio.run(_on_leash, partial(perform if play == "demo" else examine, places))

    return guarded("sottovoce demo", perform_it, lambda: Path(tempfile.gettempdir()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
