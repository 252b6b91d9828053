"""Themes of the person's own: a file ``NAME.toml`` in ``themes`` in the configuration folder, chosen with ``/theme NAME``.

::

    base = "dark"                       # dark, light or contrast: gives the roles that are not named here

    [tones]
    ground = "#1b1b2a"                  # the palette's nearest is taken where there are 256 colours
    notice = ["#ffcc66", 221]           # or the number that is

A file is taken whole or not at all, and what is wrong is one sentence that names the line. Text that cannot be read is
wrong: each ink must stand out on each ground by ``LEAST_CONTRAST`` to 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from tui.language import tr
from tui.look.palette256 import nearest
from tui.look.tones import CONTACT_ROLES, GROUNDS, INKS, OURS, ROLES, Tone, Tones

FOLDER: Final = "themes"
# Bytes of a file: all roles with a remark each are some three thousand.
MAX_FILE: Final = 64 * 1024
# The least that text needs to be read at all; ours have 4.5, the least that is comfortable.
LEAST_CONTRAST: Final = 3.0
# What `api.Settings` takes as a name.
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
_FIRST_INDEX, _LAST_INDEX = 16, 255


class WrongTheme(Exception):
    """The sentence that says what is wrong with a theme, and in which line."""


def names_in(folder: Path | None) -> tuple[str, ...]:
    """Return the names of the themes in the configuration folder, those of ours left out."""
    if folder is None:
        return ()
    try:
        found = sorted(path.stem for path in (folder / FOLDER).glob("*.toml"))
    except OSError:
        return ()
    return tuple(name for name in found if NAME.fullmatch(name) and name not in {*OURS, "mono", "terminal", "auto"})


def load(folder: Path, name: str) -> Tones:
    """Read a theme. Raises ``WrongTheme``."""
    path = folder / FOLDER / f"{name}.toml"
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        said = tr("There is no theme {name}: {path} cannot be read ({reason}).")
        reason = error.strerror or tr("no reason given")
        raise WrongTheme(said.format(name=name, path=path, reason=reason)) from None
    if len(content) > MAX_FILE:
        said = tr("{path} is longer than {size} KiB, which no theme is.")
        raise WrongTheme(said.format(path=path, size=MAX_FILE // 1024))
    try:
        return parse(content.decode("utf-8", "replace"), name)
    except WrongTheme as error:
        raise WrongTheme(tr("{path}, {fault}").format(path=path, fault=error)) from None


def parse(text: str, name: str) -> Tones:
    """Return the tones that a file's text names. Raises ``WrongTheme`` with a sentence that begins with the line."""
    import tomllib  # by who has a theme of their own

    try:
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise WrongTheme(_told(error, text)) from None
    base = given.pop("base", "dark")
    if not isinstance(base, str) or base not in OURS:
        raise WrongTheme(_at(text, "base") + tr("base is one of {names}.").format(names=tr(", ").join(OURS)))
    tones = given.pop("tones", {})
    if given:
        key = next(iter(given))
        said = tr("a theme has base and [tones], and no {key}.").format(key=key[:40])
        raise WrongTheme(_at(text, key) + said)
    if not isinstance(tones, dict):
        raise WrongTheme(_at(text, "tones") + tr("tones is a table: write [tones], and the roles below it."))
    named = {role: _tone(role, value, text) for role, value in tones.items()}
    made = Tones(name, {**OURS[base].of, **named}, dark=OURS[base].dark)
    for ink, ground in _unreadable(made):
        role = ink if ink in named else ground
        ratio = contrast(made.hex(ink), made.hex(ground))
        said = tr("{ink} on {ground} stands out by {ratio} to 1 only; {least} is the least.").format(
            ink=ink, ground=ground, ratio=f"{ratio:.1f}", least=f"{LEAST_CONTRAST:.0f}"
        )
        raise WrongTheme(_at(text, role) + said)
    return made


def _tone(role: str, value: object, text: str) -> Tone:
    where = _at(text, role)
    if role not in ROLES:
        close = get_close_matches(role, ROLES, 1)
        said = tr("there is no role {role}; {meant} is meant, perhaps.") if close else tr("there is no role {role}.")
        raise WrongTheme(where + said.format(role=role[:40], meant="".join(close)))
    true, index = value if isinstance(value, list) and len(value) == 2 else (value, None)
    if not isinstance(true, str) or not _HEX.fullmatch(true):
        said = tr('{role} wants a colour as "#rrggbb", or that and a number: ["#ffcc66", 221].')
        raise WrongTheme(where + said.format(role=role))
    if index is None:
        return Tone(true.lower(), nearest(true))
    if not isinstance(index, int) or isinstance(index, bool) or not _FIRST_INDEX <= index <= _LAST_INDEX:
        said = tr("the number of {role} is one from {first} to {last}.")
        raise WrongTheme(where + said.format(role=role, first=_FIRST_INDEX, last=_LAST_INDEX))
    return Tone(true.lower(), index)


def _unreadable(tones: Tones) -> Iterator[tuple[str, str]]:
    """Yield inks and grounds that are too near to each other."""
    for ink in (*INKS, *CONTACT_ROLES):
        for ground in GROUNDS:
            if contrast(tones.hex(ink), tones.hex(ground)) < LEAST_CONTRAST:
                yield ink, ground


def contrast(one: str, other: str) -> float:
    """Return how far two colours ``#rrggbb`` stand apart, from 1 to 21, by WCAG 2."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _at(text: str, key: str) -> str:
    """Return ``line 7: `` for the line that names a key first; nothing if none does as far as can be seen."""
    pattern = re.compile(rf"""^\s*\[?\s*["']?{re.escape(key)}["']?\s*[=\].]""")
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return tr("line {number}: ").format(number=number)
    return ""


def _told(error: Exception, text: str) -> str:
    """Return what the parser says, the line in front."""
    said = str(error)
    place = re.search(r"\s*\(at line (\d+), column \d+\)$", said)
    if place is None:
        fault, number = said[:200] or tr("too deep"), len(text.splitlines())
    else:
        fault, number = said[: place.start()][:200].rstrip("."), int(place[1])
    return tr("line {number}: ").format(number=number) + f"{fault}."
