"""What holds for every test: nothing touches the home of whoever runs them, and no verdict hangs on a busy machine."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest
from hypothesis import settings

# Deadlines would measure the machine. The failing example is printed so that it can be pinned; nothing is kept in a
# database, as parallel workers and fresh checkouts must see the same. Examples are the same every time, so that a red run
# is about the change at hand; `pytest --hypothesis-profile=explore` draws others.
settings.register_profile("sottovoce", deadline=None, print_blob=True, database=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True, database=None)
settings.load_profile("sottovoce")


# Files of tests are thrown away: where there is a file system in memory they go there. What kill -9 or a full disk does to
# them is the same, and a test that needs a disk of its own makes one.
_MEMORY = Path("/dev/shm")
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# Importing ``tui`` removes Textual's debugging variables, among them one by which the snapshot plugin finds its folder.
# So it is imported here, before the plugin sets it, and a worker process gets back what it inherited.
_snapshots = os.environ.get("TEXTUAL_SNAPSHOT_TEMPDIR")
importlib.import_module("tui")
if _snapshots is not None:
    os.environ["TEXTUAL_SNAPSHOT_TEMPDIR"] = _snapshots


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="tell the long stories in full length")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked ``full``, unless it is asked for."""
    if not config.getoption("--full"):
        for item in items:
            if item.get_closest_marker("full") is not None:
                item.add_marker(pytest.mark.skip(reason="with --full"))


@pytest.fixture(scope="session", autouse=True)
def _nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Point every directory that the program or its libraries might look up at an empty one."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        os.environ[name] = str(home)
