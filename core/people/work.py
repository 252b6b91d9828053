"""One transaction's worth of work: what the rules are given, and where they leave what is to be done afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from core import api
from core.crypto.ratchet import Account
from core.people.device import Certificate
from core.people.effects import Effect, Emit, Fetch
from core.people.moment import Moment
from core.people.watching import Watches
from core.storage import accounts
from core.storage.database import Transaction
from net.ids import Tag


@dataclass(frozen=True, slots=True, repr=False)
class Me:
    """This device and its account, unlocked."""

    identity_seed: bytes
    device_seed: bytes
    certificate: Certificate
    pickle_key: bytes
    inbox: bytes

    @property
    def identity(self) -> bytes:
        """The account's identity key."""
        return self.certificate.identity

    @property
    def device(self) -> bytes:
        """This device's key."""
        return self.certificate.device


@dataclass(slots=True)
class Work:
    """A transaction with its surroundings. ``effects`` are carried out after the commit, or not at all."""

    tx: Transaction
    me: Me
    now: Moment
    watches: Watches
    effects: list[Effect] = field(default_factory=list[Effect])

    def emit(self, event: api.Event) -> None:
        """Tell screens and programs, once committed."""
        self.effects.append(Emit(event))

    def want(self, tags: Iterable[Tag]) -> None:
        """Fetch the boxes with these tags, once committed."""
        found = tuple(tags)
        if found:
            self.effects.append(Fetch(found))

    def olm_account(self) -> Account:
        """Return this device's Olm account."""
        row = accounts.load(self.tx)
        assert row is not None
        return Account.restore(row.olm_account, self.me.pickle_key)
