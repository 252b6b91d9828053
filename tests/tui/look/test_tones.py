"""Roles of colour: readable on every terminal, each with its own number, and themes of the person's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor

from tui.look.palette256 import Exact, hex_of, nearest
from tui.look.pens import Pens
from tui.look.profile import TerminalProfile
from tui.look.themes import THEMES, drawing_for
from tui.look.tones import CONTACT_ROLES, CONTRAST, DARK, GROUNDS, INKS, LIGHT, MONO, OURS, ROLES, SIXTEEN, Tones
from tui.look.user_themes import MAX_FILE, WrongTheme, contrast, load, names_in, parse

READABLE, HIGH = 4.5, 7.0


@pytest.mark.parametrize(
    ("tones", "least"), [(DARK, READABLE), (LIGHT, READABLE), (CONTRAST, HIGH)], ids=["dark", "light", "contrast"]
)
@pytest.mark.parametrize("in_256", [False, True], ids=["true", "256"])
def test_every_ink_can_be_read_on_every_ground(tones: Tones, least: float, *, in_256: bool) -> None:
    worst = min(
        (contrast(tones.hex(ink, in_256=in_256), tones.hex(ground, in_256=in_256)), ink, ground)
        for ink in (*INKS, *CONTACT_ROLES)
        for ground in GROUNDS
    )
    assert worst[0] >= least, worst


@pytest.mark.parametrize("tones", OURS.values(), ids=OURS)
def test_people_can_be_told_apart_and_nobody_is_amber_or_red(tones: Tones) -> None:
    for in_256 in (False, True):
        colours = [tones.hex(role, in_256=in_256) for role in (*CONTACT_ROLES, "notice", "bad")]
        assert len(set(colours)) == len(colours)
    assert len({tones.of[role].number for role in ("theirs", "own", "select")}) == 3


def test_every_table_has_every_role() -> None:
    for table in (DARK.of, LIGHT.of, CONTRAST.of, SIXTEEN, MONO):
        assert set(table) == set(ROLES)
    assert {named.name for named in MONO.values()} == {"default"}
    assert all(SIXTEEN[ground].name == "default" for ground in GROUNDS)


@pytest.mark.parametrize("index", range(16, 256))
def test_a_colour_of_the_palette_leaves_as_its_number(index: int) -> None:
    style = Style(color="#123456", bgcolor=hex_of(index))
    (segment,) = Exact().apply([Segment("x", style)], TextualColor(0, 0, 0))
    assert segment.style is not None
    assert segment.style.bgcolor is not None
    number = segment.style.bgcolor.downgrade(ColorSystem.EIGHT_BIT).number
    assert (number is not None and hex_of(number)) == hex_of(index)  # 16 is as black as the first of the greys is not
    assert segment.style.color == Color.parse("#123456")


def test_pens_without_colours_say_it_otherwise() -> None:
    mono, sixteen = Pens(None, mono=True), Pens(None)
    for pens in (mono, sixteen):
        assert pens.pen("ink", "select").reverse
        assert pens.pen("contact-0", "select").color is None
        assert pens.badge("BO", "contact-0")[0] == "[BO]"
        assert pens.badge("BO", "contact-0", hollow=True)[0] == "(BO)"
        assert pens.filled("notice").reverse
    assert all(mono.pen(ink, on).color is None for ink in ROLES for on in GROUNDS)
    assert Pens(DARK).badge("BO", "contact-0")[0] == " BO "


def test_a_theme_is_drawn_as_the_terminal_can() -> None:
    own = Tones("mine", DARK.of)
    assert drawing_for(TerminalProfile(theme="mine"), own).theme.name == "sottovoce-mine"
    assert drawing_for(TerminalProfile(theme="mine", colours="256"), own).theme.name == "sottovoce-mine-256"
    assert drawing_for(TerminalProfile(theme="mine", colours="16"), own).theme is THEMES["terminal"]
    assert drawing_for(TerminalProfile(theme="gone")).theme is THEMES["dark"]


# --- themes of the person's own -------------------------------------------------------------------------------------------


def test_a_theme_names_what_it_changes() -> None:
    tones = parse('base = "light"\n[tones]\nnotice = ["#7a4a00", 94]\nlink = "#0000aa"\n', "mine")
    assert (tones.name, tones.dark) == ("mine", False)
    assert tones.of["notice"] == ("#7a4a00", 94)
    assert tones.of["link"] == ("#0000aa", nearest("#0000aa"))
    assert tones.of["ink"] == LIGHT.of["ink"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tones]\nground = #000\n", "line 2: Invalid value"),
        ('base = "sepia"\n', "line 1: base is one of dark, light, contrast."),
        ('\n[tones]\ngrund = "#000000"\n', "line 3: there is no role grund; ground is meant, perhaps."),
        ('[tones]\nsoft = "grey"\n', 'line 2: soft wants a colour as "#rrggbb"'),
        ('[tones]\nsoft = ["#aaaaaa", 7]\n', "line 2: the number of soft is one from 16 to 255."),
        ('[tones]\nsoft = "#1c222b"\n', "line 2: soft on ground stands out by"),
        ('[tones]\nown = "#cccccc"\n', "line 2: soft on own stands out by"),
        ('name = "x"\n', "line 1: a theme has base and [tones], and no name."),
        ("tones = 4\n", "line 1: tones is a table"),
        ("[" * 3000, "line 1: "),
    ],
)
def test_what_is_wrong_with_a_theme_is_one_sentence_with_the_line(text: str, said: str) -> None:
    with pytest.raises(WrongTheme, match=r"line") as caught:
        parse(text, "mine")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_themes_are_files_of_the_configuration_folder(tmp_path: Path) -> None:
    folder = tmp_path / "themes"
    folder.mkdir()
    for name in ("sepia", "Odd Name", "dark"):
        (folder / f"{name}.toml").write_text('base = "light"\n')
    assert names_in(tmp_path) == ("sepia",)
    assert names_in(tmp_path / "none") == names_in(None) == ()
    assert load(tmp_path, "sepia").of == LIGHT.of
    (folder / "sepia.toml").write_text("#" * (MAX_FILE + 1))
    for name in ("sepia", "none"):
        with pytest.raises(WrongTheme, match=name):
            load(tmp_path, name)
