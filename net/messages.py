"""What nodes say to each other over a link, above cells (``docs/PROTOCOL.md`` 3).

Every message is one MessagePack array: a type number and its fields in order. Decoding is bounded by the schema, so a
stranger's message costs at most its own 80 KiB; what the schema cannot say (that tags come in whole eights, say) is
checked where the value is made. Requests carry a number that their answers repeat; it means nothing but to the asker.

A new message takes a new type number. Fields are never added to an old one: an array of the wrong length is an error.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from net.bucket import ADDRESS_BITS
from net.errors import DecodeError
from net.ids import TAG_SIZE
from net.parcel.box import BOX_SIZE, ID_SIZE, PREFIX_BITS, VARIANT_SIZE
from net.parcel.record import MAX_RECORD_SIZE

# The most that one link message may carry, in bytes; what the link layer takes.
MAX_MESSAGE_SIZE: Final = 80 * 1024

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
KEY_SIZE: Final = 1 + ADDRESS_BITS // 8 + ID_SIZE + VARIANT_SIZE + 8
RANGE_DIGEST_SIZE: Final = 16
# What a flooded custodian asks is at most so many times the price.
MAX_PRICE_FACTOR: Final = 64

# What describes a node of the overlay (``net.overlay.descriptor``), and how many of them one answer gives: Kademlia's k.
DESCRIPTOR_SIZE: Final = 232
MAX_NODES_PER_ANSWER: Final = 16
# A Sphinx packet (``net.onion.sphinx``).
PACKET_SIZE: Final = 1207
# Between two nodes a circuit is named by so many random bytes.
CIRCUIT_NAME_SIZE: Final = 5
# What of a circuit's cell is encrypted. With its name, the framing of messages and an acknowledgement it fills one frame.
CELL_BODY_SIZE: Final = 1152

U32: Final = 2**32 - 1

_Uint32 = Annotated[int, Meta(ge=0, le=U32)]
_Uint63 = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Parcel = Annotated[bytes, Meta(max_length=MAX_RECORD_SIZE)]
_Id = Annotated[bytes, Meta(min_length=ID_SIZE, max_length=ID_SIZE)]
_Key = Annotated[bytes, Meta(min_length=KEY_SIZE, max_length=KEY_SIZE)]
_Bound = Annotated[bytes, Meta(max_length=KEY_SIZE)]
_Digest = Annotated[bytes, Meta(min_length=RANGE_DIGEST_SIZE, max_length=RANGE_DIGEST_SIZE)]


_Descriptor = Annotated[bytes, Meta(min_length=DESCRIPTOR_SIZE, max_length=DESCRIPTOR_SIZE)]
_CircuitName = Annotated[bytes, Meta(min_length=CIRCUIT_NAME_SIZE, max_length=CIRCUIT_NAME_SIZE)]
_Host = Annotated[bytes, Meta(min_length=16, max_length=16)]
_Port = Annotated[int, Meta(ge=1, le=65535)]


class _Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Base of messages."""


# --- deposits ---------------------------------------------------------------------------------------------------------


class Deposit(_Message, frozen=True, tag=1):
    """Please keep this parcel. ``kind`` is the number of ``net.store.Kind``."""

    request: _Uint32
    kind: Annotated[int, Meta(ge=0, le=1)]
    parcel: _Parcel


class DepositAnswer(_Message, frozen=True, tag=2):
    """What became of a deposit: a ``Verdict``'s value, and the custodian's hour."""

    request: _Uint32
    verdict: Annotated[int, Meta(ge=0, le=8)]
    hour: _Uint32


# --- reading ----------------------------------------------------------------------------------------------------------


class Follow(_Message, frozen=True, tag=3):
    """Stream the tags under the first ``width`` bits of ``prefix``, after ``arrival`` of ``run`` (empty: all)."""

    stream: _Uint32
    prefix: _Uint32
    width: Annotated[int, Meta(ge=0, le=PREFIX_BITS)]
    run: Annotated[bytes, Meta(max_length=RUN_SIZE)]
    arrival: _Uint63


class Unfollow(_Message, frozen=True, tag=4):
    """Stop a stream."""

    stream: _Uint32


