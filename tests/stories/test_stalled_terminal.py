"""A terminal that is not read stops the screen and nothing else: what comes is received, kept and acknowledged meanwhile."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.support.processes import PATIENCE, Process, network_arguments, program
from tests.support.story_world import PASSCODE, World, send, wait_states
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(300)]
THRIFTY = "tests.support.thrifty"
TEXTS = 12
# A stalled terminal takes this many bytes and no more, at most.
MOST_TAKEN = 1 << 20


@contextmanager
def screen_of_bob(world: World, *, runs_on: bool) -> Generator[Terminal]:
    """Bob's client in his one conversation, on a core of its own or attached to one that runs on."""
    place = world.place("bob")
    network = network_arguments(world.ports["bob"], [node.spec for node in world.nodes.values()])
    options = ["--no-remember", "--home", str(place.home), *network]
    environ = place.environ() | {"TERM": "xterm-256color"}
    if runs_on:
        core = Process("core", program("core", *options, module=THRIFTY), place)
        world.processes.append(core)
        assert core.lines.get(timeout=PATIENCE) is not None, core.errors()
    with Terminal([THRIFTY, *options], 80, 24, environ) as terminal:
        terminal.wait_for("Passcode", PATIENCE)
        terminal.send(PASSCODE + "\r")
        terminal.wait_for("first of alice", PATIENCE)
        yield terminal


def stall(terminal: Terminal) -> None:
    """Read nothing any more, and have the screen drawn anew until the terminal takes nothing."""
    size = 24
    while terminal.is_taking():
        size = 60 - size
        terminal.resize(80, size)
        assert terminal.waiting() < MOST_TAKEN


@pytest.mark.parametrize("runs_on", [False, True], ids=["its own core", "a core that runs on"])
def test_a_stalled_terminal_delays_no_acknowledgement(world: World, *, runs_on: bool) -> None:
    world.start_nodes()
    alice, a = world.open("alice"), world.conversation["alice"]
    with screen_of_bob(world, runs_on=runs_on) as terminal:
        stall(terminal)
        texts = [f"to a stalled terminal {number}" for number in range(TEXTS)]
        send(alice, a, texts)
        wait_states(alice, a, texts, ["delivered"])
        assert not terminal.is_taking(), "it was stalled all the time"
        terminal.wait_for(texts[-1], PATIENCE)
