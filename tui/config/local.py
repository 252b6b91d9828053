"""Both files of the configuration folder, read once at the start; what is wrong in them is told and changes nothing else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tui.config.folder import KEYS_FILE, MACHINE_FILE, NotOwn, config_folder, read_own
from tui.config.keys_file import KeysFile, parse as keys_of
from tui.config.machine import Machine, parse as machine_of


@dataclasses.dataclass(frozen=True, slots=True)
class Local:
    """What this machine's files say. ``wrong``: a sentence for each thing in them that is not used."""

    machine: Machine = dataclasses.field(default_factory=Machine)
    keys: KeysFile = dataclasses.field(default_factory=KeysFile)
    folder: Path | None = None
    wrong: tuple[str, ...] = ()


def load(folder: Path | None = None) -> Local:
    """Return what the files of ``folder`` say; untold, of this user's own folder."""
    folder = config_folder() if folder is None else folder
    if folder is None:
        return Local()
    wrong: list[str] = []
    machine, keys = Machine(), KeysFile()
    if (text := _text_of(folder / MACHINE_FILE, wrong)) is not None:
        machine, told = machine_of(text)
        wrong += told
    if (text := _text_of(folder / KEYS_FILE, wrong)) is not None:
        keys = keys_of(text)
    return Local(machine, keys, folder, tuple(wrong))


def _text_of(path: Path, wrong: list[str]) -> str | None:
    """Return a file's text, None where there is none or it is not taken."""
    try:
        return read_own(path)
    except NotOwn as refused:
        wrong.append(str(refused))
        return None
