"""The process at the other end of a Unix socket is the same user's: asked of the kernel (SO_PEERCRED), on both sides.

The modes of socket and directory keep others out already; this holds where modes do not: a file system without them, a
descriptor that was handed on, a socket that another user laid at a name that was free.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Final, Protocol

# struct ucred: process, user, group. The user is the effective one at connect(2), of a listener at listen(2).
_CREDENTIALS: Final = struct.Struct("=iII")


class HasOptions(Protocol):
    """A socket, of whichever loop."""

    def getsockopt(self, level: int, optname: int, buflen: int, /) -> bytes:
        """Return what the kernel says."""
        ...


def user_at(connection: HasOptions) -> int:
    """Return the user id of the process at the other end. Raises ``OSError``."""
    return int(_CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))[1])


def is_same_user(connection: HasOptions) -> bool:
    """Tell whether the other end is a process of our own user; root is another, too."""
    return user_at(connection) == os.geteuid()
