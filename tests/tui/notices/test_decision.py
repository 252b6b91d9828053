"""What is done when something comes in, and what is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from core.api import NotifyRule, Settings
from tui.notices.decision import LOOKING, Incoming, Notice, Sight, decide, words_of

BOB = Incoming(conversation="bob", name="Bob", text="the secret word")
TEXT = Settings(notify="bell+text")
AWAY = Sight(focused=False, idle=0, shown="bob")


def told(sight: Sight = AWAY, settings: Settings = TEXT, incoming: Incoming = BOB) -> Notice | None:
    return decide(incoming, sight, settings)


def test_what_is_in_view_is_not_told() -> None:
    assert told(Sight(focused=True, idle=999, shown="bob")) is None
    assert told(Sight(focused=None, idle=0, shown="bob")) is None


def test_who_looks_at_another_conversation_hears_the_bell_and_reads_it_there() -> None:
    assert told(Sight(focused=True, shown="carol")) == Notice(bell=True, said="New message.")
    assert told(Sight(focused=True, shown=None), Settings()) == Notice(bell=True)


def test_who_is_away_gets_the_terminals_notice_and_the_command() -> None:
    assert told() == Notice(bell=True, sent="New message", command=True)
    assert told(settings=Settings(notify="bell")) == Notice(bell=True, command=True)


@pytest.mark.parametrize(("idle", "away"), [(LOOKING - 1, False), (LOOKING, True)])
def test_a_terminal_that_never_tells_is_looked_at_while_keys_are_pressed(*, idle: float, away: bool) -> None:
    assert (told(Sight(focused=None, idle=idle, shown="bob")) is not None) == away


@pytest.mark.parametrize("sight", [AWAY, Sight(focused=True, shown="carol"), Sight(locked=True, focused=False)])
def test_off_never_and_hidden_mean_nothing_at_all(sight: Sight) -> None:
    hidden = Incoming(conversation="bob", name="Bob", text="x", hidden=True)
    never = Incoming(conversation="bob", name="Bob", text="x", rule="never")
    assert told(sight, Settings(notify="off")) is None
    assert told(sight, incoming=hidden) is None
    assert told(sight, incoming=never) is None


def test_a_rule_of_bell_leaves_only_the_bell() -> None:
    quiet = Incoming(conversation="bob", name="Bob", text="x", rule="bell")
    assert told(incoming=quiet, settings=Settings(notify="bell+text", notify_content="text")) == Notice(bell=True)


def test_a_notice_says_more_only_where_that_was_chosen() -> None:
    assert words_of(BOB, "off") == "New message"
    assert words_of(BOB, "name") == "New message: Bob"
    assert words_of(BOB, "text") == "Bob: the secret word"
    assert words_of(Incoming(name="Grace", is_greeting=True), "off") == "New greeting"


def test_behind_a_lock_neither_name_nor_text_is_told() -> None:
    notice = told(Sight(locked=True, focused=False), Settings(notify="bell+text", notify_content="text"))
    assert notice == Notice(bell=True, sent="New message", command=True)
    at_the_lock = told(Sight(locked=True, focused=True), Settings(notify="bell+text", notify_content="text"))
    assert at_the_lock == Notice(bell=True)


SETTINGS = st.builds(Settings, notify=st.sampled_from(["off", "bell", "bell+text"]), notify_content=st.just("off"))
SIGHTS = st.builds(
    Sight, locked=st.booleans(), focused=st.sampled_from([None, True, False]), idle=st.floats(0, 1e6),
    shown=st.sampled_from([None, "bob", "carol"]),
)  # fmt: skip
RULES = st.sampled_from(["always", "bell", "never"])


@given(SETTINGS, SIGHTS, RULES, st.booleans())
def test_nothing_of_the_contact_is_told_unless_chosen(
    settings: Settings, sight: Sight, rule: NotifyRule, hidden: bool
) -> None:
    incoming = Incoming(conversation="bob", name="Zaphod", text="Qwertz", rule=rule, hidden=hidden)
    notice = decide(incoming, sight, settings)
    assert notice is None or not {"Zaphod", "Qwertz"} & {*notice.said.split(), *notice.sent.split()}


@given(st.text(max_size=300), st.text(max_size=300))
def test_foreign_words_are_one_short_line(name: str, text: str) -> None:
    said = words_of(Incoming(conversation="x", name=name, text=text), "text")
    assert said.isprintable()
    assert len(said) < 400


def test_two_notices_become_one() -> None:
    one, other = Notice(bell=True, sent="Bob: hello", command=True), Notice(bell=True)
    assert one.joined(other, "2 new messages") == Notice(bell=True, sent="2 new messages", command=True)
    assert other.joined(other, "2 new messages") == Notice(bell=True)
