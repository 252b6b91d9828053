"""The tag index: which ids in the network are for us, by the tags of every index and slot that may hold something.

No custodian learns what a reader looks for: it hands out every tag of a prefix, and they are matched here, in a
dictionary. All tags of the last 50 hours are kept, so that a window that moves, or a lane that becomes known late, finds
what arrived before. Everything here can be computed again from the database; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from core.people.format import lane as lanes
from core.people.format.lane import BoxSecrets
from core.people.format.slot import FRAGMENTS, SlotKey, slot_key
from core.people.format.watch import Watch
from core.storage.lanes import ReadLane
from core.storage.mail import MAX_TAGS
from net.ids import ParcelId, Tag, tag_of


@dataclass(frozen=True, slots=True)
class LaneTarget:
    """An index of a lane on one day. ``late`` when the index had been given up."""

    generation: bytes
    index: int
    day: int
    box_id: bytes
    secrets: BoxSecrets
    late: bool = False


@dataclass(frozen=True, slots=True)
class SlotTarget:
    """A fragment of a slot on one day; ``watch`` says whose slot."""

    watch: Watch
    number: int
    fragment: int
    day: int
    key: SlotKey

    @property
    def box_id(self) -> bytes:
        """The id of the box."""
        return self.key.box_id


Target = LaneTarget | SlotTarget


@dataclass(frozen=True, slots=True)
class WatchedSlots:
    """The slots that a watch looks into: those of ``secret``.

    ``address`` is the secret of the address they lie at, None when that is our own. ``beside``: copies that lie beside are
    looked for as well.
    """

    watch: Watch
    secret: bytes
    address: bytes | None = None
    beside: bool = False


@dataclass(slots=True)
class _LaneWindow:
    point: bytes
    first: int
    end: int  # the index after the last that was derived
    tail: bytes  # its chain secret
    beside: bool  # copies that lie beside are looked for as well
    secrets: dict[int, BoxSecrets] = field(default_factory=dict[int, BoxSecrets])
    tags: dict[int, list[Tag]] = field(default_factory=dict[int, list[Tag]])


class TagIndex:
    """What each tag of interest stands for, and every tag seen."""

    def __init__(self, today: int, seen: Iterable[Tag] = ()) -> None:
        self._today = today
        self._seen: dict[Tag, None] = dict.fromkeys(seen)
        self._by_tag: dict[Tag, list[Target]] = {}
        self._lanes: dict[bytes, _LaneWindow] = {}
        self._slots: dict[Watch, WatchedSlots] = {}

    # --- what was seen ------------------------------------------------------------------------------------------

    def see(self, tags: Iterable[Tag]) -> tuple[list[Tag], list[Tag]]:
        """Note tags; return (those not seen before, those that are for us, seen before or not)."""
        new = [tag for tag in tags if tag not in self._seen]
        for tag in new:
            self._seen[tag] = None
        while len(self._seen) > MAX_TAGS:
            del self._seen[next(iter(self._seen))]
        return new, [tag for tag in tags if tag in self._by_tag]

    def targets(self, box_id: ParcelId) -> list[Target]:
        """Return what a box with this id is for: an index of a lane, or a fragment of a slot of several watches."""
        return [target for target in self._by_tag.get(tag_of(box_id), ()) if target.box_id == box_id]

    def wanted(self) -> list[Tag]:
        """Return every tag seen that is for us and was not opened yet."""
        return [tag for tag in self._by_tag if tag in self._seen]

    def seen(self) -> list[Tag]:
        """Return every tag seen, the oldest first."""
        return list(self._seen)

    def forget_seen(self, tag: Tag) -> None:
        """Forget that a tag was seen: no custodian holds its box."""
        self._seen.pop(tag, None)

    def was_seen(self, box_id: bytes) -> bool:
        """Tell whether the tag of an id was seen in the network."""
        return tag_of(ParcelId(box_id)) in self._seen

    def is_wanted(self, tag: Tag) -> bool:
        """Tell whether a tag is for us and was not opened yet."""
        return tag in self._by_tag

    # --- what is looked for -------------------------------------------------------------------------------------

    def watch_lane(self, lane: ReadLane, held: Iterable[int], *, beside: bool = False) -> list[Tag]:
        """Look for a lane's next indexes but those held; return the tags of what was seen already."""
        self.forget_lane(lane.generation)
        window = _LaneWindow(lane.point, lane.next_index, lane.next_index, lane.chain, beside)
        self._lanes[lane.generation] = window
        skip = set(held)
        found = list(self._extend(lane.generation, window, skip))
        return found + list(self._watch_given_up(lane, window))

    def move_lane(self, generation: bytes, next_index: int) -> list[Tag]:
        """Look further after a lane advanced; return the tags of what was seen already."""
        window = self._lanes[generation]
        for index in range(window.first, next_index):
            self._drop_index(window, index)
            window.secrets.pop(index, None)
        window.first = next_index
        return list(self._extend(generation, window, set()))

    def got_index(self, generation: bytes, index: int) -> None:
        """Stop looking for an index that was opened; no other day's copy of it is of interest."""
        if generation in self._lanes:
            self._drop_index(self._lanes[generation], index)

    def forget_lane(self, generation: bytes) -> None:
        """Stop looking for a lane."""
        window = self._lanes.pop(generation, None)
        if window is not None:
            for index in list(window.tags):
                self._drop_index(window, index)

    def watch_slots(self, slots: WatchedSlots) -> list[Tag]:
        """Look into slots; return the tags of what was seen already."""
        if slots.watch in self._slots:
            return []
        self._slots[slots.watch] = slots
        return [tag for day in _variants(self._days(), beside=slots.beside) for tag in self._add_slots(slots, day)]

    def forget_slots(self, watch: Watch) -> None:
        """Stop looking into slots."""
        if self._slots.pop(watch, None) is not None:
            self._filter(lambda target: not (isinstance(target, SlotTarget) and target.watch == watch))

    def is_watched(self, watch: Watch) -> bool:
        """Tell whether slots are looked into."""
        return watch in self._slots

    def address_secrets(self) -> list[bytes]:
        """Return the secrets of all addresses beside our own at which something may lie."""
        return [slots.address for slots in self._slots.values() if slots.address is not None]

    def turn_day(self, today: int) -> list[Tag]:
        """Look for today's ids too and no longer for those of three days ago; return what was seen already."""
        if today == self._today:
            return []
        self._today = today
        days = set(self._days())
        known = {lanes.plain_day(target.day) for targets in self._by_tag.values() for target in targets}
        self._filter(lambda target: lanes.plain_day(target.day) in days)
        found: list[Tag] = []
        for generation, window in self._lanes.items():
            for index in window.tags:
                if index in window.secrets:
                    for day in _variants(days - known, beside=window.beside):
                        found += self._add_index(generation, window, index, day)
        for slots in self._slots.values():
            for day in _variants(days - known, beside=slots.beside):
                found += self._add_slots(slots, day)
        return found

    # --- within -------------------------------------------------------------------------------------------------

    def _days(self) -> range:
        return range(self._today - lanes.DAYS + 1, self._today + 1)

    def _extend(self, generation: bytes, window: _LaneWindow, skip: set[int]) -> Iterator[Tag]:
        while window.end < window.first + lanes.WINDOW:
            index = window.end
            window.secrets[index], window.tail = lanes.step(window.tail)
            window.end += 1
            if index not in skip:
                for day in _variants(self._days(), beside=window.beside):
                    yield from self._add_index(generation, window, index, day)

    def _add_index(self, generation: bytes, window: _LaneWindow, index: int, day: int) -> Iterator[Tag]:
        secrets = window.secrets[index]
        box_id = lanes.box_id(window.point, secrets, day)
        window.tags.setdefault(index, []).append(tag_of(ParcelId(box_id)))
        yield from self._add(LaneTarget(generation, index, day, box_id, secrets, late=index < window.first))

    def _watch_given_up(self, lane: ReadLane, window: _LaneWindow) -> Iterator[Tag]:
        for index, _, entry in given_up_entries(lane.given_up):
            window.secrets[index] = BoxSecrets.unpack(entry[8:])
            for day in _variants(self._days(), beside=window.beside):
                yield from self._add_index(lane.generation, window, index, day)

    def _add_slots(self, slots: WatchedSlots, day: int) -> Iterator[Tag]:
        for number in range(slots.watch.slots.numbers):
            for fragment in range(FRAGMENTS):
                key = slot_key(slots.secret, day, number, fragment)
                yield from self._add(SlotTarget(slots.watch, number, fragment, day, key))

    def _add(self, target: Target) -> Iterator[Tag]:
        tag = tag_of(ParcelId(target.box_id))
        self._by_tag.setdefault(tag, []).append(target)
        if tag in self._seen:
            yield tag

    def _drop_index(self, window: _LaneWindow, index: int) -> None:
        for tag in window.tags.pop(index, ()):
            self._by_tag.pop(tag, None)

    def _filter(self, keep: Callable[[Target], bool]) -> None:
        for tag in list(self._by_tag):
            kept = [target for target in self._by_tag[tag] if keep(target)]
            if kept:
                self._by_tag[tag] = kept
            else:
                del self._by_tag[tag]


