"""What is deleted before it left is never sent; what left counts as sent, and that is said."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial

import pytest

from core import api
from core.people.conversation import resets
from core.people.effects import Solve
from core.people.limits import PeopleLimits
from core.people.mail import outbox
from core.people.work import Work
from core.storage import deposits, lanes, postings
from net.ids import Tag
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle


def delete(person: Person, *ids: str) -> api.Deleted:
    return person.call(api.MessageDelete(ids=list(ids)))


def reopen(person: Person) -> None:
    person.close()
    person.open()


def do(person: Person, act: Callable[[Work], object]) -> None:
    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


@contextmanager
def work_stands_still(person: Person, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Let no proof of work of a person be done inside; all of it is done afterwards."""
    drafts: list[Solve] = []
    with monkeypatch.context() as patch:
        patch.setattr(person, "_solve", drafts.append)
        yield
    for draft in drafts:
        person._solve(draft)


@pytest.mark.parametrize("again", [False, True])
def test_what_was_written_without_a_network_and_deleted_is_never_sent(
    office: Office, alice: Person, bob: Person, *, again: bool
) -> None:
    a, b = meet(office, alice, bob)
    alice.online = False
    wrong = alice.say(a, "sent to the wrong person")
    alice.say(a, "sent to the right one")
    if again:
        reopen(alice)
    assert delete(alice, wrong) == api.Deleted(withdrawn=1, on_their_way=0)
    if again:
        reopen(alice)
    alice.online = True
    alice.say(a, "and on")
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["sent to the right one", "and on"]
    assert all(row.kind == "text" for row in bob.rows(b)), "no hole is left"
    assert set(alice.said(a)) == {"delivered"}
    bob.say(b, "heard you")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a)[-1] == "heard you"


