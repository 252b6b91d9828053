"""Read QR codes from a picture file that may be hostile.

A picture that came from somebody else meets three C libraries before it becomes text. So it is decoded in a process of
its own (``tui/qr_child.py``) that inherits nothing, may neither write files nor start programs nor open anything, and has
bounded memory and time. All that comes back is a few short printable lines.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path

# What a file of a readable picture is called; used for completing paths only, the content decides.
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"})
# A photograph of a screen has 2 to 6 MB; more is not a picture of a code.
MAX_PICTURE_SIZE = 16 * 1024 * 1024
# Seconds until the child is ended. Reading takes 0.3 s on a slow machine, most of it imports.
READ_TIMEOUT = 15.0
# Bytes of answer we are ready to look at: a handful of codes.
MAX_ANSWER_SIZE = 4096

_CHILD = Path(__file__).with_name("qr_child.py")


class UnreadablePicture(Exception):
    """No text came out of the file. ``reason`` is one plain sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def load_picture(path: Path) -> bytes:
    """Return the bytes of a regular file of bearable size; raises ``UnreadablePicture``."""
    try:
        # Non-blocking: a named pipe must not hold us up.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise UnreadablePicture("There is no such file.") from None
    except OSError as error:
        raise UnreadablePicture(f"The file cannot be opened: {os.strerror(error.errno or 0)}.") from None
    except ValueError:  # a zero byte in the path
        raise UnreadablePicture("That is not the path of a file.") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadablePicture("That is not a picture file.")
        if status.st_size > MAX_PICTURE_SIZE:
            raise UnreadablePicture("The file is too large for a picture of a QR code.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_PICTURE_SIZE)
    finally:
        os.close(descriptor)


async def read_codes(path: Path) -> list[str]:
    """Return the texts of the QR codes in a picture, at least one; raises ``UnreadablePicture``."""
    picture = await asyncio.to_thread(load_picture, path)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",  # neither the environment nor the working directory can change what is imported
        str(_CHILD),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            answer, _ = await child.communicate(picture)
    except TimeoutError:
        raise UnreadablePicture("The picture takes too long to read.") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise UnreadablePicture("That is not a picture this program can read (PNG, JPEG, WebP, GIF, BMP).")
    codes = _parse_answer(answer)
    if not codes:
        raise UnreadablePicture("No QR code was found in the picture.")
    return codes


def _parse_answer(answer: bytes) -> list[str]:
    """Return the child's lines; the child is not trusted either."""
    lines = answer[:MAX_ANSWER_SIZE].decode("ascii", "replace").splitlines()
    return [line for line in lines if line.isprintable() and line.isascii() and line]
