"""What a real terminal emulator draws is as wide as it was counted, over Unicode's emoji and two dozen scripts."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.support.many_scripts import SAMPLES, emoji, foreign_world
from tests.support.tmux import AVAILABLE, Tmux, columns_of
from tests.tui.demo import running
from tui.text.anchors import anchored
from tui.text.cells import ODD, clusters, shown, visible, width_of
from tui.text.sanitize import clean_line, clean_name, clean_text, fit, pad, wrap

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="there is no tmux")
SIZE = (100, 30)


def disagreements(drawn: Iterable[str], folder: Path) -> dict[str, tuple[int, int]]:
    """Return the texts that tmux draws in another width than was counted: counted, drawn."""
    texts = list(dict.fromkeys(drawn))
    found = columns_of(texts, folder)
    counted = [(text, width_of(text), column) for text, column in zip(texts, found, strict=True)]
    return {ascii(text): (cells, column) for text, cells, column in counted if not cells == column == cell_len(text)}


def test_every_emoji_alone_and_among_letters(tmp_path: Path) -> None:
    every = [clean_text(text) for each in emoji() for text in (each, f"x{each}y", f"{each}{each}")]
    assert disagreements(every, tmp_path) == {}


@pytest.mark.full
def test_every_character(tmp_path: Path) -> None:
    codes = [*range(0x20, 0xD800), *range(0xE000, 0x20100), *range(0xE0000, 0xE0200)]
    assert disagreements([clean_line(f"x{chr(code)}y") for code in codes], tmp_path) == {}


def test_every_kind_of_character(tmp_path: Path) -> None:
    codes = [code for code in range(0x80, 0x20000) if ODD.match(chr(code)) and not 0xD800 <= code < 0xF900]
    kinds = itertools.groupby(codes, lambda code: (unicodedata.category(chr(code)), code // 64))
    assert disagreements([clean_line(f"k{chr(next(some))}y") for _, some in kinds], tmp_path) == {}


def test_texts_in_many_scripts_cut_wrapped_and_padded(tmp_path: Path) -> None:
    drawn: list[str] = []
    for text in SAMPLES.values():
        cleaned, line = clean_text(text), clean_line(text)
        drawn += [
            clean_name(text),
            *(cleaned[start:end] for width in (2, 7, 20) for start, end in wrap(cleaned, width)),
        ]
        drawn += [pad(line, width) for width in (3, 8, 31)]
        form = shown(text.replace("\t", " ").replace("\x9b", ""))
        drawn += [visible(form[start:end]) for start, end, _ in clusters(form)]
    assert disagreements(drawn, tmp_path) == {}


def test_lines_are_full_and_no_wider_than_their_room() -> None:
    for text in SAMPLES.values():
        cleaned = clean_text(text)
        for width in range(2, 40):
            assert all(width_of(cleaned[start:end]) <= width for start, end in wrap(cleaned, width))
            assert width_of(pad(clean_line(text), width)) == width
            assert width_of(fit(clean_line(text), width)) <= width


def strips_of(app: Any) -> list[str]:
    """Return the rows of the screen as Textual has them."""
    return ["".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips()]


async def expected(first: int, *keys: str) -> list[str]:
    """Return the screen that is meant, after some keys."""
    async with running(*SIZE, client=foreign_world(first)) as demo:
        for key in keys:
            await demo.press(key)
        return strips_of(demo.app)


@pytest.mark.slow
@pytest.mark.asyncio
@pytest.mark.parametrize("first", [0, 10, 20, 32, 36])
async def test_the_whole_screen_is_drawn_as_it_is_meant(first: int) -> None:
    """Names, list, messages and header: a run drawn wider would overwrite what is behind it, a narrower leave a gap."""
    meant = await expected(first, "alt+2")
    with Tmux(["tests.support.many_scripts", str(first)], *SIZE) as tmux:
        tmux.wait_until(lambda: "sottovoce" in tmux.rows()[0], "the list")
        tmux.send("M-2")
        tmux.wait_until(lambda: tmux.rows()[: SIZE[1]] == meant, "\n".join(meant))


@pytest.mark.slow
def test_the_cursor_stands_before_and_behind_what_is_one(tmp_path: Path) -> None:
    """Walked to the left through what was pasted: at each stop the terminal's cursor is where the text before it ends."""
    text = "क्षत्रिय👍🏽👨‍👩‍👧🇩🇪각กำ1️⃣မြို့e\u0301🏽🇩"
    stops = [0, *(end for _, end, _ in clusters(text))]
    columns = columns_of([clean_text(text[:stop]) for stop in stops], tmp_path)
    with Tmux(["tests.support.many_scripts"], *SIZE) as tmux:
        tmux.wait_until(lambda: "sottovoce" in tmux.rows()[0], "the list")
        tmux.send("M-2")
        tmux.wait_until(lambda: "│ Write to" in "\n".join(tmux.rows()), "the conversation")
        row, line = next((at, line) for at, line in enumerate(tmux.rows()) if "│ Write to" in line)
        left = line.index("│ ") + 2
        tmux.paste(text)
        for column in reversed(columns):
            tmux.wait_until(lambda at=(left + column, row): tmux.cursor() == at, f"{column}")  # type: ignore[misc]
            tmux.send("Left")


def test_a_disputed_run_cannot_move_what_is_behind_it() -> None:
    drawn = anchored("a \x1b[1mनमस्ते दुनिया\x1b[0m│")
    assert drawn == f"a \x1b[1m\x1b7{' ' * 10}\x1b8नमस्ते दुनिया\x1b8\x1b[10C\x1b[0m│"
    assert anchored("plain │ ─ ✓ 日本 😀") == "plain │ ─ ✓ 日本 😀"
