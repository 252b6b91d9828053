"""The registry of command handlers, each declared where its function is defined.

    @transaction(api.DraftSet)                                          TRANSACTION: given a ``Work``
    def _set_draft(work: Work, command: api.DraftSet) -> api.Done: ...

    @steps(api.NetworkStatusGet)                                        STEPS: given the ``Session``
    async def _status(session: Session, command: api.NetworkStatusGet) -> api.NetworkStatus: ...

    @at_gate(api.AccountLock)                                           GATE: given the attachment at the gate
    async def _lock(at: AtGate, command: api.AccountLock) -> api.Done: ...

Type checkers compare a handler's command and result with the command's class. A command's class says which of the three
it is; a handler of another kind, or a second one, is a ``TypeError`` when the program starts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from core import api
from core.api import Carrier, Command, Declared, R
from core.people.work import Work
from core.session.open_account import OpenAccount
from core.session.session import Session

C = TypeVar("C")
S = TypeVar("S")


class _Declares(Protocol[C, R]):
    """A command's class, seen as what it says of itself."""

    def declared(self) -> Declared[C, R]:
        """Return the class with its result."""
        ...


class Handlers(Generic[S]):
    """The handlers of one carrier's commands; each is given an ``S`` and its command."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self._handlers: dict[type[Command[Any]], Callable[[S, Any], Any]] = {}

    def __contains__(self, command: type[Command[Any]]) -> bool:
        return command in self._handlers

    def add(self, command: type[Any], handler: Callable[[S, Any], Any]) -> None:
        """Let ``handler`` carry out ``command``. Raises ``TypeError``: of another carrier, or carried out already."""
        if command.carrier is not self.carrier:
            raise TypeError(f"{command.__name__} is carried out by {command.carrier}")
        if command in self._handlers:
            raise TypeError(f"{command.__name__} has two handlers")
        self._handlers[command] = handler

    def of(self, command: Command[Any]) -> Callable[[S, Any], Any]:
        """Return the handler of a command."""
        return self._handlers[type(command)]

    def waiting(
        self, command: _Declares[C, R]
    ) -> Callable[[Callable[[S, C], Awaitable[R]]], Callable[[S, C], Awaitable[R]]]:
        """Return the decorator of a command's handler that may wait."""

        def decorate(handler: Callable[[S, C], Awaitable[R]]) -> Callable[[S, C], Awaitable[R]]:
            self.add(command.declared().command, handler)
            return handler

        return decorate


TRANSACTIONS: Final = Handlers[Work](Carrier.TRANSACTION)
STEPS: Final = Handlers[Session](Carrier.STEPS)
# By command: what is to be done after its transaction is committed and before it is answered.
_AFTERWARDS: Final[dict[type[Any], Callable[[OpenAccount, Any], Awaitable[Any]]]] = {}

steps: Final = STEPS.waiting


def transaction(
    command: _Declares[C, R], *, then: Callable[[OpenAccount, R], Awaitable[R]] | None = None
) -> Callable[[Callable[[Work, C], R]], Callable[[Work, C], R]]:
    """Return the decorator of a command's handler that is one transaction.

    ``then`` is given the handler's result once that is committed, and returns the one to answer with. What is committed
    stays so even if ``then`` fails.
    """
    kind = command.declared().command

    def decorate(handler: Callable[[Work, C], R]) -> Callable[[Work, C], R]:
        TRANSACTIONS.add(kind, handler)
        if then is not None:
            _AFTERWARDS[kind] = then
        return handler

    return decorate


def act_of(command: Command[R]) -> Callable[[Work], R]:
    """Return what a command does in its transaction."""
    handler = cast("Callable[[Work, Command[R]], R]", TRANSACTIONS.of(command))
    return lambda work: handler(work, command)


async def act(account: OpenAccount, command: api.Command[R]) -> R:
    """Carry out a command that is one transaction, and what follows from it. Raises ``ApiError``."""
    result = await account.service.act(act_of(command))
    then = _AFTERWARDS.get(type(command))
    return result if then is None else cast("R", await then(account, result))


async def take_steps(session: Session, command: api.Command[R]) -> R:
    """Carry out a command that waits. Raises ``ApiError``."""
    return cast("R", await STEPS.of(command)(session, command))
