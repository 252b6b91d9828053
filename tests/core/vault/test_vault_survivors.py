"""What a thief, a power cut or a look over the shoulder gets out of the vault: nothing, seen from the outside."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.crypto import primitives
from core.vault import slots
from core.vault.account import Accounts
from core.vault.attempts import FREE_ATTEMPTS, Attempts, Tally, decode
from core.vault.clock import Reading
from core.vault.cost import PRODUCT, Costs
from core.vault.durable import open_private, replace_file
from core.vault.errors import UnsafeHome, VaultDamaged, WeakPasscode, WrongPasscode
from core.vault.given import MAX_SIZE, RESERVED, UnreadablePasscode, read_passcode
from core.vault.mark import Mark
from core.vault.passcode import normalise
from core.vault.profile import Profile
from core.vault.remembered import REMEMBERED_SECONDS, RememberedKey
from core.vault.slots import Content, Kind
from tests.support.devices import BETTER, CHEAP, GOOD, FakeClock, MemoryStore, repeatable

pytestmark = pytest.mark.disk


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    with Profile(tmp_path / "home") as held:
        yield held


def accounts_on(profile: Profile) -> Accounts:
    return Accounts(profile, CHEAP, [MemoryStore()], FakeClock())


# --- power cuts -------------------------------------------------------------------------------------------------------


class Disk:
    """Notes what is forced to the disk, with what it held then, and what is renamed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[str, str, bytes]] = []
        self._fsync, self._rename = os.fsync, os.replace
        monkeypatch.setattr(os, "fsync", self.fsync)
        monkeypatch.setattr(os, "replace", self.rename)

    def fsync(self, handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        self.events.append(("forced", path.name, b"" if path.is_dir() else path.read_bytes()))
        self._fsync(handle)

    def rename(self, old: str | Path, new: str | Path) -> None:
        self.events.append(("renamed", Path(new).name, Path(old).read_bytes()))
        self._rename(old, new)


def test_a_replaced_file_is_forced_to_the_disk_before_it_takes_the_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    replace_file(tmp_path / "vault", b"new keys")
    assert disk.events == [
        ("forced", "vault.new", b"new keys"),
        ("renamed", "vault", b"new keys"),
        ("forced", tmp_path.name, b""),
    ]


def test_an_attempt_is_forced_to_the_disk_when_it_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, disk = FakeClock(), Disk(monkeypatch)
    Attempts(tmp_path / "attempts").admit(clock.now)
    first, name = disk.events
    assert (first[:2], decode(first[2], clock.now).wrong) == (("forced", "attempts"), 1)
    assert name == ("forced", tmp_path.name, b"")
    Attempts(tmp_path / "attempts").admit(clock.now)
    assert decode(disk.events[-1][2], clock.now).wrong == 2


# --- counts and costs -------------------------------------------------------------------------------------------------


def test_a_count_in_which_anything_changed_is_the_free_attempts_used_up_just_now() -> None:
    clock = FakeClock()
    record = Tally(3, clock.now).encode()
    assert decode(record, clock.now).wrong == 3
    clock.pass_seconds(9)
    for at in range(len(record)):
        altered = record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :]
        assert decode(altered, clock.now) == Tally(FREE_ATTEMPTS, clock.now)


@pytest.mark.parametrize("costs", [Costs(3, 1024, 4), Costs(1, 256 * 1024, 4), Costs(3, 64 * 1024 * 1024, 4)])
def test_a_file_whose_passcode_would_be_cheap_or_endless_is_not_tried(costs: Costs) -> None:
    draw = repeatable("file")
    fair = slots.blank(PRODUCT.floor, draw).encode()
    assert slots.decode(fair, PRODUCT).header.costs == PRODUCT.floor
    with pytest.raises(VaultDamaged):
        slots.decode(slots.blank(costs, draw).encode(), PRODUCT)


def test_a_cheap_file_put_in_place_of_the_vault_opens_nothing(profile: Profile) -> None:
    accounts_on(profile).create(GOOD)  # made at the price that tests have, far below the product's
    with pytest.raises(VaultDamaged):
        Accounts(profile, PRODUCT, [MemoryStore()], FakeClock()).unlock(GOOD)


def test_ones_own_name_makes_no_account(profile: Profile) -> None:
    name = "Ottilie Feuerbach"
    with pytest.raises(WeakPasscode):
        accounts_on(profile).create(name, [name])
    with pytest.raises(WeakPasscode):
        accounts_on(profile).restore(["abacus"] * 18, name, accept_mismatch=True, known_words=[name])
    assert not accounts_on(profile).exists()
    accounts_on(profile).create(name)