def _variants(days: Iterable[int], *, beside: bool) -> Iterator[int]:
    """Yield days as ids are derived for them: each, and each as it is written for a copy beside."""
    for day in days:
        yield day
        if beside:
            yield lanes.beside(day)


# An index that was given up, as a lane keeps it: index 8 bytes ‖ K ‖ E ‖ when, network milliseconds 8 bytes.
GIVEN_UP_SIZE = 8 + 64 + 8


def given_up_entry(index: int, secrets: BoxSecrets, now_ms: int) -> bytes:
    """Return what a lane keeps of an index that it gives up."""
    return index.to_bytes(8, "big") + secrets.pack() + now_ms.to_bytes(8, "big")


def given_up_entries(given_up: bytes) -> list[tuple[int, int, bytes]]:
    """Return (index, when it was given up, entry) of all that a lane keeps."""
    entries = [given_up[at : at + GIVEN_UP_SIZE] for at in range(0, len(given_up), GIVEN_UP_SIZE)]
    return [(int.from_bytes(entry[:8], "big"), int.from_bytes(entry[-8:], "big"), entry) for entry in entries]


def given_up_indexes(given_up: bytes) -> list[int]:
    """Return the indexes that a lane keeps as given up."""
    return [index for index, _, _ in given_up_entries(given_up)]
