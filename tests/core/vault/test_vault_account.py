"""An account on one device: alice makes it, locks it, comes back, mistypes, changes her passcode."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.crypto import primitives
from core.crypto.words import BadWords, WordsMismatch, words_of
from core.vault import cost, slots
from core.vault.account import Accounts
from core.vault.errors import (
    AccountExists,
    NoAccount,
    NotEnoughMemory,
    PasscodeNeeded,
    SlowDown,
    VaultDamaged,
    WeakPasscode,
    WrongPasscode,
)
from core.vault.passcode import normalise
from core.vault.profile import Profile
from core.vault.remembered import REMEMBERED_SECONDS
from core.vault.slots import Content, Kind
from tests.support.devices import BEST, BETTER, CHEAP, GOOD, FakeClock, MemoryStore, repeatable


class Device:
    """A home, and what an ``Accounts`` on it stands on."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.clock = FakeClock()
        self.store = MemoryStore()

    def start(self) -> Accounts:
        """The program, started (again)."""
        return Accounts(self.profile, CHEAP, [self.store], self.clock)

    def plant_decoy(self, passcode: str, real_passcode: str) -> Content:
        """Write a second profile, as its own screen will one day."""
        draw = repeatable("decoy")
        vault = slots.decode(self.profile.vault.read_bytes(), CHEAP)
        real = slots.unseal(vault, slots.root_of(normalise(real_passcode), Kind.PASSCODE, vault.header))
        decoy = Content(draw(27), draw(32), slots.other_places(real.places, draw))
        root = slots.root_of(normalise(passcode), Kind.PASSCODE, vault.header)
        self.profile.vault.write_bytes(slots.seal(vault, root, Kind.PASSCODE, decoy, draw).encode())
        return decoy


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    with Profile(tmp_path / "home") as profile:
        yield Device(profile)


def test_what_was_created_is_what_unlocks(device: Device) -> None:
    created = device.start().create(GOOD)
    unlocked = device.start().unlock(GOOD)
    assert unlocked == created
    assert len(created.identity) == 52
    assert len(created.words) == 18
    assert len(created.database_key) == 32
    assert created.tag == device.profile.vault.read_bytes()[1:17]
    public = primitives.ed25519_public(created.signing_seed)
    assert primitives.ed25519_verify(public, primitives.ed25519_sign(created.signing_seed, b"hello"), b"hello")


def test_the_words_make_the_account_anew_with_another_database_key(device: Device, tmp_path: Path) -> None:
    created = device.start().create(GOOD)
    with Profile(tmp_path / "new device") as profile:
        restored = Accounts(profile, CHEAP, [MemoryStore()]).restore(created.words, BETTER)
    assert (restored.identity, restored.seed) == (created.identity, created.seed)
    assert restored.database_key != created.database_key
    assert restored.tag != created.tag


def test_wrong_words_make_nothing(device: Device) -> None:
    accounts = device.start()
    with pytest.raises(BadWords):
        accounts.restore(["abacus"] * 17, GOOD)
    with pytest.raises(WordsMismatch):
        accounts.restore(words_of(bytes(26) + b"\x07"), GOOD)
    assert not accounts.exists()
    assert accounts.restore(words_of(bytes(26) + b"\x07"), GOOD, accept_mismatch=True).seed[-1] == 7


def test_an_account_is_never_overwritten(device: Device) -> None:
    accounts = device.start()
    accounts.create(GOOD)
    before = device.profile.vault.read_bytes()
    with pytest.raises(AccountExists):
        accounts.create(BETTER)
    with pytest.raises(AccountExists):
        accounts.restore(words_of(bytes(27)), BETTER, accept_mismatch=True)
    assert device.profile.vault.read_bytes() == before


def test_an_empty_home_has_no_account(device: Device) -> None:
    accounts = device.start()
    attempts: tuple[Callable[[], object], ...] = (
        accounts.unlock,
        lambda: accounts.unlock(GOOD),
        lambda: accounts.change_passcode(GOOD, BEST),
    )
    for attempt in attempts:
        with pytest.raises(NoAccount):
            attempt()
    accounts.logout()
    assert not accounts.is_remembered()


def test_a_weak_passcode_makes_nothing(device: Device) -> None:
    with pytest.raises(WeakPasscode):
        device.start().create("password")
    assert not device.profile.vault.exists()


# --- remembered -------------------------------------------------------------------------------------------------------


