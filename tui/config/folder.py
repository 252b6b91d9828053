"""The configuration folder, and reading what the person wrote there.

A file can name a command that is run, so it counts only where nobody else could have written it: a regular file of this user
(or of the system's administrator), which others may not write, in such a folder.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from tui.language import tr

MACHINE_FILE: Final = "config.toml"
KEYS_FILE: Final = "keys.toml"
# Bytes of a file: a hundred times what any of them has.
MAX_SIZE: Final = 1 << 16
_OF_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_ADMINISTRATOR: Final = 0


class NotOwn(ValueError):
    """A file is not taken; its message is a sentence that says why."""


def config_folder() -> Path | None:
    """Return the folder, which need not exist; None where nothing says where the person's files are."""
    from platformdirs import user_config_path

    if os.environ.get("HOME") == "" and "XDG_CONFIG_HOME" not in os.environ:
        return None
    folder = user_config_path("sottovoce", appauthor=False)
    return folder if folder.is_absolute() else None


def read_own(path: Path) -> str | None:
    """Return a file's text, None where there is none. Raises ``NotOwn``."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise NotOwn(tr("{file} cannot be read: {reason}.").format(file=path.name, reason=fault.strerror)) from None
    with os.fdopen(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor), path.parent.stat())
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise NotOwn(tr("{file} is longer than {size} bytes and is not used.").format(file=path.name, size=MAX_SIZE))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        said = tr("{file}, line {line}: this is not UTF-8; the file is not used.")
        raise NotOwn(said.format(file=path.name, line=line)) from None


def _check(path: Path, file: os.stat_result, folder: os.stat_result) -> None:
    """Raise ``NotOwn`` where another user could have written the file."""
    if not stat.S_ISREG(file.st_mode):
        raise NotOwn(tr("{file} is no file and is not used.").format(file=path.name))
    for what, found in ((path.name, file), (tr("the folder of {file}").format(file=path.name), folder)):
        if found.st_uid not in {os.getuid(), _ADMINISTRATOR}:
            said = tr("{file} is not used: {what} belongs to another user.")
            raise NotOwn(said.format(file=path.name, what=what))
        if found.st_mode & _OF_OTHERS:
            said = tr("{file} is not used: others may write {what} (chmod go-w mends it).")
            raise NotOwn(said.format(file=path.name, what=what))


def write_own(path: Path, text: str) -> None:
    """Write a file whole or not at all, for this user alone. Raises ``OSError``."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = path.resolve()  # a link into a collection of such files stays one
    beside = target.with_name(f"{target.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(target)
