"""Forward secrecy: a file that is taken opens nothing that was acknowledged and deleted before.

The thief of these tests has every box that was ever deposited and the complete file of either side, taken in every phase of
a conversation (``tests.support.phases``, ``tests.support.thief``). It must find no text; and, because two locks hang on
each, none of the inner ones either: no lane leads back, no way of a reset and no re-keying opens, and nothing that is over
lies in the pages of the file. That the thief is good at it is shown as well: what is still there to be had, it gets.

What remains, each with a test that says so:

* *An open invitation with several uses*: its keys open what was said at its door, until it is used up, revoked or over.
* *An index that was given up*: its reader keeps the two secrets of it for four days, counted from the last one given up in
  that lane, for what comes late. What was lost there opens by them although it was said again, delivered and deleted.
* *The slot of an acceptance*: who greeted finds it for four days; it does not open.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import api
from core.crypto import primitives
from core.crypto.ratchet import Session
from core.people.format import envelope
from core.people.limits import PEOPLE_LIMITS, PeopleLimits
from core.storage.database import Database
from tests.support.phases import (
    KEPT_DAYS,
    MANY_REKEYINGS,
    OFTEN,
    PHASES,
    SIDES,
    SOME_REKEYINGS,
    Pair,
    hole,
    mark,
)
from tests.support.post_office import settle
from tests.support.stolen import leftovers
from tests.support.thief import Loot, Thief

# Phases after which something is kept for some days: the file is taken when they are over.
_WAITS = {"hole"}


# What a ratchet passed over it can still open, until it turned five times; the lane it lay in is closed, or it never left.
_SKIPPED = ("into the hole", "overtaken", "better not")


@dataclass
class Seals:
    """Everything that was sealed while a phase was told, whether anybody can get at it or not."""

    envelopes: list[bytes] = field(default_factory=list[bytes])
    hybrid: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Note from now on whatever is sealed, with its context."""
        seal, hybrid = envelope.seal, primitives.xwing_seal

        def noted(block: bytes, audience: Sequence[tuple[bytes, Session]], *, size: int | None = None) -> bytes:
            self.envelopes.append(seal(block, audience, size=size))
            return self.envelopes[-1]

        def noted_hybrid(public: bytes, plaintext: bytes, info: bytes) -> bytes:
            self.hybrid.append((hybrid(public, plaintext, info), info))
            return self.hybrid[-1][0]

        patch.setattr(envelope, "seal", noted)
        patch.setattr(primitives, "xwing_seal", noted_hybrid)


@pytest.fixture(scope="module")
def seals() -> Seals:
    """What the phase at hand sealed."""
    return Seals()


@pytest.fixture(scope="module", params=PHASES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seals: Seals) -> Generator[Pair]:
    """Two people in some phase, all that was said delivered and deleted on both sides. With --full in earnest lengths."""
    is_full = bool(request.config.getoption("--full", default=False))
    with pytest.MonkeyPatch.context() as patch:
        seals.envelopes.clear()
        seals.hybrid.clear()
        seals.watch(patch)
        told = Pair(
            tmp_path_factory.mktemp("pair"),
            length=MANY_REKEYINGS if is_full else SOME_REKEYINGS,
            limits=PEOPLE_LIMITS if is_full else PeopleLimits(rekey_after_blocks=OFTEN),
        )
        PHASES[request.param](told)
        told.erase()
        if request.param in _WAITS:
            told.wait(KEPT_DAYS + 1)
        yield told


def rob(pair: Pair, name: str, label: str = "stolen") -> Loot:
    """Take somebody's file, and try everything."""
    return Thief(pair.steal(name, label), pair.office.boxes).try_everything()


def nothing_opens(pair: Pair, name: str) -> None:
    """To who takes somebody's file, with every box that was ever deposited."""
    loot = rob(pair, name)
    assert not loot.said & set(pair.said)
    assert not any(loot.walked.values()), "a chain leads back"
    assert not loot.secrets | loot.ways | loot.accepted | loot.greeted
    for generation, indexes in loot.single.items():
        assert indexes <= pair.waits(name, generation), "there are keys of more than the last acknowledgement"


def no_key_is_left(pair: Pair, seals: Seals, name: str) -> None:
    """Each lock alone: ratchets that got every envelope, and X-Wing keys that got everything ever sealed to one."""
    assert seals.envelopes
    assert seals.hybrid
    thief = Thief(pair.steal(name), pair.office.boxes)
    assert not thief.keys_that_open(seals.hybrid)
    thief.give(seals.envelopes)
    open_texts = thief.try_everything().said & set(pair.said)
    assert not {text for text in open_texts if not any(each in text for each in _SKIPPED)}


def nothing_over_lies_in_the_pages(pair: Pair, name: str) -> None:
    """Neither of the file nor of its log."""
    file, over = pair.steal(name), pair.over(name)
    assert len(over) > 10, "a good deal is over"
    assert not leftovers(file, over)
    pages = b"".join(file.pages())
    assert not [text for text in pair.said if mark(text) in pages]


def test_nothing_that_was_delivered_and_deleted_opens_to_who_takes_a_file(pair: Pair, seals: Seals) -> None:
    """One test for each phase, since it takes a second to come there."""
    for name in SIDES:
        nothing_opens(pair, name)
        no_key_is_left(pair, seals, name)
        nothing_over_lies_in_the_pages(pair, name)


