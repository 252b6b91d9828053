"""A friend's device: what it keeps of a bucket, what it brings back, and that it does nothing that readers do not do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from net.bucket import Bucket
from net.client import Purpose
from net.client.fetch_requests import GROUP
from net.client.follows import MAX_WATCHED
from net.client.friend_backup import MAX_KEPT
from net.client.friend_repair import LEAST_HOURS, FriendRepairRate
from net.custodian import Quota
from net.custodian.friend_store import FriendStore
from net.errors import Overloaded
from net.events import Verdict
from net.ids import TAG_SIZE, NodeId
from net.messages import Fetch, Follow, Unfollow
from net.parcel.box import BOX_SIZE, decode_box
from net.parcel.memory_store import MemoryStore
from simulator import FREE
from tests.support.counter import ALICE, BOB, Counter
from tests.support.parcels import CHEAP, HOUR, NOW, box_bytes, id_of, tag_number
from tests.support.swarm import MINUTE, Swarm, node_of

HERE, THERE = 0, 1 << 31  # the friend's bucket, and that of the node that keeps
HALVES = {"a": HERE, "b": HERE + 1, "c": HERE + 2, "d": HERE + 3, "x": THERE, "y": THERE + 1}
BUCKET = Bucket(HERE, 1)
HOURLY = 100 * MINUTE  # longer than any pause between listings
PACE = FriendRepairRate()


class Friend(Swarm):
    """A node in the other half that keeps a friend's mail, on a disk that outlives it."""

    def __init__(self, store: MemoryStore | None = None, quota: Quota | None = None, *names: str) -> None:
        self.store_ = store or MemoryStore()
        self.friend_store = FriendStore(self.store_, FREE, quota or Quota())
        self.friend_store.scope = Bucket(THERE, 1)
        super().__init__(*(names or tuple(HALVES)), bits=1, addresses=HALVES, friend_store=self.friend_store)
        self.run_disk()

    def keep(self, *addresses: int) -> None:
        self.client.keep(addresses, self.now)
        self.live(PACE.join[1] + MINUTE)

    def run_disk(self) -> None:
        while jobs := self.friend_store.take_jobs():
            for job in jobs:
                job.done(job.run(), self.now)

    def live(self, seconds: float) -> None:
        """Let time pass in steps of a minute, with the disk."""
        end = self.now.mono + seconds
        while self.now.mono < end:
            self.wait(min(MINUTE, end - self.now.mono))
            self.run_disk()

    def live_until(self, condition: Callable[[], bool], limit: float) -> bool:
        end = self.now.mono + limit
        while not condition() and self.now.mono < end:
            self.live(MINUTE)
        return condition()

    def keeps(self, *numbers: int) -> bool:
        return sorted(each.parcel_id for each in self.store_.kept()) == sorted(id_of(number) for number in numbers)

    def lose_disks(self, *nodes: NodeId) -> None:
        """Custodians die with their disks and come back empty."""
        for node in nodes or [node_of(name) for name in "abcd"]:
            keeper = self.keepers[node]
            keeper.boxes.clear()
            keeper.log.clear()
            keeper.run = b"new run!" if keeper.run != b"new run!" else b"newer ru"
            self.lose(node)

    def followed(self) -> list[NodeId]:
        place = self.client.follows.get(BUCKET)
        return list(place.members) if place else []


