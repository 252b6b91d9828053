"""People through a bad world, by seed: what was said comes once and in order, and both sides know it.

Nodes, engines and files are real (``tests.support.people_world``). ``--full`` tells every story with many more seeds.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from core import api
from core.people import tag_index
from core.people.format import lane, slot
from core.storage import lanes, outgoing, prekeys, roots, sessions
from simulator import Path as Way
from tests.support.people_world import (
    Person,
    Village,
    Wish,
    accepting_wish,
    adding_wish,
    inviting_wish,
    saying_wish,
)
from tests.support.tables import table

HOUR, DAY = 3600.0, 86_400.0
BAD = Way(latency=0.05, jitter=0.1, loss=0.1, duplication=0.05)
SeveralWorlds = Callable[..., Village]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give stories that take a seed as many as they are marked with: (by default, in full)."""
    if "seed" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("seeds")
        few, many = mark.args if mark is not None else (2, 20)
        metafunc.parametrize("seed", range(many if metafunc.config.getoption("--full", default=False) else few))


@pytest.fixture(autouse=True)
def _cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive each address once, however often an engine is opened."""
    monkeypatch.setattr(tag_index, "slot_key", functools.lru_cache(maxsize=None)(slot.slot_key))
    monkeypatch.setattr(lane, "box_id", functools.lru_cache(maxsize=None)(lane.box_id))


@pytest.fixture
def village(tmp_path: Path) -> Generator[SeveralWorlds]:
    """Return how to found a village; it is closed after the story."""
    founded: list[Village] = []

    def found(seed: int, way: Way | None = None) -> Village:
        place = tmp_path / str(len(founded))
        place.mkdir()
        founded.append(Village(place, seed, way=way))
        return founded[-1]

    yield found
    for each in founded:
        each.close()


def says(prefix: str, count: int) -> list[Wish]:
    return [saying_wish(f"{prefix}{n}") for n in range(count)]


def texts(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{n}" for n in range(count)]


def are_content(*people: Person) -> bool:
    """Tell whether everybody is there, wants nothing more, and knows that all was delivered."""
    return all(
        person.is_up and not person.wishes and set(person.said().values()) <= {"delivered", "read"} for person in people
    )


def meet(alice: Person, bob: Person) -> None:
    """Let alice invite, bob greet, alice accept, as soon as they come to it."""
    link: list[str] = []
    alice.wish(inviting_wish(link, expires_in=3 * int(DAY)), accepting_wish)  # by a clock that may be a day off
    bob.wish(adding_wish(link, "hello"))


def check_bounds(*people: Person) -> None:
    """Check that nothing has piled up."""
    for person in people:
        with person.database.read() as snapshot:

            def count(name: str) -> int:
                return len(table(snapshot, name))

            known = max(count("devices"), 1)
            assert count("sessions") <= sessions.MAX_SESSIONS * known
            assert count("held") <= lane.WINDOW * max(count("read_lanes"), 1)
            assert count("write_lanes") <= lanes.MAX_GENERATIONS * known
            assert count("roots") <= roots.MAX_ROOTS * (known + 1)
            assert count("prekeys") <= prekeys.MAX_PER_DEVICE * known
            assert count("greetings") == 0
            assert count("postings") <= 8, "acknowledgements alone, and the last announcements"
            assert count("deposits") <= 8 * 4 * 3
            assert outgoing.conversations_pending(snapshot) == []
        assert all(row.kind == "text" for row in person.rows()), "nothing is missing"


def check_once_in_order(alice: Person, bob: Person, sent_a: list[str], sent_b: list[str]) -> None:
    assert alice.heard() == sent_b
    assert bob.heard() == sent_a
    check_bounds(alice, bob)


# --- bad weather ------------------------------------------------------------------------------------------------------


@pytest.mark.seeds(1, 40)
def test_two_people_on_a_bad_wire_with_everybody_coming_and_going(village: SeveralWorlds, seed: int) -> None:
    v = village(seed, BAD)
    alice, bob = v.person("alice"), v.person("bob")
    meet(alice, bob)
    chance = random.Random(seed)
    sent_a, sent_b = texts("a", 25), texts("b", 25)
    alice.wish(*says("a", 25))
    bob.wish(*says("b", 25))
    v.world.churn(v.custodians[1:], up=120.0, down=30.0)
    for _ in range(6):
        v.live(chance.uniform(2, 30))
        person = chance.choice((alice, bob))
        person.stop()
        v.live(chance.uniform(1, 90))
        person.start()
    v.live_until(lambda: are_content(alice, bob), 3 * HOUR)
    check_once_in_order(alice, bob, sent_a, ["hello", *sent_b])


@pytest.mark.seeds(1, 20)
def test_a_burst_longer_than_the_window_in_both_directions(village: SeveralWorlds, seed: int) -> None:
    v = village(seed, BAD if seed else None)
    alice, bob = v.person("alice"), v.person("bob")
    meet(alice, bob)
    v.live_until(lambda: are_content(alice, bob) and bob.conversation() is not None, HOUR)
    bob.stop()
    for n in range(90):
        assert alice.say(f"a{n}" + "x" * (n % 7) * 300)
    v.live(60)
    alice.stop()
    bob.start()
    for n in range(70):
        assert bob.say(f"b{n}")
    v.live(60)
    alice.start()
    v.live_until(lambda: are_content(alice, bob), HOUR)
    sent = [f"a{n}" + "x" * (n % 7) * 300 for n in range(90)]
    check_once_in_order(alice, bob, sent, ["hello", *texts("b", 70)])


@pytest.mark.parametrize("skew_days", [1, pytest.param(-1, marks=pytest.mark.full)])
@pytest.mark.seeds(1, 10)
def test_a_clock_that_is_wrong_by_a_day(village: SeveralWorlds, seed: int, skew_days: int) -> None:
    v = village(seed, BAD)
    alice, bob = v.person("alice", skew_ms=skew_days * int(DAY) * 1000), v.person("bob")
    meet(alice, bob)
    alice.wish(*says("a", 8))
    bob.wish(*says("b", 8))
    v.live_until(lambda: are_content(alice, bob), HOUR)
    alice.stop()
    alice.host.skew_ms = 0
    alice.start()
    alice.wish(saying_wish("set right"))
    v.live_until(lambda: are_content(alice, bob), HOUR)
    check_once_in_order(alice, bob, [*texts("a", 8), "set right"], ["hello", *texts("b", 8)])


@pytest.mark.seeds(1, 10)
def test_away_for_five_days(village: SeveralWorlds, seed: int) -> None:
    v = village(seed)
    alice, bob = v.person("alice"), v.person("bob")
    meet(alice, bob)
    v.live_until(lambda: are_content(alice, bob) and bob.conversation() is not None, HOUR)
    bob.stop()
    for day in range(5):
        alice.wish(saying_wish(f"day {day}"))
        v.live(90)
        v.sleep(DAY - 90)
    bob.start()
    v.live_until(lambda: are_content(alice, bob), HOUR)
    check_once_in_order(alice, bob, texts("day ", 5), ["hello"])


def test_the_receiver_is_lost_for_good(village: SeveralWorlds) -> None:
    v = village(1)
    alice, bob = v.person("alice"), v.person("bob")
    meet(alice, bob)
    v.live_until(lambda: are_content(alice, bob) and bob.conversation() is not None, HOUR)
    bob.stop()
    alice.wish(saying_wish("are you well?"))
    states = set[str]()
    for _ in range(15):
        v.live(20)
        states.add(alice.said()["are you well?"])
        v.sleep(2 * DAY - 20)
    v.live(40)
    assert states <= {"sent", "stored"}
    assert alice.said()["are you well?"] == "failed"
    with alice.database.read() as snapshot:
        assert table(snapshot, "postings") == []
        assert table(snapshot, "deposits") == []


# --- meeting ----------------------------------------------------------------------------------------------------------


@pytest.mark.seeds(1, 20)
def test_of_two_greeters_on_a_link_for_one_the_first_found_is_let_in(village: SeveralWorlds, seed: int) -> None:
    v = village(seed, BAD)
    alice, bob, carol = v.person("alice"), v.person("bob"), v.person("carol")
    link: list[str] = []
    alice.wish(inviting_wish(link, max_uses=1, expires_in=2 * 3600))
    v.live_until(lambda: bool(link), HOUR)
    for each in (bob, carol):
        each.wish(adding_wish(link, f"it is {each.name}"))
    alice.stop()
    v.live_until(lambda: not bob.wishes and not carol.wishes, HOUR)
    v.live(30)
    alice.start()
    alice.wish(accepting_wish, saying_wish("welcome"))
    v.live_until(lambda: are_content(alice), HOUR)
    (name,) = [each.name for each in (bob, carol) if each.heard() == ["welcome"]]
    assert alice.heard() == [f"it is {name}"]
    v.sleep(2 * HOUR)
    v.live(40)
    other = carol if name == "bob" else bob
    assert other.heard() == []
    assert list(other.said().values()) == ["failed"]
    assert other.call(api.ConversationList())[0].state == "unanswered"
    assert alice.call(api.GreetingList()) == []


def crash_every(stride: int, offset: int) -> Callable[[int], bool]:
    return lambda call: call % stride == offset


@pytest.mark.seeds(1, 60)
def test_both_greet_at_once_through_loss_and_crashes(village: SeveralWorlds, seed: int) -> None:
    v = village(seed, BAD)
    alice, bob = v.person("alice"), v.person("bob")
    links: list[list[str]] = [[], []]
    alice.wish(inviting_wish(links[0]), adding_wish(links[1], "alice greets"), *says("a", 6))
    bob.wish(inviting_wish(links[1]), adding_wish(links[0], "bob greets"), *says("b", 6))
    alice.crashes = crash_every(11 + seed % 5, seed % 11)
    bob.crashes = crash_every(13 + seed % 3, seed % 7)
    v.live(240)
    alice.crashes = bob.crashes = lambda _: False
    v.live_until(lambda: are_content(alice, bob), 2 * HOUR)
    assert Counter(alice.heard()) == Counter(["bob greets", *texts("b", 6)])
    assert Counter(bob.heard()) == Counter(["alice greets", *texts("a", 6)])
    assert [text for text in alice.heard() if "greets" not in text] == texts("b", 6)
    assert [text for text in bob.heard() if "greets" not in text] == texts("a", 6)
    check_bounds(alice, bob)


# --- crashes ----------------------------------------------------------------------------------------------------------

STRIDE = 7


@pytest.mark.seeds(STRIDE, STRIDE * 6)
def test_a_crash_between_commit_and_send_at_every_step(village: SeveralWorlds, seed: int) -> None:
    """In seven tellings every single step of both is once the last of a life."""
    v = village(seed // STRIDE, BAD if seed >= STRIDE else None)
    alice, bob = v.person("alice"), v.person("bob")
    meet(alice, bob)
    alice.wish(*says("a", 4))
    bob.wish(*says("b", 4))
    alice.crashes = crash_every(STRIDE, seed % STRIDE)
    bob.crashes = crash_every(STRIDE, (seed + seed // STRIDE) % STRIDE)
    v.live(100)
    alice.crashes = bob.crashes = lambda _: False
    v.live_until(lambda: are_content(alice, bob), 2 * HOUR)
    check_once_in_order(alice, bob, texts("a", 4), ["hello", *texts("b", 4)])


# --- old copies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep_mark", [pytest.param(True, marks=pytest.mark.full), False])
@pytest.mark.seeds(1, 60)
def test_an_old_copy_put_back_at_any_moment(village: SeveralWorlds, seed: int, keep_mark: bool) -> None:
    """Noticed by the mark, or by meeting one's own future; what was said in the future that never was is said again."""
    chance = random.Random(seed)
    v = village(seed, BAD)
    alice, bob = v.person("alice"), v.person("bob")
    meet(alice, bob)
    v.live_until(lambda: are_content(alice, bob) and bob.conversation() is not None, HOUR)
    v.live(chance.uniform(0, 60))
    old = chance.choice((alice, bob))
    alice.wish(*says("a", 12))
    bob.wish(*says("b", 12))
    v.live(chance.uniform(0, 20))
    backup = old.copy()
    v.live(chance.uniform(0, 60))
    old.put_back(backup, keep_mark=keep_mark)
    old.wishes.clear()
    old.wish(*says(old.name[0], 12), *(saying_wish(f"{old.name[0]} later {n}") for n in range(5)))
    v.live_until(lambda: are_content(alice, bob), 3 * HOUR)
    v.live(120)
    sent = {"a": texts("a", 12), "b": texts("b", 12)}
    sent[old.name[0]] += texts(f"{old.name[0]} later ", 5)
    assert Counter(alice.heard()) == Counter(["hello", *sent["b"]])
    assert Counter(bob.heard()) == Counter(sent["a"])
    check_bounds(alice, bob)
