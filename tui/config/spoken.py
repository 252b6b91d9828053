"""Which language a process speaks, and when that is settled.

Before it makes any text ``config.toml`` says it, or else the environment. Once an account is open its own setting counts,
where it names a language: that holds until other settings are drawn by, so the lock screen keeps the language of the account
it hides, and the next account that is opened has its own. A code that this version has no language for is as none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tui import language
from tui.config.folder import MACHINE_FILE, NotOwn, config_folder, read_own


def choose_language(folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> None:
    """Use the language that the file of ``folder`` names (untold, of this user's own folder), or else the environment."""
    language.use(language.detect(environ, _named(config_folder() if folder is None else folder)))


def _named(folder: Path | None) -> str:
    """Return the language that the machine's file names; what is wrong in that file is told by who reads all of it."""
    try:
        text = None if folder is None else read_own(folder / MACHINE_FILE)
    except NotOwn:
        return ""
    if not text:
        return ""
    from tui.config.machine import parse

    return parse(text)[0].language


class SpokenLanguage:
    """Turns a process to the language of an account, and back to the one that it was started with."""

    def __init__(self) -> None:
        self._started_with = language.language()

    def speak(self, chosen: str) -> bool:
        """Use the language of this code, "" as the program was started; return whether that is another than before."""
        wanted = language.known_as(chosen) or self._started_with
        if wanted == language.language():
            return False
        language.use(wanted)
        return True
