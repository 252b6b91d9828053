"""What systemd-logind does to a core when its user logs out, as far as its files say; nothing where it does not run.

Two settings. *KillUserProcesses* ends everything of a session with the session: a core in the background too, for it stays
in the session's control group whatever it does. *Lingering* keeps the user's services; without it they end with the last
session, and the run-time directory goes, so that a core that lives on moves its socket (``core.attach.listener``).
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.sentence import N_

# There only where systemd runs the machine (sd_booted(3)).
_BOOTED: Final = "run/systemd/system"
_LINGER: Final = "var/lib/systemd/linger"
# Where logind reads its settings, the strongest last (logind.conf(5)).
_FOLDERS: Final = ("usr/lib", "usr/local/lib", "run", "etc")
_SETTING: Final = re.compile(r"^\s*KillUserProcesses\s*=\s*(\S+)\s*$", re.MULTILINE)
_YES: Final = frozenset({"1", "yes", "y", "true", "t", "on"})

KILLS: Final = (
    "logout-kills",
    N_(
        "When you log out, this system ends all that you leave running (KillUserProcesses), a core in the background too. "
        "As a service it goes on: `systemctl --user enable --now sottovoce`, and `loginctl enable-linger`."
    ),
)
NO_LINGER: Final = (
    "no-linger",
    N_(
        "Lingering is off: when you log out for the last time, your services end, the one of sottovoce too. `loginctl "
        "enable-linger` keeps them."
    ),
)


def at_logout(root: Path = Path("/")) -> tuple[str, str] | None:
    """Return what would end a core at logout, as a kind and a sentence; None if nothing is known to."""
    if not (root / _BOOTED).is_dir():
        return None
    lingers = (root / _LINGER / _user()).exists()
    if _kills_processes(root):
        return KILLS
    return None if lingers else NO_LINGER


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a user without a name
        return str(os.geteuid())


def _kills_processes(root: Path) -> bool:
    found = [value for text in _settings(root) for value in _SETTING.findall(text)]
    return bool(found) and found[-1].casefold() in _YES


def _settings(root: Path) -> Iterator[str]:
    """Yield the texts of logind's files, the strongest last: the main file, then additions by their names."""
    folders = [root / folder / "systemd" for folder in _FOLDERS]
    additions: dict[str, Path] = {}
    for folder in folders:  # one of a name takes the place of those in weaker folders
        additions |= {path.name: path for path in sorted((folder / "logind.conf.d").glob("*.conf"))}
    mains = [folder / "logind.conf" for folder in reversed(folders) if (folder / "logind.conf").exists()]
    for path in (*mains[:1], *(additions[name] for name in sorted(additions))):
        try:
            yield path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
