"""What a custodian hands out is believed only where the owner of the id wrote it."""

from __future__ import annotations

from net.events import RecordAnswered
from net.messages import Deposit
from tests.support.parcels import id_of, record_bytes
from tests.support.swarm import Swarm, node_of


def test_a_record_that_its_owner_did_not_write_is_as_good_as_silence_and_shows_a_liar() -> None:
    swarm = Swarm("a", "b")
    genuine = record_bytes(1, 4)
    swarm.keepers[node_of("a")].records[id_of(1)] = record_bytes(1, 9)[:-64] + bytes(64)
    swarm.keepers[node_of("b")].records[id_of(1)] = genuine
    swarm.client.search(id_of(1), swarm.now)
    swarm.settle()
    assert [event.record for event in swarm.happened(RecordAnswered)] == [genuine]
    assert swarm.suspects == [node_of("a")]
    assert [question.parcel for _, question in swarm.questions(Deposit)] in ([], [genuine])


def test_a_record_of_another_id_is_no_answer() -> None:
    swarm = Swarm("a")
    swarm.keepers[node_of("a")].records[id_of(1)] = record_bytes(2, 9)
    swarm.client.search(id_of(1), swarm.now)
    swarm.settle()
    assert swarm.happened(RecordAnswered) == []
    assert swarm.suspects == [node_of("a")]
