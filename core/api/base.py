"""The base of commands, results and events: frozen records that serialise.

A command's class declares everything but the implementation: its ``tag`` is the method, its fields are the parameters,
``Command[R]`` names the result, and class variables say which carrier handles it, whether it is answered while the screen
is locked, whether its result is told once. The handler is declared where it is defined
(``core.session.commands.registry``), and nothing else names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import msgspec

C = TypeVar("C")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of results and events."""


class Carrier(Enum):
    """Who carries a command out."""

    TRANSACTION = "one transaction of the open account"
    STEPS = "steps that wait: for the network, or with turns of others in between"
    GATE = "the gate, which makes, opens and locks the account"


class Declared(Generic[C, R]):
    """A command's class and, for type checkers, its result."""

    def __init__(self, command: type[C]) -> None:
        self.command = command


class Command(msgspec.Struct, Generic[R_co], frozen=True, kw_only=True, tag_field="method", forbid_unknown_fields=True):
    """Base of commands; ``Command[R]`` is answered by an ``R``."""

    carrier: ClassVar[Carrier] = Carrier.TRANSACTION
    # Answered while the screen is locked: it tells nothing of contents, of contacts and of whose account it is.
    while_locked: ClassVar[bool] = False
    # Given by what a person does just now, never by a screen on its own: by these it is seen that somebody is there.
    by_person: ClassVar[bool] = False
    # Its result exists only once: if it cannot be told, the command is undone.
    told_once: ClassVar[bool] = False

    def queue(self) -> str | None:
        """Return the queue that this waits in, if any: a command of a queue begins when the one before it is done."""
        return None

    @classmethod
    def declared(cls) -> Declared[Self, R_co]:
        """Return the class with its result, by which its handler's type is checked."""
        return Declared(cls)


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Base of events."""


class Client(Protocol):
    """What screens and adapters hold: a way to give commands. Events reach them separately."""

    async def call(self, command: Command[R]) -> R:
        """Carry out a command and return its result; raises ``ApiError``."""
        ...


def method_of(command: type[Command[Any]] | Command[Any]) -> str:
    """Return the method name of a command, as ``rpc`` spells it."""
    tag = command.__struct_config__.tag
    return str(tag)


def every_command() -> Mapping[str, type[Command[Any]]]:
    """Return the commands defined so far by their methods. Raises ``TypeError`` where two have one method."""
    commands: dict[str, type[Command[Any]]] = {}
    for command in Command.__subclasses__():
        if commands.setdefault(method_of(command), command) is not command:
            raise TypeError(f"two commands are called {method_of(command)}")
    return MappingProxyType(commands)
