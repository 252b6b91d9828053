"""What a key is called, whether a terminal sends it, and where it may mean something.

Terminals send characters. Ctrl with a letter is the character of that place in the alphabet, so some of them are another
key in disguise; Ctrl with a digit, or Shift with Enter, is no character at all, and only terminals with the newer keyboard
protocol (kitty, foot, WezTerm, Ghostty and others) send it. Alt is an Esc in front. Some keys never come this far: tmux,
screen, flow control and the window manager keep them.
"""

from __future__ import annotations

from typing import Final

from textual.keys import Keys, _character_to_key  # pyright: ignore[reportPrivateUsage]  # the names of characters

from tui.keys.keymap import PATIENT, key_name
from tui.keys.legacy_keys import INTRODUCERS
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, tr

_MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "hyper", "meta")
# As people write them, and as Textual does.
_SPELLINGS: Final = {
    "esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown",
    "pgdown": "pagedown", "control": "ctrl", "c": "ctrl", "option": "alt", "a": "alt", "backtab": "shift+tab",
}  # fmt: skip
_NAMED: Final = frozenset(
    each.value.rpartition("+")[2] for each in Keys if each.value.rpartition("+")[2].replace("_", "").isalnum()
)
# Keys that are another one in disguise.
_DISGUISED: Final = {
    "ctrl+i": "Tab", "ctrl+m": "Enter", "ctrl+h": N_("Backspace on many terminals"), "ctrl+left_square_bracket": "Esc",
    "ctrl+at": "Ctrl+Space", "ctrl+question_mark": "Backspace",
}  # fmt: skip
# Keys that something else keeps, on some machines.
_KEPT: Final = {
    "ctrl+b": N_("tmux keeps it for itself unless told otherwise"),
    "ctrl+a": N_("GNU screen keeps it for itself, and while writing it goes to the beginning of the line"),
    "ctrl+s": N_("a terminal with flow control stops at it, until Ctrl+Q"),
    "ctrl+q": N_("a terminal with flow control keeps it"),
    "f11": N_("most windows take it for the full screen"),
    "alt+tab": N_("window managers keep it"),
    "alt+f4": N_("window managers keep it"),
    "alt+space": N_("window managers keep it"),
}
# Characters that Ctrl makes another character of, beside letters.
_WITH_CTRL: Final = frozenset({"space", "at", "backslash", "right_square_bracket", "circumflex_accent", "underscore"})
# Keys that each form and list needs.
_OF_FORMS: Final = frozenset(
    {"enter", "tab", "shift+tab", "escape", "backspace", "delete", "up", "down", "left", "right", "home", "end"}
)


class BadKey(ValueError):
    """What is written is no key; the message is the end of a sentence."""


def _no_key(text: str) -> BadKey:
    return BadKey(tr("{text} is no key").format(text=repr(text)))


def parse_key(text: str) -> str:
    """Return a key by Textual's name. ``text`` is as a person writes it: ``Ctrl+K``, ``alt+<``, ``?``, ``PgUp``.

    Raises ``BadKey``.
    """
    text = text.strip()
    if not text or len(text) > 40:
        raise BadKey(tr("no key"))
    head, plus, last = text.rpartition("+")
    if plus and not last:  # the plus key itself
        if head and not head.endswith("+"):
            raise _no_key(text)
        head, last = head.removesuffix("+"), "+"
    modifiers = [_SPELLINGS.get(each.strip().lower(), each.strip().lower()) for each in head.split("+") if each.strip()]
    if any(each not in _MODIFIERS for each in modifiers):
        raise _no_key(text)
    name = _name_of(last.strip() or last, text, modified=bool(modifiers))
    return "+".join([*sorted(set(modifiers), key=_MODIFIERS.index), name])


def _name_of(last: str, text: str, *, modified: bool) -> str:
    if len(last) == 1:
        if not last.isprintable() or not (last.isascii() or last.isalnum()):
            raise _no_key(text)
        named = last if last.isalnum() else _character_to_key(last)
        return named.lower() if modified else named
    lowered = last.lower()
    name = _SPELLINGS.get(lowered, lowered)
    if name in _NAMED or _is_character_name(name):
        return name
    raise _no_key(text)


def _is_character_name(name: str) -> bool:
    return any(_character_to_key(chr(code)) == name for code in range(0x20, 0x7F) if not chr(code).isalnum())


def is_typed(key: str) -> bool:
    """Return whether a key alone writes a character."""
    return len(key) == 1 or key == "space" or ("+" not in key and _is_character_name(key))


def forbidden(key: str, spec: CommandSpec) -> str:
    """Return why a command cannot have a key; nothing where it can."""
    if key in _DISGUISED:
        return tr("{key} cannot be told from {other}").format(key=key_name(key), other=tr(_DISGUISED[key]))
    if spec.scope is Scope.SELECT or spec.id in PATIENT:
        return ""
    if is_typed(key):
        return tr("{key} is needed for writing").format(key=key_name(key))
    if key in _OF_FORMS and spec.scope is not Scope.COMPOSER:
        return tr("{key} is needed in each list and form").format(key=key_name(key))
    return ""


def doubt(key: str) -> str:
    """Return why a key may not arrive; nothing where it does."""
    if key in _KEPT:
        return tr("{key}: {why}").format(key=key_name(key), why=tr(_KEPT[key]))
    modifiers, last = set(key.split("+")[:-1]), key.rpartition("+")[2]
    if modifiers & {"super", "hyper", "meta"} or (modifiers and last in {"enter", "tab", "escape", "backspace"}):
        return "" if key in {"alt+enter", "shift+tab"} else _newer(key)
    is_character = len(last) == 1 or _is_character_name(last)
    if "ctrl" in modifiers and is_character and not (last.isalpha() or last in _WITH_CTRL):
        return _newer(key)
    if modifiers >= {"ctrl", "shift"} and is_character:
        return _newer(key)
    if modifiers == {"alt"} and _character_of(last) in INTRODUCERS:
        return _newer(key)
    return ""


def _character_of(name: str) -> str:
    if len(name) == 1:
        return name
    return next((chr(code) for code in range(0x20, 0x7F) if _character_to_key(chr(code)) == name), "")


def _newer(key: str) -> str:
    return tr("{key}: only terminals with the newer keyboard protocol send it").format(key=key_name(key))
