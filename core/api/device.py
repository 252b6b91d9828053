"""Commands about this device: the network as it sees it, and what its screens remember."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from core.api.account import Done
from core.api.base import Carrier, Command, Record

RoleName = Literal["full", "leaf"]
"""Whether a node serves others."""
NatClass = Literal["unknown", "open", "cone", "restricted", "symmetric"]
"""The NAT between a node and the others: none; a router that lets strangers in; one that does not, or a firewall; one that
shows a different port to each peer."""
PaceName = Literal["sparing", "normal", "strong"]
"""How much traffic hides when something is sent: ``core.node.cover`` has what each costs."""


class PeerInfo(Record, frozen=True):
    """One linked node, as the network screen shows it."""

    node: str
    endpoint: str
    role: RoleName
    rtt_ms: float
    following: bool  # our own traffic enters the network there
    answering: bool = True  # nothing is owed to us for longer than an answer takes


class MailboxInfo(Record, frozen=True, omit_defaults=False):
    """A part of the network that mail for us may lie in: ``bits`` of an address, shared with other people's.

    ``custodians``: shortened keys of those whose list of arrivals we follow. ``agree``: whether these lists are the same;
    None while that is unknown.
    """

    bits: int
    custodians: list[str]
    agree: bool | None


class FinderInfo(Record, frozen=True, omit_defaults=False):
    """A way to find nodes: whether it runs, why not, and how often it named an address where a node may live.

    ``contacts``: nodes of the DHT that are known, or local networks that are called into.
    """

    running: bool
    reason: str
    contacts: int
    heard: int


JoinState = Literal["resolving", "unknown-name", "other-family", "trying", "silent", "useless", "answered", "linked"]
"""The state of a node named by --join: its name is being looked up; has no address; has none that this node's socket can
send to; no address was tried yet; none answers; a leaf does, or we ourselves; it did when it was asked; it is linked."""


class JoinInfo(Record, frozen=True, omit_defaults=False):
    """A node named by --join: ``spec`` as it was given, the addresses of its name, which of them answers, and why not."""

    spec: str
    state: JoinState
    addresses: list[str]
    answering: str
    reason: str


class ClockOff(Record, frozen=True, omit_defaults=False):
    """A linked node whose clock does not show network time; ``ahead_ms`` is negative when it is behind.

    ``left_out``: it differs too much from ours, so nothing is sent through it or kept there until that is over.
    """

    node: str
    ahead_ms: int
    left_out: bool


class ClockAlone(Record, frozen=True, omit_defaults=False):
    """This machine's clock is the odd one, with fewer than three witnesses: it waits.

    ``agreeing``: who agrees with it. ``against``: who agree with each other, and how far they are ahead of it.
    """

    agreeing: list[str]
    against: list[ClockOff]


class NetworkStatus(Record, frozen=True, omit_defaults=False):
    """The network as this node sees it; counts since the start."""

    listen: str
    public: str  # where others see us; empty while that is not known
    peers: int
    peers_by_source: dict[str, int]  # join, mainline, lan, remembered, exchange (by other nodes), incoming
    role: RoleName
    nat: NatClass
    reachable: bool | None  # by strangers; None: not known
    mainline: FinderInfo | None  # the BitTorrent DHT; None: declined
    lan: FinderInfo | None

    joins: list[JoinInfo]  # one for each --join

    custodians: int  # that our own traffic can go to
    mailboxes: list[MailboxInfo]  # that are read while an account is open
    copies_agree: bool | None  # in all of them; None: not compared yet
    clock_offset_ms: int  # how far the peers' clocks are ahead of ours, as far as they agree
    clocks_agreeing: int  # linked full nodes whose clocks show network time
    clocks_off: list[ClockOff]  # the others, those aside that ``clock_alone`` names
    clock_alone: ClockAlone | None  # our own clock is the odd one; None: it is not

    anonymity_set: int  # reachable full nodes in the network, estimated
    relays: int  # of them usable for paths now
    hops: int  # nodes on a path, the custodian among them
    guards: int
    guards_linked: int
    loops_sent: int
    loops_lost: int

    uptime: int  # seconds
    bytes_in: int
    bytes_out: int
    hour_out: int  # sent in the last hour, the program's own in the BitTorrent DHT included
    hour_in: int
    hour_seconds: float  # that these count for: less than an hour after a start
    pace: PaceName
    cover_bytes_per_day: dict[PaceName, int]  # what cover traffic sends in each setting
    datagrams_in: int
    datagrams_out: int
    datagrams_dropped: int

    parcels: int  # of other people's, that we keep
    parcel_bytes: int
    swarm: int  # linked nodes that keep the same parcels
    price_factor: int  # how many times the usual work we ask for a box: above 1 in a flood
    links: list[PeerInfo]


class NetworkStatusGet(Command[NetworkStatus], frozen=True, tag="network.status"):
    """Tell the state of the network. Works while locked."""

    carrier: ClassVar = Carrier.STEPS
    while_locked: ClassVar = True


class Settings(Record, frozen=True, omit_defaults=False):
    """What the screens remember, kept inside the encrypted file. Empty strings mean: decide by the terminal."""

    theme: Annotated[str, Meta(pattern="^([a-z0-9][a-z0-9_-]{0,31})?$")] = ""  # one of ours or of the person's own
    glyphs: Literal["", "ascii", "unicode", "nerd"] = ""
    layout: Literal["dialogue", "letter"] = "dialogue"  # of messages: on two sides, or from one edge
    # Of the screens, a code as zh_CN. A code of no language that a screen has is passed over as the empty one is.
    language: Annotated[str, Meta(pattern="^([A-Za-z]{2,3}([_-][A-Za-z]{2,8})?)?$")] = ""
    last_conversation: str = ""  # open when the screens were left; the next start goes back to it
    enter_sends: bool = True
    keys: Literal["default", "vim", "emacs"] = "default"
    lock_after: int = 600  # seconds without a key until the screen locks; 0 = never
    notify: Literal["off", "bell", "bell+text"] = "bell"
    notify_content: Literal["off", "name", "text"] = "off"  # what a notice's text says beside "new message"
    low_bandwidth: Literal["auto", "on", "off"] = "auto"
    pace: PaceName = "normal"  # of the node, while the account is open
    # What contacts are let know, and tell in turn; while one is off it is neither told nor shown.
    read_receipts: bool = False
    typing: bool = False
    presence: bool = False


class SettingsGet(Command[Settings], frozen=True, tag="settings.get"):
    """The stored settings."""


class SettingsSet(Command[Done], frozen=True, tag="settings.set"):
    """Change the settings that are named, and leave the others as they are. Names and values as in ``Settings``.

    An unknown name, or a value that it does not take, is a bad-request, and nothing is changed.
    """

    settings: dict[str, Any]
