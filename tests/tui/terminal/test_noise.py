"""Whatever bytes a terminal sends, the keys after them work."""

from __future__ import annotations

import codecs
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st
from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver

from tests.support.terminal import Terminal
from tui.terminal.noise import forgive_noise

PIECES = [
    b"\x1b[", b"\x1b", b"<", b";", b":", b"?", b"-", b"M", b"R", b"u", b"t", b"~", b"$y", b"0", b"48", b"200~", b"55296",
    b"1114112", b"9" * 30, b"\xe9", b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\x00", b"A", b"]", b"_G", b"\\",
]  # fmt: skip


def keys_of(*reads: bytes) -> list[str]:
    """What comes of bytes that were read one after the other, each time with everything that waited given up."""
    forgive_noise()
    decode = vars(linux_driver)["getincrementaldecoder"]("utf-8")().decode
    parser = XTermParser()
    found: list[object] = []
    for data in reads:
        text = decode(data)
        found += parser.feed(text) if text else ()
        parser._timeout_time = 0.0 if parser._timeout_time is not None else None
        found += parser.tick()
    keys = [event for event in found if isinstance(event, events.Key)]
    assert "".join(key.character or "" for key in keys).encode() is not None  # all of it can be text
    return [key.key for key in keys]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join))
@example(b"\x1b[:R")
@example(b"\x1b[1114112u")
@example(b"\x1b[11:A")
@example(b"\x1b[99999999999999999999u")
@example(b"\x1b[55296u")
def test_keys_after_noise_work(noise: bytes) -> None:
    ended = b"\x1b[201~"  # of a paste that the noise began
    assert keys_of(noise, ended, b"z")[-1:] == ["z"]


def test_bytes_that_are_no_utf8_are_replaced_and_characters_cut_in_two_reads_are_not() -> None:
    assert keys_of(b"caf\xe9 x") == ["c", "a", "f", "replacement_character", "space", "x"]
    assert keys_of("é".encode()[:1], "é".encode()[1:]) == keys_of("é".encode())
    assert codecs.getincrementaldecoder("utf-8")().errors == "strict"  # elsewhere as ever


def test_what_follows_a_broken_sequence_is_kept_from_the_next_escape_on() -> None:
    assert keys_of(b"a\x1b[:R lost\x1b[Ab") == ["a", "up", "b"]


def has_drawn(terminal: Terminal, before: int) -> bool:
    """Whether more was written than ``before``."""
    return terminal.received > before


@pytest.mark.slow
@pytest.mark.network
def test_a_client_on_a_terminal_that_sends_noise_goes_on(tmp_path: Path) -> None:
    noise = [
        b"caf\xe9 x",
        b"\x1b[200~caf\xe9 au lait\x1b[201~",
        b"\xe2\x82 ",
        bytes(range(128, 256)),
        b"\0",
        b"\x1b[:R",
    ]
    arguments = ["tui", "--home", str(tmp_path / "home"), "--listen", "127.0.0.1:0", "--no-mainline", "--no-lan"]
    with Terminal(arguments, 80, 24) as terminal:
        terminal.wait_for("ottovoce", 60)
        for data in noise:
            terminal.send(data)
            terminal.settle()
            assert terminal.process.poll() is None, data
            is_redrawn = partial(has_drawn, terminal, terminal.received)
            terminal.send("\t")  # to another field
            terminal.wait_until(is_redrawn, f"a key after {data!r}")
    assert b"Error" not in terminal.output
