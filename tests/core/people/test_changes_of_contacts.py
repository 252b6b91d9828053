"""Edits and reactions as contacts send them: in any order, twice, too early, in others' names, without end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from core import api
from core.api import ApiError, Kind
from core.people.conversation import changes, item_rules
from core.people.conversation.rows import Origin
from core.people.format import content
from core.people.format.content import Edit, Item, Reaction, Text, Unknown, encode_item
from core.people.format.kept import Reference
from core.people.work import Work
from core.session import commands
from core.storage import devices, messages
from tests.core.people.test_changes import edit, row
from tests.core.people.test_future_contact import write
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import table

THIEF = b"t" * 32  # a device that is not known
UIDS = (b"1" * 16, b"2" * 16)


def identity(person: Person) -> bytes:
    return person.engine.me.identity


class Trial:
    """What alice would see if bob had said some items in some order; nothing of it stays."""

    def __init__(self, alice: Person, conversation: str) -> None:
        self.alice, self.conversation = alice, conversation
        with alice.database.read() as tx:
            self.bob = devices.of_conversation(tx, 1)[0]

    def view(self, said: Sequence[tuple[bytes, Item]]) -> list[tuple[api.Message, list[api.Version]]]:
        found: list[tuple[api.Message, list[api.Version]]] = []

        def act(work: Work) -> None:
            for n, (device, item) in enumerate(said):
                made_at = item.rank if isinstance(item, Edit | Reaction) else 5
                item_rules.take(work, Origin(1, device, made_at, b"g" * 16, n), item, b"signed")
            for shown in commands.act_of(api.MessageList(conversation=self.conversation))(work)[1:]:
                details = commands.act_of(api.MessageDetails(id=shown.id))(work)
                versions = [msgspec.structs.replace(each, ledger=[]) for each in details.versions]
                found.append((shown, versions))
            raise ApiError(Kind.FAILED, "only a trial")

        with suppress(ApiError):
            self.alice.engine.command(act, self.alice.moment())
        return sorted(found, key=lambda each: each[0].id)


@pytest.fixture
def trial(office: Office, alice: Person, bob: Person) -> Trial:
    return Trial(alice, meet(office, alice, bob)[0])


ranks = st.integers(0, 6)


@st.composite
def said_by_bob(draw: st.DrawFn, bob: bytes, author: bytes) -> list[tuple[bytes, Item]]:
    texts = st.sampled_from(UIDS).map(lambda uid: Text(uid, "first"))
    edits = st.builds(Edit, of=st.sampled_from(UIDS), rank=ranks, version=st.integers(2, 9), text=st.text(max_size=3))
    reactions = st.builds(
        Reaction,
        to=st.sampled_from(UIDS).map(lambda uid: Reference(author, uid)),
        rank=ranks,
        emoji=st.sampled_from(["", "👍", "🎉", "no emoji"]),
    )
    changed = draw(st.lists(st.tuples(st.sampled_from([bob, THIEF]), st.one_of(edits, reactions)), max_size=12))
    return [*((bob, text) for text in draw(st.lists(texts, max_size=2, unique=True))), *changed]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_any_repetition_of_changes_shows_the_same(trial: Trial, bob: Person, data: st.DataObject) -> None:
    said = data.draw(said_by_bob(trial.bob.device, identity(bob)))
    repeated = data.draw(st.permutations([*said, *said[::2]]))
    assert trial.view(repeated) == trial.view(said)


def test_of_versions_without_end_the_latest_are_kept_whatever_their_order(trial: Trial) -> None:
    device = trial.bob.device
    edits: list[tuple[bytes, Item]] = [
        (device, Edit(UIDS[0], n, 2 + n, f"version {n}")) for n in range(3 * changes.MAX_VERSIONS)
    ]
    text: tuple[bytes, Item] = (device, Text(UIDS[0], "first"))
    views = [trial.view(said) for said in ([text, *edits], [*edits, text], [*edits[::-1], text], [text, *edits[::-1]])]
    ((shown, versions),) = views[0]
    assert shown.text == edits[-1][1].text  # type: ignore[union-attr]
    assert [each.text for each in versions] == ["first", *(f"version {n}" for n in range(32, 48))]
    assert views == [views[0]] * 4


def test_no_one_edits_what_another_said(office: Office, alice: Person, bob: Person, carol: Person) -> None:
    a, b = meet(office, alice, bob)
    c = meet(office, alice, carol)[0]
    uid = Reference(identity(alice), _uid_of(alice, alice.say(a, "mine")))
    settle(office, alice, bob, carol, rounds=3)
    for person in (bob, carol):
        write(person, Edit(uid.uid, 1 << 40, 2, "forged"))
        write(person, Reaction(uid, 5, "👍" if person is carol else "not one emoji"))
    settle(office, alice, bob, carol, rounds=3)
    assert row(alice, a, "mine").reactions == []
    assert [each.text for each in alice.rows(c)] == ["hello, it is me"]
    assert not alice.search("forged")
    assert row(bob, b, "mine").edited_at is None


def _uid_of(person: Person, message: str) -> bytes:
    with person.database.read() as tx:
        found = messages.by_id(tx, message)
    assert found is not None
    return found.uid


def test_a_thief_of_the_words_edits_no_text_of_a_known_device_and_reacts_with_a_mark(trial: Trial, bob: Person) -> None:
    device, to = trial.bob.device, Reference(identity(bob), UIDS[0])
    said: list[tuple[bytes, Item]] = [
        (device, Text(UIDS[0], "pay to 1")),
        (THIEF, Edit(UIDS[0], 9, 2, "pay to 2")),
        (THIEF, Reaction(to, 9, "👍")),
    ]
    ((shown, _),) = trial.view(said)
    assert shown.text == "pay to 1"
    assert [(each.emoji, each.known) for each in shown.reactions] == [("👍", False)]
    ((shown, _),) = trial.view([*said, (device, Reaction(to, 1, "🎉"))])
    assert [(each.emoji, each.known) for each in shown.reactions] == [("🎉", True)]
    ((shown, _),) = trial.view([(THIEF, Text(UIDS[0], "by the thief")), (THIEF, Edit(UIDS[0], 9, 2, "itself"))])
    assert (shown.text, shown.known) == ("itself", False)


def test_changes_of_rows_that_never_come_wait_in_a_bounded_number(trial: Trial, alice: Person, bob: Person) -> None:
    counted: list[int] = []

    def act(work: Work) -> None:
        for n in range(changes.MAX_WAITING + 20):
            uid = n.to_bytes(16, "big")
            item = Reaction(Reference(identity(bob), uid), n, "👍")
            item_rules.take(work, Origin(1, trial.bob.device, n, b"g" * 16, n), item, b"signed")
        counted.append(sum(not row["shown"] for row in table(work.tx, "messages")))
        raise ApiError(Kind.FAILED, "only a trial")

    with suppress(ApiError):
        alice.engine.command(act, alice.moment())
    assert counted == [changes.MAX_WAITING]


def test_what_is_deleted_takes_its_changes_with_it_and_later_ones_find_nothing(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    said = alice.say(a, "the first wording")
    settle(office, alice, bob, rounds=2)
    edit(alice, said, "the second wording")
    bob.call(api.MessageReact(id=row(bob, b, "the first wording").id, emoji="👍"))
    settle(office, alice, bob, rounds=2)
    bob.call(api.MessageDelete(ids=[row(bob, b, "the second wording").id]))
    edit(alice, said, "the third wording")
    settle(office, alice, bob, rounds=3)
    assert [each.text for each in bob.rows(b)] == ["hello, it is me"]
    with bob.database.read() as tx:
        assert not any(not row["shown"] or "wording" in row["text"] for row in table(tx, "messages"))
    assert not bob.search("wording")
    alice.call(api.MessageDelete(conversation=a, all=True))
    with alice.database.read() as tx:
        assert table(tx, "messages") == []
    settle(office, alice, bob, rounds=2)
    alice.say(a, "goes on")
    settle(office, alice, bob, rounds=2)
    assert bob.heard(b)[-1] == "goes on"


def test_quotes_say_what_is_here_and_nothing_of_what_is_deleted(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    said = alice.say(a, "x" * 300)
    settle(office, alice, bob, rounds=2)
    bob.call(api.MessageSend(conversation=b, text="so?", reply_to=row(bob, b, "x" * 300).id))
    settle(office, alice, bob, rounds=2)
    quote = row(alice, a, "so?").quote
    assert quote is not None
    assert (quote.text, quote.sender, quote.missing) == ("x" * api.MAX_QUOTE, "me", False)
    alice.call(api.MessageDelete(ids=[said]))
    answer = row(alice, a, "so?")
    assert answer.quote is not None
    assert (answer.reply_to, answer.quote.text, answer.quote.missing) == (said, "", True)
    write(bob, Text(b"q" * 16, "as she said", Reference(identity(alice), b"n" * 16)))
    settle(office, alice, bob, rounds=2)
    made_up = row(alice, a, "as she said").quote
    assert made_up is not None
    assert (made_up.sender, made_up.missing) == ("me", True)


def test_an_edit_that_asked_for_a_newer_version_counts_after_the_upgrade(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = meet(office, alice, bob)
    said = bob.say(b, "now")
    settle(office, alice, bob, rounds=2)
    later = encode_item(Edit(_uid_of(bob, said), 9, 2, "later"))
    reaction = encode_item(Reaction(Reference(identity(bob), _uid_of(bob, said)), 9, "👍"))
    known = dict(content._BY_NUMBER)
    monkeypatch.delitem(content._BY_NUMBER, 9)  # a version of before
    monkeypatch.delitem(content._BY_NUMBER, 128)
    write(bob, Unknown(*later), Unknown(*reaction))
    settle(office, alice, bob, rounds=2)
    assert [(each.kind, each.text) for each in alice.rows(a)][1:] == [("text", "now"), ("unknown", "")]
    monkeypatch.setattr(content, "_BY_NUMBER", known)
    alice.close()
    alice.open()
    assert [(each.kind, each.text) for each in alice.rows(a)][1:] == [("text", "later")]
    assert [each.emoji for each in alice.rows(a)[1].reactions] == ["👍"]


# --- what happens to machines ------------------------------------------------------------------------------------------


def shown(person: Person, conversation: str) -> list[tuple[str, list[str]]]:
    return [(each.text, [reaction.emoji for reaction in each.reactions]) for each in person.rows(conversation)]


Mishap = Callable[[Person, Path], None]


@pytest.mark.parametrize("mishap", ["away", "killed", "put back"])
def test_changes_come_through_days_away_a_kill_and_an_old_copy(
    office: Office, alice: Person, bob: Person, mishap: str
) -> None:
    a, b = meet(office, alice, bob)
    one, two = alice.say(a, "one"), alice.say(a, "two")
    settle(office, alice, bob, rounds=2)
    backups = {person: person.copy() for person in (alice, bob)}
    edit(alice, one, "one, edited")
    bob.call(api.MessageReact(id=row(bob, b, "two").id, emoji="👍"))
    settle(office, alice, bob, rounds=2)
    bob.online = mishap != "away"
    if mishap == "put back":
        alice.put_back(backups[alice])
    edit(alice, one, "one, edited again")
    alice.call(api.MessageReact(id=two, emoji="🎉"))
    if mishap == "killed":
        for person in (alice, bob):
            person.close()
            person.open()
    if mishap == "away":
        settle(office, alice, rounds=30, seconds=3600)
        bob.online = True
    settle(office, alice, bob, rounds=8)
    assert shown(bob, b)[1:] == [("one, edited again", []), ("two", ["🎉", "👍"])] or shown(bob, b)[1:] == [
        ("one, edited again", []),
        ("two", ["👍", "🎉"]),
    ]
    assert [text for text, _ in shown(alice, a)][1:] == ["one, edited again", "two"]
    assert set(shown(alice, a)[2][1]) == {"👍", "🎉"}
    assert set(alice.said(a)) == {"delivered"}
    with alice.database.read() as tx:
        changed = [row for row in table(tx, "messages") if not row["shown"] and row["author"] == identity(alice)]
    assert {row["state"] for row in changed} == {"delivered"}
