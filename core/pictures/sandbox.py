"""The process that decodes one untrusted picture: bytes on standard input, one QR text a line on standard output.

Run by path, alone, with an empty environment; it imports nothing of this project. The imports come first, those that the
decoders would make later as well, since after ``confine`` no file can be opened. A code is written as soon as it is read,
so that it is not lost if the process ends later. Exit statuses: 0, decoded; ``TOO_LARGE``; any other, not a picture (a
decoder's exception is left to end the process: there is nothing here to recover to).

A picture is decoded in several ways until a text turns up that is long enough for an invitation: on a white page and on a
black one where it is transparent, smaller or larger, with a margin, each colour by itself.
"""

from __future__ import annotations

import importlib
import io
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from itertools import islice

import zxingcpp
from PIL import Image, ImageFile, ImageOps, JpegImagePlugin

# What the decoders import when they first need it.
LATE = (
    "copy",
    *(f"PIL.{kind}ImagePlugin" for kind in ("Bmp", "Gif", "Jpeg", "Mpo", "Png", "Tiff", "WebP")),
    *(f"PIL.{part}" for part in ("ImageColor", "ImagePalette", "TiffTags")),
)
# The decoders we let a stranger reach.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
# Pixels that are held at a time: a photograph of 50 megapixels has 50 MB in grey, 200 MB in colour.
MAX_PIXELS = 50_400_000
# Pixels of a JPEG, whose decoder makes it smaller as it reads: the largest that phones make are 200 megapixels.
MAX_PHOTO = 260_000_000
# Pixels of the first look at a photograph; a code in it is seen as well and ten times as fast.
FIRST_LOOK = 12_600_000
# By what JPEG can be made smaller.
SCALES = (8, 4, 2, 1)
# Pictures of one file: an animation shows its code in one of the first.
MAX_FRAMES = 24
# Pixels of a side below which a picture is looked at larger, and the margin that a code needs: four of its modules.
SMALL = 600
MARGIN = 32
# Address space in bytes: the libraries with their mappings, a decoded photograph in colour, and working copies.
MAX_MEMORY = 1024 * 1024 * 1024
# Seconds of processor time, and after how many no further look is begun.
MAX_CPU = 15
ENOUGH_CPU = 6.0
# Codes reported, and the longest text of one: the most that a QR code holds.
MAX_CODES, MAX_CODE_TEXT = 64, 4296
# Characters of a link without its scheme: shorter texts are no invitation, and the search goes on.
LINK_SIZE = 119
TOO_LARGE = 3


def confine() -> None:
    """Forbid this process to write or open files and to start processes, and limit its memory and time."""
    for limit, value in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, MAX_CPU),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(limit, (value, value))


def codes_in(picture: bytes) -> Iterator[str]:
    """Give the texts found, each once. Raises what Pillow raises for what is no picture within the bounds."""
    seen: set[str] = set()
    begun = time.process_time()
    for look in _looks(picture):
        for code in _codes(look):
            if code not in seen:
                seen.add(code)
                yield code
        if time.process_time() - begun > ENOUGH_CPU or any(len(code) >= LINK_SIZE for code in seen):
            return


def _codes(grey: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
    return [code.text for code in found]


def _looks(picture: bytes) -> Iterator[Image.Image]:
    """Give a picture in grey, in one way after another: first those in which a code is read soonest."""
    with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
        is_photo = isinstance(image, JpegImagePlugin.JpegImageFile)
        _refuse_huge(image, MAX_PHOTO if is_photo else MAX_PIXELS)
        if is_photo:
            yield from _photographs(picture, image.size)
            return
        for number in range(min(getattr(image, "n_frames", 1), MAX_FRAMES)):
            image.seek(number)
            _refuse_huge(image, MAX_PIXELS)
            for grey in _on_pages(image):
                yield grey
                yield from _larger(grey)


def _photographs(picture: bytes, size: tuple[int, int]) -> Iterator[Image.Image]:
    pixels = size[0] * size[1]
    scales = [scale for scale in SCALES if pixels <= MAX_PIXELS * scale * scale]
    first = next((scale for scale in reversed(scales) if pixels <= FIRST_LOOK * scale * scale), SCALES[0])
    for scale in (first, *reversed([each for each in scales if each < first])):
        with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
            image.draft(None, (size[0] // scale, size[1] // scale))
            for grey in _on_pages(image):
                yield grey
                yield from _larger(grey)


def _refuse_huge(image: Image.Image, most: int) -> None:
    if image.width * image.height > most:
        raise Image.DecompressionBombError


def _on_pages(image: Image.Image) -> Iterator[Image.Image]:
    """Give a picture in grey; where it is transparent on a white page, on a black one, and as if it were not."""
    if "transparency" in image.info:
        image = image.convert("RGBA")
    grey = _grey(image)
    if "A" in image.getbands():
        alpha = image.getchannel("A")
        for shade in (255, 0):
            page = Image.new("L", image.size, shade)
            page.paste(grey, mask=alpha)
            yield page
    yield grey
    if image.mode == "RGB" and image.width * image.height <= FIRST_LOOK:
        for colour in range(3):
            yield image.getchannel(colour)


def _grey(image: Image.Image) -> Image.Image:
    """Return a picture in 256 shades of grey, whatever its pixels are."""
    if image.mode.startswith("I;16"):
        image = image.convert("I")
    if image.mode in {"I", "F"}:  # of any range: from its darkest to its brightest
        low, high = image.getextrema()
        assert isinstance(low, int | float)
        assert isinstance(high, int | float)
        scale = 255.0 / ((high - low) or 1.0)
        offset = -low * scale
        return image.convert("F").point(lambda value: value * scale + offset).convert("L")
    try:
        return image.convert("L")
    except ValueError:  # Lab, whose first band is lightness
        return image.getchannel(0)


def _larger(grey: Image.Image) -> Iterator[Image.Image]:
    """Give a small picture larger, with a margin of paper, and of ink for a code that is light on dark."""
    side = max(1, min(grey.size))
    if side <= SMALL and max(grey.size) <= 2 * SMALL:
        times = -(-SMALL // side) if max(grey.size) * -(-SMALL // side) <= 4 * SMALL else 1
        large = grey.resize((grey.width * times, grey.height * times), Image.Resampling.NEAREST)
        for shade in (255, 0):
            yield ImageOps.expand(large, MARGIN * times, shade)


def _printable(text: str) -> str:
    """Return a code's text in one line of printable ASCII: nothing else leaves this process."""
    return " ".join("".join(each if " " <= each <= "~" else " " for each in text[:MAX_CODE_TEXT]).split())


def main() -> int:
    """Decode standard input; return the exit status."""
    Image.preinit()
    for name in LATE:
        importlib.import_module(name)
    Image.MAX_IMAGE_PIXELS = MAX_PHOTO
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    picture = sys.stdin.buffer.read()
    confine()
    try:
        for text in islice(codes_in(picture), MAX_CODES):
            sys.stdout.write(_printable(text) + "\n")
            sys.stdout.flush()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return TOO_LARGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
