"""The roles of colour, and what each is in every theme: the only place where a colour is named.

A role says what something is for. Grounds, from the deepest to the nearest::

    ground  the log, pages            own     a block of what the person wrote     sheet   palette, menu, forms
    panel   list, header, details     code    code within a block                  select  the chosen row
    theirs  a block of what came      line    rules, frames at rest; no text

and inks, from the quietest to the loudest::

    ghost   all that lies under a sheet          self    the person: bar, frame of their own pages
    soft    times, hints, previews               notice  "for you": new, waiting; nothing else is amber
    ink     text                                 good    compared, online
    bright  names, the newest                    bad     "careful": failed, block, delete; nothing else is red
    link    links                                contact-0 … contact-7   the people one talks to

Each has a tone for true colour and one of the 256 by number, chosen by hand; with sixteen colours the terminal's owner has
chosen them, and a role is a name and an attribute; without colour only attributes. Every ink but ``ghost`` can be read on
every ground but ``line``: 4.5 to 1, in the contrast theme 7 to 1 (``tests/tui/look/test_tones.py``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final, NamedTuple

from tui.look.palette256 import hex_of

CONTACTS: Final = 8
GROUNDS: Final = ("ground", "panel", "theirs", "own", "code", "sheet", "select")
INKS: Final = ("soft", "ink", "bright", "self", "notice", "good", "bad", "link")
CONTACT_ROLES: Final = tuple(f"contact-{number}" for number in range(CONTACTS))
ROLES: Final = (*GROUNDS, "line", "ghost", *INKS, *CONTACT_ROLES)


class Tone(NamedTuple):
    """One colour twice."""

    true: str  # as ``#rrggbb``
    number: int  # in the palette of 256

    @property
    def of_256(self) -> str:
        """What the palette's colour looks like, as ``#rrggbb``."""
        return hex_of(self.number)


@dataclasses.dataclass(frozen=True)
class Tones:
    """One theme: a tone for each role."""

    name: str
    of: Mapping[str, Tone]
    dark: bool = True

    def hex(self, role: str, *, in_256: bool = False) -> str:
        """Return a role's colour as ``#rrggbb``, of the palette's for 256 colours."""
        tone = self.of[role]
        return tone.of_256 if in_256 else tone.true


def _contacts(*tones: Tone) -> dict[str, Tone]:
    return dict(zip(CONTACT_ROLES, tones, strict=True))


