"""The wire, byte by byte: a whole short link with fixed randomness, compared with what is on record.

A difference means that nodes of two versions no longer understand each other. If that is wanted, the protocol's labels get a
new number; ``python -m tests.net.link.test_transcript`` then writes the record anew.
"""

from __future__ import annotations

import json
from pathlib import Path

from net.link.frames import CELL_SIZE
from tests.support.link_world import World

RECORD = Path(__file__).parents[2] / "vectors" / "noise_link_transcript.json"


def transcript() -> list[dict[str, str]]:
    """Key request to close, as (sender, datagram)."""
    world = World("alice", "bob", seed=7)
    world.keeps_sent = True
    world.join("alice", "bob", with_key=False)
    alice, bob = world["alice"], world["bob"]
    alice.layer.send_message(alice.link, b"a short message", world.now)
    world.run(1)
    bob.layer.send_message(bob.link, bytes(range(256)) * 5, world.now)
    world.run(1)
    alice.layer.send_cell(alice.link, bytes(CELL_SIZE), world.now)
    world.run(1)
    alice.layer.close(alice.link, world.now)
    world.run(1)
    names = {host.endpoint: name for name, host in world.hosts.items()}
    return [{"from": names[source], "datagram": data.hex()} for data, source, _ in world.sent]


def test_the_wire_is_as_recorded() -> None:
    assert transcript() == json.loads(RECORD.read_text(encoding="ascii"))


if __name__ == "__main__":
    RECORD.write_text(json.dumps(transcript(), indent=1) + "\n", encoding="ascii")