def friend_with(*numbers: int, store: MemoryStore | None = None) -> Friend:
    """Return a friend that has had the time to fetch these boxes."""
    friend = Friend(store)
    for number in numbers:
        friend.store(box_bytes(number))
    friend.keep(HERE)
    friend.live(30 * MINUTE)
    assert friend.keeps(*numbers)
    return friend


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_everything_in_the_bucket_is_fetched_in_eights_and_not_at_once() -> None:
    friend = Friend()
    for number in range(30):
        friend.store(box_bytes(number))
    friend.client.keep([HERE], friend.now)
    friend.wait(PACE.gather[0] - 1)
    assert friend.questions(Fetch) == []
    friend.live(PACE.join[1] + 15 * MINUTE)
    asked = friend.questions(Fetch)
    assert friend.keeps(*range(30))
    assert {len(fetch.tags) // TAG_SIZE for _, fetch in asked} == {GROUP}
    assert len({node for node, _ in asked}) == 2


def test_what_arrives_later_is_kept_too() -> None:
    friend = friend_with(1)
    friend.store(box_bytes(2))
    friend.live(PACE.gather[1] + MINUTE)
    assert friend.keeps(1, 2)


def test_the_owner_hears_nothing_of_it() -> None:
    friend = friend_with(1, 2, 3)
    friend.lose_disks()
    friend.live(2 * HOURLY)
    assert friend.sent_boxes
    assert friend.events == []


def test_other_buckets_are_left_alone() -> None:
    friend = Friend()
    friend.store(box_bytes(1, prefix=THERE))
    friend.keep(HERE)
    friend.live(30 * MINUTE)
    assert friend.keeps()


def test_a_bucket_that_the_node_keeps_for_everybody_is_not_watched() -> None:
    friend = Friend()
    friend.store(box_bytes(1, prefix=THERE))
    friend.keep(THERE)
    friend.live(HOURLY)
    assert friend.asked == []
    friend.friend_store.scope = Bucket(0, 0)  # as in a small network
    friend.keep(HERE, THERE)
    friend.live(HOURLY)
    assert friend.asked == []


def test_a_bucket_that_comes_to_be_kept_for_everybody_is_left_when_nothing_of_it_is_on_the_friend_store() -> None:
    friend = friend_with(1)
    friend.friend_store.scope = Bucket(0, 0)
    friend.store(box_bytes(2))
    friend.live(HOURLY)
    assert friend.keeps(1), "what is new is on the disk as a custodian's"
    friend.lose_disks()
    assert friend.live_until(lambda: friend.sent_boxes != [], 2 * HOURLY)
    assert friend.followed() != []
    friend.friend_store.forget_expired(friend.now.hour() + 100)
    friend.run_disk()
    friend.live(HOURLY)
    assert friend.followed() == []


def test_a_box_that_no_custodian_should_have_taken_is_not_kept_and_asked_for_once() -> None:
    friend = Friend()
    friend.store(box_bytes(1, expiry_hour=HOUR - 1))
    friend.keep(HERE)
    friend.live(2 * HOURLY)
    assert friend.keeps()
    assert len([node for node, fetch in friend.questions(Fetch) if tag_number(1) in fetch.tags]) == 1


def test_the_friend_store_is_bounded_and_pushes_out_nothing() -> None:
    friend = Friend(None, Quota(parcels=8 * 20, size=8 * 20 * BOX_SIZE))
    for number in range(50):
        friend.store(box_bytes(number))
    friend.keep(HERE)
    friend.live(HOURLY)
    held = friend.store_.kept()
    assert len(held) == len(friend.friend_store) == friend.friend_store.limit == 20
    friend.live(HOURLY)
    assert friend.store_.kept() == held


def test_a_custodian_that_invents_tags_costs_three_questions_each() -> None:
    friend = Friend()
    keeper = friend.keepers[node_of("a")]
    for name in "abcd":
        friend.keepers[node_of(name)].log.append((tag_number(9), HERE))
    assert keeper.boxes == {}
    friend.keep(HERE)
    friend.live(30 * MINUTE)
    assert 1 <= len([1 for _, fetch in friend.questions(Fetch) if tag_number(9) in fetch.tags]) <= 3


# --- what is brought back ---------------------------------------------------------------------------------------------


def test_what_all_custodians_lost_comes_back() -> None:
    friend = friend_with(1, 2, 3)
    friend.lose_disks()
    assert friend.live_until(lambda: len(friend.keepers[node_of("a")].boxes) == 3, HOURLY)
    assert {box for _, box in friend.sent_boxes} == {box_bytes(number) for number in (1, 2, 3)}
    for number in (1, 2, 3):
        assert len({node for node, box in friend.sent_boxes if box == box_bytes(number)}) == 2


def test_what_nobody_lost_is_not_sent() -> None:
    friend = friend_with(1, 2, 3)
    friend.live(6 * HOURLY)
    assert friend.sent_boxes == []


def test_what_one_of_two_still_names_is_not_sent() -> None:
    friend = friend_with(1)
    friend.lose_disks(friend.followed()[0])
    friend.live(3 * HOURLY)
    assert friend.sent_boxes == []


def test_a_custodian_that_drops_boxes_without_a_word_is_noticed() -> None:
    friend = friend_with(1)
    for name in "abcd":
        friend.keepers[node_of(name)].hides.add(tag_number(1))
    assert friend.live_until(lambda: friend.sent_boxes != [], HOURLY)


def test_a_packet_that_is_lost_is_sent_again() -> None:
    friend = friend_with(1)
    friend.drops = True
    friend.lose_disks()
    assert friend.live_until(lambda: len(friend.sent_boxes) == 2, HOURLY)
    friend.drops = False
    assert friend.live_until(lambda: len(friend.sent_boxes) == 4, HOURLY)
    assert node_of("a") in friend.keepers
    assert friend.keepers[node_of("a")].boxes != {}


def test_what_somebody_else_brought_back_first_is_left_out() -> None:
    friend = friend_with(*range(40))
    friend.lose_disks()
    assert friend.live_until(lambda: friend.sent_boxes != [], HOURLY)
    sent = len(friend.sent_boxes)
    for number in range(40):
        friend.store(box_bytes(number))
    friend.live(3 * HOURLY)
    assert sent <= len(friend.sent_boxes) <= sent + 2


def test_a_box_that_is_nearly_over_is_not_sent() -> None:
    friend = Friend()
    friend.store(box_bytes(1, expiry_hour=HOUR + LEAST_HOURS - 1))
    friend.store(box_bytes(2, expiry_hour=HOUR + 40))
    friend.keep(HERE)
    friend.live(20 * MINUTE)
    friend.lose_disks()
    friend.live(HOURLY)
    assert {box for _, box in friend.sent_boxes} == {box_bytes(2, expiry_hour=HOUR + 40)}


def test_a_silent_custodian_makes_nothing_look_lost() -> None:
    friend = friend_with(1)
    for name in "abcd":
        friend.keepers[node_of(name)].is_silent = True
    friend.live(3 * HOURLY)
    assert friend.sent_boxes == []


def test_two_variants_of_a_box_are_both_brought_back() -> None:
    friend = Friend()
    one, other = box_bytes(1, content=b"one"), box_bytes(1, content=b"other")
    friend.store(one)
    friend.store(other)
    friend.keep(HERE)
    friend.live(20 * MINUTE)
    friend.lose_disks()
    friend.live(2 * HOURLY)
    assert {box for _, box in friend.sent_boxes} <= {one, other}
    assert friend.keepers[node_of("a")].boxes[tag_number(1)]


# --- its life ---------------------------------------------------------------------------------------------------------


def test_what_the_friend_store_holds_outlives_a_restart() -> None:
    store = MemoryStore()
    friend_with(1, 2, store=store)
    again = Friend(store)
    again.keep(HERE)
    assert again.live_until(lambda: len(again.keepers[node_of("a")].boxes) == 2, HOURLY)


def test_nothing_is_watched_before_the_friend_store_is_known() -> None:
    friend = Friend()
    friend.friend_store.is_ready = False
    friend.keep(HERE)
    friend.live(MINUTE)
    assert friend.asked == []


def test_what_expired_is_forgotten() -> None:
    friend = friend_with(1)
    friend.friend_store.forget_expired(HOUR + 47)
    assert friend.friend_store.has(tag_number(1))
    friend.friend_store.forget_expired(HOUR + 48)
    assert len(friend.friend_store) == 0


def test_a_disk_that_fails_keeps_nothing_and_says_so() -> None:
    friend_store = FriendStore(MemoryStore(), FREE, Quota())
    [load] = friend_store.take_jobs()
    load.failed(NOW)
    assert friend_store.is_ready
    assert friend_store.take(box_bytes(1), BUCKET, NOW) is Verdict.STORED
    [put] = friend_store.take_jobs()
    put.failed(NOW)
    assert not friend_store.has(tag_number(1))
    got: list[list[bytes]] = []
    friend_store.lend(id_of(1), lambda boxes, _now: got.append(boxes))
    [read] = friend_store.take_jobs()
    read.failed(NOW)
    assert got == [[]]


def test_who_keeps_nothing_any_more_leaves_within_minutes() -> None:
    friend = friend_with(1)
    friend.keep()
    friend.live(10 * MINUTE)
    assert friend.followed() == []
    friend.lose_disks()
    friend.live(2 * HOURLY)
    assert friend.sent_boxes == []
    assert friend.keeps(1), "until it expires"


def test_the_next_days_bucket_is_kept_before_the_former_is_left() -> None:
    friend = friend_with(1)
    friend.bits = 2
    friend.friend_store.scope = Bucket(THERE, 2)
    friend.live(PACE.join[1] + MINUTE)
    assert friend.followed() != []
    assert friend.client.follows.get(Bucket(HERE, 2)) is not None
    friend.live(70 * MINUTE)
    assert friend.followed() == []


def test_buckets_are_joined_at_moments_of_their_own() -> None:
    """Were they joined together, two custodians that talk would know that one node reads both."""
    friend = Friend()
    friend.bits = 3
    friend.client.keep([number << 29 for number in range(4)], friend.now)
    begun: set[float] = set()
    for _ in range(16):
        friend.live(MINUTE)
        begun.add(len(friend.client.follows.buckets()))
    assert len(begun) >= 3
    assert max(begun) == 4


def test_without_room_to_watch_it_is_tried_again_in_peace() -> None:
    friend = Friend()
    for number in range(MAX_WATCHED):
        assert friend.client.follows.watch(Bucket.of(number << 20, 12), number << 20, friend.now)
    friend.keep(HERE)
    assert friend.followed() == []
    friend.client.follows.unwatch(Bucket(0, 12), friend.now)
    friend.live(2 * MINUTE)
    assert friend.followed() != []


def test_there_are_bounds_to_friendship() -> None:
    friend = Friend()
    with pytest.raises(Overloaded):
        friend.keep(*range(MAX_KEPT + 1))
    assert friend.asked == []
    assert MAX_KEPT < MAX_WATCHED, "own deposits are to be seen as well"


def test_a_leaf_keeps_nothing() -> None:
    leaf = Swarm("a", "b")
    leaf.client.keep([HERE], leaf.now)
    leaf.wait(HOURLY)
    assert leaf.asked == []


# --- what can be seen of it -------------------------------------------------------------------------------------------


def test_custodians_are_asked_nothing_that_readers_do_not_ask() -> None:
    friend = friend_with(*range(20))
    friend.lose_disks()
    friend.live(2 * HOURLY)
    kinds = {(purpose, type(message)) for _, purpose, message in friend.asked}
    assert kinds == {(Purpose.FOLLOW, Follow), (Purpose.FOLLOW, Unfollow), (Purpose.FETCH, Fetch)}


def test_the_friend_store_is_served_to_nobody() -> None:
    counter = Counter()
    counter.meet(ALICE, BOB)
    counter.keep(THERE, 1)
    friend_store = counter.custodian.friend_store
    assert friend_store.take(box_bytes(1), BUCKET, counter.now) is Verdict.STORED
    counter.run_store()
    assert counter.store.kept() != []
    assert counter.fetch(tag_number(1), client=BOB) == []
    counter.say(BOB, Follow(1, 0, 0, b"", 0))
    assert b"".join(piece.tags for piece in counter.pieces(BOB)) == b""
    assert counter.deposit(box_bytes(1)) is Verdict.PREFIX, "nor does it show by an answer"


@pytest.mark.parametrize(
    ("box", "verdict"),
    [
        (box_bytes(1, price=CHEAP), Verdict.STORED),
        (box_bytes(1), Verdict.WORK),
        (box_bytes(1, price=CHEAP, prefix=THERE), Verdict.PREFIX),
        (box_bytes(1, price=CHEAP, prefix=1 << 20), Verdict.PREFIX),
        (box_bytes(1, price=CHEAP, expiry_hour=HOUR + 51), Verdict.EXPIRY),
        (box_bytes(1, price=CHEAP)[:-1] + b"?", Verdict.SIGNATURE),
        (b"box?", Verdict.MALFORMED),
    ],
)
def test_the_friend_store_takes_what_a_custodian_of_the_bucket_would(box: bytes, verdict: Verdict) -> None:
    friend_store = FriendStore(MemoryStore(), CHEAP, Quota())
    assert friend_store.take(box, BUCKET, NOW) is verdict
    assert len(friend_store) == (verdict is Verdict.STORED)


def test_the_same_box_is_kept_once_and_four_variants_at_most() -> None:
    friend_store = FriendStore(MemoryStore(), FREE, Quota())
    verdicts = [friend_store.take(box_bytes(1, content=b"%d" % n), BUCKET, NOW) for n in (0, 0, 1, 2, 3, 4)]
    assert verdicts == [Verdict.STORED] * 5 + [Verdict.CROWDED]
    assert len(friend_store) == 4
    assert {decode_box(box_bytes(1)).prefix} == {HERE}