# The eight are teal, blue, violet, pink, green, sky, coral and moss: apart for people with the common colour blindnesses
# too, as far as eight can be, and always beside a name or its letters.
DARK: Final = Tones(
    "dark",
    {
        "ground": Tone("#0e1117", 232),
        "panel": Tone("#161b23", 233),
        "theirs": Tone("#1a202a", 234),
        "own": Tone("#1f2d41", 235),
        "code": Tone("#090b0f", 16),
        "sheet": Tone("#1a202a", 235),
        "select": Tone("#293b51", 237),
        "line": Tone("#3a4452", 239),
        "ghost": Tone("#4a5461", 240),
        "soft": Tone("#9ba6b5", 249),
        "ink": Tone("#dfe5ec", 254),
        "bright": Tone("#ffffff", 231),
        "self": Tone("#a9b9d8", 146),
        "notice": Tone("#f3b94d", 215),
        "good": Tone("#8fd19e", 114),
        "bad": Tone("#ff8a84", 210),
        "link": Tone("#8fc3ff", 117),
        **_contacts(
            Tone("#5fd0bd", 79), Tone("#6ea8ff", 75), Tone("#bd9bff", 183), Tone("#f490bd", 211),
            Tone("#8fd06a", 113), Tone("#62c3ec", 81), Tone("#f29377", 209), Tone("#bccb66", 149),
        ),
    },
)  # fmt: skip
LIGHT: Final = Tones(
    "light",
    {
        "ground": Tone("#fbfaf8", 231),
        "panel": Tone("#f0eee9", 255),
        "theirs": Tone("#f1efea", 255),
        "own": Tone("#dbe7f5", 254),
        "code": Tone("#ffffff", 231),
        "sheet": Tone("#ffffff", 231),
        "select": Tone("#cfdff2", 195),
        "line": Tone("#c2beb5", 250),
        "ghost": Tone("#b4b0a8", 249),
        "soft": Tone("#5a6069", 240),
        "ink": Tone("#1d222a", 235),
        "bright": Tone("#000000", 16),
        "self": Tone("#46608c", 17),
        "notice": Tone("#8a5300", 94),
        "good": Tone("#1b6b36", 22),
        "bad": Tone("#b3261e", 124),
        "link": Tone("#0b57b0", 25),
        **_contacts(
            Tone("#00695e", 23), Tone("#2456b8", 25), Tone("#6b3fb5", 55), Tone("#a82a6c", 125),
            Tone("#2f6d12", 22), Tone("#00618a", 24), Tone("#a13d1c", 52), Tone("#5b6200", 58),
        ),
    },
    dark=False,
)  # fmt: skip
CONTRAST: Final = Tones(
    "contrast",
    {
        "ground": Tone("#000000", 16),
        "panel": Tone("#101010", 233),
        "theirs": Tone("#1c1c1c", 234),
        "own": Tone("#16263c", 235),
        "code": Tone("#000000", 16),
        "sheet": Tone("#1c1c1c", 234),
        "select": Tone("#26374c", 236),
        "line": Tone("#8a8a8a", 245),
        "ghost": Tone("#6a6a6a", 242),
        "soft": Tone("#d5d5d5", 252),
        "ink": Tone("#ffffff", 231),
        "bright": Tone("#ffffff", 231),
        "self": Tone("#d3e0ff", 189),
        "notice": Tone("#ffd75f", 221),
        "good": Tone("#8fe6a4", 120),
        "bad": Tone("#ffb3b3", 217),
        "link": Tone("#a9d7ff", 153),
        **_contacts(
            Tone("#7fe8d6", 122), Tone("#a5ccff", 153), Tone("#d9c5ff", 183), Tone("#ffbcd9", 218),
            Tone("#aee88c", 156), Tone("#8fdcff", 117), Tone("#ffc0a8", 216), Tone("#dbe88c", 192),
        ),
    },
)  # fmt: skip
OURS: Final = {tones.name: tones for tones in (DARK, LIGHT, CONTRAST)}


class Named(NamedTuple):
    """One of the terminal's own colours by name, with what makes up for there being so few."""

    name: str = "default"
    bold: bool = False
    dim: bool = False
    underline: bool = False
    reverse: bool = False


_PLAIN: Final = Named()
# Grounds are the terminal's: its sixteen are made for letters, and as a ground any of them may swallow what stands on it.
# What is chosen is reversed, as is every mark that is filled. Yellow and red stay with ``notice`` and ``bad``.
SIXTEEN: Final[Mapping[str, Named]] = {
    **dict.fromkeys(GROUNDS, _PLAIN),
    "select": Named(reverse=True),
    "line": Named("bright_black"),
    "ghost": Named("bright_black"),
    "soft": Named(dim=True),
    "ink": _PLAIN,
    "bright": Named(bold=True),
    "self": Named("bright_blue"),
    "notice": Named("yellow", bold=True),
    "good": Named("green"),
    "bad": Named("red", bold=True),
    "link": Named("cyan", underline=True),
    **dict(
        zip(
            CONTACT_ROLES,
            map(
                Named, ("cyan", "blue", "magenta", "bright_magenta", "green", "bright_cyan", "default", "bright_green")
            ),
            strict=True,
        )
    ),
}
MONO: Final[Mapping[str, Named]] = {
    **dict.fromkeys((*GROUNDS, "ink", "good", *CONTACT_ROLES), _PLAIN),
    "select": Named(reverse=True),
    "line": Named(dim=True),
    "ghost": Named(dim=True),
    "soft": Named(dim=True),
    "bright": Named(bold=True),
    "self": _PLAIN,
    "notice": Named(bold=True),
    "bad": Named(bold=True),
    "link": Named(underline=True),
}
