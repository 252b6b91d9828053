"""Which editor a person has, and how it is asked to leave nothing behind.

``VISUAL`` and ``EDITOR`` name it, in words as a shell splits them, though no shell runs; else one that is there. Editors
keep swap files, backups, undo and histories beside the text and in the home: those known here are told not to, by arguments
that come after the person's own configuration where the editor allows it. Of any editor the folders for state, cache and
temporary files lead to the folder in memory. What a plugin or an editor not known here writes elsewhere cannot be prevented
(docs/THREATS.md).
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

# What is looked for where none is named.
FALLBACKS: Final = ("vim", "nano", "vi")
_VIM: Final = (
    "-n", "-i", "NONE",
    "--cmd", "silent! set noswapfile nobackup nowritebackup noundofile",
    "-c", "silent! set noswapfile nobackup nowritebackup noundofile",
    "-c", "silent! set viminfo=", "-c", "silent! set shada=",
)  # fmt: skip
_EMACS: Final = (
    "-nw",
    "--eval",
    "(setq make-backup-files nil auto-save-default nil auto-save-list-file-prefix nil create-lockfiles nil "
    "kill-emacs-hook nil)",
)
_MICRO: Final = (
    "-backup", "false", "-permbackup", "false", "-savehistory", "false", "-savecursor", "false", "-saveundo", "false",
)  # fmt: skip
# The arguments of each, by the name that the program has; those of nano leave out the person's own file, which may turn
# a history on that no argument turns off.
QUIETED: Final[Mapping[str, tuple[str, ...]]] = {
    "vim": _VIM, "nvim": _VIM, "nano": ("--ignorercfiles",), "emacs": _EMACS, "micro": _MICRO,
    "hx": ("--log", "/dev/null"), "helix": ("--log", "/dev/null"),
}  # fmt: skip

Find = Callable[[str], str | None]


def words_of(environ: Mapping[str, str] = os.environ, find: Find = shutil.which) -> tuple[str, ...]:
    """Return the editor's command, empty where there is none. Raises ``ValueError`` where its quotes do not end."""
    for name in ("VISUAL", "EDITOR"):
        if words := shlex.split(environ.get(name, "")):
            return tuple(words)
    return next(((name,) for name in FALLBACKS if find(name)), ())


def quieted(words: tuple[str, ...], find: Find = shutil.which) -> tuple[str, ...]:
    """Return a command with what keeps the editor from leaving anything behind."""
    return (*words, *QUIETED.get(_kind(words[0], find), ()))


def _kind(program: str, find: Find) -> str:
    """Return the editor's own name: ``vi`` may be vim, which then goes by a name like ``vim.basic``."""
    found = find(program)
    names = (Path(program).name, Path(found).resolve().name if found else "")
    for name in names:
        plain = name.split(".")[0].split("-")[0]
        if plain in QUIETED:
            return plain
    return ""


def surroundings(folder: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for it: what it keeps for itself lies in the folder, and goes with it."""
    kept = dict.fromkeys(("TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(folder))
    return {**environ, **kept}
