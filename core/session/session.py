"""What a command's waiting handler works with: the node, the account if it is open, searches for records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.node.service import NodeService
from core.session.open_account import OpenAccount
from core.session.record_searches import RecordSearches


@dataclass(frozen=True, slots=True)
class Session:
    """One profile while the program runs. ``account`` returns the open account, or raises ``ApiError``."""

    node: NodeService
    account: Callable[[], OpenAccount]
    records: RecordSearches
