"""Three programs that read QR codes, of different make: what all of them read, phones read.

``zbar`` is its reader of QR codes, split off as a library (qrdec). None is told to look for light codes on dark, which many
cannot do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import cv2
import deqr
import numpy as np
import zxingcpp
from PIL import Image


def by_zxing(picture: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture, try_invert=False)]


def by_zbar(picture: Image.Image) -> list[str]:
    codes: list[Any] = deqr.QRdecDecoder().decode(picture)
    return [str(entry.data) for code in codes for entry in code.data_entries]


def by_opencv(picture: Image.Image) -> list[str]:
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(np.array(picture.convert("L")))
    return [text] if text else []


DECODERS: Final[dict[str, Callable[[Image.Image], list[str]]]] = {
    "zxing": by_zxing, "zbar": by_zbar, "opencv": by_opencv,
}  # fmt: skip
