"""The client in a real (pseudo-)terminal: what it costs on the wire, and that it starts, types, resizes and quits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.terminal import Terminal

pytestmark = [pytest.mark.network, pytest.mark.slow]
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
FAKE_APP = ("tests.support.fake_app",)
# Bytes a typed character may cost over a slow line.
MAX_BYTES_A_KEY = 100
# Seconds to leave after "yes".
LEAVING = 5.0


@pytest.fixture
def remote() -> Iterator[Terminal]:
    """The client as seen over SSH, 80 by 24, in a conversation."""
    with Terminal(FAKE_APP, 80, 24, SSH) as terminal:
        terminal.wait_for("Bob")
        terminal.settle()
        terminal.send("\x1b2")
        terminal.wait_for("Write to Bob")
        terminal.settle()
        yield terminal


def test_a_typed_character_costs_few_bytes_and_idling_none(remote: Terminal) -> None:
    remote.cost_of("h")  # the placeholder goes
    costs = [remote.cost_of(key) for key in "ello"]
    assert max(costs) <= MAX_BYTES_A_KEY, costs
    before = remote.received
    remote.settle(1.5)
    assert remote.received == before


def test_it_starts_types_resizes_and_quits(remote: Terminal) -> None:
    remote.send("good evening")
    remote.wait_for("good evening")
    remote.resize(60, 20)
    remote.wait_until(lambda: "sottovoce" not in remote.text() and "good evening" in remote.text(), "one pane")
    remote.send("\x11")
    remote.wait_for("Quit sottovoce?")
    remote.send("y")
    assert remote.wait_for_exit(LEAVING) == 0
    assert b"\x1b[?1049l" in remote.output


def test_alt_enter_breaks_the_line_on_terminals_that_send_escape_first(remote: Terminal) -> None:
    remote.send("one")
    remote.wait_for("› one")
    remote.send("\x1b\r")
    remote.settle()
    remote.send("two")
    remote.wait_for("two")
    assert "· one" not in remote.text()
    assert "› one" in remote.text()


def test_no_color_means_no_colour_at_all() -> None:
    with Terminal(FAKE_APP, 80, 24, {"NO_COLOR": "1", "COLORTERM": "truecolor"}) as terminal:
        terminal.wait_for("Carol")
        terminal.send("\x1b2")
        terminal.wait_for("Write to Bob")
        terminal.settle()
        coloured = {
            (cell.fg, cell.bg)
            for row in terminal.screen.buffer.values()
            for cell in row.values()
            if (cell.fg, cell.bg) != ("default", "default")
        }
        assert not coloured
        assert b"38;" not in terminal.output


def test_debugging_variables_of_textual_open_no_door(tmp_path: object) -> None:
    log = f"{tmp_path}/textual.log"
    with Terminal(FAKE_APP, 80, 24, {"TEXTUAL": "debug,devtools", "TEXTUAL_LOG": log}) as terminal:
        terminal.wait_for("Carol")
        terminal.settle()
    from pathlib import Path

    assert not Path(log).exists()


def test_hostile_texts_set_no_title_and_no_clipboard(remote: Terminal) -> None:
    remote.send("\x0bmal")
    remote.settle()
    remote.send("\r")
    remote.wait_for("markup")
    remote.settle()
    assert b"\x1b]52" not in remote.output
    assert all(
        re.fullmatch(rb"(\(\d+\) )?sottovoce", title) for title in re.findall(rb"\x1b\]0;(.*?)\x07", remote.output)
    )
    assert b"\x1b]2;" not in remote.output
    assert "CA" in remote.text()  # what was to be wiped is still there
