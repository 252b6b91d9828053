"""Worlds for stories: one is made, all others are its copies."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.processes import Place, Rpc
from tests.support.story_world import PEOPLE, World, connected, create_account, meet, wait_received, wait_states

STRANGERS = ("carol", "dave")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="tell the long stories in full length")


@pytest.fixture(scope="session")
def is_full(pytestconfig: pytest.Config) -> bool:
    """Whether the long stories are told in full."""
    return bool(pytestconfig.getoption("--full", default=False))


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world in which alice and bob have met and said one word each; nothing runs in it."""
    root = tmp_path_factory.mktemp("stories") / "origin"
    world = World.plan(root)
    try:
        world.start_nodes()
        alice, bob = (world.start(name) for name in PEOPLE)
        creating = {rpc.name: rpc for rpc in (alice, bob)}
        world.identity = {name: create_account(rpc) for name, rpc in creating.items()}
        connected(alice)
        connected(bob)
        a, b = meet(alice, bob)
        world.conversation = {"alice": a, "bob": b}
        alice.call("message.send", conversation=a, text="first of alice")
        bob.call("message.send", conversation=b, text="first of bob")
        wait_received(bob, b, ["first of alice"])
        wait_received(alice, a, ["first of bob"])
        wait_states(alice, a, ["first of alice"], ["delivered"])
        wait_states(bob, b, ["first of bob"], ["delivered"])
        world.stop()
    finally:
        world.close()
    world.save()
    return root


@pytest.fixture
def world(origin: Path, tmp_path: Path) -> Generator[World]:
    """A copy of that world for one story."""
    copy = World.copy(origin, tmp_path / "world")
    try:
        yield copy
    finally:
        copy.close()


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Place]:
    """Two accounts that know nobody, made without a network."""
    root = tmp_path_factory.mktemp("strangers")
    started = [Rpc(name, Place(root / name), 0, []) for name in STRANGERS]
    for rpc in started:
        create_account(rpc)
        rpc.stop()
    return {rpc.name: rpc.place for rpc in started}
