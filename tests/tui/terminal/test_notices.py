"""Notices on the wire: which form each terminal gets, what passes through multiplexers, the window's title."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from tests.support import tmux
from tests.support.terminal import Terminal
from tui.terminal.channel import Channel, detect
from tui.terminal.notice_command import NoticeCommand
from tui.terminal.sequences import BELL, MAX_TEXT, NoticeForm, notice, passed_through, title
from tui.terminal.window_title import WindowTitle

XTERM = {"TERM": "xterm-256color"}
FORMS: list[NoticeForm] = ["osc9", "osc777", "osc99"]


@pytest.mark.parametrize(
    ("environ", "form"),
    [
        ({}, "bell"),
        ({"TERM": "dumb", "KITTY_WINDOW_ID": "1"}, "bell"),
        ({"TERM": "linux", "WT_SESSION": "x"}, "bell"),
        (XTERM, "bell"),
        ({"TERM": "xterm-kitty"}, "osc99"),
        ({**XTERM, "KITTY_WINDOW_ID": "1"}, "osc99"),
        ({"TERM": "foot-extra"}, "osc777"),
        ({"TERM": "xterm-ghostty"}, "osc777"),
        ({"TERM": "rxvt-unicode-256color"}, "osc777"),
        ({**XTERM, "TERM_PROGRAM": "iTerm.app"}, "osc9"),
        ({**XTERM, "LC_TERMINAL": "iTerm2", "SSH_CONNECTION": "a b"}, "osc9"),
        ({**XTERM, "TERM_PROGRAM": "WezTerm"}, "osc777"),
        ({**XTERM, "WT_SESSION": "x"}, "osc9"),
        ({**XTERM, "VTE_VERSION": "7200"}, "osc777"),
        ({**XTERM, "TERM_PROGRAM": "Apple_Terminal"}, "bell"),
    ],
)
def test_each_terminal_gets_the_form_it_takes(environ: dict[str, str], form: str) -> None:
    assert detect(environ) == Channel(form, "")  # type: ignore[arg-type]


def test_the_persons_choice_counts_and_multiplexers_are_seen() -> None:
    assert detect({"TERM": "dumb"}, "osc9") == Channel("osc9", "")
    assert detect({"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "TMUX": "s", "KITTY_WINDOW_ID": "1"}) == Channel(
        "osc99", "tmux"
    )
    assert detect({"TERM": "screen", "STY": "s", "WT_SESSION": "1"}) == Channel("osc9", "screen")


def test_the_forms_are_as_terminals_want_them() -> None:
    assert notice("osc9", "New message") == "\x1b]9;sottovoce: New message\a"
    assert notice("osc777", "New message") == "\x1b]777;notify;sottovoce;New message\a"
    assert notice("osc99", "New message") == "\x1b]99;i=sottovoce;sottovoce: New message\a"
    assert notice("bell", "New message") == ""


def test_a_multiplexer_gets_it_wrapped() -> None:
    assert passed_through("\x1b]9;x\a", "tmux") == "\x1bPtmux;\x1b\x1b]9;x\a\x1b\\"
    assert passed_through("\x1b]9;x\a", "screen") == "\x1bP\x1b]9;x\a\x1b\\"
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", passed_through("x" * 700, "screen"))
    assert "".join(pieces) == "x" * 700
    assert max(map(len, pieces)) <= 200


@given(st.sampled_from(FORMS), st.text())
def test_no_text_ends_its_sequence_or_begins_a_field(form: NoticeForm, text: str) -> None:
    for sequence in (notice(form, text), title(text)):
        assert sequence.startswith("\x1b]")
        assert sequence.endswith("\a")
        assert sequence[2:-1].isprintable()
        assert len(sequence) < MAX_TEXT + 60
    fields = {"osc9": 1, "osc777": 3, "osc99": 2}[form]
    assert notice(form, text).count(";") == fields


def test_the_title_has_a_count_and_nothing_else_and_is_written_when_it_changes() -> None:
    written: list[str] = []
    shown = WindowTitle(written.append)
    for count in (0, 3, 3, 1000, 0):
        shown.show(count)
    assert written == [title("(3) sottovoce"), title("(999+) sottovoce"), title("sottovoce")]
    silent = WindowTitle(written.append, wanted=False)
    silent.show(5)
    assert len(written) == 3


# --- the command --------------------------------------------------------------------------------------------------------

TELL = (
    'env > "$0"; printf "%s\\n" "$@" > "$0.words"; cut -d" " -f6 /proc/$$/stat > "$0.session"; echo $$ >> "$0.session"'
)
# Seconds for a command that ends by itself, on a busy machine.
AMPLE = 60.0


@pytest.mark.asyncio
async def test_the_command_has_a_session_of_its_own_and_nothing_but_its_words(tmp_path: Path) -> None:
    told = tmp_path / "told"
    words = ["/bin/sh", "-c", TELL, str(told), "$HOME; id", "*"]
    assert await NoticeCommand(words, AMPLE).run() == ""
    names = {line.partition("=")[0] for line in told.read_text().splitlines() if "=" in line}
    session, process = told.with_suffix(".session").read_text().split()
    assert session == process
    assert told.with_suffix(".words").read_text() == "$HOME; id\n*\n"  # no shell has read them
    assert names <= {*os.environ, "PWD", "OLDPWD", "SHLVL", "_", "LINES", "COLUMNS"}  # the last two are readline's


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2]
    except OSError:
        return False
    return not state.startswith("Z")


@pytest.mark.asyncio
async def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = "sleep 600 & echo $! > $0.new; mv $0.new $0; wait"
    await NoticeCommand(["/bin/sh", "-c", script, str(pid)], deadline=0.5).run()
    child = int(pid.read_text())
    for _ in range(100):
        if not is_running(child):
            return
        await asyncio.sleep(0.02)
    pytest.fail("its child lives")


@pytest.mark.asyncio
async def test_one_command_at_a_time_and_none_without_words(tmp_path: Path) -> None:
    assert not NoticeCommand([])
    assert await NoticeCommand([]).run() == ""
    counted = NoticeCommand(["/bin/sh", "-c", 'echo x >> "$0"', str(tmp_path / "ran")], AMPLE)
    await asyncio.gather(counted.run(), counted.run(), counted.run())
    assert (tmp_path / "ran").read_text() == "x\n"


@pytest.mark.asyncio
@pytest.mark.parametrize("words", [["/nowhere/at all"], ["/"], ["a\0b"]])
async def test_a_command_that_cannot_be_started_is_a_sentence(words: list[str]) -> None:
    assert (await NoticeCommand(words).run()).startswith("notify_command could not be started: ")


# --- through a real terminal --------------------------------------------------------------------------------------------


# Seconds that the client may take until it shows its list, on a busy machine.
STARTING = 20.0


def config(tmp_path: Path, text: str) -> dict[str, str]:
    folder = tmp_path / "sottovoce"
    folder.mkdir(mode=0o700)
    (folder / "config.toml").write_text(text)
    (folder / "config.toml").chmod(0o600)
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def message(terminal: Terminal) -> None:
    os.kill(terminal.process.pid, signal.SIGUSR1)


def until_written(terminal: Terminal, wanted: bytes) -> None:
    terminal.wait_until(lambda: wanted in terminal.output, repr(wanted))


@pytest.mark.slow
@pytest.mark.network
def test_a_terminal_out_of_sight_is_told_and_its_title_given_back(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    environ = config(
        tmp_path, f"notify_command = ['/bin/sh', '-c', 'env > \"$0\"', '{ran}']\n[terminal]\nnotices = 'osc777'\n"
    )
    with Terminal(("tests.support.fake_app", "--signalled"), 80, 24, environ) as terminal:
        terminal.wait_for("Carol")
        terminal.settle()
        assert b"\x1b[22;0t\x1b]0;sottovoce\a" in terminal.output
        assert b"\x1b]0;(5) sottovoce\a" in terminal.output
        assert b"]777" not in terminal.output
        terminal.send("\x1b[O")  # out of focus
        terminal.settle()
        message(terminal)
        until_written(terminal, b"\x1b]0;(6) sottovoce\a")
        terminal.wait_until(ran.exists, "the command")
        assert b"\x1b]777;notify;sottovoce;Bob: a secret, word" in terminal.output
        assert b"]0;x" not in terminal.output
        assert BELL.encode() in terminal.output
        terminal.send("\x11")
        terminal.wait_for("Quit sottovoce?")
        terminal.send("y")
        assert terminal.wait_for_exit(5.0) == 0
        assert terminal.output.rindex(b"\x1b]0;\a\x1b[23;0t") > terminal.output.rindex(b"\x1b]0;(")
        assert b"secret" not in ran.read_bytes()
        assert b"Bob" not in ran.read_bytes()


@pytest.mark.slow
@pytest.mark.network
def test_the_title_can_be_left_alone(tmp_path: Path) -> None:
    with Terminal(("tests.support.fake_app",), 80, 24, config(tmp_path, "title = false\n")) as terminal:
        terminal.wait_for("Carol")
        terminal.settle()
        assert b"\x1b]0;" not in terminal.output
        assert b"\x1b[22;0t" not in terminal.output


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.skipif(not tmux.AVAILABLE, reason="there is no tmux here")
def test_tmux_shows_the_title_passes_nothing_that_it_must_not_and_hears_the_bell() -> None:
    with tmux.Tmux(("tests.support.fake_app", "--signalled"), 80, 24) as inside:

        def says(what: str) -> Callable[[], bool]:
            return lambda: inside.ask("display-message", "-p", "#{pane_title}").strip() == what

        inside.wait_until(lambda: any("Carol" in row for row in inside.rows()), "Carol", STARTING)
        inside.wait_until(says("(5) sottovoce"), "the title")
        pid = int(inside.ask("display-message", "-p", "#{pane_pid}"))
        inside.ask("new-window", "-d", "sleep 60")
        inside.ask("set-option", "-g", "monitor-bell", "on")
        inside.ask("select-window", "-t", ":1")
        os.kill(pid, signal.SIGUSR1)
        inside.wait_until(lambda: "!" in inside.ask("list-windows", "-F", "#{window_index}#{window_flags}"), "the bell")
        inside.ask("select-window", "-t", ":0")
        inside.wait_until(says("(6) sottovoce"), "the title")
        assert not any("tmux;" in row or "sottovoce: New" in row for row in inside.rows())
