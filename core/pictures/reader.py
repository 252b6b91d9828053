"""Reads QR codes from a picture file that may be hostile.

A picture from a stranger goes through three C libraries before it becomes text. So it is decoded in a process of
its own (``core/pictures/sandbox.py``) that inherits nothing but the open file, may neither write files nor start
programs nor open anything, and has bounded memory and time. All that comes back is a few printable lines.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from core.sentence import N_, Sentence, sentence

# What a file of a readable picture is called; used for completing paths only, the content decides.
PICTURE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
# Bytes. A photograph has 2 to 6 MB, one of 200 megapixels up to 60; more is not a picture of a code.
MAX_PICTURE_SIZE: Final = 96 * 1024 * 1024
# Seconds until the child is ended. Reading takes 0.3 s on a slow machine, most of it imports; a large photograph 2 s.
READ_TIMEOUT: Final = 30.0
# Bytes of answer we are ready to look at: a handful of codes, the longest that there are.
MAX_ANSWER_SIZE: Final = 64 * 1024
# The child's exit status for a picture of too many pixels.
TOO_LARGE: Final = 3

CHILD: Final = Path(__file__).with_name("sandbox.py")


class UnreadablePicture(Exception):
    """No text came out of the file. ``reason`` is one plain sentence, ``said`` its template and values."""

    def __init__(self, reason: str | Sentence) -> None:
        super().__init__(str(reason))
        self.said = reason if isinstance(reason, Sentence) else Sentence(reason)
        self.reason = str(reason)


def open_picture(path: Path) -> BinaryIO:
    """Open a regular file of bearable size; ``~`` is the home folder. Raises ``UnreadablePicture``."""
    try:
        # Non-blocking: a named pipe must not hold us up.
        descriptor = os.open(os.path.expanduser(path), os.O_RDONLY | os.O_NONBLOCK)  # noqa: PTH111 -- leaves ~nobody as it is
    except FileNotFoundError:
        raise UnreadablePicture(N_("There is no such file.")) from None
    except OSError as error:
        raise UnreadablePicture(
            sentence("The file cannot be opened: {why}.", why=os.strerror(error.errno or 0))
        ) from None
    except ValueError:  # a zero byte in the path
        raise UnreadablePicture(N_("That is not the path of a file.")) from None
    status = os.fstat(descriptor)
    is_file, is_bearable = stat.S_ISREG(status.st_mode), status.st_size <= MAX_PICTURE_SIZE
    if is_file and is_bearable:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise UnreadablePicture(
        N_("The file is too large for a picture of a QR code.") if is_file else N_("That is not a picture file.")
    )


def held_picture(picture: bytes) -> BinaryIO:
    """Return a picture that is held in memory as a file, which no folder names."""
    if len(picture) > MAX_PICTURE_SIZE:
        raise UnreadablePicture(N_("The file is too large for a picture of a QR code."))
    in_memory = getattr(os, "memfd_create", None)
    held: Any = (
        os.fdopen(in_memory("picture"), "w+b") if in_memory is not None else tempfile.TemporaryFile()  # noqa: SIM115 -- whoever asked for it closes it
    )
    held.write(picture)
    held.seek(0)  # writes what is buffered, too
    return cast("BinaryIO", held)


class PictureReading:
    """The reading of one picture: ``run`` in a thread, and ``stop`` from anywhere when its result is not wanted.

    The picture is a file by its path, or held in memory. ``child``: the program that decodes it; ``timeout`` in seconds.
    """

    def __init__(self, path: Path | bytes, *, child: Path = CHILD, timeout: float = READ_TIMEOUT) -> None:
        self._path, self._program, self._timeout = path, child, timeout
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def run(self) -> list[str]:
        """Return the texts of the QR codes in the picture, at least one; raises ``UnreadablePicture``."""
        with held_picture(self._path) if isinstance(self._path, bytes) else open_picture(self._path) as picture:
            child = self._start(picture)
        timer = threading.Timer(self._timeout, self.stop)
        timer.start()
        try:
            assert child.stdout is not None
            with child.stdout as outlet:
                answer = outlet.read(MAX_ANSWER_SIZE)
            status = child.wait()
        finally:
            timer.cancel()
            self.stop()
            child.wait()
        codes = _parse_answer(answer)
        if not codes:
            raise UnreadablePicture(_why_nothing(status, was_stopped=self._is_stopped and status < 0))
        return codes

    def stop(self) -> None:
        """End the child, if there is one yet; afterwards none begins."""
        with self._lock:
            self._is_stopped = True
            if self._child is not None and self._child.poll() is None:
                self._child.kill()

    def _start(self, picture: BinaryIO) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_stopped:
                raise UnreadablePicture(N_("The picture was not read."))
            try:
                self._child = subprocess.Popen(  # noqa: S603 -- our own program, by its path
                    # -I: neither the environment nor the working directory can change what is imported
                    [sys.executable, "-I", str(self._program)],
                    stdin=picture,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={},
                    cwd="/",
                )
            except OSError as error:
                raise UnreadablePicture(
                    sentence("The picture cannot be read now: {why}.", why=os.strerror(error.errno or 0))
                ) from None
            return self._child


def _why_nothing(status: int, *, was_stopped: bool) -> str:
    if status == 0:
        return N_("No QR code was found in the picture.")
    if was_stopped:
        return N_("The picture takes too long to read.")
    if status == TOO_LARGE:
        return N_("The picture has too many pixels. Cut it down to the code, or take a photo of it.")
    return N_("That is not a picture this program can read (PNG, JPEG, WebP, GIF, BMP, TIFF).")


def _parse_answer(answer: bytes) -> list[str]:
    """Return the child's lines; the child is not trusted either."""
    lines = answer.decode("ascii", "replace").splitlines()
    return [line for line in lines if line.isprintable() and line.isascii() and line]
