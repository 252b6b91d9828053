"""A row of the list, one line or two or a badge, and the header say what is to be known; archived ones have a line."""

from __future__ import annotations

import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.world import BOB, DAY, NOW
from tests.tui.demo import Demo, running
from tests.tui.stage import look
from tests.tui.until import until
from tui.look.glyphs import glyphs_of
from tui.look.profile import GlyphSet, TerminalProfile
from tui.widgets.chat_header import ChatHeader
from tui.widgets.conversation_list import FOOT

pytestmark = pytest.mark.asyncio
LOOKS = [look(), look(glyphs="ascii"), look("mono", "ascii", no_color=True)]


def listed(demo: Demo) -> list[str]:
    """Return the lines of the list."""
    view = demo.main.panes.list
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


def row_of(demo: Demo, name: str) -> str:
    return next(line for line in listed(demo) if name in line)


def header(demo: Demo) -> str:
    return str(demo.main.query_one(ChatHeader).render())


@pytest.mark.parametrize("profile", LOOKS)
@pytest.mark.parametrize(("columns", "rows"), [(50, 20), (50, 15), (80, 15), (120, 40)])
async def test_a_row_says_that_it_is_pinned_muted_marked_and_who_types(
    columns: int, rows: int, profile: TerminalProfile
) -> None:
    client = FakeClient()
    for room in client.rooms:
        room.read_upto = len(room.rows)
    client.room("bob").view = {"pinned": True, "muted_until": NOW + DAY, "marked_unread": True}
    glyphs = glyphs_of(profile.glyphs)
    async with running(columns, rows, client=client, profile=profile) as demo:
        await demo.press("alt+0")
        row = row_of(demo, "Bob")
        assert f" {glyphs.pin} {glyphs.muted}" in row
        shown = "\n".join(listed(demo)[: listed(demo).index(row) + 2])
        assert glyphs.bullet in shown
        client.emit(api.ContactTyping(conversation="bob", identity=BOB, until=NOW + 30_000))
        await until(
            demo.pilot,
            lambda: any("types" in line for line in listed(demo)) or glyphs.typing in row_of(demo, "Bob"),
        )


@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
async def test_badges_alone_say_who_types_and_what_is_marked(glyphs: GlyphSet) -> None:
    client = FakeClient()
    for room in client.rooms:
        room.read_upto = len(room.rows)
    client.room("bob").view = {"marked_unread": True}
    signs = glyphs_of(glyphs)
    async with running(client=client, profile=look(glyphs=glyphs)) as demo:
        await demo.open("carol")
        badge = next(line for line in listed(demo) if "BO" in line.upper())
        assert badge.endswith(f" {signs.bullet}")
        client.emit(api.ContactTyping(conversation="bob", identity=BOB, until=NOW + 30_000))
        await until(demo.pilot, lambda: any(line.endswith(f" {signs.typing[:2]}") for line in listed(demo)))


@pytest.mark.parametrize("profile", LOOKS)
@pytest.mark.parametrize(("columns", "rows"), [(50, 20), (80, 15), (80, 24), (120, 40)])
async def test_archived_ones_are_behind_a_line_that_opens_and_hides_them(
    columns: int, rows: int, profile: TerminalProfile
) -> None:
    client = FakeClient()
    for name in ("carol", "echo"):
        client.room(name).view = {"archived": True}
    async with running(columns, rows, client=client, profile=profile) as demo:
        await demo.press("alt+0")
        assert not any("Carol" in line for line in listed(demo))
        assert "2 archived" in "\n".join(listed(demo))
        await demo.press("end", "enter")
        assert any("Carol" in line for line in listed(demo))
        assert demo.main.navigation.current is None
        view = demo.main.panes.list
        assert view._cursor_id == FOOT
        await demo.press("enter")
        assert not any("Carol" in line for line in listed(demo))
        await demo.press("enter", "down", "enter")
        await until(demo.pilot, lambda: demo.main.navigation.current in {"carol", "echo"})


async def test_to_choose_the_one_that_is_open_goes_back_to_writing() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("alt+0", "enter")
        await until(demo.pilot, lambda: demo.composer.has_focus)
        await demo.write("/rena")
        assert demo.composer.text == "/rena"


async def test_one_that_is_open_is_in_sight_though_archived_and_a_click_opens_it() -> None:
    client = FakeClient()
    client.room("carol").view = {"archived": True}
    async with running(120, 40, client=client) as demo:
        await demo.open("carol")
        assert any("Carol" in line for line in listed(demo))
        await demo.open("bob")
        assert not any("Carol" in line for line in listed(demo))
        foot = next(y for y, line in enumerate(listed(demo)) if "1 archived" in line)
        await demo.pilot.click("#list", offset=(4, foot))
        await until(demo.pilot, lambda: any("Carol" in line for line in listed(demo)))
        await demo.pilot.click("#list", offset=(4, foot + 1))
        await until(demo.pilot, lambda: demo.main.navigation.current == "carol")


@pytest.mark.parametrize("profile", LOOKS)
@pytest.mark.parametrize(("columns", "rows"), [(50, 20), (80, 24), (120, 40)])
async def test_the_header_says_whether_keys_were_compared_and_whether_somebody_is_there(
    columns: int, rows: int, profile: TerminalProfile
) -> None:
    client = FakeClient()
    bob = client.room("bob")
    for room in client.rooms:  # what is new elsewhere is said before who is there
        room.read_upto = len(room.rows)
    signs = glyphs_of(profile.glyphs)
    async with running(columns, rows, client=client, profile=profile) as demo:
        await demo.open("bob")
        assert f"Bob {signs.unknown}" in header(demo)
        bob.verified, bob.view = True, {"online": True}
        client.emit(api.ContactChanged(identity=bob.identity))
        await until(demo.pilot, lambda: f"Bob {signs.compared}  {signs.online_dot} there" in header(demo))
        bob.view = {"last_seen": NOW - DAY}
        client.emit(api.ContactPresence(identity=bob.identity, online=False, last_seen=NOW - DAY))
        await until(demo.pilot, lambda: "there Mon" in header(demo))
        bob.blocked = True
        client.emit(api.ContactChanged(identity=bob.identity))
        await until(demo.pilot, lambda: "blocked" in header(demo) and "there" not in header(demo))
