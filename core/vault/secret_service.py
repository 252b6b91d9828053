"""The desktop's secret service, where the kernel keyring is refused.

It may wait for an answer to a dialog that is out of sight, and the bus has no deadlines: each call here has one.

Only its *session* collection is used: it lives in the service's memory until the login session ends, while every other
collection is a file. A service without one, or no service at all, counts as a refusal.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from core.deadline import within

if TYPE_CHECKING:
    from secretstorage.collection import Collection

# Seconds that the service may take: one that is well answers within some milliseconds.
PATIENCE: Final = 3.0
_LABEL: Final = "sottovoce"
_ATTRIBUTE: Final = "sottovoce-profile"


class SecretServiceRefused(OSError):
    """No secret service, or none that keeps a secret in memory alone."""


class SecretService:
    """Secrets in the session collection, by description."""

    name = "secret service"

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        if sys.platform != "linux":
            raise SecretServiceRefused("no secret service on this system")

    def put(self, description: str, payload: bytes, seconds: int) -> None:
        """Keep ``payload``, in place of what was there; the caller checks the time. Raises ``OSError`` when refused.

        A key that the service stores too late is removed again: the caller was told that it is not kept.
        """
        within(self._patience, partial(_put, description, payload), undo=partial(_drop, description))

    def get(self, description: str) -> bytes | None:
        """Return what is kept, or None."""
        try:
            return within(self._patience, partial(_get, description))
        except OSError:
            return None

    def drop(self, description: str) -> None:
        """Forget. Does nothing when there is nothing."""
        with suppress(OSError):
            within(self._patience, partial(_drop, description))


def _put(description: str, payload: bytes) -> None:
    with _session_collection() as collection:
        collection.create_item(_LABEL, {_ATTRIBUTE: description}, payload, replace=True)


def _get(description: str) -> bytes | None:
    with _session_collection() as collection:
        for item in collection.search_items({_ATTRIBUTE: description}):
            return bytes(item.get_secret())
    return None


def _drop(description: str) -> None:
    with _session_collection() as collection:
        for item in collection.search_items({_ATTRIBUTE: description}):
            item.delete()


@contextmanager
def _session_collection() -> Generator[Collection]:
    """Yield the session collection; raises ``SecretServiceRefused`` for any error of the bus."""
    from jeepney.wrappers import DBusErrorResponse  # type: ignore[import-untyped]  # jeepney has no types
    from secretstorage import dbus_init
    from secretstorage.collection import SESSION_COLLECTION, Collection
    from secretstorage.exceptions import SecretStorageException

    try:
        connection = dbus_init()
    except (SecretStorageException, OSError, KeyError) as error:
        raise SecretServiceRefused("no bus") from error
    try:
        yield Collection(connection, SESSION_COLLECTION)
    except (SecretStorageException, DBusErrorResponse, OSError, TimeoutError) as error:
        raise SecretServiceRefused("no session collection") from error
    finally:
        connection.close()
