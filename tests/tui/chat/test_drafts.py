"""What is being written is saved on every way out, not only after a second."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.terminal import Terminal
from tests.tui.demo import running

TEXT = "half a thought"


@pytest.mark.asyncio
async def test_a_program_that_ends_has_saved_the_last_letter() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write(TEXT)
        assert demo.client.room("bob").draft == ""
        demo.app.exit()
    assert demo.client.room("bob").draft == TEXT
    assert demo.client.stopped


@pytest.mark.asyncio
async def test_a_file_that_cannot_be_written_holds_nobody_up() -> None:
    client = FakeClient()
    client.refuse[api.DraftSet] = api.ApiError(api.Kind.DISK_FULL, "")
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.write(TEXT)
        demo.app.exit()
    assert client.stopped


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("death", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_loses_nothing(tmp_path: Path, death: signal.Signals) -> None:
    drafts = tmp_path / "drafts"
    with Terminal(("tests.support.fake_app", "--drafts", str(drafts)), 80, 24) as terminal:
        terminal.wait_for("Bob")
        terminal.settle()
        terminal.send("\x1b2")
        terminal.wait_for("Write to Bob")
        terminal.settle()
        terminal.send(TEXT)
        terminal.wait_for(TEXT)
        terminal.process.send_signal(death)
        terminal.wait_for_exit(10.0)
    assert drafts.read_text().splitlines()[-1] == f"bob {TEXT}"
