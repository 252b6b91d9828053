"""Key bindings made from the registry, and the names of keys for people.

Every binding's id is its command's id, so ``App.set_keymap`` can change any of them; a command without keys has a binding to
a key that does not exist, so that it can be given one. Which keys count in the end: ``tui.keys.effective``.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding, BindingType, Keymap

from tui.keys.handlers import BINDING_ACTION
from tui.keys.registry import CommandSpec, Scope

# Commands that wait for the focused widget to leave a key alone: the key means something to it first.
PATIENT = frozenset({"app.question", "view.back", "go.page-up", "go.page-down"})

# A key that no keyboard has: that of a command without keys.
UNSET = "unset"

_NAMES = {
    "ctrl": "Ctrl",
    "alt": "Alt",
    "shift": "Shift",
    "enter": "Enter",
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "space": "Space",
    "backspace": "Backspace",
    "insert": "Ins",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "comma": ",",
    "full_stop": ".",
    "backslash": "\\",
    "left": "Left",
    "right": "Right",
    "question_mark": "?",
    "plus": "+",
    "slash": "/",
    "underscore": "_",
    "delete": "Del",
    "up": "Up",
    "down": "Down",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
}


def binding(spec: CommandSpec) -> Binding:
    """Return the Textual binding of one command. Its texts are shown nowhere, and so are not translated.

    Going somewhere else has priority: otherwise keys typed right after it would still reach the place just left.
    """
    at_once = spec.scope in {Scope.APP, Scope.MAIN} and spec.id not in PATIENT
    action = f"{BINDING_ACTION}({spec.id!r})"
    return Binding(spec.keys or UNSET, action, spec.title, tooltip=spec.help, id=spec.id, show=False, priority=at_once)


def bindings(specs: Iterable[CommandSpec]) -> list[BindingType]:
    """Return the bindings of commands."""
    return [binding(spec) for spec in specs]


def enter_breaks_line() -> Keymap:
    """Return the keymap of people who want Enter to break the line: Ctrl+J sends.

    Alt+Enter does not: on many terminals it cannot be told from Esc and Enter.
    """
    return {"write.send": "ctrl+j", "write.newline": "enter,alt+enter,shift+enter"}


def key_name(key: str) -> str:
    """Return ``Ctrl+K`` for ``ctrl+k``."""
    *modifiers, last = key.split("+")
    if last in _NAMES:
        name = _NAMES[last]
    else:
        name = last.upper() if modifiers or (last.startswith("f") and last[1:].isdecimal()) else last
    return "+".join([*(_NAMES.get(modifier, modifier.title()) for modifier in modifiers), name])


def key_names(spec: CommandSpec, keymap: Keymap | None = None) -> tuple[str, ...]:
    """Return the keys of a command as people read them, the first being the one to teach."""
    keys = (keymap or {}).get(spec.id, spec.keys)
    names = (key_name(key.strip()) for key in keys.split(",") if key.strip() not in {"", UNSET})
    return tuple(dict.fromkeys(names))
