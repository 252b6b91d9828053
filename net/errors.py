"""What can go wrong in the network layer, by whose fault.

``DecodeError`` and ``Unauthenticated`` are the other side's fault and cost it one dropped datagram or one closed link;
``Refused`` is an honest answer of a node that will not do what was asked; ``Unreachable`` is the world's.
Leaves carry data, never prose, and never key material.
"""


class NetError(Exception):
    """Base of all errors of this package; never raised itself."""


class DecodeError(NetError):
    """Bytes that are not what they should be. ``what`` names the structure and the check that failed."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class UnknownVersion(DecodeError):
    """Bytes of another version than ours, which may be good. The sender is not to blame: they are passed over."""


class Unauthenticated(NetError):
    """A seal, signature or handshake did not verify."""


class Unreachable(NetError):
    """No link to the node, or it fell silent."""


class CannotListen(Unreachable):
    """There is no listening at ``place``: it is not ours, or taken. ``why`` is a few words, the system's if it had some."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"cannot listen on {place}: {why}")
        self.place, self.why = place, why


class Overloaded(NetError):
    """A bounded queue of ours is full; the caller may try again later. ``queue`` names it."""

    def __init__(self, queue: str) -> None:
        super().__init__(queue)
        self.queue = queue