def test_within_twenty_hours_no_passcode_is_asked(device: Device) -> None:
    created = device.start().create(GOOD)
    assert created.remembered
    device.clock.pass_seconds(REMEMBERED_SECONDS - 1)
    assert device.start().unlock() == created
    device.clock.pass_seconds(1)  # recalling it has not made it last longer
    with pytest.raises(PasscodeNeeded):
        device.start().unlock()
    assert device.store.kept == {}


def test_typing_the_passcode_starts_the_twenty_hours_anew(device: Device) -> None:
    device.start().create(GOOD)
    device.clock.pass_seconds(REMEMBERED_SECONDS)
    device.start().unlock(GOOD)
    device.clock.pass_seconds(REMEMBERED_SECONDS - 1)
    assert device.start().is_remembered()


@pytest.mark.parametrize("seconds", [-30 * 3600.0, 21 * 3600.0])
def test_setting_the_date_never_makes_it_last_longer(device: Device, seconds: float) -> None:
    device.start().create(GOOD)
    device.clock.set_wall(seconds)
    device.clock.pass_seconds(REMEMBERED_SECONDS)
    assert not device.start().is_remembered()


def test_a_boot_ends_it(device: Device) -> None:
    device.start().create(GOOD)
    device.clock.reboot()
    assert not device.start().is_remembered()


def test_logout_forgets(device: Device) -> None:
    device.start().create(GOOD)
    device.start().logout()
    assert device.store.kept == {}
    with pytest.raises(PasscodeNeeded):
        device.start().unlock()


def test_where_no_place_allows_it_the_passcode_is_asked_each_time(device: Device) -> None:
    device.store.refuses = True
    assert not device.start().create(GOOD).remembered
    assert not device.start().unlock(GOOD).remembered
    with pytest.raises(PasscodeNeeded):
        device.start().unlock()


def test_the_second_place_is_asked_when_the_first_refuses(device: Device) -> None:
    accounts = Accounts(device.profile, CHEAP, [MemoryStore(refuses=True), device.store], device.clock)
    created = accounts.create(GOOD)
    assert accounts.unlock() == created


def test_a_wrong_key_in_the_store_is_thrown_away(device: Device) -> None:
    device.start().create(GOOD)
    (description,) = device.store.kept
    device.store.kept[description] = b"something else"
    assert not device.start().is_remembered()
    assert device.store.kept == {}


# --- wrong passcodes --------------------------------------------------------------------------------------------------


def test_wrong_passcodes_are_slowed_and_the_right_one_starts_over(device: Device) -> None:
    device.start().create(GOOD)
    for _ in range(5):
        with pytest.raises(WrongPasscode):
            device.start().unlock(BETTER)
    with pytest.raises(SlowDown) as caught:
        device.start().unlock(GOOD)
    assert caught.value.seconds == 5
    device.clock.pass_seconds(5)
    device.start().unlock(GOOD)
    with pytest.raises(WrongPasscode):
        device.start().unlock(BETTER)


def test_changing_the_passcode_is_no_way_around_the_count(device: Device) -> None:
    device.start().create(GOOD)
    for _ in range(5):
        with pytest.raises(WrongPasscode):
            device.start().change_passcode(BETTER, BEST)
    with pytest.raises(SlowDown):
        device.start().change_passcode(GOOD, BEST)


def until_slowed(act: Callable[[int], None]) -> int:
    """Do something again and again; return how often it was done before the answer was to wait."""
    for number in range(100):
        try:
            act(number)
        except SlowDown:
            return number
    return 100


def a_guess(number: int) -> str:
    return f"no such passcode as {number} marmots"


def test_a_guess_at_the_other_profile_by_way_of_changing_ones_own_is_an_attempt(device: Device) -> None:
    """Whether a passcode is taken tells whether it opens something, so each costs a count that the right ``old`` keeps."""
    device.start().create(GOOD)
    device.plant_decoy(BETTER, GOOD)

    def guess(number: int) -> None:
        device.start().change_passcode(a_guess(number - 1) if number else GOOD, a_guess(number))

    assert until_slowed(guess) == 5  # five are free, as at the lock
    with pytest.raises(SlowDown):
        device.start().unlock(a_guess(4))


def test_a_passcode_that_is_in_use_was_a_guess_too(device: Device) -> None:
    device.start().create(GOOD)
    device.plant_decoy(BETTER, GOOD)
    for _ in range(5):
        with pytest.raises(WeakPasscode):
            device.start().change_passcode(GOOD, BETTER)
    with pytest.raises(SlowDown):
        device.start().change_passcode(GOOD, BETTER)


