"""What a contact makes us encode, pay and send again stays within what is promised, however it asks for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core import api
from core.people import repeats
from core.people.contact import greeting_sent
from core.people.conversation import acks, lane_writer, resets
from core.people.effects import Effect
from core.people.format.content import Ack, Item, LaneAck, Restart, Unknown
from core.people.limits import MAX_GENERATIONS_AN_HOUR, PeopleLimits
from core.people.work import Work
from core.storage import conversations, devices, lanes, messages, outgoing, postings
from net.bucket import Bucket
from net.events import TagsArrived
from net.ids import Cursor, Tag
from net.requests import Deposit
from tests.core.people.test_talking import add, meet
from tests.support.post_office import CUSTODIANS, Office, Person, settle
from tests.support.tables import lose, table


def do(person: Person, act: Callable[[Work], object]) -> None:
    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


def write(person: Person, *items: Item) -> None:
    """Append a block of any items to the lane of the only conversation, if there is one."""

    def act(work: Work) -> None:
        row = lanes.writing(work.tx, 1)
        if row is not None:
            lane_writer.write_block(work, row, items)

    do(person, act)


def generations(person: Person) -> int:
    with person.database.read() as tx:
        return max(row.born for row in lanes.written_in(tx, 1))


def pending(person: Person) -> int:
    with person.database.read() as tx:
        return len(outgoing.pending(tx, 1, 1000, again=True))


def lane_of(person: Person) -> lanes.ReadLane:
    """Return the lane that somebody reads."""
    with person.database.read() as tx:
        return lanes.reading_in(tx, 1)[0]


class Again:
    """Counts the boxes in which somebody says what was said before."""

    def __init__(self, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boxes = 0
        write = lane_writer.write_block

        def counted(
            work: Work, row: lanes.WriteLane, items: tuple[Item, ...], message: messages.MessageRow | None = None
        ) -> int:
            index = write(work, row, items, message)
            after = lanes.written(work.tx, row.generation)
            assert after is not None
            if work.me.identity == person.engine.me.identity and message is not None and message.generation is not None:
                self.boxes += after.next_index - index
            return index

        def counted_or_not(
            work: Work,
            row: lanes.WriteLane,
            items: tuple[Item, ...],
            message: messages.MessageRow | None = None,
            until: int | None = None,
        ) -> int:
            return write(work, row, items, message, until) if until else counted(work, row, items, message)

        monkeypatch.setattr(lane_writer, "write_block", counted_or_not)


def acks_nothing(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody say of nothing that it came."""
    owed = acks.owed

    def none_of_it(work: Work, conversation: int) -> Ack:
        return Ack([]) if work.me.identity == person.engine.me.identity else owed(work, conversation)

    monkeypatch.setattr(acks, "owed", none_of_it)


def waits_for_mallory(office: Office, victim: Person, mallory: Person, conversation: str, count: int = 20) -> None:
    mallory.online = False
    for n in range(count):
        victim.say(conversation, f"{n}")
        if n % 10 == 0:
            settle(office, victim, rounds=1)
    settle(office, victim, rounds=3)
    mallory.online = True


# --- said again -------------------------------------------------------------------------------------------------------


def beyond(mallory: Person) -> None:
    """Say to hold what was never written."""
    write(mallory, Ack([LaneAck(lane_of(mallory).generation, 1 << 40, 0)]))


def broken(mallory: Person) -> None:
    """Write a block that is none."""
    write(mallory, Unknown(1, b"\xc1"))


def unheard(mallory: Person) -> None:
    """Say in three days, as it seems, that the lane was never heard of."""
    mallory.skew_ms = 3 * 86_400_000
    write(mallory, Ack([]))
    mallory.skew_ms = 0


@pytest.mark.parametrize("how", [beyond, broken, unheard])
def test_whatever_makes_a_lane_begin_anew_what_is_said_again_is_bounded(
    office: Office,
    victim: Person,
    mallory: Person,
    monkeypatch: pytest.MonkeyPatch,
    how: Callable[[Person], None],
) -> None:
    victim.limit(PeopleLimits(again_boxes=30))
    office.takes_anything = True  # mallory writes many things into one slot
    acks_nothing(mallory, monkeypatch)
    a, _ = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    waits_for_mallory(office, victim, mallory, a)
    again = Again(victim, monkeypatch)
    for _ in range(5):
        settle(office, mallory, victim, rounds=4)
        how(mallory)
        settle(office, mallory, victim, rounds=6)
        office.wait(3600)
    assert again.boxes <= 30
    assert "failed" not in victim.said(a), "what is left waits for tomorrow"
    victim.say(a, "news")
    settle(office, victim, rounds=2)
    assert victim.said(a)[-1] == "stored", "what is new does not wait"


