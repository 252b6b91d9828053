"""Why a demo cannot be."""

from __future__ import annotations


class StageFailed(Exception):
    """Something that the demo stands on did not come up, or broke. The message is one sentence for people."""
