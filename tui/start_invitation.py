"""An invitation that the client is started with, so that a newcomer has a contact to greet."""

from __future__ import annotations

from typing import NamedTuple


class StartInvitation(NamedTuple):
    """Whose invitation it is, and its link."""

    name: str
    link: str
