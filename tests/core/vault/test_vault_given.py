"""A passcode that is handed over by a descriptor: one line, read to its end and no further."""

from __future__ import annotations

import os

import pytest

from core.vault.given import UnreadablePasscode, read_passcode
from tests.support.descriptors import descriptor


@pytest.mark.parametrize(
    ("given", "passcode"),
    [
        (b"quiet river over stones\n", "quiet river over stones"),
        (b"quiet river over stones", "quiet river over stones"),
        (b"with blanks \r\n", "with blanks "),
        (b"first\nsecond\n", "first"),
        ("grüß \u5bb6\n".encode(), "grüß \u5bb6"),
        (b"x" * 1024 + b"\n", "x" * 1024),
    ],
)
def test_a_passcode_is_the_first_line_of_its_descriptor_which_is_closed(given: bytes, passcode: str) -> None:
    with descriptor(given) as number:
        assert read_passcode(number) == passcode
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)


def test_a_passcode_is_read_though_its_writer_never_ends() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"quiet river\n")
    assert read_passcode(ours) == "quiet river"
    os.close(theirs)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_standard_streams_are_left_alone(number: int) -> None:
    with pytest.raises(UnreadablePasscode, match="another use"):
        read_passcode(number)
    os.fstat(number)


@pytest.mark.parametrize(
    ("given", "why"),
    [(b"", "empty"), (b"\n", "empty"), (b"x" * 1025, "longer"), (b"x" * 1025 + b"\n", "longer"), (b"\xff\n", "UTF-8")],
)
def test_what_is_no_passcode_is_told_without_showing_it(given: bytes, why: str) -> None:
    with descriptor(given) as number, pytest.raises(UnreadablePasscode, match=why) as refused:
        read_passcode(number)
    assert "x" * 8 not in str(refused.value)
