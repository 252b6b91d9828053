"""The demo's process in front: shows how the backstage comes up, then runs the client; or waits for the check's outcome."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

from core.node.options import NetworkOptions, parse_join
from core.rpc.jsonrpc import LineSplitter
from net.ids import Endpoint
from tui.demo.answers import NAME
from tui.demo.backstage import News, Ready
from tui.demo.children import Places
from tui.demo.interpreter import interpreter
from tui.demo.progress import Progress
from tui.language import tr
from tui.start_invitation import StartInvitation

FAILED: Final = 1
# Seconds for the backstage to end its children and remove the directory, before it is killed.
GRACE: Final = 10.0
# Seconds between two looks at the clock while a step takes its time.
TICK: Final = 0.5
READ_SIZE: Final = 4096
_BEHIND = "tui.demo.backstage"
_LOOPBACK: Final = Endpoint("127.0.0.1", 0)


def run_demo() -> int:
    """Run the demo in this terminal; return the exit status."""
    try:
        with _ending_on_signals(), _backstage("demo", stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            ready = _wait_until_ready(process.stdout.fileno())
            if ready is None:
                return FAILED
            try:
                return _run_client(ready)
            finally:
                shutil.rmtree(ready.root, ignore_errors=True)  # the backstage does it too, unless it was killed
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def run_check() -> int:
    """Run the check; its outcome goes to our standard output. Return the exit status."""
    try:
        with _ending_on_signals(), _backstage("check", stdout=None) as process:
            return process.wait()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _wait_until_ready(backstage: int) -> Ready | None:
    """Show each step; return what the client needs, None after telling why there is nothing."""
    with Progress(sys.stdout) as progress:
        for news in _news_from(backstage, progress.tick):
            if news.ready is not None:
                progress.show(tr("Opening the client"), "")
                return news.ready
            if news.failed:
                progress.end()
                sys.stderr.write(f"sottovoce demo: {news.failed}\n")
                return None
            progress.show(news.step, news.waits_for)
    sys.stderr.write(f"sottovoce demo: {tr('the network ended before it had begun')}\n")
    return None


def _news_from(backstage: int, tick: Callable[[], None]) -> Generator[News]:
    """Give what is told, and ``tick`` while nothing is."""
    splitter = LineSplitter()
    while True:
        if not select.select([backstage], [], [], TICK)[0]:
            tick()
            continue
        data = os.read(backstage, READ_SIZE)
        if not data:
            return
        for line in splitter.feed(data):
            yield msgspec.json.decode(line or b"", type=News)


def _run_client(ready: Ready) -> int:
    from tui.client import run_client

    places = Places(Path(ready.root))
    os.environ.update(places.environment())
    options = NetworkOptions(
        listen=_LOOPBACK, join=tuple(parse_join(spec) for spec in ready.join), mainline=False, lan=False
    )
    status = run_client(
        places.home("you"),
        options,
        remember=False,
        start_invitation=StartInvitation(NAME, ready.link),
        is_throwaway=True,
    )
    sys.stdout.write(tr("The demo is over. Its nodes, keys and messages are gone.") + "\n")
    return status


@contextmanager
def _backstage(play: str, stdout: int | None) -> Generator[subprocess.Popen[bytes]]:
    """Run the process behind for a block. Its input is the leash; a session of its own keeps the terminal's signals off."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
        [*interpreter(), "-m", _BEHIND, play],
        stdin=subprocess.PIPE,
        stdout=stdout,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _ending_on_signals() -> Generator[None]:
    """Let SIGTERM and a closed terminal unwind this process, so that it ends what it began."""

    def leave(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {each: signal.signal(each, leave) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
