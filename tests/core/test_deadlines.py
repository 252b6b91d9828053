"""Nothing outside the program is waited for without an end: whatever hangs costs its deadline, and then is a refusal."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trio

from core.deadline import within
from core.vault import secret_service
from core.vault.clock import Reading
from core.vault.given import UnreadablePasscode, read_passcode
from core.vault.kernel_keyring import KernelKeyring, KeyringRefused
from core.vault.remembered import RememberedKey
from core.vault.secret_service import SecretService
from core.vault.slots import Content
from net.ids import Endpoint
from net.rendezvous.mainline import Mainline, MainlineState, ask

SHORT = 0.05
# Long enough for any machine; a test that waits this long has failed.
PATIENCE = 30.0


@pytest.fixture
def hang() -> Iterator[Callable[..., Any]]:
    """A call that hangs until the test is over."""
    over = threading.Event()

    def hanging(*_: object, **__: object) -> None:
        over.wait(PATIENCE)

    yield hanging
    over.set()


def fail_to_find() -> None:
    raise LookupError


# --- the deadline -----------------------------------------------------------------------------------------------------


def test_what_answers_in_time_is_handed_on() -> None:
    assert within(PATIENCE, lambda: 7) == 7
    with pytest.raises(LookupError):
        within(PATIENCE, fail_to_find)


def test_what_hangs_is_a_refusal_and_is_undone_when_it_happens_all_the_same() -> None:
    go_on, undone = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        within(SHORT, lambda: go_on.wait(PATIENCE), undo=undone.set)
    assert not undone.is_set()
    go_on.set()
    assert undone.wait(PATIENCE)


def test_what_fails_after_its_deadline_is_not_undone() -> None:
    go_on, tried, undone = threading.Event(), threading.Event(), threading.Event()

    def fail() -> None:
        go_on.wait(PATIENCE)
        tried.set()
        raise LookupError

    with pytest.raises(TimeoutError):
        within(SHORT, fail, undo=undone.set)
    go_on.set()
    assert tried.wait(PATIENCE)
    for thread in threading.enumerate():
        if thread.name == "outside":
            thread.join(PATIENCE)
    assert not undone.is_set()


def test_where_no_thread_can_be_had_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(OSError, match="no thread"):
        within(PATIENCE, lambda: 7)


# --- places for a remembered key --------------------------------------------------------------------------------------


class SilentBus:
    """A session bus that lets everybody in and then says nothing, or nothing at all."""

    def __init__(self, path: Path, *, greets: bool) -> None:
        self._greets = greets
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        try:
            while True:
                caller, _ = self._listener.accept()
                self._kept.append(caller)
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()
        except OSError:
            return

    def _serve(self, caller: socket.socket) -> None:
        try:
            while said := caller.recv(4096):
                if self._greets and b"AUTH" in said:
                    caller.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
                elif self._greets and b"NEGOTIATE" in said:
                    caller.sendall(b"AGREE_UNIX_FD\r\n")
        except OSError:
            return

    def close(self) -> None:
        for each in (self._listener, *self._kept):
            each.close()


@pytest.mark.skipif(sys.platform != "linux", reason="no secret service elsewhere")
@pytest.mark.parametrize("greets", [True, False])
def test_a_silent_secret_service_refuses(greets: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = SilentBus(tmp_path / "bus", greets=greets)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'}")
    with pytest.raises(OSError, match="no answer"):
        SecretService(SHORT).put("x", b"y", 60)
    assert SecretService(SHORT).get("x") is None
    SecretService(SHORT).drop("x")
    bus.close()


@pytest.mark.skipif(sys.platform != "linux", reason="no secret service elsewhere")
def test_a_key_that_a_service_takes_too_late_is_forgotten_again(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, dropped = threading.Event(), threading.Event()

    def put(_: str, __: bytes) -> None:
        go_on.wait(PATIENCE)

    def drop(_: str) -> None:
        dropped.set()

    monkeypatch.setattr(secret_service, "_put", put)
    monkeypatch.setattr(secret_service, "_drop", drop)
    service = SecretService(SHORT)
    with pytest.raises(OSError, match="no answer"):
        service.put("x", b"y", 60)
    go_on.set()
    assert dropped.wait(PATIENCE)


def test_a_kernel_that_hangs_refuses(hang: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KernelKeyring, "_call", hang)
    try:
        ring = KernelKeyring(SHORT)
    except KeyringRefused as error:
        pytest.skip(f"no kernel keyring here: {error}")
    with pytest.raises(OSError, match="no answer"):
        ring.put("x", b"y", 60)
    assert ring.get("x") is None
    ring.drop("x")


class Broken:
    """A place that fails in a way that nobody foresaw."""

    name = "broken"

    def put(self, description: str, payload: bytes, seconds: int) -> None:
        raise LookupError(description)

    def get(self, description: str) -> bytes | None:
        raise LookupError(description)

    def drop(self, description: str) -> None:
        raise LookupError(description)


def test_a_place_for_keys_that_fails_is_one_that_refuses() -> None:
    key = RememberedKey(bytes(16), [Broken(), Broken()])
    now = Reading(b"boot............", 1, 1)
    assert key.remember(Content(bytes(27), bytes(32), (0, 1, 2, 3)), now) is None
    assert key.recall(now) is None
    key.forget()


def test_a_passcode_that_nobody_writes_is_not_waited_for() -> None:
    reading, writing = os.pipe()
    with pytest.raises(UnreadablePasscode, match="nobody wrote it"):
        read_passcode(reading, SHORT)
    os.close(writing)


# --- the DHT's library ------------------------------------------------------------------------------------------------


class Session:
    """A session of libtorrent one of whose calls hangs or fails."""

    def __init__(self, misbehaves: str, act: Callable[..., Any]) -> None:
        self.called: list[str] = []
        self._misbehaves, self._act = misbehaves, act

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*_: object, **__: object) -> Any:
            self.called.append(name)
            return self._act() if name == self._misbehaves else []

        return call


def fail() -> None:
    raise RuntimeError("foreign trouble")


CALLS = ("session", "add_dht_node", "set_alert_fd", "apply_settings", "post_dht_stats", "dht_announce", "dht_get_peers")


@pytest.mark.trio
@pytest.mark.parametrize("hangs", [True, False])
@pytest.mark.parametrize("name", CALLS)
async def test_a_library_of_the_dht_that_hangs_or_fails_costs_the_dht_alone(
    name: str, hangs: bool, hang: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    act = hang if hangs else fail
    session = Session(name, act)
    library = ModuleType("libtorrent")

    def open_session(_: object) -> Any:
        return act() if name == "session" else session

    library.__dict__.update(
        session=open_session,
        sha1_hash=bytes,
        bencode=bytes,
        bdecode=bytes,
        alert=type("", (), {"category_t": mainline_categories()}),
    )
    monkeypatch.setitem(sys.modules, "libtorrent", library)

    async def asked_shortly(call: Callable[..., Any], *arguments: Any) -> Any:
        return await ask(call, *arguments, patience=SHORT)

    service = Mainline(
        Endpoint("127.0.0.1", 1),
        lambda _: None,
        lambda _: None,
        routers=[Endpoint("127.0.0.1", 2)],
        ask=asked_shortly,
        closing_patience=SHORT,
    )
    service.set_serving(is_serving=name != "apply_settings")
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            await nursery.start(service.run)
            service.set_serving(is_serving=True)
    assert service.status.state is MainlineState.FAILED
    assert service.status.reason == ("libtorrent does not answer" if hangs else "foreign trouble")


def mainline_categories() -> Any:
    names = (
        "dht_notification dht_operation_notification port_mapping_notification error_notification status_notification"
    )
    return type("", (), dict.fromkeys(names.split(), 0))


@pytest.mark.trio
async def test_a_library_of_the_dht_that_cannot_be_loaded_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libtorrent", None)
    service = Mainline(Endpoint("127.0.0.1", 1), lambda _: None, lambda _: None)
    await service.run()
    assert service.status.state is MainlineState.MISSING
