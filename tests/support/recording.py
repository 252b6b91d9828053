"""A recording of every box that custodians ever held, as an attacker keeps it, looked up by ids and keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from core.crypto import primitives
from core.errors import Malformed, OpenFailed
from core.people.format import lane
from core.people.format.fragment import Piece, decode_piece
from core.people.format.lane import BoxSecrets
from core.people.format.numbers import COPY_HOURS
from core.people.format.slot import FRAGMENTS
from core.people.mail.boxes import box_ad
from net.parcel.box import Box, decode_box
from tests.support.kept import kept_slot_key


class Recording:
    """Every box that was ever deposited, by its id."""

    def __init__(self, boxes: Iterable[bytes]) -> None:
        self.boxes: dict[bytes, Box] = {}
        for data in boxes:
            box = decode_box(data)
            self.boxes[box.box_id] = box
        made = {(box.expiry_hour - COPY_HOURS) // 24 for box in self.boxes.values()}
        self.days = [*sorted(made), *(lane.beside(day) for day in sorted(made))]

    def open(self, box_id: bytes, key: bytes) -> Piece | None:
        """Return what lies under an id, if it is there and the key opens it."""
        box = self.boxes.get(box_id)
        if box is not None:
            with suppress(OpenFailed, Malformed):
                return decode_piece(
                    primitives.siv_open(key, box.ciphertext, box_ad(box.prefix, box.expiry_hour, box.box_id))
                )
        return None

    def index(self, point: bytes, secrets: BoxSecrets) -> Piece | None:
        """Return what was deposited at an index of a lane on any day."""
        found = (self.open(lane.box_id(point, secrets, day), lane.box_key(secrets, day)) for day in self.days)
        return next((piece for piece in found if piece is not None), None)

    def slots(self, secret: bytes, numbers: int) -> Iterator[bytes]:
        """Yield what lies in the slots of a secret."""
        for day in self.days:
            for n in range(numbers):
                parts: list[bytes] = []
                for fragment in range(FRAGMENTS):
                    key = kept_slot_key(secret, day, n, fragment)
                    piece = self.open(key.box_id, key.seal_key)
                    if piece is None:
                        break
                    parts.append(piece.data)
                if len(parts) == FRAGMENTS:
                    yield b"".join(parts)
