"""A sample of every message type that a node may be sent."""

from __future__ import annotations

from hypothesis import strategies as st

from net import messages as m
from net.ids import TAG_SIZE
from net.parcel.box import BOX_SIZE

U32 = st.integers(0, m.U32)
U63 = st.integers(0, 2**63 - 1)
IDS = st.binary(min_size=32, max_size=32)
KEYS = st.binary(min_size=m.KEY_SIZE, max_size=m.KEY_SIZE)
BOUNDS = st.binary(max_size=m.KEY_SIZE)
DIGESTS = st.binary(min_size=16, max_size=16)
KINDS = st.integers(0, 1) | st.integers(0, 255)
PARCELS = st.builds(m.Parcel, KINDS, st.binary(max_size=200))
PEERS = st.builds(
    m.Peer,
    st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16) | st.binary(max_size=m.MAX_HOST_SIZE),
    st.integers(0, 65535),
    IDS,
)
DESCRIPTORS = st.binary(min_size=m.DESCRIPTOR_SIZE, max_size=m.DESCRIPTOR_SIZE) | st.binary(min_size=1, max_size=300)
CIRCUITS = st.sampled_from([bytes(m.CIRCUIT_NAME_SIZE), b"\x01" * m.CIRCUIT_NAME_SIZE])
HOSTS = st.binary(min_size=16, max_size=16) | st.just(bytes(10) + b"\xff\xff\x7f\x00\x00\x09")
PORTS = st.integers(1, 65535)
BOXES = st.lists(st.binary(min_size=BOX_SIZE, max_size=BOX_SIZE) | st.binary(max_size=60), max_size=3)


def tags(least: int, most: int) -> st.SearchStrategy[bytes]:
    return st.integers(least, most).flatmap(lambda n: st.binary(min_size=n * TAG_SIZE, max_size=n * TAG_SIZE))


MESSAGES: st.SearchStrategy[m.Message] = st.one_of(
    st.builds(m.Deposit, U32, KINDS, st.binary(max_size=1000)),
    st.builds(m.DepositAnswer, U32, st.integers(0, 255), U32),
    st.builds(m.Follow, U32, U32, st.integers(0, 32), st.binary(max_size=8), U63),
    st.builds(m.Unfollow, U32),
    st.builds(m.Tags, U32, st.binary(min_size=8, max_size=8), U63, tags(0, 20), st.booleans()),
    st.builds(m.Fetch, U32, tags(1, m.MAX_TAGS_PER_FETCH)),
    st.builds(m.Boxes, U32, BOXES, st.booleans()),
    st.builds(m.FindRecord, U32, IDS),
    st.builds(m.FoundRecord, U32, st.binary(max_size=1000)),
    st.builds(m.Busy, U32),
    st.builds(m.Push, st.lists(PARCELS, min_size=1, max_size=5)),
    st.builds(m.Compare, U32, BOUNDS, BOUNDS, DIGESTS),
    st.builds(
        m.Compared,
        U32,
        st.booleans(),
        st.lists(KEYS, max_size=5),
        st.lists(st.builds(m.Range, BOUNDS, DIGESTS), max_size=m.MAX_RANGES_PER_ANSWER),
    ),
    st.builds(m.Want, st.lists(KEYS, min_size=1, max_size=5)),
    st.builds(m.AskPeers, U32),
    st.builds(m.Peers, U32, U63, st.lists(PEERS, max_size=m.MAX_PEERS_PER_ANSWER)),
    st.builds(m.Price, U32, st.integers(1, m.MAX_PRICE_FACTOR) | st.integers(1, m.U32)),
    st.builds(m.Keeps, st.integers(0, 32)),
    st.builds(m.Describe, DESCRIPTORS),
    st.builds(m.FindNodes, U32, IDS),
    st.builds(m.Nodes, U32, st.lists(DESCRIPTORS, max_size=m.MAX_NODES_PER_ANSWER)),
    st.builds(m.Lookup, U32, IDS),
    st.builds(m.Setup, CIRCUITS, st.binary(min_size=m.PACKET_SIZE, max_size=m.PACKET_SIZE)),
    st.builds(m.Cell, CIRCUITS, st.binary(min_size=m.CELL_BODY_SIZE, max_size=m.CELL_BODY_SIZE)),
    st.builds(m.Destroy, CIRCUITS),
    st.builds(m.AskReflection, U32),
    st.builds(m.Reflection, U32, HOSTS, PORTS),
    st.builds(m.AskDialBack, U32),
    st.builds(m.DialBack, U32, st.integers(0, 2) | st.integers(0, 255)),
    st.builds(m.PleaseDial, U32, HOSTS, PORTS, IDS),
    st.builds(m.Dialed, U32, st.booleans()),
    st.builds(m.Introduce, U32, IDS),
    st.builds(m.Introduction, U32, HOSTS, PORTS, IDS),
    st.builds(m.Refused, U32, U32),
    st.builds(m.LeaveCookie, U32, st.binary(min_size=32, max_size=32)),
    st.builds(m.PresentCookie, U32, st.binary(min_size=32, max_size=32)),
    st.builds(m.RendezvousAnswer, U32, st.integers(0, 255)),
)
# One of each type.
EXAMPLES: list[m.Message] = [
    m.Deposit(1, 0, b""), m.DepositAnswer(1, 0, 0), m.Follow(1, 0, 0, b"", 0), m.Unfollow(1),
    m.Tags(1, bytes(8), 0, b"", caught_up=True), m.Fetch(1, bytes(8)), m.Boxes(1, [], is_last=True),
    m.FindRecord(1, bytes(32)), m.FoundRecord(1, b""), m.Busy(1), m.Push([m.Parcel(0, b"")]),
    m.Compare(1, b"", b"", bytes(16)), m.Compared(1, is_same=True, keys=[], ranges=[]), m.Want([bytes(m.KEY_SIZE)]),
    m.AskPeers(1), m.Peers(1, 0, []), m.Describe(bytes(m.DESCRIPTOR_SIZE)), m.FindNodes(1, bytes(32)), m.Nodes(1, []),
    m.Lookup(1, bytes(32)), m.Setup(bytes(5), bytes(m.PACKET_SIZE)), m.Cell(bytes(5), bytes(m.CELL_BODY_SIZE)),
    m.Destroy(bytes(5)), m.AskReflection(1), m.Reflection(1, bytes(16), 1), m.AskDialBack(1), m.DialBack(1, 0),
    m.PleaseDial(1, bytes(16), 1, bytes(32)), m.Dialed(1, is_reached=True), m.Introduce(1, bytes(32)),
    m.Introduction(1, bytes(16), 0, bytes(32)), m.Price(1, 1), m.Keeps(0), m.Refused(1, 1),
    m.LeaveCookie(1, bytes(32)), m.PresentCookie(1, bytes(32)), m.RendezvousAnswer(1, 0),
]  # fmt: skip
