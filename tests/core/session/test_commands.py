"""Commands about conversations: what programs may ask, and what they are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core import api
from core.api import ApiError, Kind
from core.session.commands import act_of
from core.storage import conversations
from core.storage.database import Snapshot
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle


@pytest.fixture
def pair(office: Office, tmp_path: Path) -> tuple[Person, Person, str, str]:
    alice, bob = (Person(office, tmp_path, name) for name in ("alice", "bob"))
    return alice, bob, *meet(office, alice, bob)


def test_the_same_uid_is_the_same_message(office: Office, pair: tuple[Person, Person, str, str]) -> None:
    alice, bob, a, b = pair
    ids = {alice.call(api.MessageSend(conversation=a, text="once", uid="order 66")).id for _ in range(3)}
    assert len(ids) == 1
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == ["once"]


@pytest.mark.parametrize(
    ("text", "uid", "kind"),
    [
        ("", None, Kind.BAD_REQUEST),
        ("x" * (api.MAX_TEXT_SIZE + 1), None, Kind.TOO_LONG),
        ("é" * (api.MAX_TEXT_SIZE // 2 + 1), None, Kind.TOO_LONG),
        ("\ud800", None, Kind.BAD_REQUEST),
        ("fine", "", Kind.BAD_REQUEST),
        ("fine", "x" * 257, Kind.BAD_REQUEST),
        ("fine", "\udfff", Kind.BAD_REQUEST),
    ],
)
def test_what_cannot_be_sent_is_refused_and_leaves_nothing(
    pair: tuple[Person, Person, str, str], text: str, uid: str | None, kind: Kind
) -> None:
    alice, _, a, _ = pair
    before = alice.rows(a)
    with pytest.raises(ApiError) as refused:
        alice.call(api.MessageSend(conversation=a, text=text, uid=uid))
    assert refused.value.kind is kind
    assert alice.rows(a) == before


def test_a_draft_may_be_as_long_as_fifty_messages(pair: tuple[Person, Person, str, str]) -> None:
    alice, _, a, _ = pair
    text = "é" * (api.MAX_DRAFT_SIZE // 2)
    alice.call(api.DraftSet(conversation=a, text=text))
    assert [listed.draft for listed in alice.call(api.ConversationList())] == [text]
    with pytest.raises(ApiError) as refused:
        alice.call(api.DraftSet(conversation=a, text=f"{text}."))
    assert refused.value.kind is Kind.TOO_LONG


def test_pages_go_by_local_order(office: Office, pair: tuple[Person, Person, str, str]) -> None:
    alice, bob, a, _ = pair
    for n in range(10):
        alice.say(a, f"{n}")
    settle(office, alice, bob, rounds=2)
    rows = alice.rows(a)
    newest = alice.call(api.MessageList(conversation=a, limit=3))
    assert newest == rows[-3:]
    assert alice.call(api.MessageList(conversation=a, limit=3, before=newest[0].id)) == rows[-6:-3]
    assert alice.call(api.MessageList(conversation=a, limit=3, after=rows[0].id)) == rows[1:4]


def test_what_is_not_there_is_refused_by_name(pair: tuple[Person, Person, str, str]) -> None:
    alice, _, a, _ = pair
    cases: list[tuple[api.Command[Any], Kind]] = [
        (api.MessageList(conversation="nobody", limit=1), Kind.UNKNOWN_CONVERSATION),
        (api.MessageSend(conversation="nobody", text="?"), Kind.UNKNOWN_CONVERSATION),
        (api.MessageList(conversation=a, limit=1, before="nothing"), Kind.UNKNOWN_MESSAGE),
        (api.MessageDelete(ids=["nothing"]), Kind.UNKNOWN_MESSAGE),
        (api.GreetingAccept(id="nobody"), Kind.UNKNOWN_GREETING),
        (api.GreetingReject(id="nobody"), Kind.UNKNOWN_GREETING),
        (api.InviteRevoke(id="nothing"), Kind.BAD_REQUEST),
    ]
    for command, kind in cases:
        with pytest.raises(ApiError) as refused:
            alice.call(command)
        assert refused.value.kind is kind


@pytest.mark.parametrize(("expires_in", "max_uses"), [(0, None), (91 * 86_400, None), (60, 0)])
def test_an_invitation_with_impossible_terms_is_refused(
    pair: tuple[Person, Person, str, str], expires_in: int, max_uses: int | None
) -> None:
    alice, *_ = pair
    with pytest.raises(ApiError):
        alice.call(api.InviteCreate(expires_in=expires_in, max_uses=max_uses))
    assert len(alice.call(api.InviteList())) == 1


def test_the_list_costs_as_many_queries_for_many_conversations_as_for_one(
    pair: tuple[Person, Person, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, *_ = pair
    asked: list[str] = []
    for name in ("row", "rows"):
        query = getattr(Snapshot, name)

        def counted(tx: Snapshot, sql: str, *values: Any, query: Any = query) -> Any:
            asked.append(sql)
            return query(tx, sql, *values)

        monkeypatch.setattr(Snapshot, name, counted)

    def cost() -> int:
        asked.clear()
        with alice.engine.work(alice.moment()) as work:
            act_of(api.ConversationList())(work)
        return len(asked)

    of_one = cost()
    with alice.database.transaction() as tx:
        for number in range(2, 20):
            conversations.insert(tx, f"c{number}", number.to_bytes(32, "big"), f"Contact {number}", "open", number)
    assert cost() == of_one
    listed = {each.id: each for each in alice.call(api.ConversationList())}
    assert (listed["c7"].unread, listed["c7"].first_unread, listed["c7"].last_at) == (0, None, 7)
