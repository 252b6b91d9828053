"""Copying says no more than is known, and waits for nothing without an end."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

import tui.terminal.clipboard
from tests.tui.demo import Demo, running
from tests.tui.until import until_in
from tui.terminal.clipboard import IN_TMUX, SENT, wrapped_for_screen

TAKES = 'test "$*" = "load-buffer -w -" && exec cat > "$0.taken"'
pytestmark = pytest.mark.asyncio


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name, which does what is written into it."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("TMUX", "/tmp/tmux-1/default,1,0")
    monkeypatch.delenv("STY", raising=False)
    return tmp_path / "tmux"


def does(program: Path, what: str) -> None:
    program.write_text(f"#!/bin/sh\n{what}\n")
    program.chmod(0o700)


def taken_by(program: Path) -> str:
    return Path(f"{program}.taken").read_text()


async def copy_a_message(demo: Demo) -> None:
    demo.app.copy_to_clipboard = demo.copied.append  # type: ignore[method-assign,assignment]
    await demo.open("bob")
    await demo.press("up", "y")


async def test_within_tmux_it_is_tmux_that_takes_the_text(tmux: Path) -> None:
    does(tmux, TAKES)
    async with running() as demo:
        await copy_a_message(demo)
        await until_in(demo.pilot, demo.status, IN_TMUX[:40])
    assert taken_by(tmux) == "No hurry."


@pytest.mark.parametrize("what", ["exit 1", "cat >/dev/null; exit 1", "exec sleep 60", ""])
async def test_a_tmux_that_refuses_or_hangs_is_not_said_to_have_it(
    tmux: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(tui.terminal.clipboard, "DEADLINE", 0.05)
    if what:
        does(tmux, what)
    else:
        monkeypatch.setenv("PATH", str(tmux.parent))
    async with running() as demo:
        await copy_a_message(demo)
        await until_in(demo.pilot, demo.status, SENT[:40])
        assert demo.copied == ["No hurry."]


async def test_elsewhere_it_was_sent_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    async with running() as demo:
        await copy_a_message(demo)
        assert SENT[:40] in demo.status()
        assert "Copied" not in demo.status()


async def test_through_gnu_screen_it_goes_in_pieces() -> None:
    text = "ä long text " * 100
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", wrapped_for_screen(text))
    assert all(len(piece) <= 256 for piece in pieces)
    assert base64.b64decode("".join(pieces).removeprefix("\x1b]52;c;").removesuffix("\x07")).decode() == text
