"""The text of JSON-RPC 2.0: decodes lines to requests, encodes results, errors and events as lines. No I/O.

One object a line. A line that is wrong in any way raises ``Rejected`` with the reason, and nothing else is ever raised.
Batches are refused. A request without ``id`` is carried out and answered only when it fails: a wrong line always gets an
error.

Lines that go out are printable ASCII: a program's log ends up on a terminal, where a stranger's escape sequence or
bidirectional override would act.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from core.api import COMMANDS, ApiError, Command, Event, Kind

# Longest line taken, in bytes without its end. The largest honest one is a message of 12 KiB, each byte escaped as \u00xx.
MAX_LINE_SIZE: Final = 1 << 20

# Codes of the JSON-RPC specification, 5.1; REFUSED is the first one it leaves to applications.
PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
REFUSED: Final = -32000

# The id in answers to lines whose own could not be read.
NULL_ID: Final = msgspec.Raw(b"null")

_anything = msgspec.json.Decoder(msgspec.Raw)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_id = msgspec.json.Decoder(str | int | float | None)
_method = msgspec.json.Decoder(str)
# All that is not printable ASCII. In encoded JSON it stands within strings alone, where an escape means the same.
_NOT_PRINTABLE: Final = re.compile("[^ -~]+")


@dataclass(frozen=True, slots=True)
class Request:
    """A command to carry out. ``id`` is the caller's own text, given back as it is; None when none was sent."""

    id: msgspec.Raw | None
    command: Command[Any]


class Rejected(Exception):
    """A line that is no request. ``reply`` is the line to answer with."""

    def __init__(self, request_id: msgspec.Raw, code: int, error: ApiError) -> None:
        super().__init__(error.message)
        self.reply = encode_error(request_id, error, code)


class LineSplitter:
    """Cuts a byte stream into lines of at most ``limit`` bytes; holds no more than that of an unfinished one."""

    def __init__(self, limit: int = MAX_LINE_SIZE) -> None:
        self._limit = limit
        self._pending = bytearray()
        self._overlong = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Return the lines that ``data`` completes, without line ends; None for each that was too long."""
        *ends, rest = data.split(b"\n")
        lines: list[bytes | None] = []
        for end in ends:
            self._append(end)
            lines.append(self._take())
        self._append(rest)
        return lines

    def end(self) -> list[bytes | None]:
        """Return what is left at the end of the stream: a last line without an end counts too."""
        return [self._take()] if self._pending or self._overlong else []

    def _append(self, piece: bytes) -> None:
        if self._overlong or len(self._pending) + len(piece) > self._limit:
            self._overlong = True
            self._pending.clear()
        else:
            self._pending += piece

    def _take(self) -> bytes | None:
        line = None if self._overlong else bytes(self._pending)
        self._overlong = False
        self._pending.clear()
        return line


def decode_request(line: bytes | None) -> Request:
    """Return the request on a line, None standing for one that was too long; raises ``Rejected``."""
    if line is None:
        raise _rejected(NULL_ID, INVALID_REQUEST, f"a line has at most {MAX_LINE_SIZE} bytes")
    fields = _decode_fields(line)
    request_id = _decode_id(fields)
    answer_id = NULL_ID if request_id is None else request_id
    if bytes(fields.get("jsonrpc", b"")) != b'"2.0"':
        raise _rejected(answer_id, INVALID_REQUEST, 'jsonrpc must be "2.0"')
    try:
        method = _method.decode(fields.get("method", b""))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _rejected(answer_id, INVALID_REQUEST, "method must be a string") from None
    command = COMMANDS.get(method)
    if command is None:
        raise Rejected(answer_id, METHOD_NOT_FOUND, ApiError(Kind.UNKNOWN_METHOD, "There is no such method."))
    return Request(request_id, _decode_params(fields.get("params", b"{}"), command, answer_id))


def encode_result(request_id: msgspec.Raw, result: object) -> bytes:
    """Return the line that answers a request with its result."""
    return _line({"jsonrpc": "2.0", "id": request_id, "result": result})


def encode_error(request_id: msgspec.Raw, error: ApiError, code: int = REFUSED) -> bytes:
    """Return the line that answers a request with a refusal."""
    data = {"kind": error.kind, **error.data}
    if error.said.values:
        data["said"] = error.said
    return _line({"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": error.message, "data": data}})


def encode_event(event: Event) -> bytes:
    """Return the line that tells of an event."""
    return _line({"jsonrpc": "2.0", "method": "event", "params": event})


def _line(reply: dict[str, object]) -> bytes:
    encoded = msgspec.json.encode(reply).decode()
    return _NOT_PRINTABLE.sub(_escaped, encoded).encode("ascii") + b"\n"


def _escaped(found: re.Match[str]) -> str:
    """Return characters as JSON escapes: one each, or two surrogates (RFC 8259, 7)."""
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _decode_fields(line: bytes) -> dict[str, msgspec.Raw]:
    try:
        line.decode()  # msgspec skips unread values without checking their UTF-8
        _anything.decode(line)  # whole: what is no object may be no JSON either, further on
        return _fields.decode(line)
    except msgspec.ValidationError:
        raise _rejected(NULL_ID, INVALID_REQUEST, "a request is one JSON object; batches are not taken") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _rejected(NULL_ID, PARSE_ERROR, "not JSON") from None
    except RecursionError:
        raise _rejected(NULL_ID, PARSE_ERROR, "nested too deeply") from None


def _decode_id(fields: dict[str, msgspec.Raw]) -> msgspec.Raw | None:
    """Return the id as it was written, which keeps large numbers exact."""
    request_id = fields.get("id")
    if request_id is None:
        return None
    try:
        _id.decode(request_id)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _rejected(NULL_ID, INVALID_REQUEST, "id must be a string, a number or null") from None
    return request_id


def _decode_params(params: bytes | msgspec.Raw, command: type[Command[Any]], answer_id: msgspec.Raw) -> Command[Any]:
    try:
        decoded: Command[Any] = msgspec.json.decode(params, type=command)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # msgspec names the field and the type, never the value: a passcode does not come back in an error.
        raise _rejected(answer_id, INVALID_PARAMS, f"params: {error}") from None
    return decoded


def _rejected(answer_id: msgspec.Raw, code: int, what: str) -> Rejected:
    return Rejected(answer_id, code, ApiError(Kind.BAD_REQUEST, what))
