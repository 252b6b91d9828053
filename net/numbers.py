"""Numbers that more than one module has to agree on, with its peer or with another module of its own node.

A number of one format alone stands in that format's file (``net.parcel.box``, ``net.link.frames``, ``net.messages.fields``),
and one that a node may choose for itself stands where it is used. Here are the others, so that none stands twice. To change
one of the first three groups is to change the protocol: nodes of both versions would not understand each other.
"""

from __future__ import annotations

from typing import Final

# --- datagrams --------------------------------------------------------------------------------------------------------

# Bytes. Every datagram of a link has one of these two sizes, and the beacons of a local network have the smaller, so that
# nothing shows what it is by its length.
LARGE_DATAGRAM_SIZE: Final = 1232  # IPv6's least MTU, 1280, less its header and UDP's
SMALL_DATAGRAM_SIZE: Final = 256  # handshakes, acknowledgements and short messages

# --- messages ---------------------------------------------------------------------------------------------------------

# Bytes of the largest message, on links and in circuits alike: a 64 KiB record with everything around it. Windows, queues
# and the sizes of answers are measured by it.
MAX_MESSAGE_SIZE: Final = 80 * 1024
# Bytes of a message's length, which stands before it in the byte stream of a link and in that of a circuit.
MESSAGE_LENGTH_SIZE: Final = 3
# The first number of a kind (of a message, a part of a frame, a cell) that is passed over by a version that does not
# know it. The lower half is refused. Half of a byte, and MessagePack has one byte for the numbers below.
UPPER_HALF: Final = 128

# --- addresses --------------------------------------------------------------------------------------------------------

# Bytes of a packed host: an IPv6 address, or an IPv4 address mapped into one (``net.reach.address``).
HOST_SIZE: Final = 16
MAX_PORT: Final = 2**16 - 1
# The lowest port that strangers may have us dial. Those below belong to services of other kinds, which would not like our
# knocking, and no node listens there.
FIRST_PORT: Final = 1024

# --- custodians -------------------------------------------------------------------------------------------------------

# Custodians that a writer wants to have named a parcel, and that a reader follows in each bucket: one may lie or die without
# any loss. With one more each, traffic grows by half.
COPIES: Final = 2
# Boxes of one id that a custodian keeps at one address, and so what one tag may bring: the true one must find room though
# the other holder of a shared-write slot wrote first.
MAX_VARIANTS: Final = 4

# Below this many full nodes an observer of a part of them can tell who talks to whom (``docs/THREATS.md``).
SMALL_NETWORK: Final = 100
