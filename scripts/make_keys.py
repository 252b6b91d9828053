"""Write ``docs/KEYS.md``: every command with its id, keys, slash name, and the keys of the presets.

All of it comes from the registry, the presets and the rules of keys, so that nothing is told twice; the manual page's
section is made from the same (``scripts.make_shell_files``).

``python -m scripts.make_keys`` writes it; a test of the documents compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tui.keys.effective import effective
from tui.keys.keymap import key_name, key_names
from tui.keys.presets import PRESETS
from tui.screens.catalogue import whole_registry

TARGET: Final = Path(__file__).parent.parent / "docs/KEYS.md"

_HEAD: Final = """# Keys and commands

Made by `python -m scripts.make_keys`. Everything that one can do has a name; some have keys, some a command that is typed
where one writes (`/name`), and all can be given other keys: with `/keys` in the program, or in `keys.toml` in the
configuration folder (`~/.config/sottovoce`, or where `XDG_CONFIG_HOME` says):

```
go.switcher = "ctrl+t"                 # instead of the program's
people.block = ["alt+x", "f9"]         # several
app.quit = ""                          # none
```
A key of one's own takes that key from any other command in the same place; `/keys` tells which has lost one. What is wrong
in the file is told at the start with its line. *Settings, Keys* chooses a set; a set's keys stand below.

## Keys that are none, or may not arrive
- **Ctrl+I, Ctrl+M, Ctrl+H, Ctrl+[** are Tab, Enter, Backspace and Esc to a terminal, and cannot be had.
- **Letters and signs alone** are for writing; only a selected message has them. Enter, Tab, Esc, arrows are needed in forms.
- **Ctrl+B** is tmux's, **Ctrl+A** GNU screen's; **Ctrl+S** and **Ctrl+Q** stop and go on with a terminal that has flow
  control.
- **Shift+Enter, Ctrl+Enter, Ctrl with a digit, Ctrl+Shift with a letter** are sent only by terminals with the newer
  keyboard protocol (kitty, foot, WezTerm, Ghostty and others). So are Alt+[ ] O P N X ^ _.
- **F-keys** may be the window's (F1, F10, F11) or an editor's, whose terminal it is.
- **Alt** is Esc in front of the key on most terminals. What comes apart is two keys.
"""


def document() -> str:
    """Return the text of the file."""
    return "\n".join([_HEAD, *_commands(), *_presets()]).rstrip() + "\n"


def _commands() -> Iterator[str]:
    group = ""
    for spec in whole_registry():
        if spec.group != group:
            group = spec.group
            yield from ("", f"## {group}", "", "| name | keys | typed | what it does |", "| --- | --- | --- | --- |")
        slash = f"/{spec.slash} {spec.argument}".strip() if spec.slash else ""
        cells = (f"`{spec.id}`", _cell(", ".join(key_names(spec))), _cell(slash), _cell(spec.help))
        yield f"| {' | '.join(cells)} |"


def _presets() -> Iterator[str]:
    specs = list(whole_registry())
    for name, changed in PRESETS.items():
        if not changed:
            continue
        found = effective(specs, name, {})
        yield from ("", f"## The set *{name}*: what differs", "", "| name | keys |", "| --- | --- |")
        for spec in specs:
            if spec.id in changed:
                yield f"| `{spec.id}` | {_cell(', '.join(map(key_name, found.keys[spec.id])))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
