"""A contact of a later version: what it says in ways we do not know is kept or shown, and breaks nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from core import api
from core.crypto import primitives
from core.people.conversation import lane_writer, resets
from core.people.format import content, reset
from core.people.format.account_keys import keys_of_seed
from core.people.format.content import Item, Text, Unknown
from core.people.format.device import certify
from core.people.limits import PeopleLimits
from core.people.work import Work
from core.storage import lanes, later
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import table


@pytest.fixture
def future(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "future")


def do(person: Person, act: Callable[[Work], object]) -> None:
    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


def write(person: Person, *items: Item) -> None:
    def act(work: Work) -> None:
        row = lanes.writing(work.tx, 1)
        assert row is not None
        lane_writer.write_block(work, row, items)

    do(person, act)


def raw(*fields: object) -> bytes:
    return msgspec.msgpack.encode(fields)


def test_a_kind_of_the_lower_half_is_a_row_that_asks_for_a_newer_version(
    office: Office, alice: Person, future: Person
) -> None:
    a, _ = meet(office, alice, future)
    write(future, Unknown(77, raw("a file")), Text(b"u" * 16, "beside it"))
    settle(office, alice, future, rounds=2)
    assert [(row.kind, row.text) for row in alice.rows(a)][-2:] == [("unknown", ""), ("text", "beside it")]
    write(future, Unknown(77, raw("a file")))
    settle(office, alice, future, rounds=2)
    assert [row.kind for row in alice.rows(a)].count("unknown") == 2, "the same bytes at another place are another row"


def test_a_kind_of_the_upper_half_is_kept_silently_and_acted_on_after_an_upgrade(
    office: Office, alice: Person, future: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = meet(office, alice, future)
    before = len(alice.rows(a))
    write(future, Unknown(200, raw(b"w" * 16, "psst")))
    write(future, Unknown(201, raw("of a version later still")))
    settle(office, alice, future, rounds=2)
    alice.events.clear()
    assert len(alice.rows(a)) == before
    assert alice.events == []

    monkeypatch.setitem(content._BY_NUMBER, 200, content.kind_of(Text))  # a version that knows it, as a text
    alice.close()
    alice.open()
    assert alice.heard(a)[-1] == "psst"
    alice.close()
    alice.open()
    assert alice.heard(a).count("psst") == 1
    with alice.database.read() as tx:
        assert [row.kind for row in later.every(tx)] == [201], "what is not known yet waits on"


def test_what_is_kept_for_later_is_bounded(
    office: Office, alice: Person, future: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.limit(PeopleLimits(kept_for_later=5))
    a, _ = meet(office, alice, future)
    for n in range(9):
        write(future, Unknown(200, raw(n)))
    settle(office, alice, future, rounds=3)
    with alice.database.read() as tx:
        assert len(later.every(tx)) == 5
    future.say(future.call(api.ConversationList())[0].id, "go on")
    settle(office, alice, future, rounds=2)
    assert alice.heard(a)[-1] == "go on"


def test_an_item_that_grew_at_its_end_is_read(office: Office, alice: Person, future: Person) -> None:
    a, _ = meet(office, alice, future)
    write(future, Unknown(1, raw(b"g" * 16, "with more", None, False, b"r" * 16, {"more": [1, 2]})))
    settle(office, alice, future, rounds=2)
    assert alice.heard(a)[-1] == "with more"


def test_a_reset_of_a_later_version_is_a_row_once_and_nothing_else(
    office: Office, alice: Person, future: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = meet(office, alice, future)
    with monkeypatch.context() as patch:
        patch.setattr(reset, "VERSION", 9)
        patch.setattr("core.people.conversation.reset_announcement.VERSION", 9)
        for _ in range(3):
            do(future, lambda work: resets.begin(work, 1, is_last_known=True))
            office.wait(3600)
    settle(office, alice, rounds=3)
    assert [row.kind for row in alice.rows(a)].count("newer-version") == 1
    with alice.database.read() as tx:
        assert len(lanes.written_in(tx, 1)) == 1


def test_a_certificate_of_a_later_version_is_not_taken_for_one_of_ours(
    office: Office, alice: Person, future: Person
) -> None:
    a, _ = meet(office, alice, future)
    seed = primitives.random_bytes(32)
    lie = msgspec.structs.replace(
        certify(keys_of_seed(future.seed).identity, primitives.ed25519_public(seed), 5), version=2
    )
    object.__setattr__(future.engine.me, "certificate", lie)
    object.__setattr__(future.engine.me, "device_seed", seed)
    do(future, lambda work: resets.begin(work, 1, is_last_known=False))
    settle(office, alice, rounds=3)
    with alice.database.read() as tx:
        assert len(table(tx, "devices")) == 1
    assert [row.kind for row in alice.rows(a)].count("newer-version") == 1
