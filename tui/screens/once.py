"""Work that is not begun again while it is under way: a second press of the key does nothing.

Textual's ``exclusive`` work is the opposite, it stops what is under way and begins again; but a command that the core was
given is carried out all the same, so two invitations would be made where one was wanted. Reading again may be exclusive,
whatever changes something is done once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from textual.dom import DOMNode

P = ParamSpec("P")
N = TypeVar("N", bound=DOMNode)


def once(group: str) -> Callable[[Callable[Concatenate[N, P], Awaitable[Any]]], Callable[Concatenate[N, P], None]]:
    """Make a method of a screen or widget a worker that is not begun while one of its ``group`` is at work there."""

    def decorate(method: Callable[Concatenate[N, P], Awaitable[Any]]) -> Callable[Concatenate[N, P], None]:
        def begin(self: N, /, *args: P.args, **kwargs: P.kwargs) -> None:
            if not is_at_work(self, group):
                self.run_worker(method(self, *args, **kwargs), group=group)

        update_wrapper(begin, method)
        return begin

    return decorate


def is_at_work(node: DOMNode, group: str) -> bool:
    """Whether something of a group is under way."""
    return any(worker.group == group and worker.node is node and not worker.is_finished for worker in node.app.workers)
