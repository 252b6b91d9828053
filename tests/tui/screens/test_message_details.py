"""The page about a message, and the proof that it saves."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.screen import Screen
from textual.widgets import Static

from core import api
from tests.support.world import NOW
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.screens.confirm import ConfirmScreen
from tui.screens.main import MainScreen
from tui.screens.message_details.page import MessageDetailsScreen
from tui.screens.message_details.save import SaveProofScreen, write_over
from tui.widgets.path_field import PathField

pytestmark = pytest.mark.asyncio


def fact(demo: Demo, name: str) -> str:
    """Return a line of the page; nothing where its row is not shown."""
    page = demo.app.screen
    assert isinstance(page, MessageDetailsScreen)
    return str(page.query_one(f"#{name}", Static).render()) if page.query_one(f"#row-{name}").display else ""


async def look_at(demo: Demo, row: api.Message) -> None:
    """Open the page about a row by its key."""
    await demo.open("bob")
    demo.log.focus()
    demo.log.select(row.id)
    await demo.calm()
    await demo.press("i")
    assert isinstance(demo.app.screen, MessageDetailsScreen)


async def reach(demo: Demo, kind: type[Screen[Any]]) -> None:
    """Wait until a screen of a kind is on top, and has its place for keys."""
    await until(demo.pilot, lambda: isinstance(demo.app.screen, kind) and demo.app.screen.focused)
    await demo.pilot.pause()


def own_row(demo: Demo) -> api.Message:
    """Return the newest text of ours to Bob."""
    return next(row for row in reversed(demo.client.room("bob").rows) if row.sender == "me")


def assert_alone(place: Path) -> None:
    """Nothing half written lies beside it."""
    assert [each.name for each in place.parent.iterdir()] == [place.name]


async def test_it_says_each_state_with_its_time_every_version_and_who_reacted() -> None:
    async with running() as demo:
        row = own_row(demo)
        demo.client.react(row.id, demo.client.room("bob").identity, "👍")
        await look_at(demo, row)
        assert "by you" in fact(demo, "written")
        assert [line.split("  ")[1] for line in fact(demo, "states").splitlines()] == ["waiting to be sent", "sent"]
        assert fact(demo, "reactions") == "👍 by Bob"
        assert fact(demo, "id") == row.id
        assert fact(demo, "versions") == ""
        demo.client.change(row.id, "edited", lambda old: msgspec.structs.replace(old, text="Better.", edited_at=NOW))
        await demo.calm()
        assert len(fact(demo, "versions").splitlines()) == 2, "it is read again when the core tells"
        assert fact(demo, "versions").endswith("Better.")
        await demo.press("escape")
        assert isinstance(demo.app.screen, MainScreen)
        assert demo.log.selected_id == row.id, "the message is still marked"


async def test_a_proof_is_saved_for_its_owner_alone_and_over_nothing_without_being_asked(tmp_path: Path) -> None:
    place = tmp_path / "it is proven.txt"
    async with running() as demo:
        row = own_row(demo)
        await look_at(demo, row)
        await demo.press("s")
        await reach(demo, SaveProofScreen)
        demo.app.screen.query_one(PathField).value = str(place)
        await demo.press("enter")
        await reach(demo, MessageDetailsScreen)
        assert row.id in place.read_text(encoding="utf-8")
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        page = demo.app.screen
        assert isinstance(page, MessageDetailsScreen)
        assert f"sottovoce verify-proof '{place}'" in page.notice.said

        place.write_text("dear to me", encoding="utf-8")
        for answer, kept in (("n", True), ("y", False)):
            await demo.press("s")
            await reach(demo, SaveProofScreen)
            demo.app.screen.query_one(PathField).value = str(place)
            await demo.pilot.press("enter")
            await reach(demo, ConfirmScreen)
            await demo.press(answer)
            if kept:
                await reach(demo, SaveProofScreen)
                await demo.press("escape")
            await reach(demo, MessageDetailsScreen)
            assert (place.read_text(encoding="utf-8") == "dear to me") is kept
    assert_alone(place)


async def test_where_nothing_proves_it_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as demo:
        row = own_row(demo)
        whole = demo.client._message_details

        def unprovable(command: api.MessageDetails) -> api.Details:
            return msgspec.structs.replace(whole(command), provable=False)

        monkeypatch.setattr(demo.client, "_message_details", unprovable)
        await look_at(demo, row)
        assert demo.app.screen.query_one("#unproven").display
        assert not demo.app.screen.query_one("#answers-row").display
        await demo.press("s")
        assert isinstance(demo.app.screen, MessageDetailsScreen)


async def test_of_a_remark_and_of_a_deleted_message_there_is_no_proof() -> None:
    async with running() as demo:
        room = demo.client.room("bob")
        remark = room.say(room.identity, "", NOW, kind="gap")
        await look_at(demo, remark)
        assert not demo.app.screen.query_one("#unproven").display
        room.rows.remove(remark)
        demo.client.emit(api.MessageChanged(conversation="bob", id=remark.id, what="deleted"))
        await demo.calm()
        page = demo.app.screen
        assert isinstance(page, MessageDetailsScreen)
        assert "gone" in page.notice.said


async def test_a_link_in_the_files_place_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    dear, link = tmp_path / "dear", tmp_path / "link"
    dear.write_text("dear", encoding="utf-8")
    link.symlink_to(dear)
    write_over(link, "proof")
    assert (dear.read_text(encoding="utf-8"), link.read_text(encoding="utf-8")) == ("dear", "proof\n")


async def test_a_lock_takes_what_was_said_from_the_page() -> None:
    async with running() as demo:
        row = own_row(demo)
        await look_at(demo, row)
        page = demo.app.screen
        assert isinstance(page, MessageDetailsScreen)
        page.clear_caches()
        assert row.text[:10] not in "".join(str(text.render()) for text in page.query(Static))
