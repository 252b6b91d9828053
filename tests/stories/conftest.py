"""Worlds for stories: one is made, all others are its copies. Gentle stories share one that runs."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.processes import Place, Rpc
from tests.support.story_world import (
    PEOPLE,
    World,
    connected,
    is_usable,
    make_account,
    meet,
    send,
    wait_received,
    wait_states,
)

STRANGERS = ("carol", "dave")


@pytest.fixture(scope="session")
def is_full(pytestconfig: pytest.Config) -> bool:
    """Whether the long stories are told in full."""
    return bool(pytestconfig.getoption("--full", default=False))


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world in which alice and bob have met and said one word each; nothing runs in it. All workers share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = shared / "origin"
    with (shared / "origin.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not World.is_saved(root):
            shutil.rmtree(root, ignore_errors=True)
            _make_origin(root)
    return root


def _make_origin(root: Path) -> None:
    world = World.plan(root)
    try:
        world.start_nodes()
        for name in PEOPLE:
            made = make_account(world.place(name))
            world.identity[name], world.words[name] = made.identity, made.words
        alice, bob = world.open_all()
        alice.call("account.rename", name="alice")
        bob.call("account.rename", name="bob")
        connected(alice)
        connected(bob)
        a, b = meet(alice, bob)
        world.conversation = {"alice": a, "bob": b}
        send(alice, a, ["first of alice"])
        send(bob, b, ["first of bob"])
        wait_received(bob, b, ["first of alice"])
        wait_received(alice, a, ["first of bob"])
        wait_states(alice, a, ["first of alice"], ["delivered"])
        wait_states(bob, b, ["first of bob"], ["delivered"])
        world.stop()
    finally:
        world.close()
    world.save()


@pytest.fixture
def world(origin: Path, tmp_path: Path) -> Generator[World]:
    """A copy of that world for one story."""
    copy = World.copy(origin, tmp_path / "world")
    try:
        yield copy
    finally:
        copy.close()


@pytest.fixture(scope="session")
def town(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    """A running world for stories that harm nobody for good."""
    shared = World.copy(origin, tmp_path_factory.mktemp("town") / "world")
    try:
        shared.start_nodes()
        yield shared
    finally:
        shared.close()


@pytest.fixture
def pair(town: World) -> tuple[Rpc, Rpc]:
    """Alice and bob in the town, unlocked and connected; what an earlier story left locked or dead is started anew."""
    town.open_all([name for name in PEOPLE if not is_usable(town.people.get(name))])
    alice, bob = (town.people[name] for name in PEOPLE)
    connected(alice)
    connected(bob)
    return alice, bob


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Place]:
    """Two accounts that know nobody."""
    root = tmp_path_factory.mktemp("strangers")
    places = {name: Place(root / name) for name in STRANGERS}
    for place in places.values():
        make_account(place)
    return places
