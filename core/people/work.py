"""``Work``: a transaction as the rules get it, and where they leave what is to be done after the commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from core import api
from core.people.effects import Effect, Emit
from core.people.format.device import Certificate
from core.people.limits import PEOPLE_LIMITS, PeopleLimits
from core.people.moment import Moment
from core.people.presence import Presence
from core.people.repeats import Repeats
from core.people.tag_index import TagIndex
from core.storage.database import Transaction
from net.ids import Tag
from net.requests import Fetch


@dataclass(frozen=True, slots=True, repr=False)
class Me:
    """This device and its account, unlocked. ``inbox`` is the secret of its addresses, the ``inbox_number``-th."""

    identity_seed: bytes
    device_seed: bytes
    certificate: Certificate
    pickle_key: bytes
    inbox: bytes
    inbox_number: int = 0

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
    tag_index: TagIndex
    effects: list[Effect] = field(default_factory=list[Effect])
    slot_tries: int = 0  # ways of putting pieces together that were tried
    repeats: Repeats = field(default_factory=Repeats)
    presence: Presence = field(default_factory=Presence)
    limits: PeopleLimits = PEOPLE_LIMITS
    looked_at: int | None = None  # a conversation that the person has before its eyes by this

    def emit(self, event: api.Event) -> None:
        """Tell screens and programs, once committed."""
        self.effects.append(Emit(event))

    def want(self, tags: Iterable[Tag]) -> None:
        """Fetch the boxes with these tags, once committed."""
        found = tuple(tags)
        if found:
            self.effects.append(Fetch(found))
