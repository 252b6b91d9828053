"""A core that runs on, and the programs and screens that come and go: as processes, killed at will."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support.processes import PATIENCE, ROOT, Place, Process, Refused, Rpc, network_arguments, program
from tests.support.story_world import PASSCODE
from tests.support.terminal import Terminal
from tui import __version__

pytestmark = [pytest.mark.network, pytest.mark.slow]
THRIFTY = "tests.support.thrifty"


class Core(Process):
    """``sottovoce core``, in the foreground; ready once it is made."""

    def __init__(self, place: Place) -> None:
        arguments = ["core", "--no-remember", "--home", str(place.home), *network_arguments(0, [])]
        super().__init__("core", program(*arguments, module=THRIFTY), place)
        line = self.lines.get(timeout=PATIENCE)
        if line is None:
            raise self.failure("did not get ready")
        self.ready: dict[str, Any] = json.loads(line)


class Stage:
    """One home, and what runs for it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.running: list[Process] = []

    def core(self) -> Core:
        core = Core(self.place)
        self.running.append(core)
        return core

    def attach(self, name: str) -> Rpc:
        rpc = Rpc(name, self.place, 0, [])
        self.running.append(rpc)
        return rpc

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            program(*arguments, "--home", str(self.place.home), module=THRIFTY),
            cwd=ROOT, env=self.place.environ(), capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip

    def pointer(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.place.home / "core").read_text())
        return found


@pytest.fixture
def stage() -> Generator[Stage]:
    with TemporaryDirectory(prefix="sv", dir="/tmp") as root:  # a short name, so that the socket lies in it
        made = Stage(Place(Path(root)))
        yield made
        for process in made.running:
            process.kill()


def attached(rpc: Rpc) -> int:
    return int(rpc.call("core.info")["attached"])


def test_programs_come_and_go_and_whatever_is_killed_nothing_is_lost(stage: Stage) -> None:
    core = stage.core()
    assert core.ready["version"] == __version__
    assert core.ready["socket"].startswith(str(stage.place.root))
    one, other = stage.attach("one"), stage.attach("other")
    assert one.call("account.create", passcode=PASSCODE, name="first")["words"]
    assert other.call("account.info")["locked"], "each begins with its screen locked"
    assert other.refusal("account.rename", name="x") == "locked"
    other.call("account.unlock", passcode=PASSCODE)

    other.popen.send_signal(signal.SIGSTOP)  # one that does not read delays no other
    for number in range(50):
        one.call("account.rename", name=f"name {number}")
    other.popen.send_signal(signal.SIGCONT)
    assert other.call("account.info")["name"] == "name 49"

    one.kill()
    other.until("the killed one is gone", lambda: attached(other) == 1)
    third = stage.attach("third")
    assert third.call("account.info")["locked"]
    third.call("account.unlock", passcode=PASSCODE)
    third.call("account.rename", name="last")

    core.kill()
    assert third.popen.wait(PATIENCE) == 1
    assert "the core has ended" in third.errors()
    core = stage.core()
    fourth = stage.attach("fourth")
    fourth.call("account.unlock", passcode=PASSCODE)
    assert fourth.call("account.info")["name"] == "last"
    assert [path.name for path in Path(core.ready["socket"]).parents[1].iterdir()] == [
        Path(core.ready["socket"]).parent.name
    ]

    second = stage.run("core")
    assert second.returncode == 1
    assert "a core runs already" in second.stderr
    elsewhere = stage.pointer() | {"host": "attic", "boot": "another"}
    (stage.place.home / "core").write_text(json.dumps(elsewhere))
    assert "runs on attic" in stage.run("core").stderr
    assert "ran on attic" in stage.run("core", "--stop").stderr
    core.terminate()
    assert not Path(core.ready["socket"]).parent.exists()
    with pytest.raises((AssertionError, Refused, BrokenPipeError)):
        fourth.call("account.info")


def test_two_started_at_once_are_one_and_a_command_ends_it(stage: Stage) -> None:
    command = program(
        "core", "--background", "--home", str(stage.place.home), *network_arguments(0, []), module=THRIFTY
    )
    both = [
        subprocess.Popen(
            command, cwd=ROOT, env=stage.place.environ(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = "".join(each.communicate(timeout=PATIENCE)[1] for each in both)
    pid = stage.pointer()["pid"]
    try:
        assert [each.returncode for each in both] == [0, 0], said
        assert said.count("runs already") == 1
        assert os.getsid(pid) == pid
        assert {str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in range(3)} == {"/dev/null"}
        assert stage.run("core", "--stop").returncode == 0
        assert not (stage.place.home / "core").exists()
        assert "No core runs" in stage.run("core", "--stop").stderr
    finally:
        if (stage.place.home / "core").exists():
            os.kill(pid, signal.SIGKILL)


def test_a_terminal_that_goes_away_leaves_the_account_locked_and_the_core_receiving(stage: Stage) -> None:
    core = stage.core()
    program_ = stage.attach("program")
    program_.call("account.create", passcode=PASSCODE, name="first")
    environ = stage.place.environ() | {"TERM": "xterm-256color"}
    with Terminal([THRIFTY, "--home", str(stage.place.home)], 80, 24, environ) as terminal:
        terminal.wait_for("Passcode", PATIENCE)
        assert attached(program_) == 2
        terminal.send(PASSCODE + "\r")
        terminal.wait_for("Nobody here yet", PATIENCE)
        terminal.hang_up()
        terminal.process.wait(PATIENCE)
    program_.until("the screen is gone", lambda: attached(program_) == 1)
    assert program_.call("account.info")["name"] == "first"
    with Terminal([THRIFTY, "--detach", "--home", str(stage.place.home)], 80, 24, environ) as terminal:
        terminal.wait_for("Passcode", PATIENCE)
        terminal.process.kill()
    program_.until("the killed one is gone, too", lambda: attached(program_) == 1)
    core.terminate()


def test_detach_starts_a_core_that_goes_on(stage: Stage) -> None:
    environ = stage.place.environ() | {"TERM": "xterm-256color"}
    arguments = [THRIFTY, "--detach", "--home", str(stage.place.home), *network_arguments(0, [])]
    with Terminal(arguments, 80, 24, environ) as terminal:
        terminal.wait_for("Welcome", PATIENCE)
        pid = stage.pointer()["pid"]
        try:
            terminal.send("\x11")
            terminal.wait_for("It goes on receiving", PATIENCE)
            terminal.send("y")
            assert terminal.wait_for_exit(PATIENCE) == 0
            assert "goes on receiving" in terminal.text()
            rpc = stage.attach("rpc")
            assert rpc.call("core.info")["pid"] == pid
            rpc.call("core.stop")
            assert rpc.popen.wait(PATIENCE) == 1
        finally:
            if (stage.place.home / "core").exists():
                os.kill(pid, signal.SIGKILL)


def test_a_dumb_terminal_gets_lines(stage: Stage) -> None:
    stage.core()
    program_ = stage.attach("program")
    program_.call("account.create", passcode=PASSCODE, name="first")
    environ = stage.place.environ() | {"TERM": "dumb"}
    with Terminal([THRIFTY, "--home", str(stage.place.home)], 80, 24, environ) as terminal:
        terminal.wait_for("Passcode (it is not shown)", PATIENCE)
        terminal.send(PASSCODE + "\r")
        terminal.wait_for("No conversations yet", PATIENCE)
        assert PASSCODE not in terminal.text()
        assert b"\x1b" not in terminal.output
        terminal.send("/quit\r")
        assert terminal.wait_for_exit(PATIENCE) == 0
        assert "goes on receiving" in terminal.text()
