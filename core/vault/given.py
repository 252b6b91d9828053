"""Reads a passcode from a file descriptor of the program's start: a pipe, a here-string, a service credential.

Not by an argument or the environment, which other processes can see. One line is read, and the descriptor is closed, so
that no child of this process finds it.
"""

from __future__ import annotations

import os
from typing import Final

from core.deadline import within

# Longest line taken, in bytes: more than any passcode, little enough to be read in one go.
MAX_SIZE: Final = 1024
# Seconds for the starting program to write it; it may have to ask a person first.
PATIENCE: Final = 120.0
# Standard input, output and error, which have other uses.
RESERVED: Final = range(3)


class UnreadablePasscode(Exception):
    """There is no passcode to be read. The message says why, and nothing of what was read."""


def read_passcode(descriptor: int, patience: float = PATIENCE) -> str:
    """Return the first line of a descriptor, without its end, and close it. Raises ``UnreadablePasscode``."""
    if descriptor in RESERVED:
        raise UnreadablePasscode("it has another use")
    try:
        line = within(patience, lambda: _read_line(descriptor))
    except TimeoutError:
        raise UnreadablePasscode(f"nobody wrote it within {patience:.0f} s") from None
    except OSError as error:
        raise UnreadablePasscode(os.strerror(error.errno or 0)) from None
    try:
        passcode = line.decode()
    except UnicodeDecodeError:
        raise UnreadablePasscode("it is not UTF-8") from None
    if not passcode:
        raise UnreadablePasscode("it is empty")
    return passcode


def _read_line(descriptor: int) -> bytes:
    data = b""
    try:
        while b"\n" not in data and len(data) <= MAX_SIZE:
            piece = os.read(descriptor, MAX_SIZE + 1 - len(data))
            if not piece:
                break
            data += piece
    finally:
        os.close(descriptor)
    line = data.partition(b"\n")[0].removesuffix(b"\r")
    if len(line) > MAX_SIZE:
        raise UnreadablePasscode(f"it is longer than {MAX_SIZE} bytes")
    return line
