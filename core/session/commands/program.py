"""The program itself: its version and its end (``core.api.program``)."""

from __future__ import annotations

import os

from core import api
from core.api import ApiError, Kind
from core.sentence import N_
from core.session.commands.account import AtGate, at_gate


@at_gate(api.CoreGet)
async def _info(at: AtGate, _: api.CoreGet) -> api.CoreInfo:
    """Tell which program this is."""
    program = at.gate.terms.program
    return api.CoreInfo(
        version=program.version,
        started_at=program.started_at,
        attached=len(at.gate.attachments),
        runs_on=program.stop is not None,
        pid=os.getpid(),
    )


@at_gate(api.CoreStop)
async def _stop(at: AtGate, _: api.CoreStop) -> api.Done:
    """End a core that runs on; its answers are written first."""
    stop = at.gate.terms.program.stop
    if stop is None:
        raise ApiError(
            Kind.NOT_ALLOWED, N_("This program has no core of its own: it ends with its screen or its input.")
        )
    stop()
    return api.Done()
