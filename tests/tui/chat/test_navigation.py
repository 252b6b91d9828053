"""Which conversation comes next."""

from __future__ import annotations

from core.api import Conversation
from tui.chat.navigation import Whereto
from tui.screens.switcher import matching


def conversation(name: str, unread: int = 0, at: int = 0) -> Conversation:
    return Conversation(id=name, identity=name * 8, name=name.title(), state="open", unread=unread, last_at=at)


def somewhere(*conversations: Conversation) -> Whereto:
    whereto = Whereto()
    whereto.conversations = conversations
    return whereto


def test_next_unread_goes_round_and_comes_home() -> None:
    whereto = somewhere(conversation("bob"), conversation("carol", 2), conversation("dave", 1))
    whereto.went_to("bob")
    assert whereto.next_unread() == "carol"
    whereto.went_to("carol")
    whereto.conversations = (conversation("bob"), conversation("carol"), conversation("dave", 1))
    assert whereto.next_unread() == "dave"
    whereto.went_to("dave")
    whereto.conversations = (conversation("bob"), conversation("carol"), conversation("dave"))
    assert whereto.next_unread() == "bob"
    whereto.went_to("bob")
    assert whereto.next_unread() is None


def test_steps_go_round_the_list() -> None:
    whereto = somewhere(conversation("bob"), conversation("carol"))
    assert whereto.by_step(1) == "bob"
    whereto.went_to("carol")
    assert (whereto.by_step(1), whereto.by_step(-1)) == ("bob", "bob")
    assert somewhere().by_step(1) is None


def test_the_last_conversation_is_remembered_while_it_exists() -> None:
    whereto = somewhere(conversation("bob"), conversation("carol"))
    whereto.went_to("bob")
    whereto.went_to("carol")
    assert whereto.last == "bob"
    whereto.conversations = (conversation("carol"),)
    assert whereto.last is None


def test_numbers_count_places() -> None:
    whereto = somewhere(conversation("bob"), conversation("carol"))
    assert (whereto.by_number(2), whereto.by_number(3), whereto.by_number(0)) == ("carol", None, None)


def test_what_is_unread_here_is_not_elsewhere() -> None:
    whereto = somewhere(conversation("bob", 2), conversation("carol", 3))
    whereto.went_to("bob")
    assert whereto.unread_elsewhere() == 3


def test_the_switcher_lists_unread_ones_first_and_then_by_what_is_typed() -> None:
    conversations = (conversation("bob", at=9), conversation("carol", 1, at=1), conversation("dave", at=5))
    assert [found.id for found in matching("", conversations)] == ["carol", "bob", "dave"]
    assert [found.id for found in matching("dv", conversations)] == ["dave"]
    assert not matching("xyz", conversations)
