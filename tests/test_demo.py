"""The demo as a newcomer and an operating system see it: it works, and it leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.small_demo import SMALL
from tests.support.terminal import Terminal
from tui.demo import answers
from tui.demo.check import NODES
from tui.demo.interpreter import interpreter
from tui.demo.progress import Progress

ROOT = Path(__file__).parent.parent
CHECK = [sys.executable, "-m", "tui", "demo", "--check"]
SMALL_CHECK = [sys.executable, "-m", "tests.support.small_demo", "--check"]
# Seconds until a test has failed; never reached by a demo that works. The check bounds itself at 90.
PATIENCE = 100.0
# Of a small network: the backstage, the nodes, and the two accounts.
CHILDREN = 1 + SMALL + 2
PASSCODE = "plaid otter hums nine"


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for what other processes do."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextmanager
def checking(tmp_path: Path, program: list[str] = SMALL_CHECK) -> Generator[subprocess.Popen[str]]:
    """Run a check whose temporary directory and home are below ``tmp_path``."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "home").mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    env |= {"TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path / "home")}
    with subprocess.Popen(
        program, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def left_behind(tmp_path: Path) -> list[str]:
    """Return the names of everything in the temporary directory and the home."""
    return [path.name for place in ("tmp", "home") for path in (tmp_path / place).iterdir()]


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "nodes"),
    [pytest.param(CHECK, NODES, marks=pytest.mark.full, id="ten"), pytest.param(SMALL_CHECK, SMALL, id="four")],
)
def test_the_check_says_in_one_line_that_two_accounts_talked_over_all_nodes(
    tmp_path: Path, program: list[str], nodes: int
) -> None:
    with checking(tmp_path, program) as process:
        out, err = process.communicate(timeout=PATIENCE)
    (line,) = out.splitlines()
    outcome = json.loads(line)
    assert err == ""
    assert set(outcome) == {"ok", "accounts", "nodes", "sent", "received", "seconds"}
    assert (process.returncode, outcome["ok"], outcome["accounts"]) == (0, True, 2)
    assert outcome["nodes"] == nodes
    assert outcome["sent"] == outcome["received"] > 2
    assert left_behind(tmp_path) == []


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("death", [pytest.param(signal.SIGHUP, marks=pytest.mark.full), signal.SIGKILL])
def test_nothing_outlives_the_demo_whatever_its_death(tmp_path: Path, death: signal.Signals) -> None:
    with checking(tmp_path) as process:
        parent = psutil.Process(process.pid)
        until(lambda: len(parent.children(recursive=True)) == CHILDREN, "no such number of children")
        children = parent.children(recursive=True)
        process.send_signal(death)
        assert process.wait(PATIENCE) != 0
        _, alive = psutil.wait_procs(children, PATIENCE)
    assert alive == []
    until(lambda: left_behind(tmp_path) == [], "the directory is still there")


@pytest.mark.network
@pytest.mark.slow
def test_nodes_and_accounts_end_when_the_backstage_is_killed(tmp_path: Path) -> None:
    with checking(tmp_path) as process:
        parent = psutil.Process(process.pid)
        until(lambda: len(parent.children(recursive=True)) == CHILDREN, "no such number of children")
        (backstage,) = parent.children()
        children = backstage.children()
        backstage.kill()
        _, alive = psutil.wait_procs(children, PATIENCE)
        assert process.wait(PATIENCE) != 0
    assert alive == []


