"""JSON-RPC 2.0 as its caller sees it: commands become lines, lines become results, refusals and events. No I/O.

A result is decoded by the type that its command declares; what a newer version adds to it is passed over. A line that is
none raises ``msgspec.DecodeError``: its writer is another program, or of another version.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, get_args

import msgspec

from core.api import AnyEvent, ApiError, Command, Event, Kind, method_of
from core.sentence import N_, Sentence

# Longest line of an answer, in bytes: 500 rows of 12 KiB, each byte of them escaped as \u00xx, and what stands around them.
MAX_ANSWER_SIZE: Final = 48 << 20


class _Error(msgspec.Struct):
    message: str
    data: dict[str, Any] = {}


class Line(msgspec.Struct):
    """A line of the core: an answer (``id``, with ``result`` or ``error``) or an event (``params``)."""

    id: int | None = None
    method: str = ""
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None
    params: msgspec.Raw = msgspec.Raw()


_lines: Final = msgspec.json.Decoder(Line)
_events: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(AnyEvent)


def encode_request(number: int, command: Command[Any]) -> bytes:
    """Return the line that asks for a command; ``number`` comes back with its answer."""
    params = msgspec.Raw(msgspec.json.encode(command))  # its tag, the method, may stand among them
    request = {"jsonrpc": "2.0", "id": number, "method": method_of(command), "params": params}
    return msgspec.json.encode(request) + b"\n"


def decode_line(line: bytes) -> Line:
    """Return a line of the core. Raises ``msgspec.DecodeError``."""
    try:
        return _lines.decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None


def event_of(line: Line) -> Event | None:
    """Return the event that a line tells; None for one that is of another version."""
    try:
        return _events.decode(line.params) if line.method == "event" else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def result_of(line: Line, command: type[Command[Any]]) -> Any:  # noqa: ANN401 - the command's own
    """Return the result that a line answers a command with. Raises ``ApiError``."""
    if line.error is not None:
        raise error_of(line.error)
    try:
        return _decoder(command).decode(line.result)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError(
            Kind.CORE_VERSION, N_("The core that runs answers as another version does: end it, and start again.")
        ) from None


def error_of(said: _Error) -> ApiError:
    """Return the refusal that was said."""
    data = {name: value for name, value in said.data.items() if name not in {"kind", "said"}}
    try:
        kind = Kind(said.data.get("kind", Kind.FAILED))
    except ValueError:
        kind = Kind.FAILED  # of a later version
    refusal = ApiError(kind, _sentence_of(said))
    refusal.data = data
    return refusal


def _sentence_of(said: _Error) -> str | Sentence:
    """Return the message, with its template and values where they were said too, and say the same."""
    try:
        found = msgspec.convert(said.data["said"], type=Sentence)
        return found if str(found) == said.message else said.message
    except (LookupError, ValueError, AttributeError, TypeError):  # none, or of another version
        return said.message


def result_type(command: type[Command[Any]]) -> Any:  # noqa: ANN401 - what get_args gives cannot be typed
    """Return ``R`` of the ``Command[R]`` that a command's class was derived from."""
    (base,) = command.__orig_bases__  # type: ignore[attr-defined]  # typing keeps it there for generic bases
    (result,) = get_args(base)
    return result


@cache
def _decoder(command: type[Command[Any]]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(result_type(command))