@pytest.mark.parametrize("hand", ["boot", "wall"])
def test_a_remembered_key_runs_out_by_either_hand_of_the_clock_and_is_forgotten(hand: str) -> None:
    clock, store = FakeClock(), MemoryStore()
    remembered = RememberedKey(b"t" * 16, [store])
    content = Content(b"s" * 27, b"k" * 32, (0, 1, 2, 3))
    assert remembered.remember(content, clock.now) == "memory"

    def later(seconds: int) -> Reading:
        at = clock.now
        elapsed = 1000 * seconds
        return (
            at._replace(boot_ms=at.boot_ms + elapsed) if hand == "boot" else at._replace(wall_ms=at.wall_ms + elapsed)
        )

    recalled = remembered.recall(later(REMEMBERED_SECONDS - 1))
    assert recalled is not None
    assert recalled.content == content
    assert remembered.recall(later(REMEMBERED_SECONDS)) is None
    assert store.kept == {}


# --- slots ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("passcode", [GOOD, BETTER, "no such passcode as this"])
def test_all_eight_slots_are_tried_whatever_opens(monkeypatch: pytest.MonkeyPatch, passcode: str) -> None:
    draw = repeatable("slots")
    vault = slots.blank(CHEAP.floor, draw)
    first = Content(draw(27), draw(32), slots.draw_places(draw))
    second = Content(draw(27), draw(32), slots.other_places(first.places, draw))
    for each, content in ((GOOD, first), (BETTER, second)):
        root = slots.root_of(normalise(each), Kind.PASSCODE, vault.header)
        vault = slots.seal(vault, root, Kind.PASSCODE, content, draw)
    tried: list[bytes] = []
    real: Callable[[bytes, bytes, bytes, bytes], bytes] = primitives.aead_open

    def spy(key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        tried.append(ciphertext)
        return real(key, nonce, ciphertext, ad)

    monkeypatch.setattr(primitives, "aead_open", spy)
    root = slots.root_of(normalise(passcode), Kind.PASSCODE, vault.header)
    if passcode in {GOOD, BETTER}:
        assert slots.unseal(vault, root) == (first if passcode == GOOD else second)
    else:
        with pytest.raises(WrongPasscode):
            slots.unseal(vault, root)
    assert len(tried) == len(set(tried)) == slots.SLOT_COUNT


def test_what_is_typed_does_not_open_what_a_file_or_a_device_is_for() -> None:
    vault = slots.blank(CHEAP.floor, repeatable("kinds"))
    assert len({slots.root_of(b"one secret", kind, vault.header) for kind in Kind}) == len(Kind)


# --- files ------------------------------------------------------------------------------------------------------------


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_the_folder_of_marks_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        (tmp_path / "loose").write_bytes(b"")
        os.close(open_private(tmp_path / "loose", os.O_WRONLY | os.O_CREAT))
        os.close(open_private(tmp_path / "new", os.O_WRONLY | os.O_CREAT))
        assert Mark(b"t" * 16, b"k" * 32, tmp_path / "state" / "marks").write(7)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "loose") == mode_of(tmp_path / "new") == 0o600
    assert mode_of(tmp_path / "state" / "marks") == 0o700


def test_no_link_is_followed_at_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / "vault.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeHome):
        replace_file(tmp_path / "vault", b"ours")
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def test_a_mark_tells_neither_whose_it_is_nor_can_be_moved_without_the_key(tmp_path: Path) -> None:
    tag, key = b"t" * 16, b"k" * 32
    assert Mark(tag, key, tmp_path).write(7)
    (path,) = tmp_path.iterdir()
    assert tag.hex() not in path.name
    assert Mark(tag, b"K" * 32, tmp_path).read() is None
    data = path.read_bytes()
    path.write_bytes((6).to_bytes(8, "big") + data[8:])
    assert Mark(tag, key, tmp_path).read() is None


# --- a given passcode -------------------------------------------------------------------------------------------------


def pipe_with(data: bytes) -> int:
    ours, theirs = os.pipe()
    os.write(theirs, data)
    os.close(theirs)
    return ours


def test_a_given_passcode_is_read_once_and_left_for_nobody() -> None:
    descriptor = pipe_with(b"quiet river\nquieter river\n")
    assert read_passcode(descriptor) == "quiet river"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_what_is_longer_than_any_passcode_is_none() -> None:
    assert read_passcode(pipe_with(b"x" * MAX_SIZE)) == "x" * MAX_SIZE
    descriptor = pipe_with(b"x" * (MAX_SIZE + 1))
    with pytest.raises(UnreadablePasscode, match="longer"):
        read_passcode(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize("descriptor", RESERVED)
def test_no_passcode_is_read_from_where_it_can_be_seen(descriptor: int) -> None:
    with pytest.raises(UnreadablePasscode, match="another use"):
        read_passcode(descriptor)
    os.fstat(descriptor)  # and it stays open
