"""The crash report: types of exceptions and places in the code, never a value.

A traceback with local variables would print messages and keys on the terminal, and into anything that records it.
"""

from __future__ import annotations

import traceback

# Innermost places shown.
MAX_FRAMES = 12


def first_of(fault: BaseException) -> BaseException:
    """Return the first exception of an exception group, or ``fault`` itself if it is no group."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


def report(fault: BaseException) -> str:
    """Return the types of ``fault`` and its causes, and where they happened, without messages: those may quote texts."""
    parts: list[str] = []
    seen: BaseException | None = fault
    while seen is not None and len(parts) < MAX_FRAMES:
        parts.append(_one(seen))
        if isinstance(seen, BaseExceptionGroup):
            parts.extend(_one(inner) for inner in seen.exceptions[:MAX_FRAMES])
        inner = getattr(seen, "error", None)  # Textual wraps a worker's fault in one of its own
        seen = (
            inner
            if isinstance(inner, BaseException)
            else seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
        )
    return "\n".join(parts)


def _one(fault: BaseException) -> str:
    places = traceback.extract_tb(fault.__traceback__)[-MAX_FRAMES:]
    lines = [f"  {module_of(place.filename)}:{place.lineno} {place.name}" for place in places]
    return "\n".join([type(fault).__name__, *lines])


def module_of(path: str) -> str:
    """Return the last three parts of a path: enough to find the file, nothing of the home directory."""
    return "/".join(path.replace("\\", "/").split("/")[-3:])