def test_a_long_text_is_taken_back_with_all_its_fragments(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    alice.online = False
    wrong = alice.say(a, "x" * api.MAX_TEXT_SIZE)
    with alice.database.read() as tx:
        before = lanes.writing(tx, 1)
    assert delete(alice, wrong).withdrawn == 1
    with alice.database.read() as tx:
        assert lanes.writing(tx, 1) == before, "its indexes stay used"
        assert b"xxxx" not in b"".join(outbox.payload for outbox in postings.every(tx))
    alice.online = True
    alice.say(a, "short")
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["short"]


def test_what_waits_for_its_work_is_taken_back_too(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = meet(office, alice, bob)
    drafts: list[Solve] = []
    with monkeypatch.context() as patch:
        patch.setattr(alice, "_solve", drafts.append)
        wrong = alice.say(a, "almost")
        assert drafts
        assert delete(alice, wrong).withdrawn == 1
    for solve in drafts:  # the work that was under way ends now
        alice._solve(solve)
    alice.say(a, "instead")
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["instead"]


def test_what_left_counts_as_sent_and_that_is_said(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    bob.online = False
    gone = alice.say(a, "too late")
    assert delete(alice, gone) == api.Deleted(withdrawn=0, on_their_way=1)
    office.wait(5 * 86_400)
    settle(office, alice, rounds=2)
    bob.online = True
    settle(office, alice, bob, rounds=4)
    assert bob.heard(b) == ["too late"]


def test_a_text_of_which_one_fragment_left_counts_as_sent(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    drafts: list[Solve] = []
    with monkeypatch.context() as patch:
        patch.setattr(alice, "_solve", drafts.append)
        long = alice.say(a, "y" * 3000)
        assert len(drafts) > 1
    alice._solve(drafts[0])
    assert delete(alice, long) == api.Deleted(withdrawn=0, on_their_way=1)
    for solve in drafts[1:]:
        alice._solve(solve)
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["y" * 3000]


def test_a_greeting_is_taken_back_before_it_leaves(office: Office, alice: Person, bob: Person) -> None:
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    bob.online = False
    b = add(bob, link, "no, wait")
    (row,) = bob.rows(b)
    assert delete(bob, row.id).withdrawn == 1
    bob.online = True
    settle(office, alice, bob, rounds=4)
    assert alice.call(api.GreetingList()) == []
    assert bob.call(api.ConversationList())[0].state == "unanswered"
    meet(office, alice, bob)


def test_delivered_rows_are_neither(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    said = alice.say(a, "heard")
    settle(office, alice, bob, rounds=3)
    assert delete(alice, said, *[row.id for row in alice.rows(a) if row.sender != "me"]) == api.Deleted()
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == ["heard"]


# --- what left by an earlier encoding ---------------------------------------------------------------------------------


def test_what_left_before_a_fresh_start_counts_as_sent(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies that left lie in the former lane, which is read beside the new one."""
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    bob.online = False
    left = [alice.say(a, f"left {n}") for n in range(3)]
    settle(office, alice, rounds=3)
    with monkeypatch.context() as patch:  # its resets are out before it has read on
        patch.setattr(bob, "_fetch", list[Tag])
        bob.online = True
        do(bob, lambda work: resets.begin(work, 1, is_last_known=True))
        settle(office, bob, rounds=2)
    with work_stands_still(alice, monkeypatch):
        settle(office, alice, rounds=1)
        with alice.database.read() as tx:
            anew = [each for each in postings.every(tx) if each.message is not None]
            assert len(anew) == 3
            assert not any(deposits.any_was_made(tx, each.id) for each in anew)
        alice.online = False
        assert delete(alice, *left) == api.Deleted(withdrawn=0, on_their_way=3)
    bob.start_over()
    settle(office, bob, rounds=6)
    assert bob.heard(b) == ["left 0", "left 1", "left 2"]


@pytest.mark.parametrize("left", [False, True])
def test_an_old_copy_claims_of_nothing_that_it_was_taken_back(
    office: Office, alice: Person, bob: Person, *, left: bool
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    bob.online = False
    alice.online = left
    said = alice.say(a, "a secret")
    settle(office, alice, rounds=2)
    backup = alice.copy()
    alice.online = True  # what waited in the copy left after it was made
    settle(office, alice, rounds=2)
    alice.put_back(backup)
    assert delete(alice, said) == api.Deleted(withdrawn=0, on_their_way=1)
    bob.online = True
    settle(office, bob, rounds=6)
    assert bob.heard(b) == ["a secret"]


def test_what_is_written_after_a_copy_was_put_back_is_taken_back_as_ever(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    alice.put_back(alice.copy())
    alice.online = False
    assert delete(alice, alice.say(a, "no")) == api.Deleted(withdrawn=1, on_their_way=0)
    alice.online = True
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == []


def test_a_greeting_that_left_from_another_slot_counts_as_sent(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    alice.online = False
    b = add(bob, link, "hello from the first slot")
    settle(office, bob, rounds=1)
    (row,) = bob.rows(b)

    def move(work: Work) -> None:
        (greeting,) = postings.of_conversation(work.tx, 1, "greeting")
        assert outbox._move_slot(work, greeting)
        assert not deposits.any_was_made(work.tx, greeting.id)

    with work_stands_still(bob, monkeypatch):
        do(bob, move)
        assert delete(bob, row.id) == api.Deleted(withdrawn=0, on_their_way=1)
    alice.online = True
    settle(office, alice, bob, rounds=4)
    (greeting,) = alice.call(api.GreetingList())
    assert greeting.text == "hello from the first slot"
    alice.call(api.GreetingAccept(id=greeting.id))
    settle(office, alice, bob, rounds=4)
    assert bob.call(api.ConversationList())[0].state == "open"


def test_a_greeting_that_goes_on_by_itself_counts_as_sent(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two greet each other: what one said is said in the lane as well, and its greeting is deposited as it was."""
    link, back = (person.call(api.InviteCreate(expires_in=86_400)).link for person in (alice, bob))
    alice.online = False
    b = add(bob, link, "from bob")
    settle(office, bob, rounds=1)
    bob.online, alice.online = False, True
    with work_stands_still(alice, monkeypatch):
        a = add(alice, back, "from alice")
        (row,) = alice.rows(a)
        settle(office, alice, rounds=3)
        assert alice.call(api.ConversationList())[0].state == "open"
        with alice.database.read() as tx:
            assert postings.of_conversation(tx, 1, "greeting")
        assert delete(alice, row.id) == api.Deleted(withdrawn=0, on_their_way=1)
    bob.online = True
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["from alice"]


def test_what_was_delivered_and_is_deleted_is_not_said_again(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    backup = bob.copy()
    said = alice.say(a, "of yesterday")
    settle(office, alice, bob, rounds=4)
    assert alice.said(a) == ["delivered"]
    office.is_lost.update(range(len(office.boxes) + 1))
    bob.put_back(backup)
    settle(office, bob, rounds=2)
    with work_stands_still(alice, monkeypatch):
        settle(office, alice, rounds=1)
        with alice.database.read() as tx:
            assert any(each.message is not None for each in postings.every(tx)), "it is about to be said again"
        assert delete(alice, said) == api.Deleted()
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == []


# --- in whatever order: the lane stays readable -----------------------------------------------------------------------


def broken_lanes(person: Person) -> int:
    with person.database.read() as tx:
        return sum(row.broken_at is not None for row in lanes.every_reading(tx))


@pytest.mark.parametrize("online", [False, True])
@pytest.mark.parametrize("kept", [0, 5, 31])
def test_the_newest_first_of_a_full_queue(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, kept: int, *, online: bool
) -> None:
    """A ratchet keeps 40 keys that it passed over: what takes the place of a text must not use up more of them."""
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    alice.online = online
    alice.limit(PeopleLimits(solving=1000))  # there is always room for what takes the place of a text
    with work_stands_still(alice, monkeypatch):
        ids = [alice.say(a, f"text {n}") for n in range(32)]
        for n in reversed(range(32)):
            if n != kept:
                assert delete(alice, ids[n]).withdrawn == 1
    alice.online = True
    settle(office, alice, bob, rounds=2)
    assert bob.heard(b) == [f"text {kept}"]
    assert not broken_lanes(bob)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_kept_is_read_in_order_and_at_once_whatever_was_deleted_in_whatever_order(
    office: Office, alice: Person, bob: Person, seed: int
) -> None:
    chance = random.Random(seed)
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=chance.randrange(5))
    bob.say(b, "something to acknowledge")
    settle(office, alice, bob, rounds=chance.randrange(2))
    alice.online = False
    kept: dict[str, str] = {}
    for n in range(chance.choice([8, 32, 50])):
        text = f"text {n} " + "x" * chance.choice([0, 0, 0, 900, 5000])
        kept[alice.say(a, text)] = text
    doomed = chance.sample(sorted(kept), chance.randrange(len(kept)))
    doomed.sort(key=list(kept).index, reverse=chance.random() < 0.5)
    if chance.random() < 0.5:
        chance.shuffle(doomed)
    while doomed:
        together, doomed = doomed[: (size := chance.choice([1, 1, 4]))], doomed[size:]
        assert delete(alice, *together) == api.Deleted(withdrawn=len(together), on_their_way=0)
        for each in together:
            del kept[each]
    if chance.random() < 0.3:
        reopen(alice)
    alice.online = True
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == list(kept.values())
    assert not broken_lanes(bob)
    settle(office, alice, bob, rounds=4)
    assert set(alice.said(a)) <= {"delivered"}
    with alice.database.read() as tx:
        assert lanes.writing(tx, 1) is not None, "nothing had to begin anew"


@pytest.mark.parametrize("seed", range(4))
def test_deleting_while_the_work_for_others_is_under_way(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Boxes of one lane are finished in any order: some behind a text that is taken back have left by then."""
    chance = random.Random(seed)
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    under_way: list[Solve] = []
    rows: dict[str, str] = {}
    withdrawn: set[str] = set()
    with monkeypatch.context() as patch:
        patch.setattr(alice, "_solve", under_way.append)
        for n in range(120):
            turn = chance.random()
            if turn < 0.4:
                rows[alice.say(a, f"text {n}")] = f"text {n}"
            elif turn < 0.75 and rows:
                gone = chance.choice(list(rows)[-chance.choice([3, 40]) :])
                if delete(alice, gone).withdrawn:
                    withdrawn.add(rows[gone])
                del rows[gone]
            elif under_way:
                solve = under_way.pop(chance.randrange(len(under_way)))
                Person._solve(alice, solve)
    for solve in under_way:
        alice._solve(solve)
    settle(office, alice, bob, rounds=3)
    heard = bob.heard(b)
    assert not withdrawn & set(heard)
    assert set(rows.values()) <= set(heard)
    assert heard == sorted(heard, key=lambda text: int(text.split()[1]))
    assert not broken_lanes(bob)


def test_a_lane_that_could_not_be_read_on_ends_and_what_it_said_comes_at_once(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work for one text takes long: behind it waits an empty block, and more leave than a ratchet keeps keys of."""
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    with work_stands_still(alice, monkeypatch):
        alice.say(a, "text 0")
        wrong = alice.say(a, "wrong")
        with monkeypatch.context() as patch:
            patch.setattr(alice, "_solve", partial(Person._solve, alice))
            assert delete(alice, wrong).withdrawn == 1
            for n in range(1, 50):
                alice.say(a, f"text {n}")
        with alice.database.read() as tx:
            before = lanes.writing(tx, 1)
            assert before is not None
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == [f"text {n}" for n in range(50)]
    assert not broken_lanes(bob)
    with alice.database.read() as tx:
        after = lanes.writing(tx, 1)
        assert after is not None
        assert after.generation != before.generation
    settle(office, alice, bob, rounds=4)
    assert set(alice.said(a)) == {"delivered"}


def test_what_was_acknowledged_in_a_text_that_is_taken_back_is_acknowledged(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    bob.say(b, "did you hear?")
    alice.poll()
    alice.online = False
    assert delete(alice, alice.say(a, "no")).withdrawn == 1
    alice.online = True
    settle(office, alice, bob, rounds=1)
    assert bob.said(b)[-1] == "delivered"