class Tags(_Message, frozen=True, tag=5):
    """The next piece of a stream, tags end to end. ``arrival`` is where the reader now stands in ``run``."""

    stream: _Uint32
    run: Annotated[bytes, Meta(min_length=RUN_SIZE, max_length=RUN_SIZE)]
    arrival: _Uint63
    tags: Annotated[bytes, Meta(max_length=MAX_TAGS_PER_PIECE * TAG_SIZE)]
    caught_up: bool

    def __post_init__(self) -> None:
        if len(self.tags) % TAG_SIZE:
            raise ValueError("tags")


class Fetch(_Message, frozen=True, tag=6):
    """Give me every box under these tags, which lie end to end."""

    request: _Uint32
    tags: Annotated[bytes, Meta(min_length=TAG_SIZE, max_length=MAX_TAGS_PER_FETCH * TAG_SIZE)]

    def __post_init__(self) -> None:
        if len(self.tags) % TAG_SIZE:
            raise ValueError("tags")


class Boxes(_Message, frozen=True, tag=7):
    """Some of the boxes asked for; with ``is_last`` all have been sent, and tags without a box are not held."""

    request: _Uint32
    boxes: Annotated[
        list[Annotated[bytes, Meta(min_length=BOX_SIZE, max_length=BOX_SIZE)]], Meta(max_length=MAX_BOXES_PER_ANSWER)
    ]
    is_last: bool


class FindRecord(_Message, frozen=True, tag=8):
    """Give me the record of this id."""

    request: _Uint32
    record_id: _Id


class FoundRecord(_Message, frozen=True, tag=9):
    """A record, or nothing when none is held."""

    request: _Uint32
    record: _Parcel


class Busy(_Message, frozen=True, tag=10):
    """A fetch or a search was not answered: too many of them. Ask again later or elsewhere."""

    request: _Uint32


# --- between custodians -----------------------------------------------------------------------------------------------


class Parcel(_Message, frozen=True):
    """A parcel on its way from one custodian to another."""

    kind: Annotated[int, Meta(ge=0, le=1)]
    data: _Parcel


class Push(_Message, frozen=True, tag=11):
    """Parcels that the other custodian may lack; it checks them like deposits and does not answer."""

    parcels: Annotated[list[Parcel], Meta(min_length=1, max_length=MAX_PARCELS_PER_PUSH)]


class Compare(_Message, frozen=True, tag=12):
    """Of the keys in [low, high) I hold this digest (``high`` empty: to the end). What do you hold?"""

    request: _Uint32
    low: _Bound
    high: _Bound
    digest: _Digest


class Range(_Message, frozen=True):
    """The digest of the keys from the previous range's end up to ``high``."""

    high: _Bound
    digest: _Digest


class Compared(_Message, frozen=True, tag=13):
    """The answer to ``Compare``: the same; or, for a small range, all its keys; or the digests of its parts, in order."""

    request: _Uint32
    is_same: bool
    keys: Annotated[list[_Key], Meta(max_length=MAX_KEYS_PER_ANSWER)]
    ranges: Annotated[list[Range], Meta(max_length=MAX_RANGES_PER_ANSWER)]


class Want(_Message, frozen=True, tag=14):
    """Push me the parcels with these keys."""

    keys: Annotated[list[_Key], Meta(min_length=1, max_length=MAX_KEYS_PER_ANSWER)]


# --- peers ------------------------------------------------------------------------------------------------------------


class Peer(_Message, frozen=True):
    """A full node that the sender has had a link with. ``host`` is a packed IPv4 or IPv6 address."""

    host: Annotated[bytes, Meta(min_length=4, max_length=16)]
    port: Annotated[int, Meta(ge=1, le=65535)]
    node: _Id

    def __post_init__(self) -> None:
        if len(self.host) not in {4, 16}:
            raise ValueError("host")


class AskPeers(_Message, frozen=True, tag=15):
    """Whom do you know, and what time is it?"""

    request: _Uint32


class Peers(_Message, frozen=True, tag=16):
    """Some full nodes at random, and the sender's own wall clock in Unix milliseconds."""

    request: _Uint32
    wall_ms: _Uint63
    peers: Annotated[list[Peer], Meta(max_length=MAX_PEERS_PER_ANSWER)]


# --- the overlay ------------------------------------------------------------------------------------------------------


class Describe(_Message, frozen=True, tag=17):
    """This is who I am in the overlay: a ``net.overlay.descriptor``."""

    descriptor: _Descriptor


class FindNodes(_Message, frozen=True, tag=18):
    """Which nodes closest to ``target`` are in your table?"""

    request: _Uint32
    target: _Id


