"""Healing: a copy of a file opens nothing that is written after one full exchange of fresh keys.

A thief has the complete file of one side as of day D, and every box ever deposited. From then on both talk. *One full
exchange* is over for the copy of a side when

* that side has re-keyed its own lane once: by a secret drawn after D and sealed to a key of the other side's, of which the
  copy holds the public half at most; and
* the other side has re-keyed its lane once to a prekey that was made after D: the private half is not in the copy. The key
  that lies in the copy unused is taken first, so that is its second re-keying after D in most phases.

Until then the copy follows: what its owner writes up to the owner's next re-keying, at most 40 blocks or 6 days of
writing; what the other side writes up to its second, at most 80 blocks or 12 days (100 and 14 where a re-keying is overdue,
because a key was on its way). The double ratchet beneath closes most of that with its next turn, but that alone is X25519.

After a reset it is over when both new lanes are read: each way is sealed to a key made after D, but the first where its
writer used the key that lay in the copy; such a lane is re-keyed before the first block that follows the answer.

A device that was lost without being refused is no thief to the protocol: it is written to until a re-keying went on without
it, at most 90 blocks, or 13 days of writing, and it never is again once nothing was heard of it for 30 days.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from core.people.format.prekey import decode_prekey
from core.people.limits import PEOPLE_LIMITS, PeopleLimits
from core.storage import devices, lanes
from core.storage.database import Snapshot
from tests.support.phases import OFTEN, PHASES, SIDES, SOME_REKEYINGS, Pair, confirm
from tests.support.stolen import StolenFile, blob
from tests.support.thief import Loot, Thief

OTHER = {"alice": "bob", "bob": "alice"}
# Texts each way in which everybody has re-keyed twice, over a device that is lost, too; as many in earnest.
_ENOUGH = 4 * OFTEN
_ENOUGH_IN_EARNEST = 130


class Exchange:
    """Watches whether the copy of one side's file is still worth anything, by nothing but when keys were made and used."""

    def __init__(self, pair: Pair, name: str) -> None:
        self._pair, self._name = pair, name
        self.copy = pair.steal(name, "copy")
        self._made = {blob(row, "key_id") for row in self.copy.rows("prekeys")}
        self._own, self._others = self._lane(name), self._lane(OTHER[name])
        self._offered = self._offers()
        self._is_rekeyed = self._is_sealed_anew = False

    def look(self) -> bool:
        """Note what changed, which is called for each text; tell whether the exchange is over."""
        self._is_rekeyed |= self._lane(self._name) != self._own
        others, offered = self._lane(OTHER[self._name]), self._offered
        if others != self._others:
            self._is_sealed_anew |= bool(offered) and not offered & self._made
            self._others = others
        self._offered = self._offers()
        return self._is_rekeyed and self._is_sealed_anew

    def _lane(self, name: str) -> tuple[bytes, int]:
        with self._pair.people[name].database.read() as snapshot:
            row = lanes.writing(snapshot, 1)
        return (b"", 0) if row is None else (row.generation, row.rekeyed_index)

    def _offers(self) -> set[bytes]:
        """Return the ids of the keys of this side that the other has and did not use yet."""
        with self._pair.people[OTHER[self._name]].database.read() as snapshot:
            return {decode_prekey(key).key_id for key in _offered(snapshot)}


def _offered(snapshot: Snapshot) -> list[bytes]:
    return [row.offered_key for row in devices.of_conversation(snapshot, 1) if row.offered_key is not None]


def loot(copy: StolenFile, pair: Pair) -> Loot:
    return Thief(copy, pair.office.boxes).try_everything()


def talk_until_over(pair: Pair, exchanges: list[Exchange]) -> None:
    """Let both talk until every copy is worth nothing."""
    for n in range(_ENOUGH if pair.limits.rekey_after_blocks <= OFTEN else _ENOUGH_IN_EARNEST):
        for name in SIDES:
            for exchange in exchanges:
                exchange.look()
            pair.say(name, f"meanwhile {n}")
        if {exchange.look() for exchange in exchanges} == {True}:
            return
        pair.settle(1)
    raise AssertionError("nobody re-keys")


