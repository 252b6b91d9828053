"""Descriptors with something to read, as a shell or an init system hands them over."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress


@contextmanager
def descriptor(given: bytes) -> Generator[int]:
    """Give the reading end of a pipe that holds ``given``; the reader closes it."""
    ours, theirs = os.pipe()
    os.write(theirs, given)
    os.close(theirs)
    yield ours
    with suppress(OSError):
        os.close(ours)
