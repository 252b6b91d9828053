"""The kernel's user keyring: memory that outlives the process and no reboot, and is never written to disk.

A key is first made in the thread's own keyring, where it is ours by possession whatever the login session looks like.
There it gets its permissions and its timeout, and only then is it linked into the user keyring, where later sessions
find it; so it is never seen there without either. Those sessions do not *possess* the user keyring unless their login
linked it, so the rights are given to the user id as well, and to no other user.

Reference: keyrings(7), keyctl(2), user-keyring(7). The C library has no wrappers, hence the raw system calls.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from contextlib import suppress
from enum import IntEnum
from typing import Final

from core.deadline import within

# (add_key, keyctl), by machine and pointer size: linux/arch/*/entry/syscalls.
_SYSCALLS: Final = {
    ("x86_64", 8): (248, 250),
    ("aarch64", 8): (217, 219),
    ("riscv64", 8): (217, 219),
    ("armv7l", 4): (309, 311),
    ("ppc64le", 8): (269, 271),
    ("s390x", 8): (278, 280),
}
_KEY_TYPE: Final = b"user"
_THREAD_KEYRING: Final = -1
_USER_KEYRING: Final = -4
# Seconds that the kernel may take: its answers come within microseconds, unless a filter of system calls holds them up.
PATIENCE: Final = 3.0
MAX_PAYLOAD: Final = 4096  # bytes; the kernel's own limit is 32767


class _Keyctl(IntEnum):
    """Operations of keyctl(2)."""

    REVOKE = 3
    SETPERM = 5
    LINK = 8
    UNLINK = 9
    SEARCH = 10
    READ = 11
    SET_TIMEOUT = 15


# keyctl_setperm(3): view, read, search and set attributes, for the possessor of the key and for the user; linking for
# the possessor, to bring it into the user keyring; nothing for group and others.
_VIEW, _READ, _SEARCH, _LINK, _SETATTR = 0x01, 0x02, 0x08, 0x10, 0x20
_USER_RIGHTS: Final = _VIEW | _READ | _SEARCH | _SETATTR
PERMISSIONS: Final = (_USER_RIGHTS | _LINK) << 24 | _USER_RIGHTS << 16


class KeyringRefused(OSError):
    """The system has no kernel keyring, or does not allow this one (as most containers)."""


class KernelKeyring:
    """Keys of type "user" in this user's keyring, by description."""

    name = "kernel keyring"

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        numbers = _SYSCALLS.get((platform.machine(), ctypes.sizeof(ctypes.c_void_p)))
        if sys.platform != "linux" or numbers is None:
            raise KeyringRefused("no kernel keyring on this system")
        self._add_key, self._keyctl = numbers
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.syscall.restype = ctypes.c_long

    def put(self, description: str, payload: bytes, seconds: int) -> None:
        """Keep ``payload`` for ``seconds``, in place of what was there. Raises ``OSError`` when refused."""
        within(self._patience, lambda: self._put(description, payload, seconds), undo=lambda: self._drop(description))

    def get(self, description: str) -> bytes | None:
        """Return what is kept, None when nothing is (any more), or this process may not see it."""
        try:
            return within(self._patience, lambda: self._get(description))
        except OSError:
            return None

    def drop(self, description: str) -> None:
        """Forget: the payload is destroyed at once, then the key unlinked. Does nothing when there is none."""
        with suppress(OSError):
            within(self._patience, lambda: self._drop(description))

    def _put(self, description: str, payload: bytes, seconds: int) -> None:
        with suppress(KeyringRefused):
            self._drop(description)  # a key that is only displaced keeps its payload until the kernel cleans up
        size = ctypes.c_size_t(len(payload))
        key = self._call(self._add_key, _KEY_TYPE, description.encode(), payload, size, ctypes.c_long(_THREAD_KEYRING))
        try:
            self._control(_Keyctl.SETPERM, key, PERMISSIONS)
            self._control(_Keyctl.SET_TIMEOUT, key, seconds)
            self._control(_Keyctl.LINK, key, _USER_KEYRING)
        finally:
            self._control(_Keyctl.UNLINK, key, _THREAD_KEYRING)

    def _get(self, description: str) -> bytes:
        key = self._find(description)
        buffer = ctypes.create_string_buffer(MAX_PAYLOAD)
        size = self._control(_Keyctl.READ, key, buffer, ctypes.c_size_t(MAX_PAYLOAD))
        return buffer.raw[: min(size, MAX_PAYLOAD)]

    def _drop(self, description: str) -> None:
        key = self._find(description)
        self._control(_Keyctl.REVOKE, key)
        self._control(_Keyctl.UNLINK, key, _USER_KEYRING)

    def _find(self, description: str) -> int:
        return self._control(_Keyctl.SEARCH, _USER_KEYRING, _KEY_TYPE, description.encode(), 0)

    def _control(self, operation: _Keyctl, *arguments: object) -> int:
        wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
        return self._call(self._keyctl, ctypes.c_long(operation), *wide)

    def _call(self, number: int, *arguments: object) -> int:
        result = int(self._libc.syscall(ctypes.c_long(number), *arguments))
        if result < 0:
            raise KeyringRefused(ctypes.get_errno(), "kernel keyring")
        return result
