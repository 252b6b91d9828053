"""The product where the machine lacks something: it says what, and its status says so; what can be done is done."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.api import Kind
from tests.support.processes import Place, Rpc, free_port
from tests.support.shifted_clock import ShiftedClock

pytestmark = [pytest.mark.network, pytest.mark.slow]

ROOT = Path(__file__).parent.parent
PRIVATE = ("--listen", "127.0.0.1:0", "--no-mainline", "--no-lan")
PASSCODE = "violet anchor muddle 93"
PATIENCE = 60.0
YEAR = 31_556_952.0


def asked(*requests: tuple[str, dict[str, object]]) -> bytes:
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for number, (method, params) in enumerate(requests)
    ]
    return "\n".join(lines).encode()


CREATE = asked(("account.create", {"passcode": PASSCODE}))


def sottovoce(
    *arguments: str | bytes,
    module: tuple[str, ...] = ("tests.support.thrifty",),
    given: bytes = CREATE,
    before: Callable[[], None] | None = None,
    **environ: str,
) -> subprocess.CompletedProcess[bytes]:
    # Python 3.11 keeps the first part of a module's bytecode that did not fit, and everyone after it fails to import it.
    compiling = {"PYTHONDONTWRITEBYTECODE": "1"} if before is not None else {}
    return subprocess.run(
        [sys.executable, "-m", *module, *arguments, *PRIVATE],
        cwd=ROOT,
        input=given,
        env={"PATH": os.environ["PATH"], **compiling, **environ},
        capture_output=True,
        timeout=PATIENCE,
        preexec_fn=before,
        check=False,
    )


def answers(program: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    assert b"Traceback" not in program.stderr
    return [line for line in map(json.loads, program.stdout.splitlines()) if "id" in line]


def limit(kind: int, to: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (to, to))


@pytest.mark.parametrize("files", [8, 11])
def test_without_files_to_open_it_says_so(files: int, tmp_path: Path) -> None:
    program = sottovoce("rpc", "--home", str(tmp_path / "h"), before=limit(resource.RLIMIT_NOFILE, files))
    said = program.stderr.decode() if program.returncode else json.dumps(answers(program)[0])
    assert "No more files can be opened" in said or "it cannot start" in said or "words" in said
    assert b"Traceback" not in program.stderr
    assert (tmp_path / "h" / "vault").exists() == ("words" in said)


@pytest.mark.disk
def test_a_node_without_room_on_its_disk_says_so(tmp_path: Path) -> None:
    program = sottovoce("node", "--home", str(tmp_path / "n"), before=limit(resource.RLIMIT_FSIZE, 8192))
    assert program.returncode == 1
    assert program.stderr.startswith(b"sottovoce node: The disk is full where ")
    assert str(tmp_path / "n").encode() in program.stderr


@pytest.mark.disk
def test_without_room_an_account_is_refused_and_the_program_goes_on(tmp_path: Path) -> None:
    program = sottovoce("rpc", "--home", str(tmp_path / "h"), before=limit(resource.RLIMIT_FSIZE, 8192))
    (answer,) = answers(program)
    assert (program.returncode, answer["error"]["data"]["kind"]) == (0, Kind.DISK_FULL)
    assert not (tmp_path / "h" / "vault").exists()


@pytest.mark.parametrize("command", ["rpc", "node", "doctor"])
def test_without_a_home_directory_it_asks_for_one(command: str) -> None:
    program = sottovoce(command, HOME="")
    assert program.returncode == 2
    said = f"sottovoce {command}: nobody says where your home directory is: name a folder with --home.\n"
    assert program.stderr == said.encode()


@pytest.mark.disk
def test_a_home_whose_name_is_no_text_in_a_locale_that_has_none(tmp_path: Path) -> None:
    home = os.fsencode(tmp_path) + b"/\xff\xfe\x1b[31m"
    program = sottovoce("rpc", b"--home", home, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert "result" in answers(program)[0]
    again = sottovoce("rpc", b"--home", home, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert answers(again)[0]["error"]["data"]["kind"] == Kind.ACCOUNT_EXISTS


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_with_a_standard_stream_closed_it_ends_well_or_says_what_was_lost(stream: int, tmp_path: Path) -> None:
    program = sottovoce("rpc", "--home", str(tmp_path / "h"), before=lambda: os.close(stream))
    assert b"Traceback" not in program.stderr
    if stream == 1:
        assert program.returncode == 1
        assert b"not read" in program.stderr
    else:
        assert program.returncode == 0


@pytest.mark.parametrize("year", [1960, 2107])
def test_by_a_clock_that_is_beyond_what_can_be_written(year: int, tmp_path: Path) -> None:
    clock = ShiftedClock(tmp_path / "clock")
    clock.set((year - 1970) * YEAR - time.time())
    rpc = Rpc("rpc", Place(tmp_path), free_port(), (), clock=clock.path)
    rpc.call("account.create", passcode=PASSCODE, name="ann")
    if year > 2106:
        assert rpc.refusal("invite.create", expires_in=3600) == Kind.CLOCK_OFF
    else:
        assert rpc.call("invite.create", expires_in=3600)["link"]
    assert rpc.call("account.info")["name"] == "ann"
    rpc.stop()


def full_pipe() -> tuple[int, int]:
    """Return a pipe that takes nothing any more; nobody reads it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, bytes(65536))
    except BlockingIOError:
        os.set_blocking(writing, True)
    return reading, writing


@pytest.mark.parametrize("stalled", ["stdout", "stderr"])
def test_a_node_whose_words_nobody_reads_serves_and_ends(stalled: str, tmp_path: Path) -> None:
    reading, writing = full_pipe()
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stalled: writing}
    command = [sys.executable, "-m", "tui", "node", "--home", str(tmp_path / "n"), *PRIVATE]
    with subprocess.Popen(command, cwd=ROOT, **streams) as node:
        heard = node.stdout if stalled == "stderr" else node.stderr
        assert heard is not None
        assert b"127.0.0.1" in heard.readline()
        node.send_signal(signal.SIGTERM)
        assert node.wait(PATIENCE) == 0
    for each in (reading, writing):
        os.close(each)


def test_a_reason_that_nobody_reads_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    reading, writing = full_pipe()
    command = [sys.executable, "-m", "tui", "node", "--home", str(tmp_path / "file"), *PRIVATE]
    assert subprocess.run(command, cwd=ROOT, stderr=writing, timeout=PATIENCE, check=False).returncode == 1
    for each in (reading, writing):
        os.close(each)
