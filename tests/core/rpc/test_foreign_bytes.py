"""Bytes that are no text end no program that reads them."""

from __future__ import annotations

import pytest

from core.rpc.jsonrpc import Rejected, decode_request


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b"\x00\x80", b'{"jsonrpc":"2.0","id":1,"method":"caf\xe9"}', b"\xe2\x82"]
)
def test_a_line_that_is_no_utf8_is_answered_as_no_json(line: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        decode_request(line)
    assert b"-32700" in caught.value.reply or b"-32600" in caught.value.reply
