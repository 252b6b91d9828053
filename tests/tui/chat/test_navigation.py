"""Which conversation comes next."""

from __future__ import annotations

from core.api import Conversation
from tui.chat.navigation import Navigation
from tui.screens.switcher import matching


def conversation(name: str, unread: int = 0, at: int = 0) -> Conversation:
    return Conversation(id=name, identity=name * 8, name=name.title(), state="open", unread=unread, last_at=at)


def somewhere(*conversations: Conversation) -> Navigation:
    navigation = Navigation()
    navigation.conversations = conversations
    return navigation


def test_next_unread_goes_round_and_comes_home() -> None:
    navigation = somewhere(conversation("bob"), conversation("carol", 2), conversation("dave", 1))
    navigation.went_to("bob")
    assert navigation.next_unread() == "carol"
    navigation.went_to("carol")
    navigation.conversations = (conversation("bob"), conversation("carol"), conversation("dave", 1))
    assert navigation.next_unread() == "dave"
    navigation.went_to("dave")
    navigation.conversations = (conversation("bob"), conversation("carol"), conversation("dave"))
    assert navigation.next_unread() == "bob"
    navigation.went_to("bob")
    assert navigation.next_unread() is None


def test_steps_go_round_the_list() -> None:
    navigation = somewhere(conversation("bob"), conversation("carol"))
    assert navigation.by_step(1) == "bob"
    navigation.went_to("carol")
    assert (navigation.by_step(1), navigation.by_step(-1)) == ("bob", "bob")
    assert somewhere().by_step(1) is None


def test_the_last_conversation_is_remembered_while_it_exists() -> None:
    navigation = somewhere(conversation("bob"), conversation("carol"))
    navigation.went_to("bob")
    navigation.went_to("carol")
    assert navigation.last == "bob"
    navigation.conversations = (conversation("carol"),)
    assert navigation.last is None


def test_numbers_count_places() -> None:
    navigation = somewhere(conversation("bob"), conversation("carol"))
    assert (navigation.by_number(2), navigation.by_number(3), navigation.by_number(0)) == ("carol", None, None)


def test_what_is_unread_here_is_not_elsewhere() -> None:
    navigation = somewhere(conversation("bob", 2), conversation("carol", 3))
    navigation.went_to("bob")
    assert navigation.unread_elsewhere() == 3


def test_the_switcher_lists_unread_ones_first_and_then_by_what_is_typed() -> None:
    conversations = (conversation("bob", at=9), conversation("carol", 1, at=1), conversation("dave", at=5))
    assert [found.id for found in matching("", conversations)] == ["carol", "bob", "dave"]
    assert [found.id for found in matching("dv", conversations)] == ["dave"]
    assert not matching("xyz", conversations)
