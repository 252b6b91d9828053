"""Reads the QR codes of a picture file (``core.pictures.reader``) for a screen that goes on meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.pictures.reader import PictureReading, UnreadablePicture

__all__ = ["UnreadablePicture", "read_codes"]


async def read_codes(path: Path) -> list[str]:
    """Return the texts of the QR codes in a picture, at least one; raises ``UnreadablePicture``."""
    reading = PictureReading(path)
    try:
        return await asyncio.to_thread(reading.run)
    finally:
        reading.stop()
