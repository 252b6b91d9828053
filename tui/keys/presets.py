"""Sets of keys for people who come from an editor: what differs from the keys of ``tui.keys.commands``.

vim      Esc goes from writing to the messages, where j k g G move and i writes again; Alt+J and Alt+K go through the list.
emacs    the keys of a line while one writes (Ctrl+B F P N K), Alt+X for commands, Ctrl+S searches, Ctrl+G goes back.

There are no keys of several strokes and no modes beside these two: a terminal tells Esc and a letter from Alt by time alone,
and a stroke that waits for another would hold up every letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.language import N_

DEFAULT: Final = N_("default")
PRESETS: Final[Mapping[str, Mapping[str, str]]] = {
    DEFAULT: {},
    "vim": {
        "write.messages": "escape",
        "select.leave": "i,q",
        "select.info": "K",
        "go.previous": "alt+k,alt+up",
        "go.following": "alt+j,alt+down",
    },
    "emacs": {
        "app.palette": "alt+x",
        "go.switcher": "alt+j",
        "go.search": "ctrl+s,alt+s",
        "view.back": "escape,ctrl+g",
        "edit.left": "ctrl+b",
        "edit.right": "ctrl+f",
        "edit.up": "ctrl+p",
        "edit.down": "ctrl+n",
        "edit.cut-line": "ctrl+k",
        "select.up": "up,k,ctrl+p",
        "select.down": "down,j,ctrl+n",
        "select.copy": "y,c,alt+w",
        "select.leave": "escape,q,ctrl+g",
        "go.oldest": "alt+less_than_sign,alt+home",
        "go.newest": "alt+greater_than_sign,alt+end",
    },
}
