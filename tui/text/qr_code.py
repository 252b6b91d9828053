"""QR codes as modules: text to a matrix, a matrix to a picture file.

An invitation link has at most 154 characters of the alphanumeric set, so that it fits version 5 at level L: 37 modules a
side, and with a quiet zone of four 45 columns by 22 rows of half blocks, which is what an 80×24 terminal can hold.
``tui.widgets.qr_view`` draws the matrix, ``tui.text.qr_reading`` reads pictures of others.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Quiet(NamedTuple):
    """Modules of white around a code. Above it an even number, so that whatever is drawn in one cell stays together."""

    above: int
    beside: int
    below: int


# On a screen four, as the standard asks, where there is room, else fewer: two are read by every phone we know of. With
# three below, 22 rows hold it, which is what 24 rows leave.
SCREEN_QUIETS = (Quiet(4, 4, 4), Quiet(4, 4, 3), Quiet(2, 2, 2))
LEAST_QUIET = SCREEN_QUIETS[-1]
# In a picture there is room for what the standard asks.
PICTURE_QUIET = Quiet(4, 4, 4)
# Pixels per module of a saved picture: large enough to survive a messenger's recompression, 450 pixels a side.
PICTURE_SCALE = 10
# Longest text we draw: beyond version 10 (57 modules) no terminal shows the code whole.
MAX_QR_TEXT = 395

Matrix = tuple[tuple[bool, ...], ...]


class QrTooLong(Exception):
    """The text needs a code larger than any screen."""


def matrix_of(text: str, quiet: Quiet = LEAST_QUIET) -> Matrix:
    """Return the code's rows, quiet zone included; True is a dark module. Raises ``QrTooLong``."""
    if len(text) > MAX_QR_TEXT:
        raise QrTooLong
    import qrcode
    from qrcode.constants import ERROR_CORRECT_L

    code = qrcode.QRCode(error_correction=ERROR_CORRECT_L, border=0)
    # Unsplit, so that a link stays one alphanumeric segment.
    code.add_data(text, optimize=0)
    code.make(fit=True)
    rows = [[bool(module) for module in row] for row in code.get_matrix()]
    side = (False,) * quiet.beside
    blank = (False,) * (len(rows) + 2 * quiet.beside)
    return ((blank,) * quiet.above) + tuple((*side, *row, *side) for row in rows) + ((blank,) * quiet.below)


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
