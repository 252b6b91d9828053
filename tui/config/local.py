"""Both files of the configuration folder, read once at the start; what is wrong in them is told and changes nothing else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tui.config.folder import MACHINE_FILE, NotOwn, config_folder, read_own
from tui.config.machine import Machine, parse


@dataclasses.dataclass(frozen=True, slots=True)
class Local:
    """What this machine's files say. ``wrong``: a sentence for each thing in them that is not used."""

    machine: Machine = Machine()  # noqa: RUF009 - frozen
    folder: Path | None = None
    wrong: tuple[str, ...] = ()


def load(folder: Path | None = None) -> Local:
    """Return what the files of ``folder`` say; untold, of this user's own folder."""
    folder = config_folder() if folder is None else folder
    if folder is None:
        return Local()
    machine, wrong = Machine(), list[str]()
    try:
        text = read_own(folder / MACHINE_FILE)
        if text is not None:
            machine, wrong = parse(text)
    except NotOwn as refused:
        wrong.append(str(refused))
    return Local(machine, folder, tuple(wrong))
