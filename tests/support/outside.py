"""Stands between the product and the outside: each of its calls to the system, and to the storage library.

``Outside`` notes from where in the product each is called, or lets one of them fail. So a test can raise any error at any
place without knowing what is there: new calls to the outside are found by themselves.
"""

from __future__ import annotations

import ctypes
import fcntl
import importlib
import inspect
import os
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

import platformdirs
import pytest
import sqlcipher3

ROOT: Final = Path(__file__).parents[2]
PRODUCT: Final = tuple(str(ROOT / layer) + os.sep for layer in ("core", "net", "tui"))
# Frames of libraries between the product and a call: pathlib, trio and outcome, a context manager.
DEPTH: Final = 12
# By module or class, what of it goes outside.
CALLS: Final[tuple[tuple[Any, tuple[str, ...]], ...]] = (
    (os, ("open", "read", "write", "pwrite", "ftruncate", "fsync", "fchmod", "stat", "lstat", "mkdir", "chmod")),
    (os, ("rename", "replace", "unlink", "urandom", "sysconf", "geteuid")),
    (fcntl, ("flock",)),
    (time, ("time_ns", "clock_gettime_ns")),
    (threading.Thread, ("start",)),
    (ctypes, ("CDLL",)),
    (importlib, ("import_module",)),
    (platformdirs, ("user_state_path", "user_data_path")),
    (sqlcipher3, ("connect",)),
)
SOCKET_CALLS: Final = ("bind", "setsockopt", "getsockname", "sendto", "recvfrom")

Fault = Callable[[], BaseException]


def _here() -> FrameType | None:
    """Return the frame of the caller of the function that calls this one."""
    frame = inspect.currentframe()
    return None if frame is None or frame.f_back is None else frame.f_back.f_back


def caller(frame: FrameType | None) -> str | None:
    """Return where in the product a call comes from; None for what a library or a test does by itself."""
    for _ in range(DEPTH):
        if frame is None:
            return None
        path = frame.f_code.co_filename
        if path.startswith(PRODUCT):
            return f"{Path(path).relative_to(ROOT)}:{frame.f_code.co_qualname}"
        if path == __file__ or path.startswith(str(ROOT / "tests")):
            return None
        frame = frame.f_back
    return None


class Outside:
    """Notes ``places``; at ``fails_at`` raises ``fault``, from the ``after``-th time on, or only then when ``once``."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.fails_at = ""
        self.fault: Fault = OSError
        self.once = False
        self.raised = 0

    def meet(self, what: str, frame: FrameType | None) -> None:
        """A call leaves the product, if it does."""
        where = caller(frame)
        if where is None:
            return
        place = f"{where} -> {what}"
        self.places[place] = self.places.get(place, 0) + 1
        if place == self.fails_at and not (self.once and self.raised):
            self.raised += 1
            raise self.fault()

    def wrap(self, what: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def outward(*arguments: Any, **named: Any) -> Any:
            self.meet(what, _here())
            return call(*arguments, **named)

        return outward

    @contextmanager
    def watched(self) -> Generator[Outside]:
        """Stand between the product and everything else for a block."""
        with pytest.MonkeyPatch.context() as patch:
            for owner, names in CALLS:
                for name in names:
                    patch.setattr(owner, name, self.wrap(f"{owner.__name__}.{name}", getattr(owner, name)))
            patch.setattr(sqlcipher3, "connect", self._connect(sqlcipher3.connect))
            patch.setattr(socket, "socket", self._sockets(socket.socket))
            yield self

    def _connect(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments, **named: _Connection(self, connect(*arguments, **named))

    def _sockets(self, kind: type[socket.socket]) -> type[socket.socket]:
        outside = self

        class Watched(kind):  # type: ignore[misc,valid-type]  # the class is what it was when this was called
            def __init__(self, *arguments: Any, **named: Any) -> None:
                outside.meet("socket.socket", _here())
                super().__init__(*arguments, **named)

        for name in SOCKET_CALLS:
            setattr(Watched, name, self.wrap(f"socket.{name}", getattr(kind, name)))
        return Watched


class _Connection:
    """A connection of the storage library each of whose statements can fail."""

    def __init__(self, outside: Outside, inner: Any) -> None:
        self._inner = inner
        self.execute = self._wrapped(outside, inner.execute)
        self.executemany = self._wrapped(outside, inner.executemany)

    @staticmethod
    def _wrapped(outside: Outside, call: Callable[..., Any]) -> Callable[..., Any]:
        def outward(statement: str, *values: Any) -> Any:
            outside.meet(f"sql {statement.split()[0]}", _here())
            return call(statement, *values)

        return outward

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def storage_error(name: str) -> sqlcipher3.DatabaseError:
    """Return what the storage library raises for a result code."""
    error = sqlcipher3.OperationalError(f"as if {name}")
    error.sqlite_errorcode = getattr(sqlcipher3, name)
    error.sqlite_errorname = name
    return error
