"""Lines from a caller: right ones become commands, wrong ones become errors, and nothing else happens."""

from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from core.api import AccountGet, ApiError, Kind, Message, MessageReceived, MessageSend
from core.rpc.jsonrpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    MAX_LINE_SIZE,
    METHOD_NOT_FOUND,
    NULL_ID,
    PARSE_ERROR,
    LineSplitter,
    Rejected,
    decode_request,
    encode_error,
    encode_event,
    encode_result,
)


def rejection(line: bytes | None) -> dict[str, Any]:
    with pytest.raises(Rejected) as caught:
        decode_request(line)
    assert caught.value.reply.endswith(b"\n")
    reply: dict[str, Any] = json.loads(caught.value.reply)
    assert reply["jsonrpc"] == "2.0"
    assert set(reply) == {"jsonrpc", "id", "error"}
    return reply


def test_a_request_becomes_its_command() -> None:
    line = b'{"jsonrpc":"2.0","id":7,"method":"message.send","params":{"conversation":"c","text":"hello"}}'
    assert decode_request(line).command == MessageSend(conversation="c", text="hello")


@pytest.mark.parametrize("own", ["7", '"seven"', "null", "1.5", "123456789012345678901234567890", "1e2"])
def test_an_id_comes_back_as_it_was_written(own: str) -> None:
    request = decode_request(f'{{"jsonrpc":"2.0","id":{own},"method":"account.info"}}'.encode())
    assert request.command == AccountGet()
    assert request.id is not None
    assert encode_result(request.id, AccountGet()).startswith(f'{{"jsonrpc":"2.0","id":{own},'.encode())


def test_a_request_without_id_is_told_from_one_with_null() -> None:
    assert decode_request(b'{"jsonrpc":"2.0","method":"account.info"}').id is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"hello", PARSE_ERROR),
        (b"\x00\x00\x00", PARSE_ERROR),
        (b"\xff\xfe{", PARSE_ERROR),
        (b'{"jsonrpc":"2.0"', PARSE_ERROR),
        (b'{"a":' * 100_000, PARSE_ERROR),
        (b"[" * 500_000, PARSE_ERROR),
        (b"[1,", PARSE_ERROR),
        (b"[1,]", PARSE_ERROR),
        (b"[01]", PARSE_ERROR),
        (b'"open', PARSE_ERROR),
        (b"12 13", PARSE_ERROR),
        (b'[{"jsonrpc":"2.0","id":1,"method":"account.info"},', PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":1,"method":"account.info","params":{"x":"\\q"}}', PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":1,"method":"account.info","params":{"x":"\xff"}}', PARSE_ERROR),
        (b'["\xff"]', PARSE_ERROR),
        (b'{"\xff":1}', PARSE_ERROR),
        (b"[]", INVALID_REQUEST),
        (b'[{"jsonrpc":"2.0","id":1,"method":"account.info"}]', INVALID_REQUEST),
        (b"null", INVALID_REQUEST),
        (b'"text"', INVALID_REQUEST),
        (b"{}", INVALID_REQUEST),
        (b'{"jsonrpc":"1.0","id":1,"method":"account.info"}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":[1],"method":"account.info"}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":true,"method":"account.info"}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"account.steal"}', METHOD_NOT_FOUND),
        (b'{"jsonrpc":"2.0","id":1,"method":"account.info","params":[]}', INVALID_PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"account.info","params":{"x":1}}', INVALID_PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"message.send","params":{"conversation":1,"text":"t"}}', INVALID_PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"message.send"}', INVALID_PARAMS),
        (None, INVALID_REQUEST),
    ],
)
def test_a_wrong_line_gets_an_error(line: bytes | None, code: int) -> None:
    error = rejection(line)["error"]
    assert error["code"] == code
    kind = "unknown-method" if code == METHOD_NOT_FOUND else "bad-request"
    assert error["data"] == {"kind": kind}
    assert error["message"]


