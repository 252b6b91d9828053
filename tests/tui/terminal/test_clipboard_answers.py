"""What a terminal answers of its clipboard is put together, bounded, and never typed into a field."""

from __future__ import annotations

import asyncio
import base64

import pytest
from hypothesis import given, strategies as st

from tui.terminal.clipboard_answers import MAX_PICTURE, MAX_SEQUENCE, MAX_TEXT, Answers, Clipboard, asked_for
from tui.terminal.clipboard_reading import read_clipboard, request_for

PNG = b"\x89PNG" + bytes(9000)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def osc5522(status: str, payload: bytes | None = None, kind: str = "image/png") -> str:
    if payload is None:
        return f"\x1b]5522;type=read:status={status}\x1b\\"
    return f"\x1b]5522;type=read:status={status}:mime={encoded(kind.encode())};{encoded(payload)}\x1b\\"


def picture(data: bytes = PNG) -> str:
    pieces = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    return osc5522("OK") + "".join(osc5522("DATA", piece) for piece in pieces) + osc5522("DONE")


def heard(*reads: str, asked: bool = True) -> tuple[Clipboard, str]:
    """Return what was answered, and what was left for the keyboard."""
    found = Clipboard()
    answers = Answers(lambda: 0.0)
    if asked:
        answers.listen(lambda body: found.too_long() if body is None else found.heard(body))
    return found, "".join(map(answers.take, reads))


@given(st.integers(1, 3000))
def test_a_picture_comes_through_wherever_the_reads_are_cut(size: int) -> None:
    first, text = osc5522("OK"), picture().removeprefix(osc5522("OK")) + "b"
    found, keys = heard("a" + first, *(text[at : at + size] for at in range(0, len(text), size)))
    assert found.picture == PNG
    assert keys == "ab"


def test_a_text_comes_by_either_sequence_and_a_picture_goes_before_it() -> None:
    found, keys = heard(f"\x1b]52;c;{encoded('grüße'.encode())}\a")
    assert (found.state, found.text, keys) == ("text", "grüße", "")
    both = osc5522("DATA", b"text", "text/plain") + osc5522("DATA", PNG) + osc5522("DONE")
    assert heard(both)[0].state == "picture"
    assert heard(osc5522("DATA", b"x", "text/html") + osc5522("DONE"))[0].state == "nothing"


@pytest.mark.parametrize("why", ["EPERM", "ENOSYS", "EBUSY", "EIO", "", "what?"])
def test_a_terminal_may_refuse(why: str) -> None:
    assert heard(osc5522(why))[0].state == "refused"


def test_an_answer_that_nobody_asked_for_is_neither_taken_nor_typed() -> None:
    found, keys = heard("x", picture(), f"\x1b]52;c;{encoded(b'/quit')}\a", "y", asked=False)
    assert found.state == "waiting"
    assert keys == "xy"


def test_too_much_is_refused_and_the_keys_after_it_work() -> None:
    piece = bytes(60_000)
    large = "".join(osc5522("DATA", piece) for _ in range(MAX_PICTURE // len(piece) + 2))
    found, keys = heard(large, "z")
    assert (found.state, keys) == ("too-large", "z")
    assert not found._data
    assert heard(f"\x1b]52;c;{encoded(bytes(MAX_TEXT + 1))}\a")[0].state == "too-large"
    endless = ["\x1b]52;c;", *["A" * 10_000] * (MAX_SEQUENCE // 10_000 + 5), "\a", "z"]
    found, keys = heard(*endless)
    assert (found.state, keys) == ("too-large", "z")


def test_an_answer_without_an_end_is_not_kept() -> None:
    answers = Answers(lambda: 0.0)
    answers.listen(lambda _: None)
    answers.take("\x1b]52;c;")
    for _ in range(3 * MAX_SEQUENCE // 10_000):
        answers.take("A" * 10_000)
    assert len(answers._part) < MAX_SEQUENCE + 20_000


def test_a_sequence_that_breaks_off_gives_the_keyboard_back() -> None:
    now = 0.0
    answers = Answers(lambda: now)
    answers.listen(lambda _: None)
    assert answers.take("\x1b]52;c;AAAA") == ""
    assert answers.take("\rhello") == "\rhello"
    assert answers.take("\x1b]52;c;AAAA") == ""
    now = 3.0
    assert answers.take("hello") == "hello"
    assert answers.take("\x1b]52;c;AA\x1b[A") == "\x1b[A"


def test_alt_and_a_bracket_is_a_key_unless_an_answer_is_expected() -> None:
    assert heard("\x1b]", asked=False)[1] == "\x1b]"
    assert heard("\x1b]0;title\a")[1] == "\x1b]0;title\a"


@given(
    st.lists(
        st.sampled_from(["\x1b]52;c;", "\x1b]5522;", "AAA", "\x1b\\", "\a", "\x1b", "=", "é", "status=DATA:", "mime="])
    )
)
def test_whatever_comes_nothing_is_raised_and_a_key_after_an_enter_works(parts: list[str]) -> None:
    _, keys = heard(*parts, "\r\rz")
    assert keys.endswith("\rz")


def test_a_terminal_that_asks_its_owner_is_asked_once() -> None:
    assert request_for({"TERM": "xterm-kitty"}) == asked_for("osc5522")
    assert asked_for("osc52") in request_for({"TERM": "xterm-256color"})


@pytest.mark.asyncio
async def test_a_silent_terminal_is_told_of_and_may_answer_late_or_never() -> None:
    answers = Answers()
    silent = asyncio.Event()
    reading = asyncio.ensure_future(read_clipboard(lambda _: None, "", silent.set, answers, silent=0.01))
    await silent.wait()
    answers.take(picture())
    assert (await reading).picture == PNG
    never = await read_clipboard(lambda _: None, "", lambda: None, answers, silent=0.0, patience=0.01)
    assert never.state == "waiting"
    assert answers.take("x" + picture()) == "x"
