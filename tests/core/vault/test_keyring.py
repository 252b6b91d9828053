"""The kernel's keyring and the secret service, the real ones where this machine has them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.vault.clock import read_clock
from core.vault.kernel_keyring import PERMISSIONS, KernelKeyring, KeyringRefused
from core.vault.remembered import RememberedKey, system_stores
from core.vault.secret_service import SecretService, SecretServiceRefused
from core.vault.slots import Content

# Runs in a session keyring of its own, as another login of the same user would.
OTHER_SESSION = """
import ctypes, os, sys
from core.vault.kernel_keyring import KernelKeyring
if "nobody" in sys.argv:
    os.setgid(65534)
    os.setuid(65534)
ring = KernelKeyring()
ring._libc.syscall(ctypes.c_long(ring._keyctl), ctypes.c_long(1), None)  # KEYCTL_JOIN_SESSION_KEYRING
sys.stdout.buffer.write(ring.get(sys.argv[1]) or b"nothing")
if "drop" in sys.argv:
    ring.drop(sys.argv[1])
"""


@pytest.fixture
def description() -> str:
    return f"sottovoce:test-{os.getpid()}-{time.monotonic_ns()}"


@pytest.fixture
def ring(description: str) -> Iterator[KernelKeyring]:
    try:
        ring = KernelKeyring()
        ring.put(description, b"probe", 60)
    except KeyringRefused as error:
        pytest.skip(f"no kernel keyring here: {error}")
    yield ring
    ring.drop(description)


def shown_by_the_kernel(description: str) -> list[str]:
    """The key's line in /proc/keys, as words: serial, flags, use, timeout, permissions, owner…"""
    listed = [line.split() for line in Path("/proc/keys").read_text().splitlines() if description in line]
    (alive,) = [words for words in listed if "R" not in words[1]]  # revoked keys are listed until they are collected
    return alive


def test_what_was_put_is_found_replaced_and_forgotten(ring: KernelKeyring, description: str) -> None:
    ring.put(description, b"first", 60)
    ring.put(description, bytes(range(256)), 60)
    assert ring.get(description) == bytes(range(256))
    ring.drop(description)
    assert ring.get(description) is None
    ring.drop(description)


def test_a_later_session_of_the_same_user_finds_and_forgets_it(ring: KernelKeyring, description: str) -> None:
    ring.put(description, b"from before", 60)
    command = [sys.executable, "-c", OTHER_SESSION, description]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b"from before"
    assert subprocess.run([*command, "drop"], check=True, capture_output=True).stdout == b"from before"
    assert ring.get(description) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_finds_nothing(ring: KernelKeyring, description: str) -> None:
    ring.put(description, b"alice's", 60)
    command = [sys.executable, "-c", OTHER_SESSION, description, "nobody"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b"nothing"


@pytest.mark.skipif(not Path("/proc/keys").exists(), reason="this kernel does not list keys")
def test_the_key_has_its_permissions_and_its_timeout(ring: KernelKeyring, description: str) -> None:
    ring.put(description, b"secret", 20 * 3600)
    _, _, _, timeout, permissions, owner, *_ = shown_by_the_kernel(description)
    assert int(permissions, 16) == PERMISSIONS == 0x3B2B0000
    assert timeout in {"19h", "20h"}
    assert int(owner) == os.getuid()


@pytest.mark.slow
def test_the_kernel_forgets_by_itself(ring: KernelKeyring, description: str) -> None:
    """The kernel counts whole seconds of its own clock, so this one test waits for it, at most three of them."""
    ring.put(description, b"short-lived", 1)
    deadline, pause = time.monotonic() + 3, threading.Event()
    while ring.get(description) is not None:
        assert time.monotonic() < deadline
        pause.wait(0.05)


def test_remembering_for_real(ring: KernelKeyring) -> None:
    content = Content(b"s" * 27, b"d" * 32, (7, 1, 4, 2))
    key = RememberedKey(os.urandom(16), [ring])
    assert key.recall(read_clock()) is None
    assert key.remember(content, read_clock()) == "kernel keyring"
    assert (recalled := key.recall(read_clock())) is not None
    assert recalled.content == content
    key.forget()
    assert key.recall(read_clock()) is None


def test_this_system_offers_some_places_and_asking_them_is_harmless() -> None:
    assert {store.name for store in system_stores()} <= {"kernel keyring", "secret service"}


def test_no_bus_is_a_refusal_to_put_and_silence_to_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    service = SecretService()
    with pytest.raises(SecretServiceRefused):
        service.put("sottovoce:test", b"secret", 60)
    assert service.get("sottovoce:test") is None
    service.drop("sottovoce:test")


SECRET_SERVICE = """
from core.vault.secret_service import SecretService
service = SecretService()
service.put("sottovoce:a", b"first", 60)
service.put("sottovoce:a", bytes(range(96)), 60)
service.put("sottovoce:b", b"other", 60)
assert service.get("sottovoce:a") == bytes(range(96))
service.drop("sottovoce:a")
assert service.get("sottovoce:a") is None
assert service.get("sottovoce:b") == b"other"
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon")),
    reason="no secret service installed",
)
def test_a_real_secret_service_keeps_it_in_memory_alone(tmp_path: Path) -> None:
    script = f'echo | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec {sys.executable} -c "$CODE"'
    environment = {**os.environ, "CODE": SECRET_SERVICE, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    subprocess.run(["dbus-run-session", "--", "sh", "-c", script], check=True, env=environment, timeout=30)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert all(b"other" not in data for data in files)
