"""Pictures of the client: ``python -m scripts.make_screenshots`` draws those of ``screenshots/``, which the documents show.

``--all DIR`` draws every scene, at every size, with every number of colours, into a folder: some hundred pictures, in a
minute or two. Names of scenes after it draw only those. Clock, world and terminal stand still: running it again gives the
same bytes.

Letters need DejaVu Sans Mono (Debian: fonts-dejavu-core), wide ones Noto Sans CJK (fonts-noto-cjk), emoji Noto Color Emoji
(fonts-noto-color-emoji); boxes and blocks are painted as shapes. No test needs a font.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from PIL.Image import Image

from scripts.pictures.cells import Cells
from scripts.pictures.plain import plain_session
from scripts.pictures.png import Shown, paint, sheet, small
from scripts.pictures.scenes import CHOICES, MODES, SCENES, SIZES, Size, draw
from tui import language

FOLDER: Final = Path(__file__).parent.parent / "screenshots"
LOOKS: Final = {**MODES, **CHOICES}
SMALL: Final = (80, 24)
# Terminals on one row of a sheet, and how much of their size they keep.
ABREAST: Final = 2
SCALE: Final = 0.5
# What belongs together on a sheet.
GALLERIES: Final[dict[str, Sequence[str]]] = {
    "beginning": ("welcome", "passcode", "words", "check", "ready", "restore", "lock", "empty"),
    "people": ("invite", "code", "invitations", "add", "greetings", "contact", "compare", "devices", "list"),
    "talking": ("unread", "selected", "menu", "emoji", "switcher", "search", "palette", "completion"),
    "pages": (
        *("settings", "keys", "help", "network", "export-all", "import"),
        *("wipe", "hit", "message", "proof", "link", "deceiving"),
    ),
}

CHINESE: Final = ("welcome", "menu", "settings", "help")


def picture_of(cells: Cells) -> Image:
    """Return one terminal as it is kept."""
    return small(paint(cells), cells)


def gallery(names: Sequence[str]) -> Image:
    """Return a sheet with scenes as most terminals show them."""
    shown = [Shown(name, draw(name, SMALL), SCALE) for name in names]
    return sheet([shown[at : at + ABREAST] for at in range(0, len(shown), ABREAST)])


def in_chinese() -> Image:
    """Return a sheet with some scenes in Chinese; what people wrote stays as it is."""
    language.use("zh_CN")
    try:
        return gallery(CHINESE)
    finally:
        language.use(language.ENGLISH)


def sizes() -> Image:
    """Return a sheet with the main screen at every size."""
    shown = {size: Shown(_by(size), draw("chat", size), SCALE) for size in SIZES}
    small, usual, large, widest = (shown[size] for size in SIZES)
    return sheet([[small, usual], [large], [widest._replace(scale=0.42)]])


def colours() -> Image:
    """Return a sheet with the main screen on every kind of terminal, and as people choose."""
    shown = [Shown(name, draw("chat", SMALL, look), SCALE) for name, look in LOOKS.items()]
    shown.append(Shown("letter", draw("letter", SMALL), SCALE))
    return sheet([shown[at : at + ABREAST] for at in range(0, len(shown), ABREAST)])


PICTURES: Final[dict[str, Callable[[], Image]]] = {
    "chat-120x40.png": lambda: picture_of(draw("chat", (120, 40))),
    "sizes.png": sizes,
    "colours.png": colours,
    "chinese.png": in_chinese,
    **{f"{name}.png": lambda names=names: gallery(names) for name, names in GALLERIES.items()},  # type: ignore[misc]
}
# Without servers, without a screen: lines.
PLAIN: Final = "plain.txt"
TOUR: Final = "tour.svg"  # by ``scripts.make_tour``


def _by(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def draw_all(folder: Path, names: Sequence[str]) -> None:
    """Draw scenes at every size with every number of colours, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    each = [(folder, name, size, look) for name, size, look in itertools.product(names, SIZES, LOOKS)]
    with ProcessPoolExecutor() as pool:
        for done in pool.map(_draw_one, *zip(*each, strict=True)):
            sys.stdout.write(f"{done}\n")
    (folder / PLAIN).write_text(plain_session(), "utf-8")


def _draw_one(folder: Path, name: str, size: Size, look: str) -> str:
    path = folder / f"{name}-{_by(size)}-{look}.png"
    picture_of(draw(name, size, LOOKS[look])).save(path, optimize=True)
    return path.name


def main() -> None:
    """Draw what was asked for."""
    parser = argparse.ArgumentParser(description="Draw pictures of the client.")
    parser.add_argument(
        "--all", type=Path, metavar="DIR", help="every scene, size and number of colours into this folder"
    )
    parser.add_argument("names", nargs="*", help="only these scenes, or with no folder only these pictures")
    given = parser.parse_args()
    if given.all is not None:
        draw_all(given.all, given.names or list(SCENES))
        return
    FOLDER.mkdir(exist_ok=True)
    for name in given.names or PICTURES:
        PICTURES[name]().save(FOLDER / name, optimize=True)
    (FOLDER / PLAIN).write_text(plain_session(), "utf-8")


if __name__ == "__main__":
    main()