def test_ones_own_passcode_in_between_does_not_pay_for_guesses_at_the_others(device: Device) -> None:
    device.start().create(GOOD)
    device.plant_decoy(BETTER, GOOD)

    def guess(number: int) -> None:
        with pytest.raises(WrongPasscode):
            device.start().unlock(a_guess(number))
        device.start().unlock(GOOD)

    assert until_slowed(guess) == 19  # the twentieth guess was taken, and what is known already was not


def test_changes_and_openings_in_turn_are_rationed_as_well(device: Device) -> None:
    device.start().create(GOOD)

    def guess(number: int) -> None:
        device.start().change_passcode(a_guess(number - 1) if number else GOOD, a_guess(number))
        device.start().unlock(a_guess(number))

    assert until_slowed(guess) == 19


def test_the_open_account_changes_no_passcode_but_its_own(device: Device) -> None:
    """The other profile's passcode is as wrong as any, and counts as one that is."""
    opened = device.start().create(GOOD)
    decoy = device.plant_decoy(BETTER, GOOD)
    before = device.profile.vault.read_bytes()
    for _ in range(5):
        with pytest.raises(WrongPasscode):
            device.start().change_passcode(BETTER, BEST, opened)
    with pytest.raises(SlowDown):
        device.start().change_passcode(GOOD, BEST, opened)
    assert device.profile.vault.read_bytes() == before
    device.clock.pass_seconds(5)
    assert device.start().unlock(BETTER).seed == decoy.seed
    assert device.start().change_passcode(GOOD, BEST, opened) == opened


def test_the_words_are_for_whoever_gives_the_passcode_of_the_open_account(device: Device) -> None:
    opened = device.start().create(GOOD)
    device.plant_decoy(BETTER, GOOD)
    for _ in range(4):
        with pytest.raises(WrongPasscode):
            device.start().words(BEST, opened)
    assert device.start().words(GOOD, opened) == opened.words  # and the count is cleared
    for _ in range(5):
        with pytest.raises(WrongPasscode):
            device.start().words(BETTER, opened)
    with pytest.raises(SlowDown):
        device.start().words(GOOD, opened)


def test_what_is_known_to_be_wrong_is_told_before_anything_is_tried(device: Device) -> None:
    """A weak passcode, an account that is there already: neither answer depends on a passcode, so neither costs a count."""
    device.start().create(GOOD)
    for _ in range(10):
        with pytest.raises(WeakPasscode):
            device.start().change_passcode(BETTER, "password")
        with pytest.raises(AccountExists):
            device.start().create(GOOD)
        with pytest.raises(AccountExists):
            device.start().restore(words_of(bytes(27)), GOOD, accept_mismatch=True)
    device.start().unlock(GOOD)


def test_two_profiles_are_told_apart_by_all_their_keys(device: Device) -> None:
    first = device.start().create(GOOD)
    other = dataclasses.replace(first, database_key=b"k" * 32)
    another = dataclasses.replace(first, seed=b"s" * 27)
    assert first.is_same(device.start().unlock(GOOD))
    assert not first.is_same(other)
    assert not first.is_same(another)


def test_opening_tells_when_the_passcode_was_typed(device: Device) -> None:
    typed = device.start().create(GOOD).typed_at
    assert typed == device.clock.now
    device.clock.pass_seconds(3600)
    assert device.start().unlock().typed_at == typed
    assert device.start().unlock(GOOD).typed_at == device.clock.now
    device.clock.pass_seconds(3600)
    assert device.start().change_passcode(GOOD, BETTER).typed_at == device.clock.now
    assert device.start().unlock().typed_at == device.clock.now


def test_the_remembered_key_still_opens_while_the_passcode_waits(device: Device) -> None:
    created = device.start().create(GOOD)
    for _ in range(5):
        with pytest.raises(WrongPasscode):
            device.start().unlock(BETTER)
    assert device.start().unlock() == created


# --- changing it ------------------------------------------------------------------------------------------------------


def test_a_changed_passcode_opens_the_same_account(device: Device) -> None:
    created = device.start().create(GOOD)
    device.start().change_passcode(GOOD, BETTER)
    with pytest.raises(WrongPasscode):
        device.start().unlock(GOOD)
    assert device.start().unlock(BETTER) == created


def test_a_weak_or_wrong_change_changes_nothing(device: Device) -> None:
    device.start().create(GOOD)
    before = device.profile.vault.read_bytes()
    with pytest.raises(WeakPasscode):
        device.start().change_passcode(GOOD, "password")
    with pytest.raises(WrongPasscode):
        device.start().change_passcode(BETTER, BEST)
    assert device.profile.vault.read_bytes() == before


