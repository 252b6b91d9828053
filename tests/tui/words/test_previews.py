"""A row that nobody wrote is previewed by what happened, never by three dots."""

from __future__ import annotations

import msgspec
import pytest

from core import api
from tests.support.world import BOB
from tui.words.previews import HAPPENED, UNKNOWN, preview_of

QUIET = api.Conversation(id="b", identity=BOB, name="Bob", state="open", unread=0, last_at=1)


@pytest.mark.parametrize("kind", HAPPENED)
def test_what_happened_is_said_in_a_few_words(kind: str) -> None:
    said = preview_of(msgspec.structs.replace(QUIET, last_kind=kind, last_sender=BOB))
    assert said == HAPPENED[kind]
    assert 0 < len(said) <= 30


def test_the_last_words_come_first_and_a_kind_of_later_says_so() -> None:
    assert preview_of(msgspec.structs.replace(QUIET, last_text="see\nyou")) == "see you"
    assert preview_of(QUIET) == ""
    assert preview_of(msgspec.structs.replace(QUIET, last_kind="poll")) == UNKNOWN
    assert preview_of(msgspec.structs.replace(QUIET, last_kind="keep-asked", last_sender="me")).startswith("you asked")