@pytest.mark.network
@pytest.mark.slow
def test_a_newcomer_talks_to_echo(tmp_path: Path) -> None:
    with Terminal(["tui", "demo"], 80, 24, {"TMPDIR": str(tmp_path)}) as terminal:

        def see(text: str) -> None:
            terminal.wait_for(text, PATIENCE)
            terminal.settle()  # what was drawn must have the focus too before anything is typed

        def type_lines(*lines: str) -> None:
            for line in lines:
                terminal.send(f"{line}\r")
                terminal.settle()

        see("Create an account")
        terminal.send("\r")
        see("optional")
        type_lines("Ada", PASSCODE, PASSCODE)
        see("You need not write these down")
        terminal.send("\r")
        see("Greet Echo")
        terminal.send("\r")
        see("[ Send greeting ]")
        terminal.send("I am new\t")
        terminal.settle()
        terminal.send("\r")
        see("Hello Ada!")
        terminal.send("canyon\r")
        see("canyon … nyon … on")
        terminal.send("\x11")
        see("Quit sottovoce?")
        terminal.send("y")
        assert terminal.wait_for_exit(PATIENCE) == 0
    assert list(tmp_path.iterdir()) == []


def test_the_demo_says_that_it_needs_a_terminal() -> None:
    outcome = subprocess.run(CHECK[:-1], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert outcome.stderr == "sottovoce demo: needs a terminal; `sottovoce demo --check` does without\n"


# --- what is shown while it starts ------------------------------------------------------------------------------------


def test_a_start_says_what_it_waits_for_and_for_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out, now = io.StringIO(), [0.0]
    with Progress(out, lambda: now[0]) as progress:
        progress.show("Starting nodes", "1 of 2 listen")
        now[0] = 3.2
        progress.tick()
        progress.show("Starting nodes", "2 of 2 listen")
        progress.show("Waking Echo", "")
    lines = [line.split("\r\x1b[K")[1:] for line in out.getvalue().rstrip("\n").split("\n")]
    assert lines == [
        ["Starting nodes: 1 of 2 listen", "Starting nodes: 1 of 2 listen  3 s", "Starting nodes: 2 of 2 listen"],
        ["Waking Echo"],
    ]


def test_where_no_line_can_be_written_over_only_news_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out = io.StringIO()
    with Progress(out, lambda: 0.0) as progress:
        for waits_for in ("1 of 2 listen", "1 of 2 listen", "2 of 2 listen"):
            progress.show("Starting nodes", waits_for)
            progress.tick()
    assert out.getvalue() == "Starting nodes: 1 of 2 listen\nStarting nodes: 2 of 2 listen\n"


# --- what Echo says ---------------------------------------------------------------------------------------------------


def test_help_names_every_word_and_each_has_an_answer_of_its_own() -> None:
    words = re.findall(r"^  (\w+) ", answers.HELP, re.MULTILINE)
    assert words == ["how", "who", "long", "late", "bye"]
    said = {answers.answer(word, 99).texts for word in ["help", *words]}
    assert len(said) == len(words) + 1
    assert all(not text.startswith("“") for (text,) in said)


@pytest.mark.parametrize("written", ["help", "/help", "Help!", "“help”", " HELP? "])
def test_a_word_is_known_however_it_is_written(written: str) -> None:
    assert answers.answer(written, 99).texts == (answers.HELP,)


def test_only_late_makes_echo_vanish() -> None:
    assert [word for word in ("help", "how", "who", "long", "late", "bye") if answers.answer(word, 9).leaves] == [
        "late"
    ]


def test_a_short_text_comes_back_as_from_a_canyon_and_a_long_one_shortened() -> None:
    assert answers.answer("hello", 99).texts == ("hello … ello … lo",)
    assert answers.answer("two\nlines", 99).texts == ("“two\nlines”",)
    assert len(answers.answer("x" * 9_000, 99).texts[0]) < 1_000


def test_explanations_come_with_the_first_echoes_and_then_end() -> None:
    counts = [len(answers.answer("hello there, you", earlier).texts) for earlier in range(5)]
    assert counts == [2, 2, 1, 1, 1]


@pytest.mark.parametrize("waiting", [0, 1, 2])
def test_echo_says_what_waited_for_it(waiting: int) -> None:
    (text,) = answers.returned(waiting).texts
    assert text.startswith("I am back.")
    assert ("2 texts" in text) == (waiting == 2)


def test_as_a_command_no_module_of_the_folder_it_is_called_in_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    assert interpreter() == [sys.executable, "-P"]
