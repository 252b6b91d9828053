"""A locked device in the hands of its finder: nothing can be read, and nothing is cheaper than Argon2 says."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

from core.vault.cost import PRODUCT, CostPolicy
from tests.support.processes import Place, Refused, Rpc
from tests.support.story_world import PASSCODE, World, converse_briefly, make_account

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(240)]

SQLITE_MAGIC = b"SQLite format 3"
# What a stretch of Argon2id holds at least (core.vault.cost), in bytes; what a process holds otherwise is far less.
ARGON2_MEMORY = 256 * 1024 * 1024
FIRST_WAIT = 5.0  # seconds, after the fifth wrong passcode


@pytest.fixture
def lone_place(origin: Path, tmp_path: Path) -> Place:
    """Alice's directories without a network."""
    return Place(origin / "alice").copy_to(tmp_path / "alone")


@pytest.fixture
def alone(lone_place: Place) -> Generator[Rpc]:
    rpc = Rpc("alice", lone_place, 0, [])
    try:
        yield rpc
    finally:
        rpc.kill()


@pytest.mark.disk
def test_after_kill_9_nothing_on_the_disk_can_be_read(world: World) -> None:
    texts = converse_briefly(world, "the cellar key hangs behind the clock")
    for process in world.processes:
        process.kill()
    secrets = [*texts, PASSCODE, world.identity["alice"], world.identity["bob"], world.conversation["alice"]]
    needles = [word.encode() for word in secrets] + [word.encode("utf-16-le") for word in secrets]
    for name in world.ports:
        place = world.place(name)
        for path in place.files():
            data = path.read_bytes()
            assert not data.startswith(SQLITE_MAGIC), path
            assert [needle for needle in needles if needle in data] == [], path
            if path.suffix == ".db":
                with pytest.raises(sqlite3.DatabaseError):
                    sqlite3.connect(path).execute("SELECT count(*) FROM sqlite_master")
        assert modes_too_open(place.home) == []
        assert modes_too_open(place.state / "sottovoce" / "marks") == []
        written_elsewhere = [path for path in place.files() if not path.is_relative_to(place.home)]
        assert all(path.is_relative_to(place.state) for path in written_elsewhere), "something was written elsewhere"


def modes_too_open(folder: Path) -> list[str]:
    """Return what others than the owner could open."""
    if not folder.exists():
        return []
    found = [folder, *folder.rglob("*")]
    return [str(path) for path in found if stat.S_IMODE(path.lstat().st_mode) != (0o700 if path.is_dir() else 0o600)]


@pytest.fixture
def as_it_is(tmp_path: Path) -> Generator[Rpc]:
    """Somebody whose passcode costs what the product asks at least."""
    place = Place(tmp_path / "as it is")
    make_account(place, CostPolicy(floor=PRODUCT.floor, seconds=0))
    rpc = Rpc("alice", place, 0, [], module="tui")
    try:
        yield rpc
    finally:
        rpc.kill()


def test_a_wrong_passcode_costs_what_a_right_one_costs(as_it_is: Rpc) -> None:
    alone = as_it_is
    assert alone.refusal("account.unlock") == "passcode-needed"
    calm = alone.peak_memory()
    before = alone.processor_seconds()
    assert alone.refusal("account.unlock", passcode="not the right passcode") == "wrong-passcode"
    wrong = alone.processor_seconds() - before
    assert alone.peak_memory() - calm > ARGON2_MEMORY * 0.9
    before = alone.processor_seconds()
    assert alone.call("account.unlock", passcode=PASSCODE)["identity"]
    right = alone.processor_seconds() - before
    assert wrong > right / 2


def test_many_wrong_passcodes_are_slowed_down_across_a_restart(strangers: dict[str, Place], tmp_path: Path) -> None:
    place = strangers["carol"].copy_to(tmp_path / "carol")
    rpc = Rpc("carol", place, 0, [])
    kinds: list[str] = []
    at = 0.0
    while "slow-down" not in kinds and len(kinds) < 20:
        kinds.append(rpc.refusal("account.unlock", passcode="not this one"))
        at = time.monotonic()
    # Five are free. On a slow machine the first wait, of 5 s, may be over before the next try.
    assert set(kinds[:5]) == {"wrong-passcode"}
    assert kinds[-1] == "slow-down"
    rpc.kill()
    again = Rpc("carol", place, 0, [])
    with suppress(Refused):
        again.call("account.unlock", passcode=PASSCODE)
        pytest.fail("opened at once") if time.monotonic() - at < FIRST_WAIT else None
    again.kill()


def test_a_second_process_on_the_same_home_is_refused(alone: Rpc, lone_place: Place) -> None:
    alone.unlock(PASSCODE)
    second = Rpc("alice again", lone_place, 0, [])
    assert second.refusal("account.unlock", passcode=PASSCODE) == "profile-in-use"
    alone.kill()
    assert second.unlock(PASSCODE)
    second.stop()


@pytest.mark.disk
@pytest.mark.skipif(sys.platform != "linux", reason="needs a kernel that can make one mount read-only")
def test_a_home_that_cannot_be_written(lone_place: Place, tmp_path: Path) -> None:
    """The home is mounted read-only for one process alone."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here, and to root every mode is writable")
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    prefix = ("unshare", "-rm", "sh", "-c", script, str(lone_place.home))
    rpc = Rpc("alice", lone_place, 0, [], prefix=prefix)
    try:
        try:
            kind = rpc.refusal("account.unlock", passcode=PASSCODE)
        except (AssertionError, BrokenPipeError):
            if "mount" in rpc.errors() or "unshare" in rpc.errors():
                pytest.skip("this system lets nobody mount anything, and to root every mode is writable")
            raise
        assert kind == "read-only"
        assert rpc.refusal("account.info") == "read-only"
    finally:
        rpc.kill()
