"""The client ends with its terminal, and when it is told to, whatever hangs then."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.terminal import ROOT, Terminal

pytestmark = [pytest.mark.network, pytest.mark.slow]

APP = ("tests.support.hurried_app",)
STUCK = (*APP, "--stuck")
# A stalled terminal takes this many bytes and no more, at most.
MOST_TAKEN = 1 << 20
# Seconds for a program to end that has half a one: a busy machine needs some to run it.
ENDING = 30.0


@pytest.fixture(params=[APP, STUCK], ids=["in order", "its core hangs"])
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    with Terminal(request.param, 80, 24) as terminal:
        terminal.wait_for("Bob")
        yield terminal


def test_it_ends_when_its_terminal_is_gone_though_no_signal_says_so(terminal: Terminal) -> None:
    terminal.hang_up()  # it is in a session of its own, without a controlling terminal
    terminal.process.wait(ENDING)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_when_it_is_told_to_and_leaves_the_terminal_as_it_was(
    terminal: Terminal, number: signal.Signals
) -> None:
    terminal.process.send_signal(number)
    terminal.wait_for_exit(ENDING)
    assert terminal.echoes()
    assert b"\x1b[?1049l" in terminal.output


def test_it_ends_when_it_is_told_to_though_its_terminal_takes_nothing_any_more(terminal: Terminal) -> None:
    size = 24
    while terminal.is_taking():  # each size is drawn anew, and nobody reads
        size = 60 - size
        terminal.resize(80, size)
        assert terminal.waiting() < MOST_TAKEN
    terminal.process.send_signal(signal.SIGTERM)
    terminal.process.wait(ENDING)


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_it_says_that_it_needs_a_terminal_on_all_three(closed: int) -> None:
    master, slave = pty.openpty()
    streams = [slave, slave, slave]
    reading, writing = os.pipe()
    streams[closed] = writing if closed else reading
    command = [sys.executable, "-m", "tui"]
    program = subprocess.run(
        command, stdin=streams[0], stdout=streams[1], stderr=streams[2], cwd=ROOT, timeout=ENDING, check=False
    )
    assert program.returncode == 2
    os.close(slave)
    said = os.read(reading if closed == 2 else master, 4096)
    assert b"needs a terminal" in said
    for each in (master, reading, writing):
        os.close(each)
