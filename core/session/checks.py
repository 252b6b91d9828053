"""Checks of input from a person or a program: texts, names, pages."""

from __future__ import annotations

from core import api
from core.api import ApiError, Kind
from core.errors import Malformed
from core.people.format.content import text_size


def check_text(text: str, limit: int) -> None:
    """Check that a text is Unicode and at most ``limit`` bytes of UTF-8. Raises ``ApiError``."""
    try:
        size = text_size(text)
    except Malformed as error:
        raise ApiError(Kind.BAD_REQUEST, "The text is not valid Unicode.") from error
    if size > limit:
        raise ApiError(Kind.TOO_LONG, f"The text is {size} bytes long; {limit} fit.", limit=limit)


def check_name(name: str) -> None:
    """Refuse a name that is too long. Raises ``ApiError``."""
    check_text(name, api.MAX_NAME_SIZE)


def checked_time(at: int | None) -> int | None:
    """Return a time, milliseconds, or None. Raises ``ApiError``: before 1970 or beyond what is ever written."""
    if at is not None and not 0 <= at < api.END_OF_TIME_MS:
        raise ApiError(Kind.BAD_REQUEST, "A time is milliseconds since 1970.")
    return at


def check_page(limit: int) -> None:
    """Refuse a page without rows, or with too many. Raises ``ApiError``."""
    if not 1 <= limit <= api.MAX_PAGE:
        raise ApiError(Kind.BAD_REQUEST, f"limit is between 1 and {api.MAX_PAGE}.")
