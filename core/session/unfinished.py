"""Finishes at a start what a kill interrupted: an account that was being removed (``core.vault.removal``)."""

from __future__ import annotations

import logging
from pathlib import Path

from core.node.opening import NODE_FILES
from core.refusals import note, refusal_of
from core.session.overrides import Overrides
from core.vault import removal
from core.vault.profile import Profile
from core.vault.remembered import system_stores

_log = logging.getLogger(__name__)


def finish_removal(home: Path, terms: Overrides) -> None:
    """Go on removing, if that was begun. What keeps it from ending is told by the first command about the account."""
    if not removal.has_begun(home):
        return
    try:
        with Profile(home):
            stores = system_stores() if terms.stores is None else terms.stores
            removal.finish(home, stores, NODE_FILES)
    except Exception as fault:  # noqa: BLE001 -- the program starts all the same, and says it again
        note("an account that was being removed is not gone yet", refusal_of(fault, home))
    else:
        _log.warning("an account was being removed here when the program ended: now it is gone")
