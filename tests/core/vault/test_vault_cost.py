"""What a try at a passcode costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings, strategies as st

from core.crypto import primitives
from core.vault import cost
from core.vault.cost import PRODUCT, CostPolicy, Costs, calibrate, check
from core.vault.errors import NotEnoughMemory, VaultDamaged

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "vault.json").read_text())
GIB = cost.KIB_PER_GIB


def machine(seconds_at_floor: float) -> Callable[[Costs], float]:
    """A machine that runs the floor in so many seconds."""
    return lambda costs: seconds_at_floor * costs.work / PRODUCT.floor.work


def test_the_other_implementation_gives_the_rfc_9106_vector() -> None:
    """Ours takes neither secret nor associated data, so the RFC's case is met by the library that checks it below."""
    case = VECTORS["argon2id_rfc"]["case"]
    password, salt, secret, ad = (bytes.fromhex(case[field]) for field in ("password", "salt", "secret", "ad"))
    kdf = Argon2id(
        salt=salt,
        length=32,
        iterations=case["passes"],
        lanes=case["lanes"],
        memory_cost=case["memory_kib"],
        secret=secret,
        ad=ad,
    )
    assert kdf.derive(password).hex() == case["tag"]


@pytest.mark.slow
@pytest.mark.parametrize("case", VECTORS["argon2id"]["cases"], ids=lambda case: case["tag"][:8])
def test_argon2id_gives_the_reference_vectors(case: dict[str, str | int]) -> None:
    password, salt = str(case["password"]).encode(), str(case["salt"]).encode()
    passes, memory_kib, lanes = (int(case[field]) for field in ("passes", "memory_kib", "lanes"))
    assert primitives.argon2id(password, salt, passes, memory_kib, lanes, 32).hex() == case["tag"]


@settings(max_examples=30)
@given(st.binary(max_size=80), st.binary(min_size=16, max_size=16), st.integers(1, 3), st.integers(1, 4))
def test_two_implementations_agree(secret: bytes, salt: bytes, passes: int, lanes: int) -> None:
    other = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=8 * lanes).derive(secret)
    assert cost.stretch(secret, salt, Costs(passes, 8 * lanes, lanes)) == other


def test_the_product_never_goes_under_256_mib_in_three_passes() -> None:
    assert PRODUCT.floor == Costs(passes=3, memory_kib=256 * 1024, lanes=4)
    assert calibrate(PRODUCT, machine(60.0)) == PRODUCT.floor


@given(st.floats(0.001, 100))
def test_calibration_aims_at_a_second_and_a_half_and_stays_in_bounds(seconds: float) -> None:
    costs = calibrate(PRODUCT, machine(seconds))
    check(costs, PRODUCT)
    assert costs.memory_kib <= PRODUCT.memory_cap_kib
    taken = machine(seconds)(costs)
    # a pass is the finest step: never more than the goal unless the floor is, never under it by more than one pass
    assert taken <= max(1.5, seconds) + 1e-6
    assert taken >= 1.5 - taken / costs.passes - 1e-6 or costs.work > cost.MAX_WORK - costs.memory_kib


def test_a_machine_too_fast_to_measure_is_bounded() -> None:
    assert calibrate(PRODUCT, machine(0.0)).work <= cost.MAX_WORK


@pytest.mark.parametrize(
    "costs",
    [
        Costs(3, 255 * 1024, 4),
        Costs(2, 256 * 1024, 4),
        Costs(3, 256 * 1024, 0),
        Costs(3, 256 * 1024, 17),
        Costs(3, 2 * GIB + 1, 4),
        Costs(33, 2 * GIB, 4),
        Costs(0xFFFFFFFF, 0xFFFFFFFF, 255),
        Costs(0, 0, 0),
    ],
)
def test_costs_that_are_none_of_ours_are_refused(costs: Costs) -> None:
    with pytest.raises(VaultDamaged):
        check(costs, PRODUCT)


def test_costs_that_argon2_would_refuse_are_refused_before_it() -> None:
    with pytest.raises(VaultDamaged):
        check(Costs(1, 16, 4), CostPolicy(Costs(1, 8, 1), 0))


def test_a_machine_without_the_memory_says_how_much_it_takes() -> None:
    with pytest.raises(NotEnoughMemory) as caught:
        cost.stretch(b"secret", bytes(16), Costs(1, 0xFFFFFFFF, 4))  # 4 TiB
    assert caught.value.mebibytes == 4 * 1024 * 1024 - 1
