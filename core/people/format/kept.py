"""How an item is kept as a row: what the row has of it, and the item that a row stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from core.people.format.bounds import Bytes16, Key

ItemT = TypeVar("ItemT")


class Reference(msgspec.Struct, frozen=True, array_like=True):
    """Names a row of the conversation, the same for all who are in it: who wrote it, and its uid."""

    author: Key
    uid: Bytes16


@dataclass(frozen=True, slots=True)
class Kept:
    """What a row keeps of an item beside its uid; ``about`` names the row that it answers or changes."""

    text: str
    about: Reference | None = None
    rank: int = 0
    version: int = 0
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class RowForm(Generic[ItemT]):
    """How an item is kept as a row, given who wrote it, and the ``item`` that a row's uid and content stand for.

    ``name`` is what programs call such a row (``core.api.Message.kind``). Where it is a mapping, the text is a code that is
    never shown, and the mapping names each code; a code has no letters, so that no search finds it. Where it is None the row
    is a change, which is not shown by itself.
    """

    kept: Callable[[ItemT, bytes], Kept]
    item: Callable[[bytes, Kept], ItemT]
    name: str | Mapping[str, str] | None
