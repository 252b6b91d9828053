"""The process that decodes one untrusted picture: bytes on standard input, one QR text a line on standard output.

Run by path, alone, with an empty environment; it imports nothing of this project. The imports come first, since after
``confine`` nothing can be opened any more. Any status but 0: not a picture within the bounds (a decoder's exception is
left to end the process: there is nothing here to recover to).
"""

from __future__ import annotations

import io
import resource
import sys
import warnings

import zxingcpp
from PIL import Image, ImageFile

# The decoders we let a stranger reach.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
# A 48-megapixel photograph is the largest a phone makes; decoded to grey that is 48 MB.
MAX_PIXELS = 50_000_000
# Address space in bytes: the libraries with their mappings, a decoded photograph in RGBA, and working copies.
MAX_MEMORY = 1024 * 1024 * 1024
# Seconds of processor time.
MAX_CPU = 10
# Codes reported, and the longest text of one: an invitation has 154 characters.
MAX_CODES, MAX_CODE_TEXT = 8, 400


def confine() -> None:
    """Give up writing files, starting processes, opening anything, and endless memory or time."""
    for limit, value in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, MAX_CPU),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(limit, (value, value))


def codes_in(picture: bytes) -> list[str]:
    """Return the texts found. Raises what Pillow raises for what is no picture within the bounds."""
    with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        # On white: a code with a transparent background is meant to lie on a page.
        if "A" in image.getbands() or "transparency" in image.info:
            page = Image.new("RGBA", image.size, "white")
            page.alpha_composite(image.convert("RGBA"))
            grey = page.convert("L")
        else:
            grey = image.convert("L")
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    return [code.text for code in found[:MAX_CODES]]


def main() -> None:
    """Decode standard input."""
    Image.init()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    picture = sys.stdin.buffer.read()
    confine()
    texts = codes_in(picture)
    for text in texts:
        if len(text) <= MAX_CODE_TEXT and text.isascii() and text.isprintable():
            sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
