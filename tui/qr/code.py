"""QR codes as modules: text to a matrix, a matrix to a picture file.

An invitation link has at most 154 characters of the alphanumeric set, so that it fits version 5 at level L: 37 modules a
side, and with a quiet zone of two 41 columns by 21 rows of half blocks, which is what an 80×24 terminal can hold.
``tui.widgets.qr_view`` draws the matrix, ``tui.qr.reading`` reads pictures of others.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Modules of white around the code on a screen. The standard asks for four; two are read by every phone we know of and
# are what fits 24 rows.
SCREEN_QUIET = 2
# In a picture there is room for what the standard asks.
PICTURE_QUIET = 4
# Pixels per module of a saved picture: large enough to survive a messenger's recompression, 450 pixels a side.
PICTURE_SCALE = 10
# Longest text we draw: beyond version 10 (57 modules) no terminal shows the code whole.
MAX_QR_TEXT = 395

Matrix = tuple[tuple[bool, ...], ...]


class QrTooLong(Exception):
    """The text needs a code larger than any screen."""


def matrix_of(text: str, quiet: int = SCREEN_QUIET) -> Matrix:
    """Return the code's rows, quiet zone included; True is a dark module. Raises ``QrTooLong``."""
    if len(text) > MAX_QR_TEXT:
        raise QrTooLong
    import qrcode
    from qrcode.constants import ERROR_CORRECT_L

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=quiet)
    # Unsplit, so that a link stays one alphanumeric segment.
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def save_picture(text: str, path: Path) -> None:
    """Write the code of ``text`` as a PNG that only the owner can read.

    An existing file is never replaced (``FileExistsError``) and no symbolic link is followed; other ``OSError``s as the
    file system gives them.
    """
    from PIL import Image

    rows = matrix_of(text, PICTURE_QUIET)
    side = len(rows)
    pixels = bytes(0 if dark else 255 for row in rows for dark in row)
    picture = Image.frombytes("L", (side, side), pixels).resize(
        (side * PICTURE_SCALE, side * PICTURE_SCALE), Image.Resampling.NEAREST
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        picture.save(file, format="PNG")
