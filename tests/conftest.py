"""What holds for every test: nothing touches the home of whoever runs them, and no verdict hangs on a busy machine."""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.folders import RunFolder, disk, memory

# Deadlines would measure the machine. The failing example is printed so that it can be pinned; nothing is kept in a
# database, as parallel workers and fresh checkouts must see the same. Examples are the same every time, so that a red run
# is about the change at hand; `pytest --hypothesis-profile=explore` draws others.
settings.register_profile("sottovoce", deadline=None, print_blob=True, database=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True, database=None)
settings.load_profile("sottovoce")


# Texts are compared in English, whatever the language of whoever runs the tests.
os.environ["LC_ALL"] = "C.UTF-8"

# Importing ``tui`` removes Textual's debugging variables, among them one by which the snapshot plugin finds its folder.
# So it is imported here, before the plugin sets it, and a worker process gets back what it inherited.
_snapshots = os.environ.get("TEXTUAL_SNAPSHOT_TEMPDIR")
importlib.import_module("tui")
if _snapshots is not None:
    os.environ["TEXTUAL_SNAPSHOT_TEMPDIR"] = _snapshots


# Set in a process that runs one test.
FRESH = "SOTTOVOCE_FRESH_TEST"

# The folders of this run by where they lie; the process that starts the others makes and removes them.
_FOLDERS = pytest.StashKey[list[RunFolder]]()
_DISK = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="tell the long stories in full length")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked ``full``, unless it is asked for."""
    if not config.getoption("--full"):
        for item in items:
            if item.get_closest_marker("full") is not None:
                item.add_marker(pytest.mark.skip(reason="with --full"))


# New objects until the collector looks: in seven hundred, Python's own number, it finds nothing, and takes an eighth of the
# time of the screens' tests.
GARBAGE = 20_000


# Modules, trees of sources and five thousand tests are made while collecting, and none of it is garbage: the collector would
# go through all of it time and again, for two thirds of the time that collecting takes. Nor should it afterwards: each lock
# of a vault collects, and would take a second.
@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(GARBAGE)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Freeze them again where a test had to look at all objects: each test after it would pay for that."""
    if gc.get_freeze_count() == 0:
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run what is marked ``fresh`` in a process that has imported nothing but its file."""
    if pyfuncitem.get_closest_marker("fresh") is None or FRESH in os.environ:
        return None
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", pyfuncitem.nodeid]
    command += ["--full"] if pyfuncitem.config.getoption("--full") else []
    told = subprocess.run(
        command,
        cwd=pyfuncitem.config.rootpath,
        env=os.environ | {FRESH: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "1 passed" in told.stdout, told.stdout
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose where the files of this run lie, before pytest does; ``--basetemp`` is left as it was given, and kept."""
    given: dict[str, Any] | None = getattr(config, "workerinput", None)  # in a process of pytest-xdist
    if given is not None:
        config.stash[_DISK] = Path(given["disk"])
        return
    on_disk = RunFolder(disk())
    config.stash[_DISK], config.stash[_FOLDERS] = on_disk.path, [on_disk]
    if config.option.basetemp is None:
        in_memory = memory()
        if in_memory is not None:
            config.stash[_FOLDERS].append(RunFolder(in_memory))
        config.option.basetemp = config.stash[_FOLDERS][-1].path / "all"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of pytest-xdist where the disk is."""
    node.workerinput["disk"] = str(node.config.stash[_DISK])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    for folder in config.stash.get(_FOLDERS, []):
        folder.remove()


@pytest.fixture
def tmp_path(tmp_path: Path, request: pytest.FixtureRequest, disk_folder: Path) -> Generator[Path]:
    """A folder of the test's own: in memory where there is room, on the disk if it is marked ``disk``."""
    if request.node.get_closest_marker("disk") is None:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix=f"{tmp_path.name}-", dir=disk_folder, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def disk_folder(pytestconfig: pytest.Config) -> Path:
    """A folder on the disk, of all tests of this run."""
    return pytestconfig.stash[_DISK]


@pytest.fixture(scope="session", autouse=True)
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Point every directory that the program or its libraries might look up at an empty one."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        os.environ[name] = str(home)
