"""What is given as text or as the path of a picture of its QR code."""

from __future__ import annotations

from pathlib import Path

import trio

from core.api import ApiError, Kind
from core.pictures.reader import PictureReading, UnreadablePicture


async def text_given(text: str, image: str, what: str) -> str:
    """Return the text in which ``what`` is to be found: as it is, or of all codes in a picture. Raises ``ApiError``."""
    if text and image:
        raise ApiError(Kind.BAD_REQUEST, f"{what} comes as text or as image: one of the two.")
    if not image:
        return text
    reading = PictureReading(Path(image))
    try:
        codes = await trio.to_thread.run_sync(reading.run, abandon_on_cancel=True)
    except UnreadablePicture as error:
        raise ApiError(Kind.BAD_PICTURE, error.said) from None
    finally:
        reading.stop()
    return "\n".join(codes)