class Nodes(_Message, frozen=True, tag=19):
    """Descriptors, the closest to what was asked for first."""

    request: _Uint32
    descriptors: Annotated[list[_Descriptor], Meta(max_length=MAX_NODES_PER_ANSWER)]


class Lookup(_Message, frozen=True, tag=20):
    """Look for the nodes closest to ``target`` in the whole overlay, on my behalf; answered by ``Nodes``."""

    request: _Uint32
    target: _Id


# --- circuits ---------------------------------------------------------------------------------------------------------


class Setup(_Message, frozen=True, tag=21):
    """Peel this packet and let a circuit begin; between the two of us it is called ``circuit``."""

    circuit: _CircuitName
    packet: Annotated[bytes, Meta(min_length=PACKET_SIZE, max_length=PACKET_SIZE)]


class Cell(_Message, frozen=True, tag=22):
    """The next cell of a circuit, in either direction."""

    circuit: _CircuitName
    body: Annotated[bytes, Meta(min_length=CELL_BODY_SIZE, max_length=CELL_BODY_SIZE)]


class Destroy(_Message, frozen=True, tag=23):
    """A circuit is over."""

    circuit: _CircuitName


# --- addresses --------------------------------------------------------------------------------------------------------


class AskReflection(_Message, frozen=True, tag=24):
    """From which address do my datagrams come?"""

    request: _Uint32


class Reflection(_Message, frozen=True, tag=25):
    """From this one. ``host`` is an IPv6 address, or an IPv4 address mapped into one."""

    request: _Uint32
    host: _Host
    port: _Port


class AskDialBack(_Message, frozen=True, tag=26):
    """Please have somebody I am not linked with dial the address you see me at."""

    request: _Uint32


class DialBack(_Message, frozen=True, tag=27):
    """It was reached (0), was not (1), or there was nobody to ask (2)."""

    request: _Uint32
    verdict: Annotated[int, Meta(ge=0, le=2)]


class PleaseDial(_Message, frozen=True, tag=28):
    """Dial this node for me and say whether it answered."""

    request: _Uint32
    host: _Host
    port: _Port
    node: _Id


class Dialed(_Message, frozen=True, tag=29):
    """It answered, or it did not."""

    request: _Uint32
    is_reached: bool


class Introduce(_Message, frozen=True, tag=30):
    """Please introduce me to this node, which you are linked with."""

    request: _Uint32
    node: _Id


class Introduction(_Message, frozen=True, tag=31):
    """You will hear from this node, at this address (port 0: it cannot be reached); send to it first."""

    request: _Uint32
    host: _Host
    port: Annotated[int, Meta(ge=0, le=65535)]
    node: _Id


# --- custodians, of late ----------------------------------------------------------------------------------------------


class Price(_Message, frozen=True, tag=32):
    """From now on boxes cost so many times the price here; what was asked before is honoured for ten minutes more.

    Comes on a stream of tags. Until a stream says otherwise the factor is 1.
    """

    stream: _Uint32
    factor: Annotated[int, Meta(ge=1, le=MAX_PRICE_FACTOR)]


class Keeps(_Message, frozen=True, tag=33):
    """I am a custodian, and keep the bucket of this width that I lie in."""

    width: Annotated[int, Meta(ge=0, le=ADDRESS_BITS)]


Message = (
    Deposit | DepositAnswer | Follow | Unfollow | Tags | Fetch | Boxes | FindRecord | FoundRecord | Busy
    | Push | Compare | Compared | Want | AskPeers | Peers
    | Describe | FindNodes | Nodes | Lookup | Setup | Cell | Destroy
    | AskReflection | Reflection | AskDialBack | DialBack | PleaseDial | Dialed | Introduce | Introduction
    | Price | Keeps
)  # fmt: skip

_decoder: Final[msgspec.msgpack.Decoder[Message]] = msgspec.msgpack.Decoder(Message)
_encoder: Final = msgspec.msgpack.Encoder()


def encode_message(message: Message) -> bytes:
    """Return a message's bytes."""
    return _encoder.encode(message)


def decode_message(data: bytes) -> Message:
    """Take a message apart. Raises ``DecodeError`` for anything but one well-formed message."""
    if len(data) > MAX_MESSAGE_SIZE:
        raise DecodeError("message: length")
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise DecodeError("message") from error
