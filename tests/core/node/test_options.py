"""What can be said on the command line about the network."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from core.node.options import MAX_JOIN, BadSpec, JoinSpec, parse_endpoint, parse_join
from core.node.resolver import MAX_ADDRESSES
from net.ids import Endpoint, NodeId
from net.peers.bootstraps import MAX_BOOTSTRAPS

HOSTS = st.sampled_from(["127.0.0.1", "::1", "relay.example.org", "fe80::1%eth0"])


@given(HOSTS, st.integers(1, 65535), st.none() | st.binary(min_size=32, max_size=32).map(NodeId))
def test_a_spec_reads_back_what_it_says(host: str, port: int, node: NodeId | None) -> None:
    spec = JoinSpec(Endpoint(host, port), node)
    assert parse_join(str(spec)) == spec


@given(st.text())
def test_any_text_is_a_spec_or_refused_in_one_line(text: str) -> None:
    try:
        spec = parse_join(text)
    except BadSpec as error:
        refused = str(error)
        assert "\n" not in refused
    else:
        assert parse_join(str(spec)) == spec


def test_an_endpoint_may_leave_the_port_to_the_system_but_a_spec_may_not() -> None:
    assert parse_endpoint("127.0.0.1:0") == Endpoint("127.0.0.1", 0)
    with pytest.raises(BadSpec):
        parse_join("127.0.0.1:0")


KEY = "a" * 52
NO_ENDPOINTS = ["", ":", "4040", "host", "host:", ":4040", "host:-1", "host:65536", "host:٣", "::1:4040", "h ost:1"]
NO_KEYS = ["", "b", KEY[:-1] + "b", KEY + "a", KEY + "/", "1" * 52]


@pytest.mark.parametrize("text", [*NO_ENDPOINTS, *(f"a:1/{key}" for key in NO_KEYS)])
def test_what_is_no_spec_is_refused(text: str) -> None:
    with pytest.raises(BadSpec):
        parse_join(text)


def test_the_case_of_a_key_does_not_matter() -> None:
    assert parse_join(f"a:1/{KEY}") == parse_join(f"a:1/{KEY.upper()}") == JoinSpec(Endpoint("a", 1), NodeId(bytes(32)))


def test_as_many_nodes_can_be_named_as_a_node_takes() -> None:
    assert MAX_JOIN * MAX_ADDRESSES == MAX_BOOTSTRAPS