def test_the_same_passcode_again_is_fine(device: Device) -> None:
    created = device.start().create(GOOD)
    device.start().change_passcode(GOOD, GOOD)
    assert device.start().unlock(GOOD) == created


def test_real_and_decoy_change_their_passcodes_without_harm_to_each_other(device: Device) -> None:
    real = device.start().create(GOOD)
    decoy = device.plant_decoy(BETTER, GOOD)
    device.start().change_passcode(GOOD, BEST)
    device.start().change_passcode(BETTER, "lantern moss 44 bicycle")
    device.start().change_passcode(BEST, GOOD)
    assert device.start().unlock(GOOD).seed == real.seed
    assert device.start().unlock("lantern moss 44 bicycle").seed == decoy.seed


def test_both_profiles_cannot_come_under_one_passcode(device: Device) -> None:
    device.start().create(GOOD)
    device.plant_decoy(BETTER, GOOD)
    before = device.profile.vault.read_bytes()
    with pytest.raises(WeakPasscode):
        device.start().change_passcode(GOOD, BETTER)
    assert device.profile.vault.read_bytes() == before


# --- the file ---------------------------------------------------------------------------------------------------------


def test_nothing_of_the_account_stands_in_the_home_in_the_clear(device: Device) -> None:
    created = device.start().create(GOOD)
    device.plant_decoy(BETTER, GOOD)
    everything = b"".join(path.read_bytes() for path in device.profile.home.iterdir())
    for secret in (created.seed, created.database_key, created.signing_seed, GOOD.encode(), created.identity.encode()):
        assert all(secret[at : at + 8] not in everything for at in range(0, len(secret) - 7, 8))
    for word in (b"decoy", b"real", b"sottovoce", b"passcode"):
        assert word not in everything.lower()


def test_a_decoy_adds_no_file_and_no_byte(device: Device) -> None:
    device.start().create(GOOD)
    before = {path.name: path.stat().st_size for path in device.profile.home.iterdir()}
    device.plant_decoy(BETTER, GOOD)
    assert {path.name: path.stat().st_size for path in device.profile.home.iterdir()} == before
    assert before == {"vault": 1162, "attempts": 53, "lock": 0}


def test_a_vault_cheaper_than_the_floor_is_refused_by_the_product(device: Device) -> None:
    device.start().create(GOOD)
    with pytest.raises(VaultDamaged):
        Accounts(device.profile, cost.PRODUCT, [], device.clock).unlock(GOOD)


@pytest.mark.parametrize("data", [b"", b"\x01" * 100, bytes(1162), bytes(5000)])
def test_a_file_that_is_no_vault_is_damaged_and_kept(device: Device, data: bytes) -> None:
    device.profile.vault.write_bytes(data)
    with pytest.raises(VaultDamaged):
        device.start().unlock(GOOD)
    with pytest.raises(AccountExists):
        device.start().create(GOOD)
    assert device.profile.vault.read_bytes() == data


def test_an_open_account_is_never_printed(device: Device) -> None:
    created = device.start().create(GOOD)
    assert repr(created) == f"Unlocked({created.identity}, …)"
    assert f"{created}" == repr(created)


@pytest.mark.slow
def test_the_full_price_once(tmp_path: Path) -> None:
    """The product's own costs, from creation to a wrong passcode: at least 256 MiB in three passes each time."""
    with Profile(tmp_path / "home") as profile:
        accounts = Accounts(profile, cost.PRODUCT, [MemoryStore()])
        created = accounts.create(GOOD)
        vault = slots.decode(profile.vault.read_bytes(), cost.PRODUCT)
        assert vault.header.costs.memory_kib >= 256 * 1024
        assert vault.header.costs.passes >= 3
        assert accounts.unlock(GOOD) == created
        with pytest.raises(WrongPasscode):
            accounts.unlock(BETTER)


def test_where_memory_lacks_nothing_counts_as_a_guess(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(costs: cost.Costs) -> None:
        raise NotEnoughMemory(costs.memory_kib // 1024)

    device.start().create(GOOD)
    accounts = device.start()
    with monkeypatch.context() as little:
        little.setattr(cost, "require", lacking)
        for _ in range(20):
            with pytest.raises(NotEnoughMemory):
                accounts.unlock(BETTER)
    with pytest.raises(WrongPasscode):
        accounts.unlock(BETTER)
    assert accounts.unlock(GOOD).seed
