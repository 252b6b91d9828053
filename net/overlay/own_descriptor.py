"""What a node says of itself, made anew whenever its address or its Sphinx keys change."""

from __future__ import annotations

from net.ids import Endpoint
from net.network_time import AGREEMENT_MS
from net.overlay.descriptor import encode_descriptor
from net.overlay.identity import Identity


class OwnDescriptor:
    """Our own descriptor. Without an ``identity`` there is none: a leaf."""

    def __init__(self, identity: Identity | None) -> None:
        self._identity = identity
        self._endpoint: Endpoint | None = None
        self._sphinx_keys: tuple[bytes, bytes] | None = None
        self._stamp = 0
        self.is_reachable = False
        self.epoch = 0
        self.descriptor: bytes | None = None  # None until keys and address are known

    def set_address(self, endpoint: Endpoint, *, is_reachable: bool) -> None:
        """We are to be found there; ``is_reachable``: by strangers."""
        if (endpoint, is_reachable) != (self._endpoint, self.is_reachable):
            self._endpoint, self.is_reachable = endpoint, is_reachable
            self._describe()

    def turn(self, epoch: int, sphinx_keys: tuple[bytes, bytes] | None, now_ms: int) -> None:
        """An epoch begins at ``now_ms`` of network time, with our keys for it and the next."""
        self.epoch, self._sphinx_keys = epoch, sphinx_keys
        # Stamps rise, but a node whose clock is set back would be from the future for all others, until that has come.
        self._stamp = now_ms if self._stamp > now_ms + AGREEMENT_MS else max(self._stamp, now_ms)
        self._describe()

    def _describe(self) -> None:
        if self._identity is None or self._endpoint is None or self._sphinx_keys is None:
            return
        self._stamp += 1  # of two descriptors of one node the later stamp wins
        self.descriptor = encode_descriptor(
            self._identity, self._endpoint, self.epoch, self._sphinx_keys, self._stamp, is_reachable=self.is_reachable
        )