def test_what_was_said_at_a_door_is_forgotten_with_whom_was_turned_away(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.greet(pair.invite())
    bob, alice = pair.people["bob"], pair.people["alice"]
    assert pair.said[0] in rob(pair, "alice", "waiting").rows, "it waits there to be read"
    bob.call(api.MessageDelete(ids=[row.id for row in bob.rows(pair.ids["bob"])]))
    (waiting,) = alice.call(api.GreetingList())
    alice.call(api.GreetingReject(id=waiting.id))
    pair.settle(2)
    for name in SIDES:
        loot = rob(pair, name)
        assert not loot.said & set(pair.said), name
        assert not loot.greeted, name
        assert mark(pair.said[0]) not in b"".join(pair.steal(name).pages())
        assert not leftovers(pair.steal(name), pair.over(name)), name


def test_an_acceptance_is_found_by_nobody_after_some_days(tmp_path: Path) -> None:
    """Until then its slot is known, as somebody put back to an old copy may accept once more; what is in it is closed."""
    pair = Pair(tmp_path)
    pair.meet()
    pair.erase()
    assert len(rob(pair, "bob", "early").found) == 1
    assert not rob(pair, "alice", "early").found, "her copy of the root leads to no slot of before"
    pair.wait(KEPT_DAYS + 1)
    for name in SIDES:
        loot = rob(pair, name, "late")
        assert not loot.found | loot.accepted, name


# --- what remains, and that the thief would find it -------------------------------------------------------------------


def test_an_open_link_with_several_uses_opens_what_was_said_at_its_door_until_it_is_over(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.greet(pair.invite(max_uses=None))
    pair.accept()
    first = pair.say("alice", "the first text")
    pair.erase()
    loot = rob(pair, "alice", "open")
    assert pair.said[0] in loot.texts
    assert first not in loot.texts, "no further than the door: the answer went to a key that was used once"
    (link,) = pair.people["alice"].call(api.InviteList())
    pair.people["alice"].call(api.InviteRevoke(id=link.id))
    assert not rob(pair, "alice", "over").said & set(pair.said)


def test_an_index_that_was_given_up_opens_for_some_days(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    hole(pair)
    pair.erase()
    (lost,) = [text for text in pair.said if "into the hole" in text]
    assert rob(pair, "bob", "early").said & set(pair.said) == {lost}
    assert not rob(pair, "alice", "early").said & set(pair.said)


@pytest.mark.parametrize("rekeys", [False, True])
def test_a_reader_s_file_opens_what_it_did_not_read_yet(tmp_path: Path, *, rekeys: bool) -> None:
    pair = Pair(tmp_path)
    pair.meet()
    pair.talk(2, "before")
    file = pair.steal("bob")
    texts = [pair.say("alice", f"unread {n}") for n in range(60 if rekeys else 5)]
    settle(pair.office, pair.people["alice"], rounds=6)
    loot = Thief(file, pair.office.boxes).try_everything()
    assert loot.texts >= set(texts)
    assert bool(loot.secrets) == rekeys, "a re-keying to a key that lies in the file is followed"


def test_a_writer_s_file_opens_what_it_writes_next(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.meet()
    pair.talk(2, "before")
    pair.say("alice", "turns the ratchet")
    file = pair.steal("alice")
    texts = {pair.say("alice", f"right after {n}") for n in range(3)}
    assert Thief(file, pair.office.boxes).try_everything().texts >= texts


def test_a_file_opens_the_way_of_a_reset_that_is_sealed_to_a_key_in_it(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.meet()
    pair.talk(2, "before")
    file = pair.steal("bob")
    pair.reset("alice")
    text = pair.say("alice", "in the new lane")
    pair.settle(1)
    loot = Thief(file, pair.office.boxes).try_everything()
    assert text in loot.texts
    assert loot.ways


def test_a_file_opens_a_greeting_by_the_keys_of_a_link_and_follows_it_from_there(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    link = pair.invite()
    file = pair.steal("alice")
    pair.greet(link)
    loot = Thief(file, pair.office.boxes).try_everything()
    assert pair.said[0] in loot.texts
    assert len(loot.greeted) == 1


def test_texts_in_rows_are_read(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.meet()
    pair.talk(2, "kept")
    for name in SIDES:
        assert rob(pair, name).rows >= set(pair.said), name
        pages = b"".join(pair.steal(name).pages())
        assert all(mark(text) in pages for text in pair.said), name


def test_what_was_used_up_is_found_in_a_log_that_nobody_empties(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search of the pages finds what is there."""
    monkeypatch.setattr("core.storage.database.COMMITS_IN_LOG", 1 << 30)
    pair = Pair(tmp_path)
    monkeypatch.setattr(Database, "tidy", Database.read)  # which is another thing that changes nothing
    pair.meet()
    pair.talk(3, "kept")
    assert len(leftovers(pair.steal("bob"), pair.over("bob"))) > 3


def test_a_link_that_is_over_by_its_time_opens_nothing(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.greet(pair.invite(max_uses=None))
    bob = pair.people["bob"]
    pair.accept()
    pair.erase()
    pair.wait(2)
    assert bob.online
    assert not rob(pair, "alice").said & set(pair.said)
