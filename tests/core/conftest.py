"""What holds for all tests of the core."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from core.people.format import slot
from tests.support.kept import forget_keys
from tests.support.locking import Device, give_each_a_history
from tests.support.post_office import Office, Person

# A link looks into 256 slots of four fragments on three days: three thousand keys, a quarter of a second of a core, for
# each invitation. Stories pay for them all; here a few do, since nothing but a collision's likelihood depends on it.
SLOTS_OF_A_LINK = 16


@pytest.fixture(autouse=True)
def _few_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(slot.SLOTS, "greeting", replace(slot.SLOTS["greeting"], numbers=SLOTS_OF_A_LINK))


@pytest.fixture(autouse=True)
def _nothing_kept() -> Generator[None]:
    yield
    forget_keys()


# --- people around an office ------------------------------------------------------------------------------------------


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where everybody's files are."""
    return tmp_path


@pytest.fixture
def alice(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "alice")


@pytest.fixture
def bob(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "bob")


@pytest.fixture
def carol(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "carol")


@pytest.fixture
def victim(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "victim")


@pytest.fixture
def mallory(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "mallory")


# --- a device and its locks -------------------------------------------------------------------------------------------


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path / "home")


@pytest.fixture
def a_history_each(monkeypatch: pytest.MonkeyPatch) -> None:
    give_each_a_history(monkeypatch)


@pytest.fixture
def often(device: Device) -> None:
    """Look at the clock often; a test cannot wait ten seconds."""
    device.look_pause, device.renew_pause = 0.01, 0.0