def test_an_error_says_which_field_and_keeps_the_callers_id_but_not_his_secrets() -> None:
    reply = rejection(b'{"jsonrpc":"2.0","id":"a","method":"account.create","params":{"passcode":["hunter2"]}}')
    assert reply["id"] == "a"
    assert "$.passcode" in reply["error"]["message"]
    assert "hunter2" not in str(reply)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NEAR_REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | JSON,
        "id": JSON,
        "method": st.sampled_from(["account.info", "message.send", "account.restore", "settings.set"]) | JSON,
        "params": st.dictionaries(st.sampled_from(["text", "conversation", "words", "settings", "method"]), JSON)
        | JSON,
    },
).map(lambda request: json.dumps(request).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | NEAR_REQUESTS)
def test_any_bytes_give_a_request_or_one_line_of_error(line: bytes) -> None:
    try:
        reply = encode_result(decode_request(line).id or NULL_ID, None)
    except Rejected as rejected:
        reply = rejected.reply
    answer = json.loads(reply)
    assert reply.count(b"\n") == 1
    assert "result" in answer or answer["error"]["data"]["kind"] in set(Kind)


@given(st.lists(st.binary(max_size=30)), st.lists(st.integers(0, 60)))
def test_lines_do_not_depend_on_how_the_stream_is_cut(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"\n".join(pieces)
    splitter, lines, start = LineSplitter(), list[bytes | None](), 0
    for cut in [*sorted(cuts), len(stream)]:
        lines += splitter.feed(stream[start:cut])
        start = max(start, min(cut, len(stream)))
    lines += splitter.end()
    assert lines == stream.removesuffix(b"\n").split(b"\n")[: len(lines)]
    assert len(lines) in {stream.count(b"\n"), stream.count(b"\n") + 1}


def test_a_line_too_long_is_skipped_once_and_the_next_one_read() -> None:
    splitter = LineSplitter()
    found = [line for _ in range(40) for line in splitter.feed(b"x" * (MAX_LINE_SIZE // 16))]
    found += splitter.feed(b"\nshort\n" + b"y" * MAX_LINE_SIZE + b"\n")
    found += splitter.feed(b"z" * (MAX_LINE_SIZE + 1)) + splitter.end()
    assert found == [None, b"short", b"y" * MAX_LINE_SIZE, None]


def test_events_and_errors_look_as_designed() -> None:
    event = MessageReceived(conversation="c", id="1", sender="s", text="two\nlines")
    assert json.loads(encode_event(event)) == {
        "jsonrpc": "2.0",
        "method": "event",
        "params": {"type": "message.received", "conversation": "c", "id": "1", "sender": "s", "text": "two\nlines"},
    }
    assert encode_event(event).count(b"\n") == 1
    assert json.loads(encode_error(NULL_ID, ApiError(Kind.SLOW_DOWN, "Wait.", seconds=4))) == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": -32000, "message": "Wait.", "data": {"kind": "slow-down", "seconds": 4}},
    }
    row = Message(id="1", sender="me", text="t", sent_at=5, state="sent")
    assert json.loads(encode_result(NULL_ID, [row]))["result"] == [
        {"id": "1", "sender": "me", "text": "t", "sent_at": 5, "state": "sent"}
    ]


HOSTILE = "\x7f\x9b31m\u202egnirts\u2028 \U0001f468 é\ufeff"


@pytest.mark.parametrize(
    "line",
    [
        encode_result(NULL_ID, Message(id=HOSTILE, sender="me", text=HOSTILE, sent_at=1, state="sent")),
        encode_error(NULL_ID, ApiError(Kind.BAD_WORDS, HOSTILE, positions=[HOSTILE])),
        encode_event(MessageReceived(conversation="c", id="i", sender=HOSTILE, text=HOSTILE)),
        encode_result(
            decode_request(f'{{"jsonrpc":"2.0","id":"{HOSTILE}","method":"account.info"}}'.encode()).id or NULL_ID, 1
        ),
    ],
)
def test_what_a_stranger_wrote_reaches_the_line_as_printable_ascii_and_means_the_same(line: bytes) -> None:
    """A program's log ends up on a terminal: no control, no bidirectional override gets there by way of ``rpc``."""
    assert line.endswith(b"\n")
    assert all(0x20 <= byte <= 0x7E for byte in line[:-1])
    assert HOSTILE in _strings(json.loads(line))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inside for text in _strings(each)]


@given(st.text())
def test_any_text_comes_out_as_it_was(text: str) -> None:
    line = encode_result(NULL_ID, text)
    assert line.isascii()
    assert json.loads(line)["result"] == text
