"""A locked screen says nothing, and whatever fails says nothing of what was on it."""

from __future__ import annotations

import gc

import pytest
from rich.segment import Segment
from textual.document._document import _utf8_encode as encode_line  # pyright: ignore[reportPrivateUsage]

from core import api, crash
from tests.support.client import PASSCODE, FakeClient
from tests.support.fake_app import demo_app
from tests.support.world import BOB, HOUR, NOW
from tests.tui.demo import running
from tests.tui.until import until
from tui.keys.commands import REGISTRY
from tui.text import sanitize

pytestmark = pytest.mark.asyncio


def top(app: object) -> str:
    return type(getattr(app, "screen", None)).__name__


@pytest.mark.parametrize(
    ("world", "screen"),
    [
        ({"exists": False}, "OnboardingScreen"),
        ({"locked": True}, "LockScreen"),
        ({"locked": True, "remembered": True}, "MainScreen"),
        ({}, "MainScreen"),
    ],
)
async def test_the_account_decides_the_first_screen(world: dict[str, bool], screen: str) -> None:
    app = demo_app(FakeClient(**world))  # type: ignore[arg-type]  # flags of FakeClient
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: top(app) == screen)


async def test_locking_removes_every_screen_and_every_text() -> None:
    async with running() as demo:
        await demo.open("bob")
        main = demo.main
        await demo.press("ctrl+k")
        await demo.press("alt+l")
        await until(demo.pilot, lambda: top(demo.app) == "LockScreen" and demo.client.locked)
        assert [type(screen).__name__ for screen in demo.app.screen_stack] == ["OpeningScreen", "LockScreen"]
        assert api.AccountLock(keep_receiving=True) in demo.client.calls
        assert sanitize.clean_text.cache_info().currsize == 0
        assert not main.is_attached
        assert not main.panes.log.model.rows
        assert not main.navigation.conversations


async def test_what_was_being_written_is_saved_before_the_lock() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("half a thought")
        await demo.press("alt+l")
        await until(demo.pilot, lambda: demo.client.locked)
        assert demo.client.room("bob").draft == "half a thought"


async def test_unlocking_leads_back_to_where_one_was() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("alt+l")
        await until(demo.pilot, lambda: top(demo.app) == "LockScreen" and demo.client.locked)
        await demo.write(PASSCODE)
        await demo.press("enter")
        await until(demo.pilot, lambda: top(demo.app) == "MainScreen" and demo.log.model.rows)
        assert demo.main.navigation.current == "bob"


async def test_a_start_leads_back_to_where_one_was_the_time_before() -> None:
    client = FakeClient()
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.main.save_work()
    assert client.stored_settings.last_conversation == "bob"
    async with running(client=client) as demo:
        await until(demo.pilot, lambda: demo.main.navigation.current == "bob")
    client.rooms = [room for room in client.rooms if room.id != "bob"][:1]
    async with running(client=client) as demo:  # the only one there is
        await until(demo.pilot, lambda: demo.main.navigation.current == client.rooms[0].id)


async def test_unlocking_as_somebody_else_leads_to_nothing_of_who_was_there_before() -> None:
    """Another profile's passcode opens that one's account: no word of a conversation that it does not know."""
    async with running() as demo:
        await demo.open("bob")
        await demo.press("alt+l")
        await until(demo.pilot, lambda: top(demo.app) == "LockScreen" and demo.client.locked)
        demo.client.identity, demo.client.rooms = BOB, []
        await demo.write(PASSCODE)
        await demo.press("enter")
        await until(demo.pilot, lambda: top(demo.app) == "MainScreen")
        await demo.calm()
        assert demo.main.navigation.current is None
        assert "gone" not in str(demo.main.panes.status.render())


def cached_texts() -> str:
    """Return what all caches of functions hold, in one piece; those too that were set apart from collection."""
    gc.unfreeze()
    caches = [found for found in gc.get_objects() if isinstance(found, type(sanitize.clean_text))]
    return "\n".join(repr(gc.get_referents(cache)) for cache in caches)


async def test_no_cache_of_the_process_holds_a_text_behind_the_lock() -> None:
    """Ours, nor the libraries': what was drawn, typed, said after a command, and cut at the edge of a pane."""
    async with running() as demo:
        await demo.open("bob")
        demo.client.receive("bob", "the heron lands at midnight \u2026 and \u5bb6\u65cf")
        await demo.write("half a thought about herons")
        await demo.press("ctrl+k")
        await demo.write("heron")
        await demo.calm()
        await demo.app.run_command(REGISTRY.get("view.theme"), "heron")
        Segment("\u5bb6 a heron, cut at the edge of a pane").split_cells(20)
        encode_line("a line with a heron")  # what an editor with a syntax tree does
        assert "heron" in cached_texts(), "else the search is blind"
        await demo.press("escape")
        await demo.press("alt+l")
        await until(demo.pilot, lambda: top(demo.app) == "LockScreen" and demo.client.locked)
        await demo.calm()
        assert "heron" not in cached_texts()
        assert not vars(demo.app.calendar)["_quarters"]


async def test_the_last_hour_is_announced_beside_the_network() -> None:
    async with running() as demo:
        status = demo.main.panes.status
        status.show_lock_time(NOW + 2 * HOUR)
        assert "locks at" not in str(status.render())
        status.show_lock_time(NOW + HOUR // 2)
        assert "locks at 15:00" in str(status.render())
        status.show_lock_time(None)
        assert "locks at" not in str(status.render())


async def test_the_main_screen_knows_when_it_locks() -> None:
    client = FakeClient()
    client.locks_at = NOW + HOUR // 2
    async with running(client=client) as demo:
        await until(demo.pilot, lambda: "locks at 15:00" in str(demo.main.panes.status.render()))


async def test_a_lock_from_elsewhere_hides_the_screen_too() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.client.locked = True
        demo.client.emit(api.AccountLocked(vault=True))
        await until(demo.pilot, lambda: top(demo.app) == "LockScreen")


async def test_while_locked_keys_open_nothing() -> None:
    async with running() as demo:
        await demo.press("alt+l")
        await until(demo.pilot, lambda: top(demo.app) == "LockScreen" and demo.client.locked)
        demo.app.open_page("settings")
        await demo.calm()
        assert top(demo.app) == "LockScreen"


async def test_no_command_of_textuals_own_is_offered() -> None:
    async with running() as demo:
        assert not list(demo.app.get_system_commands(demo.app.screen))


async def test_a_fault_report_names_places_and_no_values() -> None:
    def fail(secret: str) -> None:
        raise ValueError(secret)

    with pytest.raises(ValueError) as caught:
        fail("the launch codes")
    report = crash.report(caught.value)
    assert "ValueError" in report
    assert "test_locking.py" in report
    assert "launch codes" not in report


async def test_the_app_stops_its_core_when_it_leaves() -> None:
    async with running() as demo:
        client = demo.client
    assert client.stopped


async def test_it_locks_by_itself_after_a_while_without_a_key() -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(lock_after=1)
    app = demo_app(client)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: top(app) == "LockScreen" and client.locked)
