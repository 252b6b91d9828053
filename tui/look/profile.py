"""Detects what kind of terminal this is, once, from the environment and the stored settings.

A terminal at the far end of an SSH connection pays for every byte, so there nothing moves by itself, and colours are written
as numbers of the palette of 256, which need two thirds of the bytes of 24-bit ones. ``NO_COLOR`` means none at all. This
module imports nothing of Textual: it must run before Textual is imported.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import Literal

GlyphSet = Literal["ascii", "unicode", "nerd"]
Colours = Literal["true", "256", "16"]
ThemeName = Literal["dark", "light", "contrast", "mono", "terminal"]

# Variables of Textual's that help people with slow terminals or eyes; all others of that prefix are for its developers.
KEPT_VARIABLES = frozenset({"TEXTUAL_ANIMATIONS", "TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_FPS", "TEXTUAL_COLOR_SYSTEM"})
# Frames a second over a slow line: at 20 an echo still appears within 50 ms and bursts of keys share a frame.
LOW_BANDWIDTH_FPS = 20
# Terminals that cannot draw beyond their own small font.
PLAIN_TERMINALS = frozenset({"dumb", "linux", "vt100", "vt220"})
# Terminals that have no colours, but bold, underlined and reverse.
MONOCHROME_TERMINALS = frozenset({"vt100", "vt102", "vt220", "vt320"})
# Terminals of whose looks nothing is known, not even that they have reverse video.
BARE_TERMINALS = frozenset({"dumb", "unknown"})


@dataclasses.dataclass(frozen=True, slots=True)
class TerminalProfile:
    """How to draw on this terminal."""

    low_bandwidth: bool = False
    no_color: bool = False
    animated: bool = True
    blinking: bool = True
    glyphs: GlyphSet = "unicode"
    theme: str = "dark"  # a ``ThemeName``, or the name of one of the person's own
    colours: Colours = "true"
    links: bool = True  # whether links may be marked as such (OSC 8)
    reverse: bool = True  # whether it has reverse video, as far as is known
    offers_languages: bool = False  # whether the first screen asks for one: nothing here names one that there is

    def adapted(self, *, theme: str = "", glyphs: str = "", low_bandwidth: str = "auto") -> TerminalProfile:
        """Return this profile with the stored settings laid over it; empty and ``auto`` leave what was detected.

        ``NO_COLOR`` outranks a stored theme: it is said for this terminal, the setting for all of them.
        """
        slow = self.low_bandwidth if low_bandwidth == "auto" else low_bandwidth == "on"
        return dataclasses.replace(
            self,
            low_bandwidth=slow,
            animated=self.animated and not slow,
            blinking=self.blinking and not slow,
            theme=self.theme if self.no_color or not theme else theme,
            glyphs=glyphs or self.glyphs,  # type: ignore[arg-type]  # the same
        )


STILL = TerminalProfile(animated=False, blinking=False)
"""For tests and pictures: nothing depends on the moment."""


def detect(environ: Mapping[str, str], encoding: str) -> TerminalProfile:
    """Decide by the environment and the terminal's character encoding."""
    remote = is_remote(environ)
    no_color = bool(environ.get("NO_COLOR"))
    theme: ThemeName = "mono" if no_color else "dark"
    colours = colours_of(environ)
    plain = environ.get("TERM", "") in PLAIN_TERMINALS or "utf" not in encoding.lower()
    animated = not remote and environ.get("TEXTUAL_ANIMATIONS", "full").lower() != "none"
    return TerminalProfile(
        low_bandwidth=remote,
        no_color=no_color,
        animated=animated,
        blinking=not remote,
        glyphs="ascii" if plain else "unicode",
        theme=theme,
        colours="256" if remote and colours == "true" else colours,
        links=environ.get("TERM", "") not in PLAIN_TERMINALS and not environ.get("STY"),  # GNU screen knows no links
        reverse=environ.get("TERM", "") not in BARE_TERMINALS,
    )


def colours_of(environ: Mapping[str, str]) -> Colours:
    """Return how many colours Textual will write, by the rules of the library that it draws with."""
    forced = environ.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if forced != "auto":
        return {"truecolor": "true", "256": "256"}.get(forced, "16")  # type: ignore[return-value]  # all three are listed
    if environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return "true"
    return "256" if environ.get("TERM", "").strip().lower().rpartition("-")[2] in {"256color", "kitty"} else "16"


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH or mosh connection."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "MOSH_IP"))


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Remove Textual's debugging variables, and slow its frames over SSH. Only useful before Textual is imported.

    ``NO_COLOR`` is set where the terminal has none, and removed where it is empty, which means nothing by its own definition
    while Textual takes it for set.
    """
    if environ.get("TERM", "") in MONOCHROME_TERMINALS:
        environ["NO_COLOR"] = "1"
    elif not environ.get("NO_COLOR"):
        environ.pop("NO_COLOR", None)
    debugging = [name for name in environ if name.startswith("TEXTUAL") and name not in KEPT_VARIABLES]
    for name in debugging:
        del environ[name]
    if is_remote(environ):
        environ.setdefault("TEXTUAL_FPS", str(LOW_BANDWIDTH_FPS))
