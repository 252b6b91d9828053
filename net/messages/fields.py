"""What messages are made of: sizes, bounds, and the types of their fields."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from net.bucket import ADDRESS_SIZE
from net.numbers import HOST_SIZE, MAX_PORT
from net.parcel.box import ID_SIZE, VARIANT_SIZE

RUN_SIZE: Final = 8
# Tags in one piece of a stream: 8 KB, so that a link with a slow reader is given back often.
MAX_TAGS_PER_PIECE: Final = 1024
# Tags in one fetch. Their boxes, at one variant each, fit a single answer.
MAX_TAGS_PER_FETCH: Final = 64
MAX_BOXES_PER_ANSWER: Final = 64
# Boxes and records in one push; a record of the largest class travels alone.
MAX_PARCELS_PER_PUSH: Final = 64
MAX_KEYS_PER_ANSWER: Final = 64
MAX_RANGES_PER_ANSWER: Final = 16
MAX_PEERS_PER_ANSWER: Final = 8

# kind 1 | address 4 | id 32 | variant 16 | sequence 8: the order in which custodians compare what they hold, so that what
# lies in a bucket is a range for each kind.
KEY_SIZE: Final = 1 + ADDRESS_SIZE + ID_SIZE + VARIANT_SIZE + 8
RANGE_DIGEST_SIZE: Final = 16
# What a flooded custodian asks is at most so many times the price.
MAX_PRICE_FACTOR: Final = 64

# What describes a node of the overlay (``net.overlay.descriptor``), and how many of them one answer gives: Kademlia's k.
# Descriptors of later versions may be so long that an answer still fits a message.
DESCRIPTOR_SIZE: Final = 232
MAX_DESCRIPTOR_SIZE: Final = 4096
MAX_NODES_PER_ANSWER: Final = 16
# What a packed host may come to, in kinds of addresses that are not known yet.
MAX_HOST_SIZE: Final = 64
# A Sphinx packet (``net.onion.packets.sphinx``).
PACKET_SIZE: Final = 1207
# Between two nodes a circuit is named by so many random bytes.
CIRCUIT_NAME_SIZE: Final = 5
# What of a circuit's cell is encrypted. With its name, the framing of messages and an acknowledgement it fills one frame.
CELL_BODY_SIZE: Final = 1152

# What two parties know of a rendezvous, drawn at random.
COOKIE_SIZE: Final = 32

U32: Final = 2**32 - 1

# What a kind, a verdict or the like is told with; numbers that this version does not know are no broken rule.
Uint8 = Annotated[int, Meta(ge=0, le=2**8 - 1)]
Uint32 = Annotated[int, Meta(ge=0, le=U32)]
Uint63 = Annotated[int, Meta(ge=0, le=2**63 - 1)]
# Parcels of later versions have sizes of their own, so what bounds them here is the message.
ParcelBytes = bytes
Id = Annotated[bytes, Meta(min_length=ID_SIZE, max_length=ID_SIZE)]
Key = Annotated[bytes, Meta(min_length=KEY_SIZE, max_length=KEY_SIZE)]
Bound = Annotated[bytes, Meta(max_length=KEY_SIZE)]
Digest = Annotated[bytes, Meta(min_length=RANGE_DIGEST_SIZE, max_length=RANGE_DIGEST_SIZE)]
DescriptorBytes = Annotated[bytes, Meta(min_length=1, max_length=MAX_DESCRIPTOR_SIZE)]
CircuitName = Annotated[bytes, Meta(min_length=CIRCUIT_NAME_SIZE, max_length=CIRCUIT_NAME_SIZE)]
Cookie = Annotated[bytes, Meta(min_length=COOKIE_SIZE, max_length=COOKIE_SIZE)]
Host = Annotated[bytes, Meta(min_length=HOST_SIZE, max_length=HOST_SIZE)]
Port = Annotated[int, Meta(ge=1, le=MAX_PORT)]


class WireMessage(msgspec.Struct, frozen=True, array_like=True):
    """Base of messages, and of the lists inside them. What stands behind the last field that is known is passed over."""
