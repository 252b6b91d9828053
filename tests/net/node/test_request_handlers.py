"""Every request has a handler, and the handler takes that request."""

from __future__ import annotations

from typing import get_type_hints

from net import requests
from net.node.request_handlers import RequestHandlers


def test_each_request_has_one_row_whose_handler_takes_it() -> None:
    kinds = [each for each in vars(requests).values() if isinstance(each, type) and issubclass(each, requests.Request)]
    assert set(RequestHandlers.TABLE) == set(kinds) - {requests.Request}
    for kind, handler in RequestHandlers.TABLE.items():
        assert get_type_hints(handler)["request"] is kind
