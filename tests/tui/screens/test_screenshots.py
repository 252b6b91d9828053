"""The pictures that the documents show are those that the scripts draw; what is on them is real, and the same each time."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pyte
import pytest
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size

from core.crypto.seed import public_key_of
from core.people.format.invitation import decode_link
from scripts.make_screenshots import FOLDER, GALLERIES, PICTURES, PLAIN, TOUR
from scripts.pictures.cells import Cells, Look, Row, Run, cells_of_terminal
from scripts.pictures.film import Frame, merged, svg_of
from scripts.pictures.plain import plain_session
from scripts.pictures.scenes import MODES, SCENES, draw
from scripts.pictures.world import INVITE, show_world
from tests.support.terminal import Emulator
from tests.support.world import NOW
from tests.tui.picture import FULL, WHITE_ON_BLACK, codes_in, paint

# Bytes that a picture and the film may take in everybody's clone.
MAX_PICTURE = 200_000
MAX_TOUR = 1_500_000
# Seconds that somebody looks at a film.
SHORTEST, LONGEST = 20, 45
SVG = "{http://www.w3.org/2000/svg}"


def test_every_picture_is_there_and_none_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*PICTURES, PLAIN, TOUR}


def test_every_scene_is_on_a_sheet() -> None:
    shown = {name for names in GALLERIES.values() for name in names}
    assert set(SCENES) - shown == {"chat", "letter"}  # on those of sizes and colours


def test_no_picture_is_heavy() -> None:
    assert [path.name for path in FOLDER.glob("*.png") if path.stat().st_size > MAX_PICTURE] == []


def test_the_documents_show_each_picture() -> None:
    documents = [FOLDER.parent / "README.md", *(FOLDER.parent / "docs").glob("*.md")]
    text = "".join(path.read_text(encoding="utf-8") for path in documents)
    assert [path.name for path in FOLDER.iterdir() if f"screenshots/{path.name}" not in text] == []


def test_whoever_is_shown_could_exist() -> None:
    world = show_world()
    for identity in (world.identity, *(room.identity for room in world.rooms), world.greetings[0].identity):
        assert len(public_key_of(identity)) == 32
    link = decode_link(INVITE.link)
    assert link.identity == public_key_of(world.identity)
    assert link.expires_at * 1000 > NOW


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "mode"),
    [("chat", (50, 20), "256"), ("code", (80, 24), "true"), ("check", (120, 40), "mono"), ("contact", (200, 50), "16")],
)
def test_a_scene_drawn_again_is_the_same(name: str, size: tuple[int, int], mode: str) -> None:
    first = draw(name, size, MODES[mode])
    assert (first.columns, len(first.rows)) == size
    assert {row[-1].column + row[-1].width for row in first.rows} == {size[0]}
    assert draw(name, size, MODES[mode]) == first


def test_the_code_on_the_picture_is_the_invitation() -> None:
    cells = draw("code", (80, 24))
    picture = paint([segments(row) for row in cells.rows], Size(80, 24), WHITE_ON_BLACK, FULL)
    assert codes_in(picture) == [INVITE.link]


def segments(row: Row) -> list[Segment]:
    return [
        Segment(run.text, Style(color=Color.from_rgb(*run.look.ink), bgcolor=Color.from_rgb(*run.look.paper)))
        for run in row
    ]


def test_the_lines_without_a_screen_are_those_that_are_said() -> None:
    said = plain_session()
    assert "Bob> Bring the drawings, I bring the bread." in said
    assert said == (FOLDER / PLAIN).read_text("utf-8")


def test_the_film_needs_nothing_from_elsewhere_and_is_as_long_as_one_looks() -> None:
    text = (FOLDER / TOUR).read_text("utf-8")
    assert len(text.encode()) < MAX_TOUR
    tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(text).iter()}
    assert tags <= {"svg", "title", "style", "defs", "g", "use", "rect", "path", "text"}
    assert not re.search(r'href="[^#]|url\(|@import|@font-face', text)
    length = re.search(r"animation:k ([\d.]+)s", text)
    assert length is not None
    assert SHORTEST < float(length[1]) < LONGEST
    assert "prefers-reduced-motion" in text


def terminal(*rows: str) -> Cells:
    look = Look()
    return Cells(8, tuple((Run(0, len(row), row, look),) if row else () for row in rows))


def test_a_film_shows_each_change_once_and_draws_each_row_once() -> None:
    frames = [
        Frame(terminal("one", "same"), 1.0), Frame(terminal("one", "same"), 1.0), Frame(terminal("two", "same"), 2.0),
    ]  # fmt: skip
    assert [frame.seconds for frame in merged(frames)] == [2.0, 2.0]
    film = svg_of(frames, "a film")
    assert film.count(">same<") == 1
    assert film.count("<use ") == 4
    assert "50%{transform:translateY(-74px)}" in film


def test_letters_stand_at_their_cells_and_blocks_are_shapes() -> None:
    look = Look(bold=True)
    film = svg_of([Frame(Cells(8, ((Run(0, 8, "▌a  <b ─", look),),)), 1.0)], "<film>")
    assert "&lt;b</text>" in film
    assert "<title>&lt;film&gt;</title>" in film
    assert 'x="10" y="15" textLength="10"' in film  # a, behind a block
    assert 'x="40" y="15" textLength="20"' in film  # <b, behind two blanks
    assert "M0 0h5v20h-5z" in film


def test_the_emulator_goes_back_to_a_saved_cursor_twice() -> None:
    screen = Emulator(20, 3)
    pyte.Stream(screen).feed("\x1b[2;5Hab\x1b7  \x1b8x\x1b8\x1b[2Cy")
    assert screen.display[1].rstrip() == "    abx y"
    assert cells_of_terminal(screen).rows[0] == (Run(0, 20, " " * 20, Look()),)
