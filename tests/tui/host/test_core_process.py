"""How a client gets to a core: it attaches, starts one, or ends one of another version first."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from core import api
from core.api import ApiError, Kind
from core.attach import link
from core.attach.link import Link
from tests.support.processes import ROOT
from tui import __version__
from tui.host import core_process
from tui.host.boundary import Refused
from tui.host.core_process import WayToCore, find_core


class Around:
    """What is around a client: the cores that are found, one after the other, and what is done about them."""

    def __init__(self, *versions: str | None) -> None:
        self.versions: Sequence[str | None] = versions
        self.done: list[str] = []
        self.answer = True
        self.ends = True

    def attach(self, _home: Path, _version: str) -> Link | None:
        version, *self.versions = self.versions
        if version is None:
            return None
        info = api.CoreInfo(version=version, started_at=0, attached=1, runs_on=True, pid=1)
        return Link(socket.socket(socket.AF_UNIX), info, b"")

    def start(self, arguments: Sequence[str]) -> None:
        self.done.append(" ".join(["start", *arguments]))

    def stop(self, found: Link) -> bool:
        found.connection.close()
        self.done.append("stop")
        return self.ends

    def ask(self, question: str) -> bool:
        self.done.append("ask")
        assert "0.0.9" in question
        return self.answer

    def find(self, *, starts: bool = False, has_network_options: bool = False) -> Link | None:
        found = find_core(Path("/home/of/a"), WayToCore(("--home", "x"), starts, has_network_options))
        if found is not None:
            found.connection.close()
        return found


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Around:
    made = Around()
    monkeypatch.setattr(link, "attach", made.attach)
    monkeypatch.setattr(link, "stop", made.stop)
    monkeypatch.setattr(core_process, "start_core", made.start)
    monkeypatch.setattr(core_process, "_wants", made.ask)
    return made


def test_without_a_core_there_is_none_unless_one_is_asked_for(around: Around) -> None:
    around.versions = [None, None, __version__]
    assert around.find() is None
    assert around.find(starts=True) is not None
    assert around.done == ["start --home x"]


def test_one_that_runs_is_taken_as_it_is(around: Around) -> None:
    around.versions = [__version__]
    assert around.find(starts=True) is not None
    assert around.done == []


def test_that_it_keeps_its_network_options_is_said_to_who_gave_others(
    around: Around, capfd: pytest.CaptureFixture[str]
) -> None:
    around.versions = [__version__, __version__, None, __version__]
    around.find()
    assert capfd.readouterr().err == ""
    around.find(has_network_options=True)
    assert "keeps the network options it was started with" in capfd.readouterr().err
    around.find(starts=True, has_network_options=True)
    assert capfd.readouterr().err == "", "one that is started has them"


def test_one_of_another_version_is_ended_and_started_anew_if_the_person_says_so(around: Around) -> None:
    around.versions = ["0.0.9", __version__]
    found = around.find()
    assert found is not None
    assert found.info.version == __version__
    assert around.done == ["ask", "stop", "start --home x"]


def test_else_the_client_says_what_to_do(around: Around) -> None:
    around.versions, around.answer = ["0.0.9"], False
    with pytest.raises(ApiError, match="sottovoce core --stop") as refused:
        around.find()
    assert refused.value.kind is Kind.CORE_VERSION
    assert around.done == ["ask"]


def test_one_that_does_not_end_is_named(around: Around) -> None:
    around.versions, around.ends = ["0.0.9"], False
    with pytest.raises(Refused, match="end process 1"):
        around.find()


def test_one_that_started_and_ended_at_once_is_told(around: Around) -> None:
    around.versions = [None, None]
    with pytest.raises(Refused, match="has ended already"):
        around.find(starts=True)


# --- parting from the terminal ------------------------------------------------------------------------------------------

PARTING = """
import os, sys
from tui.host.core_process import in_background
home = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
os.set_inheritable(home, True)
def core(ready):
    if sys.argv[2] == "fails":
        os.write(2, b"no room")
        return 7
    kept = sorted(number for number in range(64) if os.path.exists(f"/proc/self/fd/{number}"))
    with open(sys.argv[1] + "/told", "w") as told:
        told.write(f"{os.getsid(0) == os.getpid()} {os.getcwd()} {kept}")
    ready()
    os.write(2, b"nobody hears this")
    return 0
status, said = in_background(core)
sys.stdout.write(said)
sys.exit(status)
"""


@pytest.mark.parametrize("how", ["works", "fails"])
def test_a_core_in_the_background_keeps_nothing_of_its_start(tmp_path: Path, how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PARTING, str(tmp_path), how],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if how == "fails":
        assert (done.returncode, done.stdout) == (7, "no room")
        return
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "told").read_text() == "True / [0, 1, 2]"
