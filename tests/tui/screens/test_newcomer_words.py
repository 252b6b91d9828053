"""What somebody who is new reads at 80 columns is true, whole, and gone when it no longer holds."""

from __future__ import annotations

import pytest

from tests.support.client import FakeClient
from tests.tui.demo import Demo, running
from tui.terminal.clipboard import IN_TMUX, SENT

pytestmark = pytest.mark.asyncio

ELLIPSIS = "…"


def lower_edge(demo: Demo) -> str:
    """Return what stands in the frame's lower edge, or in the status line where there is no frame."""
    writing = demo.main.panes.writing
    return str(writing.query_one("#line").border_subtitle) if writing.framed else demo.status()


async def test_escape_after_a_search_ends_it_and_the_usual_hints_are_back() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("ctrl+f")
        await demo.write("stone")
        await demo.press("enter")
        assert demo.log.has_focus
        await demo.press("escape", "up")
        demo.main.clear_notice()
        assert "next hit" not in demo.status()
        assert "answer" in demo.status()


@pytest.mark.parametrize(("muted", "said"), [(True, "it stays there until you take it out."), (False, "it comes back")])
async def test_archiving_says_whether_it_comes_back(muted: bool, said: str) -> None:
    client = FakeClient()
    if muted:
        client.room("bob").view = {"muted_until": client.now + 10**9}
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.write("/archive")
        await demo.press("enter")
        assert said in demo.main.panes.status.said
        assert ELLIPSIS not in lower_edge(demo)


async def test_tab_leaves_a_written_text_as_it_is_and_goes_on() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("half a thought")
        await demo.press("tab")
        assert not demo.composer.has_focus
        assert demo.composer.text == "half a thought"


async def test_tab_behind_an_unknown_command_stays() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("/nosuch")
        await demo.press("tab")
        assert demo.composer.has_focus


@pytest.mark.parametrize(
    "said",
    [
        "Write a day as 2026-11-03, 3 nov or Monday.",
        "Parrot is blocked; /unblock ends it.",
        "Archived. Muted, so it stays there until you take it out.",
        IN_TMUX,
        SENT,
    ],
)
async def test_a_notice_is_whole_at_80_columns(said: str) -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.main.panes.status.show_network(12)
        demo.app.tell(said)
        await demo.calm()
        assert said in lower_edge(demo)
        demo.main.clear_notice()
        await demo.calm()
        assert "online, 12 nodes" in lower_edge(demo), "the network is back with the hints"
