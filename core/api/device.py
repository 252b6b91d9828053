"""Commands about this device: the network as it sees it, and what its screens remember."""

from __future__ import annotations

from typing import Literal

from core.api.account import Done
from core.api.base import Command, Record


class PeerInfo(Record, frozen=True):
    """One linked node, as the network screen shows it."""

    node: str
    endpoint: str
    role: Literal["full", "leaf"]
    rtt_ms: float
    following: bool


class NetworkStatus(Record, frozen=True, omit_defaults=False):
    """The network as this node sees it."""

    listen: str
    peers: int
    role: Literal["full", "leaf"]
    custodians: int
    copies_agree: bool | None  # None: not compared, which the overlay will do
    clock_offset_ms: int
    datagrams_in: int
    datagrams_out: int
    datagrams_dropped: int
    parcels: int
    links: list[PeerInfo]


class NetworkStatusGet(Command[NetworkStatus], frozen=True, tag="network.status"):
    """Tell the state of the network. Works while locked."""


class Settings(Record, frozen=True, omit_defaults=False):
    """What the screens remember, kept inside the encrypted file. Empty strings mean: decide by the terminal."""

    theme: Literal["", "dark", "light", "contrast", "mono"] = ""
    glyphs: Literal["", "ascii", "unicode", "nerd"] = ""
    enter_sends: bool = True
    lock_after: int = 600  # seconds without a key until the screen locks; 0 = never
    notify: Literal["off", "bell", "bell+text"] = "bell"
    low_bandwidth: Literal["auto", "on", "off"] = "auto"


class SettingsGet(Command[Settings], frozen=True, tag="settings.get"):
    """The stored settings."""


class SettingsSet(Command[Done], frozen=True, tag="settings.set"):
    """Store settings, all of them."""

    settings: Settings
