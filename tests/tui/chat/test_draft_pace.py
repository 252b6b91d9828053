"""Drafts go into the file when typing pauses and at the latest each second, however often one writes; also at kill -9."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.terminal import Terminal
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.screens.main.draft_pace import LATEST, PAUSE, DraftPace


class Time:
    """A clock that a test moves, and the timers that it fires."""

    def __init__(self) -> None:
        self.now = 0.0
        self.saved: list[float] = []
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.most = 0
        self.pace = DraftPace(lambda: self.saved.append(self.now), self._later, lambda: self.now)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self.due.append((self.now + seconds, work))
        self.most = max(self.most, len(self.due))

    def go_to(self, moment: float) -> None:
        while self.due and self.due[0][0] <= moment:
            self.now, work = self.due.pop(0)
            work()
        self.now = moment


def test_it_is_saved_when_typing_pauses() -> None:
    time = Time()
    for moment in (0.0, 0.1, 0.2):
        time.go_to(moment)
        time.pace.soon()
    time.go_to(5.0)
    assert time.saved == pytest.approx([0.2 + PAUSE])


def test_somebody_who_never_pauses_is_saved_each_second_by_one_timer() -> None:
    time = Time()
    for key in range(300):
        time.go_to(key * 0.01)
        time.pace.soon()
    assert len(time.saved) == 2
    assert time.saved[0] == pytest.approx(LATEST)
    assert time.most == 1


def test_what_is_written_after_a_save_is_saved_too() -> None:
    time = Time()
    for moment in (0.0, 3.0, 6.0):
        time.go_to(moment)
        time.pace.soon()
    time.go_to(9.0)
    assert time.saved == pytest.approx([PAUSE, 3.0 + PAUSE, 6.0 + PAUSE])


def _is_saved(demo: Demo, text: str) -> bool:
    return demo.client.room("bob").draft.endswith(text)


@pytest.mark.asyncio
async def test_each_pause_saves_in_the_running_screen() -> None:
    async with running() as demo:
        await demo.open("bob")
        for text in ("one", "two", "six"):
            await demo.write(text)
            await until(demo.pilot, partial(_is_saved, demo, text))


@pytest.mark.asyncio
async def test_it_is_saved_when_one_goes_elsewhere() -> None:
    client = FakeClient()
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.write("half")
        client.calls.clear()
        demo.log.focus()
        await demo.calm()
        assert [call.text for call in client.calls if isinstance(call, api.DraftSet)] == ["half"]


def _ends_with(file: Path, text: str) -> bool:
    return file.exists() and file.read_text().endswith(f"{text}\n")


@pytest.mark.network
@pytest.mark.slow
def test_a_killed_program_has_lost_no_more_than_the_last_moment(tmp_path: Path) -> None:
    drafts = tmp_path / "drafts"
    with Terminal(("tests.support.fake_app", "--drafts", str(drafts)), 80, 24) as terminal:
        terminal.wait_for("Bob")
        terminal.settle()
        terminal.send("\x1b2")
        terminal.wait_for("Write to Bob")
        terminal.settle()
        for text in ("half a thought", " and its other half"):
            terminal.send(text)
            terminal.wait_for(text)
            terminal.wait_until(partial(_ends_with, drafts, text), text)
        terminal.process.send_signal(signal.SIGKILL)
        terminal.process.wait()
    assert drafts.read_text().splitlines()[-1] == "bob half a thought and its other half"
