"""A relay's Sphinx keys, one for each epoch of two hours, and the packets that came under each.

Keys are random and live in memory only. When an epoch's key goes, what was recorded under it cannot be opened, and the list
of packets seen goes with it: a packet that is too old to be remembered is too old to be opened. A restart draws new keys, so
that nothing seen before it can be replayed after it either.

A packet is entered in the list once its MAC is right and before anything is done with it: forged packets cannot fill the
list, and whatever happens next, the same packet is never processed twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from net.errors import Unauthenticated
from net.onion.packets.cipher import OnionCipher, Peeled, SphinxKeys
from net.onion.packets.sphinx import REPLAY_NAME_SIZE, WrongKey

# Packets that one key takes: 64 MiB of names, or 580 packets a second through a whole epoch. A relay of a network of ten
# thousand people gets a few a second. Beyond this the key takes nothing more: forgetting would let packets come twice.
MAX_SEEN: Final = 2**22
# The list is kept in pieces by the first 12 bits of a name. A full one holds 16 KiB and is searched in 4 µs; one list
# would be searched for ages, and a set of byte strings takes many times the memory.
_PIECE_SHIFT: Final = 4

# Epochs whose keys open packets: senders' clocks are not ours. Tried in the order in which they are likely.
_TRIED: Final = (0, -1, 1)
# Epochs whose keys are kept when there are any. One more than are tried: a clock that network time puts back across
# the end of an epoch must not cost a key that descriptors already tell.
_KEPT: Final = range(-1, 3)


class Replayed(Unauthenticated):
    """The packet came before, or its key can remember no more packets and so cannot tell."""


class ReplayList:
    """The names, 16 bytes each, of the packets that came under one key: exact and bounded, 16 bytes a packet."""

    def __init__(self, limit: int = MAX_SEEN) -> None:
        self._limit = limit
        self._count = 0
        self._pieces: dict[int, bytearray] = {}

    def __len__(self) -> int:
        return self._count

    def admit(self, name: bytes) -> None:
        """Enter a name. Raises ``Replayed`` when it is there, or there is no room for it."""
        piece = self._pieces.setdefault(int.from_bytes(name[:2], "big") >> _PIECE_SHIFT, bytearray())
        # Names are hashes: one that is found across the seam of two others is as likely as two that are equal.
        if self._count >= self._limit or name in piece:
            raise Replayed("packet")
        piece += name[:REPLAY_NAME_SIZE]
        self._count += 1


class _EpochKeys:
    """The keys of one epoch and what came under them."""

    __slots__ = ("keys", "seen")

    def __init__(self, keys: SphinxKeys, seen: ReplayList) -> None:
        self.keys = keys
        self.seen = seen


class Keyring:
    """Draws the keys of an epoch when it is first turned to; until then nothing can be peeled."""

    def __init__(self, cipher: OnionCipher, random: Callable[[int], bytes], *, max_seen: int = MAX_SEEN) -> None:
        self._cipher = cipher
        self._random = random
        self._max_seen = max_seen
        self._epochs: dict[int, _EpochKeys] = {}

    def turn(self, epoch: int) -> None:
        """Draw the keys of ``epoch`` and the next if need be, and drop those of other times."""
        kept = {epoch + shift for shift in _KEPT}
        self._epochs = {each: keys for each, keys in self._epochs.items() if each in kept}
        for each in (epoch, epoch + 1):
            if each not in self._epochs:
                self._epochs[each] = _EpochKeys(self._cipher.keypair(self._random), ReplayList(self._max_seen))

    def publics(self, epoch: int) -> tuple[bytes, bytes]:
        """Turn to ``epoch`` and return its public key and the next one's."""
        self.turn(epoch)
        return self._epochs[epoch].keys.public, self._epochs[epoch + 1].keys.public

    def peel(self, packet: bytes, epoch: int) -> Peeled:
        """Take our layer off a packet, under the keys of ``epoch`` and its neighbours.

        Raises:
            Unauthenticated: not for us, altered, or ``Replayed``.
            DecodeError: it makes no sense.
        """
        for shift in _TRIED:
            held = self._epochs.get(epoch + shift)
            if held is None:
                continue
            try:
                return self._cipher.peel(held.keys.secret, packet, held.seen.admit)
            except WrongKey:
                continue
        raise WrongKey("packet")
