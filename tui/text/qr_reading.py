"""Reads the QR codes of a picture file (``core.pictures.reader``) for a screen that goes on meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.pictures.reader import PictureReading, UnreadablePicture

__all__ = ["UnreadablePicture", "read_codes"]


async def read_codes(path: Path | bytes) -> list[str]:
    """Return the texts, at least one, of the codes in a picture: a file, or held in memory. Raises ``UnreadablePicture``."""
    reading = PictureReading(path)
    try:
        return await asyncio.to_thread(reading.run)
    finally:
        reading.stop()
