"""Keeps the personal record in sync: when it is looked for, written and renewed (``personal_record``, ``account_state``).

    changed here ──> some minutes ──> look ──> merge ──> write, above every number seen
    a new epoch  ──> some days ─────┘
    start, daily, a number that was refused ──> look ──> merge; a lost or older record is deposited again

It is looked for before it is written, so that what another device wrote is taken in and not overwritten. A device of
this day also looks under the ids of past epochs: its account may have been restored by its words, and has its contacts
there. Whatever is found is merged, old copies too: they change nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from random import Random

from core.crypto import primitives
from core.errors import Malformed, Newer, OpenFailed
from core.people.effects import RecordDraft, Solve
from core.people.format import lww, personal_record
from core.people.format.account_keys import AccountKeys
from core.people.format.lww import Entry
from core.people.format.personal_record import EPOCH_DAYS, LIFE_HOURS, PAST_EPOCHS, RANDOM_BITS, ROOM
from core.people.mail.repricing import record_draft
from core.people.record import account_state
from core.people.work import Work
from core.storage import personal as rows
from core.storage.personal import RecordRow
from net.events import DepositAnswered, PriceRisen, RecordAnswered, Verdict
from net.ids import NodeId, ParcelId
from net.instant import DAY_MS
from net.numbers import COPIES
from net.parcel.record import Record, decode_record, encode_record
from net.requests import FindRecord, PutRecord

_log = logging.getLogger(__name__)

# A change is written so long after it was noticed, at random: several in a row are one, and its time is not visible.
WRITE_DELAY = (60.0, 180.0)
# The first look after a start, at random; a device without any record looks at once.
START_DELAY = (5.0, 60.0)
LOOK_PERIOD = 86_400.0
# Seconds between the questions for this epoch's record and for the last one's, at random: a custodian that has both, as all
# have in a small network, must not see them asked for together.
ASIDE = (60.0, 900.0)
# Looked again after this long, twice as long each time: while no custodian answers, and on a new device for its first day,
# as a slow network or a lying custodian may have kept its record from it.
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
# Looks at which enough custodians answered each question, after which the longest pause is enough.
COMPLETE_LOOKS = 2
YOUNG_MS = DAY_MS
# A look is good for writing for so long. Seconds.
LOOK_LASTS = 600.0
# Nothing in a record was said later than it was written, but for clocks that differ; what is dated beyond that could never
# be replaced. Milliseconds.
CLOCK_SLACK_MS = DAY_MS
# Custodians that must say that there is no record to be believed (one where only one is known).
WITNESSES = 2
# A new epoch's record is first written at some time within these days, so that a record is 30 to 45 days old at most.
TURN_DAYS = 15
# After this pause a record that lacks copies is deposited again. Seconds.
REPEAT_PAUSE = 600.0


@dataclass(slots=True)
class _Question:
    epoch: int
    witnesses: set[NodeId] = field(default_factory=set[NodeId])
    was_put: bool = False
    is_newer: bool = False  # a custodian has one that a later version of this program wrote


class RecordSync:
    """The personal record of an open account. Times are monotonic seconds."""

    def __init__(self, keys: AccountKeys, random: Random) -> None:
        self._keys = keys
        self._ids: dict[int, ParcelId] = {}  # by epoch: deriving one takes two multiplications
        self._random = random
        self._questions: dict[ParcelId, _Question] = {}
        self._asides: dict[ParcelId, float] = {}  # what will be asked for, and when
        self._asked_at = float("-inf")
        self._look_at: float | None = None
        self._pause = FIRST_PAUSE
        self._complete_looks = 0
        self._write_at: float | None = None
        self._is_solving = False
        self._repeat_at = float("-inf")

    def _id(self, epoch: int) -> ParcelId:
        if epoch not in self._ids:
            self._ids[epoch] = personal_record.record_id(self._keys, epoch)
        return self._ids[epoch]

    # --- looking ------------------------------------------------------------------------------------------------

    def look(self, work: Work) -> None:
        """Ask for the record, if it is time to and a custodian can be asked."""
        now = work.now
        if self._look_at is None:
            is_first = rows.newest(work.tx) is None
            self._look_at = now.mono if is_first else now.mono + self._random.uniform(*START_DELAY)
        if not now.custodians or now.mono < self._look_at:
            return
        wanted = min(WITNESSES, now.custodians)
        self._complete_looks += bool(self._questions) and all(
            len(each.witnesses) >= wanted for each in self._questions.values()
        )
        epoch = personal_record.epoch_of(now.day)
        is_seeking = self._is_seeking(work)  # in a hurry: a person waits for contacts
        back = PAST_EPOCHS if is_seeking else 1
        self._questions = {self._id(each): _Question(each) for each in range(epoch, epoch - back - 1, -1)}
        self._asked_at = now.mono
        self._pause = LONGEST_PAUSE if self._complete_looks >= COMPLETE_LOOKS else self._pause
        self._look_at = now.mono + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._asides = dict.fromkeys(self._questions, now.mono)
        for each in list(self._questions)[1:]:
            self._asides[each] += 0.0 if is_seeking else self._random.uniform(*ASIDE)
        self._ask(work)

    def _ask(self, work: Work) -> None:
        """Ask for what is due."""
        for record_id in [each for each, at in self._asides.items() if at <= work.now.mono]:
            del self._asides[record_id]
            work.effects.append(FindRecord(record_id))

    def _is_seeking(self, work: Work) -> bool:
        """Tell whether this may be a device of an account that has its contacts in an older record."""
        return work.now.own_ms - work.me.certificate.created_at < YOUNG_MS

    def answered(self, work: Work, event: RecordAnswered) -> bool:
        """Take one custodian's answer; False when it shows that this database is an old copy of itself."""
        question = self._questions.get(event.record_id)
        if question is None:
            return True
        question.witnesses.add(event.custodian)
        if not self._is_seeking(work):
            self._look_at, self._pause = self._asked_at + LOOK_PERIOD, FIRST_PAUSE
        known = rows.record(work.tx, question.epoch)
        try:
            found = self._open(work, question.epoch, event.record)
        except Newer:
            _log.warning("the personal record was written by a later version: it is not read, and not written over")
            question.is_newer = True
            return True
        if known is not None and (found is None or found[0] < known.sequence):
            self._put_again(work, question, known)
        if found is None:
            return True
        sequence, state = found
        if known is None or known.sequence < sequence:
            digest = lww.digest(account_state.without_marks(state))
            rows.set_record(work.tx, RecordRow(question.epoch, sequence, digest, event.record, bytes(event.custodian)))
        return account_state.merge(work, state)

    def _open(self, work: Work, epoch: int, data: bytes | None) -> tuple[int, dict[bytes, Entry]] | None:
        """Return the sequence and state of a custodian's record, None when it is not ours. Raises ``Newer``."""
        if data is None:
            return None
        try:
            opened = personal_record.open_record(self._keys, epoch, data)
            latest = min(opened.written_ms, work.now.network_ms) + CLOCK_SLACK_MS
            return opened.sequence, account_state.checked(lww.decode_state(opened.state), latest)
        except Newer:
            raise
        except (Malformed, OpenFailed):
            return None

    @staticmethod
    def _put_again(work: Work, question: _Question, known: RecordRow) -> None:
        """Deposit the record that we know again: a custodian lost it or has an older one."""
        is_current = question.epoch == personal_record.epoch_of(work.now.day)
        if known.record is not None and is_current and not question.was_put:
            question.was_put = True
            work.effects.append(PutRecord(known.record))

    def deposited(self, work: Work, event: DepositAnswered) -> None:
        """Note a custodian's verdict on our record."""
        row = rows.newest(work.tx)
        if row is None or self._id(row.epoch) != event.parcel_id:
            return
        if event.verdict is Verdict.STORED:
            rows.confirm(work.tx, row, event.custodian)
        elif event.verdict is Verdict.STALE:  # another device wrote meanwhile, or we never saw the latest
            self._look_at = min(self._look_at or work.now.mono, work.now.mono + FIRST_PAUSE)

    def pay_more(self, work: Work, event: PriceRisen) -> None:
        """Do more work for our record: custodians ask for more than it carries."""
        row = rows.newest(work.tx)
        if row is None or row.record is None or self._id(row.epoch) != event.parcel_id or self._is_solving:
            return
        draft = record_draft(None, row.record, event.factor)
        if draft is not None:
            self._is_solving = True
            work.effects.append(Solve(draft))

    # --- writing --------------------------------------------------------------------------------------------------

    def tend(self, work: Work) -> None:
        """Notice what changed; look and write when it is time. Called every half minute or so."""
        state = account_state.without_marks(account_state.capture(work))
        rows.drop_records(work.tx, personal_record.epoch_of(work.now.day) - PAST_EPOCHS)
        self.look(work)
        self._ask(work)
        if self._is_solving:
            return
        self._repeat(work)
        if not self._is_due(work, state):
            self._write_at = None
        elif self._write_at is None:
            self._write_at = work.now.mono + self._random.uniform(*WRITE_DELAY)
        elif work.now.mono >= self._write_at:
            self._write_when_looked(work, state)

    def _repeat(self, work: Work) -> None:
        """Deposit again a record that too few custodians hold."""
        row = rows.newest(work.tx)
        is_lacking = row is not None and row.copies < min(COPIES, work.now.custodians)
        if row is not None and row.record is not None and is_lacking and work.now.mono >= self._repeat_at:
            self._repeat_at = work.now.mono + REPEAT_PAUSE
            work.effects.append(PutRecord(row.record))

    def _is_due(self, work: Work, state: dict[bytes, Entry]) -> bool:
        newest = rows.newest(work.tx)
        if newest is None or newest.record is None or newest.digest != lww.digest(state):
            return True
        epoch = personal_record.epoch_of(work.now.day)
        if newest.epoch >= epoch:
            return False
        return work.now.network_ms >= epoch * EPOCH_DAYS * DAY_MS + self._turn_delay_ms(work, epoch)

    def _turn_delay_ms(self, work: Work, epoch: int) -> int:
        """Return how long after an epoch began its record is due; drawn once, from keys, so that restarts do not matter."""
        label = b"sottovoce/v1/personal/turn" + work.me.device + epoch.to_bytes(4, "big")
        fraction = int.from_bytes(primitives.hmac_sha256(self._keys.record_write, label)[:4], "big")
        return TURN_DAYS * DAY_MS * fraction >> 32

    def _write_when_looked(self, work: Work, state: dict[bytes, Entry]) -> None:
        question = self._questions.get(self._id(personal_record.epoch_of(work.now.day)))
        is_fresh = work.now.mono - self._asked_at < LOOK_LASTS
        if question is None or not is_fresh:
            self._look_at = work.now.mono
            self.look(work)
        elif not question.is_newer and len(question.witnesses) >= min(WITNESSES, max(1, work.now.custodians)):
            self._write(work, question.epoch, state)

    def _write(self, work: Work, epoch: int, state: dict[bytes, Entry]) -> None:
        known = rows.record(work.tx, epoch)
        bits = self._random.getrandbits(RANDOM_BITS)
        sequence = personal_record.next_sequence(0 if known is None else known.sequence, bits)
        rows.set_record(work.tx, RecordRow(epoch, sequence, lww.digest(state), None, b""))
        expiry = work.now.hour + LIFE_HOURS
        ciphertext = personal_record.seal(
            self._keys, epoch, sequence, expiry, _fitting(account_state.with_mark(work, state))
        )
        signature = personal_record.sign(self._keys, epoch, sequence, expiry, ciphertext)
        draft = RecordDraft(None, self._id(epoch), sequence, expiry, ciphertext, signature)
        work.effects.append(Solve(draft))
        self._is_solving, self._write_at = True, None

    def finish(self, work: Work, draft: RecordDraft, nonces: tuple[int, ...]) -> None:
        """Commit a record with its proof of work and deposit it, unless a later one was found meanwhile."""
        self._is_solving = False
        row = rows.newest(work.tx)
        if row is None or row.sequence != draft.sequence:
            return
        name = ParcelId(draft.record_id)
        paid = Record(name, draft.sequence, draft.expiry_hour, nonces, draft.ciphertext, draft.signature)
        if row.record is not None and decode_record(row.record).variant() != paid.variant():
            return
        record = encode_record(paid)
        rows.set_record(work.tx, RecordRow(row.epoch, row.sequence, row.digest, record, b""))
        self._repeat_at = work.now.mono + REPEAT_PAUSE
        work.effects.append(PutRecord(record))


def _fitting(state: dict[bytes, Entry]) -> bytes:
    compressed = b""
    for smaller in account_state.smaller(state):
        compressed = personal_record.compress(lww.encode(smaller))
        if len(compressed) <= ROOM:
            if len(smaller) < len(state):
                _log.warning("the personal record is full: %d of %d entries fit", len(smaller), len(state))
            return compressed
    raise AssertionError("an account without contacts always fits")
