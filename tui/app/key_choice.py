"""Keeps which keys count: the program's, the chosen set's and the person's own; writes the latter into ``keys.toml``.

Textual is told what differs from the program's (``App.set_keymap``), and the app's registry has the keys that count, so that
help, palette and footers name them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.app import App

from core import api
from tui.app.key_order import KeyOrder
from tui.config.folder import KEYS_FILE, write_own
from tui.config.keys_file import KeysFile, written
from tui.keys.effective import Denied, Effective, effective, split
from tui.keys.keymap import key_name
from tui.keys.named_keys import instead_of, labels_of, renamed
from tui.keys.registry import CommandSpec, Registry, Scope
from tui.language import N_, tr

NO_FOLDER = N_("There is no folder for keys.toml on this machine: the change is for this run.")


class KeyChoice:
    """Sees to it for one app. ``folder`` has the file; without one a change is for this run."""

    def __init__(self, app: App[Any], registry: Registry, order: KeyOrder, file: KeysFile, folder: Path | None) -> None:
        self._app = app
        self._registry = registry
        self._order = order
        self._file = file
        self._folder = folder
        self._program: dict[str, CommandSpec] = {}  # the commands with the keys of the program
        self._own: dict[str, tuple[str, ...]] = {}
        self._labels: dict[str, str] = {}
        self._selecting: dict[str, str] = {}
        self._settings = api.Settings()
        self._wrong: list[str] = []
        self.denied: tuple[Denied, ...] = ()
        """Keys that two commands claim, or that none can have."""
        self.learn()

    def learn(self) -> None:
        """Take on the commands that there are by now."""
        for spec in self._registry:
            self._program.setdefault(spec.id, spec)
        self._own, self._wrong = self._file.understood(self._program)
        self.apply(self._settings)

    def take_wrong(self) -> list[str]:
        """Return what in the file is not used; once."""
        wrong, self._wrong = self._wrong, []
        return wrong

    def apply(self, settings: api.Settings) -> None:
        """Let the keys count that go with the settings."""
        self._settings = settings
        found = self._effective(self._own)
        self.denied = found.denied
        self._registry.rekey(found.keys)
        self._order.learn(self._registry)
        self._labels = labels_of(self._program, found.keys)
        self._selecting = {
            key_name(key): key_name(key if key in found.keys[spec.id] else next(iter(found.keys[spec.id]), ""))
            for spec in self._program.values()
            if spec.scope is Scope.SELECT
            for key in split(spec.keys)
        }
        self._app.set_keymap(found.keymap(self._program.values()))

    def _effective(self, own: dict[str, tuple[str, ...]]) -> Effective:
        return effective(self._program.values(), self._settings.keys, own, enter_sends=self._settings.enter_sends)

    # --- what screens ask (``KeysPort``) --------------------------------------------------------------------------------

    def defaults(self) -> dict[str, tuple[str, ...]]:
        """Return the keys of the program and its chosen set, without the person's own, by command id."""
        return dict(self._effective({}).keys)

    def own(self) -> dict[str, tuple[str, ...]]:
        """Return the person's own keys, by command id."""
        return dict(self._own)

    def choose(self, command_id: str, keys: tuple[str, ...] | None) -> str:
        """Let a command have other keys, None: no own ones, and write the file; return why it cannot be written.

        Keys that it has anyway are none of one's own.
        """
        self._own = {name: chosen for name, chosen in self._own.items() if name != command_id}
        if keys is not None and self._effective(self._own).keys.get(command_id) != keys:
            self._own[command_id] = keys
        self.apply(self._settings)
        if self._folder is None:
            return tr(NO_FOLDER)
        try:
            write_own(self._folder / KEYS_FILE, written(self._own))
        except OSError as fault:
            said = tr("{file} cannot be written ({reason}): the change is for this run.")
            return said.format(file=KEYS_FILE, reason=fault.strerror)
        return ""

    def listen(self, heard: Callable[[str], None] | None) -> None:
        """Hand the next keys to ``heard``, by Textual's names, and to nothing else; None ends it."""
        self._order.capture = heard

    def selecting(self, hints: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Return the hints of a selected message with the keys that count there."""
        named = (
            (" ".join(filter(None, (self._selecting.get(key, key) for key in keys.split()))), what)
            for keys, what in hints
        )
        return tuple((keys, what) for keys, what in named if keys)

    def label(self, key: str) -> str:
        """Return the key that does what ``key`` does untold, as hints name it; nothing where none does."""
        return self._labels.get(key, key)

    def within(self, text: str) -> str:
        """Return a sentence that names keys of the program with those that count."""
        return renamed(text, instead_of(self._program, self._labels)) if self._labels else text
