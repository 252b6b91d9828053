"""Recognises Alt on terminals without the newer keyboard protocol, where Alt with a key looks like Esc and then the key.

Such a terminal sends an escape in front of the key. A person who presses Esc and types on sends the same bytes; over a slow
line they arrive together. Three things tell them apart here:

* bytes that are read apart were pressed apart: a terminal writes both of Alt's in one;
* a key that means nothing with Alt was not pressed with it, so Esc and the key are two keys, and neither is lost;
* no person types on a few thousandths of a second after Alt with a key: that is text behind an Esc.

What is left, one key with an escape right before it and nothing after it, is taken for Alt. Where that leads somewhere else,
``tui.keys.jumps`` looks after the next Enter.

Textual's table of sequences and its parser have no public door for this; this file is the only one that knows them. Without
it Textual reads escape and a digit as the sign that an Apple keyboard has there (™ for 2), and waits for what else belongs
to a sequence where none has begun.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any, Final, NamedTuple, cast

from textual import _ansi_sequences, events  # private; tests drive them through a real terminal
from textual._parser import ParseTimeout
from textual._xterm_parser import XTermParser
from textual.keys import _character_to_key  # pyright: ignore[reportPrivateUsage]

from tui.keys.registry import Registry

ESCAPE: Final = "\x1b"
# Second characters of terminals' own sequences, which an escape in front of them may begin.
INTRODUCERS: Final = frozenset("[OPNX]^_")
_PRINTABLE: Final = [chr(code) for code in range(0x20, 0x7F)]
# Names of keys that came behind an escape, until it is known what that meant. Textual itself names no key so.
_BEHIND_ESCAPE: Final = "behind_escape:"


class _Named(NamedTuple):
    """What the parser expects of an entry: an object with the key's name as ``value``."""

    value: str


class PatientParser(XTermParser):
    """Textual's parser, which takes an escape that is read apart from what follows for the key Esc."""

    def __init__(self, debug: bool = False) -> None:  # noqa: FBT001, FBT002 - as Textual calls it
        super().__init__(debug)
        self._ended_in_escape = False

    def feed(self, data: str) -> Iterable[Any]:
        """Take in what was read at once."""
        apart = self._ended_in_escape and self._timeout_time is not None
        if apart and data and data[0] not in INTRODUCERS | {ESCAPE}:
            self._timeout_time = None
            self._awaiting = self._gen.throw(ParseTimeout())
        self._ended_in_escape = data.endswith(ESCAPE)
        return super().feed(data)


def teach_alt_keys() -> None:
    """Add the sequences to Textual's table, and the patience to its parser. Does nothing the second time."""
    table = cast("MutableMapping[str, object]", _ansi_sequences.ANSI_SEQUENCES_KEYS)
    for character in _PRINTABLE:
        if character not in INTRODUCERS:
            table[ESCAPE + character] = (_Named(_BEHIND_ESCAPE + character),)
    table[ESCAPE + "\r"] = (_Named("alt+enter"),)
    from textual.drivers import linux_driver  # no terminal of Windows sends such keys

    linux_driver.XTermParser = PatientParser  # type: ignore[attr-defined]  # where the driver looks it up


def behind_escape(event: events.Event) -> str:
    """Return the character that came right behind an escape; nothing for any other event."""
    if not isinstance(event, events.Key):
        return ""
    if event.key.startswith(_BEHIND_ESCAPE):
        return event.key.removeprefix(_BEHIND_ESCAPE)
    # What Textual itself made of an escape and a letter of another alphabet; the newer protocol tells no character with Alt.
    return event.character or "" if event.key.startswith("alt+") and event.is_printable else ""


def with_alt(character: str) -> events.Key:
    """Return the key as if Alt had been held."""
    return events.Key(f"alt+{_name(character)}", None)


def after_escape(character: str) -> tuple[events.Key, events.Key]:
    """Return Esc and the key as two keys."""
    return events.Key("escape", ESCAPE), events.Key(_name(character), character)


def _name(character: str) -> str:
    return character if character.isalnum() else _character_to_key(character)


def alt_characters(registry: Registry) -> frozenset[str]:
    """Return the names of keys that some command has with Alt."""
    keys = (key.strip() for spec in registry for key in spec.keys.split(","))
    return frozenset(key for key in keys if key.startswith("alt+"))
