"""Living in the main screen: going about, writing, selecting, searching."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste
from textual.widgets import Input, Static

from core import api
from core.api import ApiError, Kind
from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.screens.confirm import ConfirmScreen
from tui.screens.main import MainScreen
from tui.screens.message_details.page import MessageDetailsScreen
from tui.screens.pages.greetings import GreetingsScreen
from tui.screens.search import SearchScreen
from tui.screens.switcher import SwitcherScreen

pytestmark = pytest.mark.asyncio


def sent(demo: Demo) -> list[str]:
    return [command.text for command in demo.client.calls if isinstance(command, api.MessageSend)]


async def test_enter_sends_and_the_text_appears_at_once() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("hello Bob")
        await demo.press("enter")
        assert sent(demo) == ["hello Bob"]
        assert demo.composer.text == ""
        assert demo.lines()[-1].endswith("◌ ▐")
        assert "hello Bob" in demo.lines()[-2]


async def test_other_enters_break_the_line() -> None:
    async with running() as demo:
        await demo.open("bob")
        for number, key in enumerate(("ctrl+j", "alt+enter", "shift+enter"), 1):
            await demo.write("a")
            await demo.press(key)
            await demo.write("b")
            assert demo.composer.text == "a\nb"
            assert demo.composer.size.height == 2
            await demo.press("enter")
            assert sent(demo) == ["a\nb"] * number


async def test_enter_breaks_the_line_for_those_who_want_that() -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(enter_sends=False)
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.press("a", "enter", "b")
        assert demo.composer.text == "a\nb"
        await demo.press("ctrl+j")
        assert sent(demo) == ["a\nb"]


async def test_a_pasted_text_of_many_lines_is_not_sent() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.app.post_message(Paste("one\ntwo\nthree"))
        await demo.calm()
        assert demo.composer.text == "one\ntwo\nthree"
        assert not sent(demo)


async def test_what_is_said_of_clearing_names_the_key_that_counts() -> None:
    async with running() as demo:
        await demo.open("bob")
        for keys, said in ((("f9",), "Cleared. F9 brings it back."), ((), "Cleared.")):
            demo.app.keys.choose("write.undo", keys)
            await demo.write("a")
            await demo.press("ctrl+c")
            assert said in demo.status()


async def test_what_was_cleared_comes_back() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.app.post_message(Paste("one\ntwo"))
        await demo.calm()
        await demo.press("ctrl+c")
        assert (demo.composer.text, "Ctrl+_" in demo.status()) == ("", True)
        await demo.press("ctrl+underscore")
        assert demo.composer.text == "one\ntwo"


async def test_a_text_too_long_for_one_message_goes_in_parts_once_asked() -> None:
    async with running() as demo:
        await demo.open("bob")
        text = "\n".join(f"line {number:06}" for number in range(2500))
        for answer, messages in (("n", 0), ("y", 3)):
            demo.composer.put(text)
            await demo.press("enter")
            assert isinstance(demo.app.screen, ConfirmScreen)
            await demo.press(answer)
            assert len(sent(demo)) == messages
            assert demo.composer.text == ("" if messages else text)
        assert "\n".join(sent(demo)) == text


async def test_a_text_that_could_not_be_committed_comes_back() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.client.refuse[api.MessageSend] = ApiError(Kind.DISK_FULL, "full")
        await demo.write("precious")
        await demo.press("enter")
        assert demo.composer.text == "precious"
        assert "disk is full" in demo.status()


async def test_an_unknown_command_is_an_error_and_never_sent() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("/xyzzy secret")
        await demo.press("enter")
        assert not sent(demo)
        assert "no /xyzzy" in demo.status()
        assert demo.composer.text == "/xyzzy secret"


async def test_two_slashes_send_a_text_that_begins_with_one() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("//me waves")
        await demo.press("enter")
        assert sent(demo) == ["/me waves"]


async def test_tab_completes_a_command() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("/sea")
        assert demo.main.panes.writing.completion.display
        await demo.press("tab")
        assert demo.composer.text == "/search "
        assert not demo.main.panes.writing.completion.display


async def test_the_arrows_choose_among_completions() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("/s")
        await demo.press("down", "tab")
        assert demo.composer.text == "/settings"


async def test_a_draft_waits_with_its_conversation() -> None:
    async with running() as demo:
        await demo.open("carol")
        assert demo.composer.text == "Saturday would suit me be"
        await demo.write("st")
        await demo.open("bob")
        assert demo.composer.text == ""
        assert demo.client.room("carol").draft == "Saturday would suit me best"
        await demo.open("carol")
        assert demo.composer.text == "Saturday would suit me best"


async def test_the_room_left_is_shown_near_the_limit_and_too_long_is_not_sent() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.composer.put("é" * 6000)
        await demo.calm()
        room = demo.main.query_one("#room")
        assert room.display
        demo.composer.put("é" * 6200)
        await demo.press("enter")
        assert not sent(demo)
        assert isinstance(demo.app.screen, ConfirmScreen)  # whether in parts


async def test_next_unread_goes_there_and_reading_marks_it_read() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("alt+a")
        assert demo.main.navigation.current == "carol"
        await demo.calm()
        assert demo.client.room("carol").read_upto == len(demo.client.room("carol").rows)
        assert any("3 new" in line for line in demo.lines())


async def test_keys_walk_the_list() -> None:
    async with running() as demo:
        await demo.press("enter")
        assert demo.main.navigation.current == "carol"
        await demo.press("alt+down")
        assert demo.main.navigation.current == "bob"
        await demo.press("ctrl+o")
        assert demo.main.navigation.current == "carol"
        await demo.press("alt+3")
        assert demo.main.navigation.current == "dave"


async def test_the_switcher_finds_by_letters() -> None:
    async with running() as demo:
        await demo.press("ctrl+k")
        assert isinstance(demo.app.screen, SwitcherScreen)
        await demo.write("yuk")
        await demo.press("enter")
        assert demo.main.navigation.current == "yuki"


async def test_slash_msg_goes_straight_to_the_only_match() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("/msg yuki")
        await demo.press("enter")
        await until(demo.pilot, lambda: demo.main.navigation.current == "yuki")


async def test_up_from_an_empty_line_selects_and_typing_goes_on_writing() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("up")
        assert demo.log.has_focus
        newest = demo.client.room("bob").rows[-1]
        assert demo.log.selected == newest
        await demo.press("k", "k", "j")
        assert demo.log.selected == demo.client.room("bob").rows[-2]
        await demo.press("x")
        assert demo.composer.has_focus
        assert demo.composer.text == "x"
        assert demo.log.selected is None


async def test_copying_takes_the_text_from_the_model() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("up", "up", "y")
        assert demo.app.clipboard == "Can you send me the list again? The old one is lost."


async def test_details_of_a_message_are_told() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("up", "i")
        assert isinstance(demo.app.screen, MessageDetailsScreen)
        said = "\n".join(str(each.render()) for each in demo.app.screen.query(Static))
        assert "3 nodes" in said


async def test_a_message_is_deleted_once_asked() -> None:
    async with running() as demo:
        await demo.open("bob")
        doomed = demo.client.room("bob").rows[-1].id
        await demo.press("up", "d")
        assert not isinstance(demo.app.screen, MainScreen)
        await demo.press("x")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, MainScreen))
        await demo.calm()
        assert doomed not in {row.id for row in demo.client.room("bob").rows}
        assert demo.log.model.index_of(doomed) is None


async def test_search_finds_and_goes_to_the_hit() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("ctrl+f")
        await demo.write("plumber")
        screen = demo.app.screen
        assert isinstance(screen, SearchScreen)
        await demo.press("down", "enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, MainScreen))
        await demo.calm()
        assert demo.log.selected is not None
        assert "plumber" in demo.log.selected.text
        assert any("plumber" in line for line in demo.lines())


async def test_search_once_more_goes_everywhere() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("ctrl+f")
        await demo.write("mountains")
        assert "0 hits" in str(demo.app.screen.query_one("#count").render())
        await demo.press("ctrl+f")
        assert "1 hit" in str(demo.app.screen.query_one("#count").render())
        assert demo.app.screen.query_one(Input).value == "mountains"


async def test_escape_peels_one_layer_at_a_time() -> None:
    async with running(60, 24) as demo:
        await demo.open("bob")
        await demo.write("/s")
        await demo.press("escape")
        assert not demo.main.panes.writing.completion.display
        assert demo.composer.text == "/s"
        await demo.press("pageup", "escape")
        assert demo.log.is_at_end
        await demo.press("escape")
        assert demo.main.navigation.current is None
        assert demo.main.panes.list.has_focus


async def test_ctrl_c_clears_and_then_asks_to_quit() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("never mind")
        await demo.press("ctrl+c")
        assert demo.composer.text == ""
        assert isinstance(demo.app.screen, MainScreen)
        await demo.press("ctrl+c")
        assert not isinstance(demo.app.screen, MainScreen)


async def test_a_new_message_in_view_appears_and_is_read() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.client.receive("bob", "Just now.")
        await until(demo.pilot, lambda: "Just now." in demo.lines()[-1])
        await until(demo.pilot, lambda: demo.client.room("bob").read_upto == len(demo.client.room("bob").rows))


async def test_while_one_reads_above_new_messages_are_counted_below() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("pageup", "pageup")
        before = demo.lines()
        demo.client.receive("bob", "Are you still there?")
        await until(demo.pilot, lambda: demo.main.panes.writing.below)
        assert demo.lines() == before
        assert "1 new below" in demo.main.panes.writing.below
        await demo.press("alt+end")
        assert "Are you still there?" in demo.lines()[-1]
        assert not demo.main.panes.writing.below


async def test_a_messages_state_changes_in_its_place() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.client.advance("bob", demo.client.room("bob").rows[-1].id, "read")
        await until(demo.pilot, lambda: demo.lines()[-1].endswith("✓✓ ▐"))


async def test_hostile_texts_and_names_stay_on_their_lines() -> None:
    async with running() as demo:
        await demo.open("mallory")
        shown = "\n".join([*demo.lines(), str(demo.main.query_one("#header").render())])
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "[bold red]markup[/]" in shown


async def test_each_size_shows_what_there_is_room_for() -> None:
    sizes = (
        (160, 50, "side chat details"),
        (120, 40, "side chat"),
        (80, 24, "side chat"),
        (60, 20, "chat"),
        (40, 12, "chat"),
    )
    async with running(160, 50) as demo:
        await demo.open("bob")

        def visible() -> set[str]:
            return {name for name in ("side", "chat", "details") if demo.main.query_one(f"#{name}").region.width}

        for columns, rows, panes in (*sizes, *reversed(sizes)):
            await demo.pilot.resize_terminal(columns, rows)
            await until(demo.pilot, lambda: visible() == set(panes.split()))  # noqa: B023 - awaited here and now
            await until(demo.pilot, lambda: demo.composer.region.bottom <= rows)  # noqa: B023 - as above
            await until(demo.pilot, lambda: demo.main.query_one("#header").region.height == (rows >= 20) + (rows >= 30))  # noqa: B023
            assert "No hurry." in "\n".join(demo.lines())


async def test_when_the_core_stops_the_screen_says_so() -> None:
    async with running() as demo:
        demo.client.crash("ZeroDivisionError\n  core/x.py:1 f")
        await until(demo.pilot, lambda: type(demo.app.screen).__name__ == "CrashedScreen")


async def test_what_is_typed_right_after_a_jump_goes_to_the_new_conversation() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("a")
        for key, character in (("alt+4", None), ("h", "h"), ("i", "i"), ("enter", None)):
            demo.app.post_message(Key(key, character))
        await demo.calm()
        sends = [command for command in demo.client.calls if isinstance(command, api.MessageSend)]
        assert [(command.conversation, command.text) for command in sends] == [("echo", "hi")]
        assert demo.client.room("bob").draft == "a"


async def test_what_is_typed_before_the_switcher_is_there_is_not_lost() -> None:
    async with running() as demo:
        await demo.open("bob")
        for key in ("ctrl+k", "y", "u", "k"):
            demo.app.post_message(Key(key, key if len(key) == 1 else None))
        await demo.calm()
        assert demo.app.screen.query_one(Input).value == "yuk"
        assert isinstance(demo.app.screen, SwitcherScreen)


async def test_strangers_who_wait_are_counted_until_they_are_answered() -> None:
    client = FakeClient()
    client.greetings = client.greetings[:1]
    async with running(client=client) as demo:
        waiting = demo.main.query_one("#waiting")
        assert waiting.display
        assert "1 greeting" in str(waiting.render())
        demo.app.post_message(Key("alt+g", None))
        await until(demo.pilot, lambda: isinstance(demo.app.screen, GreetingsScreen) and demo.app.focused)
        demo.app.post_message(Key("alt+g", None))  # already there
        await demo.press("a")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, MainScreen) and not waiting.display)
        assert demo.main.navigation.current == "from-g1"


async def test_a_stranger_who_knocks_is_told_and_stays_told() -> None:
    client = FakeClient()
    knocking, client.greetings = client.greetings[0], []
    async with running(client=client) as demo:
        waiting = demo.main.query_one("#waiting")
        assert not waiting.display
        client.greetings = [knocking]
        client.emit(api.GreetingReceived(id="g1", identity=knocking.identity, name="Grace", text="Hi"))
        await until(demo.pilot, lambda: waiting.display)
        assert "Grace greets you" in demo.status()


async def test_an_empty_room_says_so_once_and_teaches_only_what_works() -> None:
    client = FakeClient([])
    client.greetings = []
    app = demo_app(client)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen) and app.screen.has_class("empty"))
        welcome = app.screen.query_one("#welcome-text")
        assert "Nobody here yet" in str(welcome.render())
        assert "Nobody" not in str(app.screen.query_one("#no-conversations").render())
        assert welcome.size.height == len(str(welcome.render()).splitlines())  # nothing is wrapped
        assert isinstance(app.screen, MainScreen)
        assert "Enter" not in str(app.screen.panes.status.render())


async def test_n_and_capital_n_walk_the_hits_of_a_search() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("up", "n")
        assert "Ctrl+F searches" in demo.status()
        await demo.press("escape", "ctrl+f", *"train", "enter")
        hits = demo.main._search._hits
        assert hits is not None
        seen = [demo.log.selected_id]
        for key in ("n", "n", "N"):
            await demo.press(key)
            seen.append(demo.log.selected_id)
        expected = [found.message.id for found in hits.found]
        assert seen == [expected[0], expected[1], expected[2], expected[1]]
        assert "Hit 2 of" in demo.status()
        await demo.press("N", "N")
        assert "newest hit" in demo.status()


async def test_the_words_of_a_search_are_marked_in_the_hit() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("ctrl+f", *"train", "enter")
        marked = {
            segment.text
            for y in range(demo.log.view_height)
            for segment in demo.log.render_line(y)
            if segment.style is not None and segment.style.underline
        }
        assert {text.lower() for text in marked} == {"train"}


async def test_a_name_never_stands_over_the_rows_of_somebody_else() -> None:
    async with running() as demo:
        await demo.open("bob")
        seen: list[tuple[str, str]] = []
        demo.main.conversations.go_to("carol")
        for _ in range(20):
            header = str(demo.main.query_one("#header").render()).split()[1]
            seen.append((header, demo.log.model.rows[0].id.split("-")[0]))
            await demo.pilot.pause(0)
        await demo.calm()
        assert {(name.lower(), room) for name, room in seen} <= {("bob", "bob"), ("carol", "carol")}
        assert str(demo.main.query_one("#header").render()).split()[:2] == ["CA", "Carol"]


async def test_a_late_row_takes_its_place_and_what_one_reads_stays() -> None:
    async with running() as demo:
        await demo.open("bob")
        room = demo.client.room("bob")
        place = len(room.rows) - 5
        late = api.Message(id="late", sender=room.identity, text="At last.", sent_at=1, state="received", late=True)
        room.rows.insert(place, late)
        read = len([command for command in demo.client.calls if isinstance(command, api.MessageList)])
        demo.client.emit(
            api.MessageReceived(conversation="bob", id="late", sender=late.sender, text=late.text, late=True)
        )
        await until(demo.pilot, lambda: demo.log.model.index_of("late"))
        index = demo.log.model.index_of("late")
        assert index is not None
        assert [row.id for row in demo.log.model.rows[-6:]] == [row.id for row in room.rows[-6:]]
        calls = [command for command in demo.client.calls if isinstance(command, api.MessageList)][read:]
        assert max(command.limit for command in calls if command.after != room.rows[-1].id) == 1  # no page was read


async def test_that_no_node_is_linked_is_said_with_what_it_means() -> None:
    async with running() as demo:
        demo.client.emit(api.NetworkChanged(peers=0))
        await until(demo.pilot, lambda: "goes out by itself" in demo.status())
        assert "no network" in demo.status()
