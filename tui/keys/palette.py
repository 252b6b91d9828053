"""What the palette (Ctrl+P) offers: every command of the registry that makes sense now, found by words.

A command of which Tab would offer arguments is listed once for each of them, since one has to be chosen anyway. Texts are
searched in the language in use and in English, which the slash names are in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tui.keys.keymap import key_names
from tui.keys.matching import score
from tui.keys.registry import CommandSpec
from tui.language import LANGUAGES, tr

Choice = tuple[CommandSpec, str]
"""A command and its argument, which may be empty."""

# How much a match counts, by where it is: what a thing is called before what is said about it.
_TITLE, _SLASH, _ALSO, _KEYS, _GROUP, _HELP = 8.0, 7.0, 4.0, 3.0, 1.0, 0.5
# And the choice's own name, also in other words: it tells it from the others of its command.
_OWN = 8.0
# How people of another language call what a choice names.
CHOICES_ALSO: Final = {LANGUAGES["zh_CN"]: "chinese zhongwen 中文", LANGUAGES["en"]: "英文 英语 yingwen"}
WEIGHTS: Final = (_TITLE, _ALSO, _GROUP, _HELP)


def title_of(choice: Choice) -> str:
    """Return what a choice is called."""
    spec, argument = choice
    title = tr(spec.title)
    return tr("{title}: {argument}").format(title=title, argument=tr(argument)) if argument else title


def way_of(choice: Choice) -> str:
    """Return the way to a command without the palette: its key, else its slash command."""
    spec, argument = choice
    keys = key_names(spec)
    if keys and not argument:
        return keys[0]
    return f"/{spec.slash} {argument}".rstrip() if spec.slash else ""


def choices(specs: Iterable[CommandSpec]) -> list[Choice]:
    """Return all there is to choose from."""
    offered = [spec for spec in specs if spec.in_palette and not spec.needs_argument]
    return [(spec, argument) for spec in offered for argument in spec.choices or ("",)]


def found(query: str, offered: Iterable[Choice]) -> list[Choice]:
    """Return what matches, the best first; with nothing typed, all in their order."""
    if not query.strip():
        return list(offered)
    rated = [(_rate(query, choice), choice) for choice in offered]
    return [choice for rating, choice in sorted(rated, key=lambda each: -each[0]) if rating > 0]


def _rate(query: str, choice: Choice) -> float:
    spec, argument = choice
    english = (f"{spec.title}: {argument}" if argument else spec.title, spec.synonyms, spec.group, spec.help)
    shown = (title_of(choice), tr(spec.synonyms), tr(spec.group), tr(spec.help))
    texts = english if shown == english else (*shown, *english)
    fields = [(spec.slash, _SLASH), (" ".join(key_names(spec)), _KEYS), *zip(texts, WEIGHTS * 2, strict=False)]
    if argument:
        fields.append((f"{tr(argument)} {argument} {CHOICES_ALSO.get(argument, '')}", _OWN))
    return score(query, fields)