def test_long_texts_do_not_go_beyond_the_bound_in_one_go(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim.limit(PeopleLimits(again_boxes=40))
    acks_nothing(mallory, monkeypatch)
    a, _ = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    mallory.online = False
    for _ in range(8):
        victim.say(a, "x" * 8000)
    settle(office, victim, rounds=3)
    again = Again(victim, monkeypatch)
    do(victim, lambda work: resets.begin(work, 1, is_last_known=True))
    settle(office, victim, rounds=3)
    assert 40 <= again.boxes < 40 + 32, "but for what the last of them is longer"
    victim.say(a, "news")
    settle(office, victim, rounds=2)
    assert victim.said(a)[-1] == "stored", "what is new does not wait"


def test_what_we_say_again_of_our_own_accord_is_not_counted(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old copy put back has to say everything again, whatever the contact had said again before."""
    a, _ = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    waits_for_mallory(office, victim, mallory, a)
    victim.limits = PeopleLimits(again_boxes=0)
    victim.close()
    victim.open(distrust=True)
    settle(office, victim, rounds=4)
    assert pending(victim) == 0
    with victim.database.read() as tx:
        assert [row["again_boxes"] for row in table(tx, "conversations")] == [0]


def test_a_contact_makes_no_more_lanes_begin_in_a_day_than_are_kept(
    office: Office, victim: Person, mallory: Person
) -> None:
    office.takes_anything = True
    meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    office.wait(86_400 - (office.now_ms // 1000) % 86_400)
    settle(office, victim, mallory, rounds=4)
    before = generations(victim)
    for _ in range(4 * 11):

        def ask(work: Work) -> None:
            lose(work.tx, "read_lanes")
            resets.begin(work, 1, is_last_known=True, everywhere=True)

        do(mallory, ask)
        settle(office, mallory, victim, rounds=2, seconds=900)
    assert generations(victim) - before <= resets.MAX_GENERATIONS_A_DAY


def test_a_lane_that_is_broken_is_begun_anew_no_more_often_than_a_reset_is_answered(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    office.wait(2 * 3600)
    victim.limit(PeopleLimits(generations_an_hour=0))
    before = generations(victim)
    broken(mallory)
    settle(office, mallory, victim, rounds=4)
    assert generations(victim) == before
    victim.limit(PeopleLimits())
    settle(office, mallory, victim, rounds=1)
    assert generations(victim) == before + 1, "it is seen to when it is time"


def test_a_clock_far_ahead_makes_no_lane_begin(office: Office, victim: Person, mallory: Person) -> None:
    a, _ = meet(office, victim, mallory)
    victim.say(a, "so that the lane is not empty")
    settle(office, victim, mallory, rounds=4)
    office.wait(2 * 3600)
    before = generations(victim)
    unheard(mallory)
    settle(office, mallory, victim, rounds=2)
    assert generations(victim) == before
    office.wait(3 * 86_400)
    write(mallory, Ack([]))
    settle(office, mallory, victim, rounds=2)
    assert generations(victim) == before + 1, "it does, once so much time has passed"


def test_a_restart_counts_where_a_lane_begins_and_once(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = meet(office, victim, mallory)
    victim.say(a, "delivered long ago")
    settle(office, victim, mallory, rounds=4)
    do(mallory, lambda work: resets.begin(work, 1, is_last_known=True))
    settle(office, victim, mallory, rounds=6)
    assert set(victim.said(a)) == {"delivered"}
    heard: list[int] = []

    def counted(work: Work, _device: object, _holds: object) -> None:
        if work.me.identity == victim.engine.me.identity:
            heard.append(1)

    monkeypatch.setattr(resets, "say_again", counted)
    write(mallory, Restart([]), Restart([]), Restart([]))
    settle(office, mallory, victim, rounds=2)
    assert heard == []
    before = generations(mallory)
    do(mallory, lambda work: resets.begin(work, 1, is_last_known=True))
    write(mallory, Restart([]), Restart([]))
    settle(office, mallory, victim, rounds=6)
    assert len(heard) == generations(mallory) - before == 1, "that is how an honest one begins"


# --- sent again -------------------------------------------------------------------------------------------------------


def test_copies_are_repeated_once_for_a_block_and_not_again_for_minutes(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, _ = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    lane = lane_of(mallory)
    waits_for_mallory(office, victim, mallory, a, 50)
    deposits: list[Effect] = []
    carry_out = victim.carry_out

    def counted(effects: list[Effect]) -> None:
        deposits.extend(effect for effect in effects if isinstance(effect, Deposit))
        carry_out(effects)

    monkeypatch.setattr(victim, "carry_out", counted)
    ack = Ack([LaneAck(lane.generation, lane.next_index, 1 << 40)] * 16)
    acks_nothing(mallory, monkeypatch)
    taken: list[LaneAck] = []
    apply = acks.apply

    def noted(work: Work, said: LaneAck, device: devices.DeviceRow) -> bool:
        taken.append(said)
        return apply(work, said, device)

    monkeypatch.setattr(acks, "apply", noted)
    for _ in range(3):
        write(mallory, *[ack] * 6)
        settle(office, victim, rounds=1)
    repeated = len(deposits)
    assert len(taken) == 3
    assert 30 <= repeated <= 50, "each that is lacking, and what is written meanwhile"
    office.wait(repeats.PAUSE)
    write(mallory, ack)
    settle(office, victim, rounds=1)
    assert len(deposits) >= repeated + 30, "it may be that it was lost again"


def test_the_note_of_what_was_repeated_is_bounded() -> None:
    noted = repeats.Repeats()
    for n in range(3):
        assert noted.due(bytes(16), range(n * repeats.MAX_NOTED, (n + 1) * repeats.MAX_NOTED), 0.0)
    assert noted.due(bytes(16), range(2 * repeats.MAX_NOTED, 3 * repeats.MAX_NOTED), 1.0) == set()
    assert noted.due(bytes(16), [0], 1.0) == {0}, "forgotten"


# --- acknowledged and accepted ----------------------------------------------------------------------------------------


def test_who_acknowledges_nothing_is_sent_acknowledgements_now_and_then(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is deposited every day for thirty days, so many would be more than what a text costs its writer."""
    victim.limit(PeopleLimits(unheard=5))
    a, b = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    acks_nothing(mallory, monkeypatch)
    for n in range(20):
        mallory.say(b, f"{n}")
        settle(office, mallory, victim, rounds=1)
    with victim.database.read() as tx:
        assert postings.count_controls(tx, 1) == 5
    assert victim.heard(a)[-1] == "19"
    office.wait(3600)
    settle(office, victim, mallory, rounds=2)
    with victim.database.read() as tx:
        assert postings.count_controls(tx, 1) == 6
    monkeypatch.undo()
    mallory.say(b, "I acknowledge all of it")
    settle(office, mallory, victim, rounds=4)
    with victim.database.read() as tx:
        assert postings.count_controls(tx, 1) <= 2


def test_a_contact_that_greets_again_and_again_is_let_in_as_often_as_it_may_reset(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(greeting_sent, "existing", lambda *_: None)  # pyright: ignore[reportUnknownLambdaType]
    victim.limit(PeopleLimits(devices=3))
    office.takes_anything = True
    a, _ = meet(office, victim, mallory)
    link = victim.call(api.InviteCreate(expires_in=10 * 86_400, max_uses=None)).link
    before = generations(victim)
    for n in range(12):
        add(mallory, link, f"again {n}")
        mallory.poll()
        do(mallory, lambda work: lose(work.tx, "postings", kind="greeting"))
        office.wait(60)
        victim.poll()
        victim.say(a, "so that its lane is not empty")
    assert 2 <= generations(victim) - before <= MAX_GENERATIONS_AN_HOUR
    with victim.database.read() as tx:
        assert len(postings.of_conversation(tx, 1, "acceptance")) <= 3
    office.wait(86_400)
    add(mallory, link, "of another day")
    settle(office, mallory, victim, rounds=2)
    assert "of another day" in victim.heard(a)


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_an_acknowledgement_that_is_owed_while_a_suspicion_waits_keeps_nobody_busy(
    office: Office, victim: Person, mallory: Person
) -> None:
    _, b = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    victim.close()
    victim.open()
    settle(office, victim, rounds=2)
    future: Tag = list(victim.engine._memory.rollback_detection._future)[5]  # pyright: ignore[reportPrivateUsage]
    mallory.say(b, "hello")
    settle(office, mallory, rounds=1)
    victim.poll()  # an acknowledgement is owed from now on
    victim.engine.look_at(1, victim.moment())
    (bucket,) = victim._arrivals  # pyright: ignore[reportPrivateUsage]
    assert isinstance(bucket, Bucket)
    cursor = Cursor(b"run-run-", victim._arrivals[bucket] + 1)  # pyright: ignore[reportPrivateUsage]
    victim.online = False  # the box is asked for, and nobody answers
    victim.feed([TagsArrived(CUSTODIANS[0], bucket, cursor, (future,), caught_up=True)])
    victim.online = True
    office.wait(5)
    victim.carry_out(victim.engine.tick(victim.moment()))
    assert victim.engine.next_deadline() > office.mono
    with victim.database.read() as tx:
        assert conversations.acks_due(tx) == [1]
    office.wait(31)
    assert victim.engine.next_deadline() <= office.mono
    victim.carry_out(victim.engine.tick(victim.moment()))
    with victim.database.read() as tx:
        assert conversations.acks_due(tx) == [], "it goes out as soon as it may"


def test_an_acknowledgement_is_due_when_it_was_due_before_if_nothing_is_suspected(
    office: Office, victim: Person, mallory: Person
) -> None:
    _, b = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    mallory.say(b, "hello")
    settle(office, mallory, rounds=1)
    victim.poll()
    victim.engine.look_at(1, victim.moment())
    assert office.mono < victim.engine.next_deadline() <= office.mono + 2
