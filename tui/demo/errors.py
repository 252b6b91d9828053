"""The errors of the demo: why it could not start or go on."""

from __future__ import annotations

import tempfile
from pathlib import Path

from core.crash import first_of
from core.refusals import refusal_of
from tui.language import told


class StageFailed(Exception):
    """Something that the demo stands on did not come up, or broke. The message is one sentence for people."""


def reason_of(fault: BaseException) -> str:
    """Return why a demo ended, as one sentence."""
    first = first_of(fault)
    return str(first) if isinstance(first, StageFailed) else told(refusal_of(first, Path(tempfile.gettempdir())).said)