@pytest.fixture
def limits(pytestconfig: pytest.Config) -> PeopleLimits:
    """Re-key often; with --full as often as in earnest."""
    if pytestconfig.getoption("--full", default=False):
        return PEOPLE_LIMITS
    return PeopleLimits(rekey_after_blocks=OFTEN, rekey_promised_blocks=OFTEN + 2)


# Phases that differ little from another in what has to heal.
ALIKE = {"answered", "between_rekeyings", "reset_twice", "confirmed", "overtaken", "hole"}


@pytest.fixture(params=[pytest.param(each, marks=pytest.mark.full) if each in ALIKE else each for each in PHASES])
def pair(request: pytest.FixtureRequest, tmp_path: Path, limits: PeopleLimits) -> Pair:
    """Two people in some phase, at rest."""
    told = Pair(tmp_path, length=SOME_REKEYINGS, limits=limits)
    PHASES[request.param](told)
    told.rest()
    return told


def test_a_copy_opens_nothing_that_is_written_after_one_exchange_of_fresh_keys(pair: Pair) -> None:
    exchanges = [Exchange(pair, name) for name in SIDES]
    talk_until_over(pair, exchanges)
    at = len(pair.office.boxes)
    healed = set(pair.talk(2, "healed"))
    for name in SIDES:
        pair.reset(name)
        healed |= set(pair.talk(2, f"reset by {name}"))
    pair.rest()
    for exchange in exchanges:
        got = loot(exchange.copy, pair)
        assert not got.said & healed
        assert not opened_since(exchange.copy, pair, at), "box by box, without help from the double ratchet"
        assert not got.ways
    assert loot(pair.steal("alice"), pair).rows >= healed


def opened_since(copy: StolenFile, pair: Pair, at: int) -> int:
    """Return how many boxes a copy opens by chains of those deposited since."""
    before = sum(map(len, Thief(copy, pair.office.boxes[:at]).try_everything().walked.values()))
    return sum(map(len, loot(copy, pair).walked.values())) - before


@pytest.mark.parametrize("resetter", SIDES)
@pytest.mark.parametrize("name", SIDES)
def test_a_copy_opens_nothing_that_is_written_after_a_reset_was_answered(
    tmp_path: Path, limits: PeopleLimits, name: str, resetter: str
) -> None:
    pair = Pair(tmp_path, limits=limits)
    pair.meet()
    pair.talk(2, "before")
    pair.rest()
    copy = pair.steal(name)
    pair.reset(resetter)
    pair.say(resetter, "in the new lane")
    pair.rest()
    pair.talk(1, "the first that follows")
    at = len(pair.office.boxes)
    healed = set(pair.talk(3, "healed"))
    pair.rest()
    assert not loot(copy, pair).said & healed
    assert not opened_since(copy, pair, at)


@pytest.mark.parametrize("name", SIDES)
def test_until_then_a_copy_follows(tmp_path: Path, limits: PeopleLimits, name: str) -> None:
    """The thief is not blind: what it still can have, it gets."""
    pair = Pair(tmp_path, limits=limits)
    pair.meet()
    pair.talk(2, "before")
    pair.rest()
    exchange = Exchange(pair, name)
    texts = [pair.say(OTHER[name], f"follows {n}") for n in range(pair.limits.rekey_after_blocks + 2)]
    pair.rest()
    got = loot(exchange.copy, pair)
    assert got.texts >= set(texts), "over the first re-keying, which is sealed to a key that lies in the copy"
    assert len(got.secrets) == 1


def test_a_lost_device_is_left_behind_by_the_second_rekeying(tmp_path: Path, limits: PeopleLimits) -> None:
    pair = Pair(tmp_path, limits=limits)
    pair.meet()
    pair.talk(2, "on the old device")
    pair.rest()
    lost = pair.steal("alice", "lost")
    pair.move("alice", "new")
    pair.rest()
    confirm(pair)
    followed = pair.talk(pair.limits.rekey_after_blocks, "to both", "bob")
    pair.talk(2 * pair.limits.rekey_promised_blocks, "until it is overdue", "bob")
    pair.rest()
    healed = set(pair.talk(3, "left behind", "bob"))
    pair.rest()
    got = loot(lost, pair)
    assert set(followed) <= got.texts
    assert not got.said & healed
