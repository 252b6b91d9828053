"""``config.toml``: what this machine and its terminal need, whichever account is open.

    notify_command = "notify-send 'New message'"     # or ["notify-send", "New message"]; run without a shell
    language = "zh_CN"                               # or "en"; else as the environment says (LANG and its like)
    title = true                                     # how many messages are unread, in the window's title

    [terminal]
    notices = "auto"                                 # or "bell", "osc9", "osc777", "osc99"
    links = true                                     # whether links are marked as such (OSC 8)

A command stands here and not in the settings, since those are in the account's record: who has an account's words writes
that record, and would run what he likes on every device of the account.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, TypeVar, cast

from tui.config.folder import MACHINE_FILE
from tui.config.lines import Broken, Lines, read
from tui.language import LANGUAGES, known_as, tr

NoticeForm = Literal["auto", "bell", "osc9", "osc777", "osc99"]
FORMS: Final = ("auto", "bell", "osc9", "osc777", "osc99")
# Words of a command: more are no command that a person wrote.
MAX_WORDS: Final = 64

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    """What the file says, or what holds without one."""

    notify_command: tuple[str, ...] = ()
    title: bool = True
    notices: NoticeForm = "auto"
    links: bool | None = None  # as the terminal was found
    language: str = ""  # as the environment says


def parse(text: str) -> tuple[Machine, list[str]]:
    """Return what a file says, and a sentence for each thing in it that is not used."""
    try:
        found = read(MACHINE_FILE, text)
    except Broken as broken:
        return Machine(), [str(broken)]
    reading = _Reading(found)
    machine = Machine(
        notify_command=reading.take("notify_command", _command, tr("a command in quotes, or a list of words"), ()),
        title=reading.take("title", _boolean, tr("true or false"), True),  # noqa: FBT003 - a default
        notices=cast("NoticeForm", reading.take("terminal.notices", _form, one_of(FORMS), "auto")),
        links=reading.take("terminal.links", _boolean, tr("true or false"), None),
        language=reading.take("language", _language, one_of(LANGUAGES), ""),
    )
    return machine, reading.rest()


class _Reading:
    """Takes values one by one, and notes what is wrong."""

    def __init__(self, found: Lines) -> None:
        self._found = found
        self._left = dict(_flat(found.values))
        self._wrong: list[str] = []

    def take(self, name: str, understand: Callable[[Any], T | None], wanted: str, default: T) -> T:
        """Return a value, the default where it is missing or wrong."""
        if name not in self._left:
            return default
        value = understand(self._left.pop(name))
        if value is None:
            said = tr("{file}, {place}: {name} has to be {wanted}.")
            self._wrong.append(said.format(file=MACHINE_FILE, place=self._found.place(name), name=name, wanted=wanted))
            return default
        return value

    def rest(self) -> list[str]:
        """Return a sentence for each thing that is not used."""
        said = tr("{file}, {place}: nothing is called {name}.")
        unknown = (
            said.format(file=MACHINE_FILE, place=self._found.place(name), name=repr(name)) for name in self._left
        )
        return [*self._wrong, *unknown]


def one_of(names: Iterable[str]) -> str:
    """Return what is expected where one of several names is."""
    return tr("one of {names}").format(names=tr(", ").join(names))


def _flat(values: dict[str, Any]) -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            flat += [(f"{name}.{inner}", each) for inner, each in value.items()]
        else:
            flat.append((name, value))
    return flat


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _form(value: object) -> str | None:
    return value if isinstance(value, str) and value in FORMS else None


def _language(value: object) -> str | None:
    return known_as(value) if isinstance(value, str) else None


def _command(value: object) -> tuple[str, ...] | None:
    """Return the words of a command; None where it is none."""
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError:  # a quotation without an end
            return None
    if not isinstance(value, list) or not all(isinstance(word, str) and "\0" not in word for word in value):
        return None
    return tuple(value) if value and value[0] and len(value) <= MAX_WORDS else None
