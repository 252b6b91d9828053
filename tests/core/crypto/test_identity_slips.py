"""A mistyped identity is refused, and the slip is named where its characters show it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from core import api
from core.api import ApiError, Kind
from core.crypto import identity_slips
from core.crypto.identity_slips import Wrong, check
from core.crypto.seed import draw_seed, identity_of_seed
from tests.support.post_office import Person

IDENTITY = identity_of_seed(bytes(range(27)))


def slip(text: str) -> tuple[str, int | None]:
    found = check(text)
    assert isinstance(found, Wrong)
    return found.slip, found.at


@pytest.mark.parametrize(
    "text",
    [
        IDENTITY,
        IDENTITY.upper(),
        f"  {IDENTITY}\n",
        " ".join(IDENTITY[n : n + 4] for n in range(0, 52, 4)),
        "-".join(IDENTITY[n : n + 13] for n in range(0, 52, 13)),
    ],
)
def test_an_identity_is_taken_as_it_is_written(text: str) -> None:
    assert check(text) == IDENTITY


def test_slips_are_named() -> None:
    assert slip(IDENTITY[:7] + "0" + IDENTITY[8:]) == ("character", 8)
    assert slip(IDENTITY[:7] + "é" + IDENTITY[8:]) == ("character", 8)
    assert slip(IDENTITY[:-1]) == ("length", None)
    assert slip(IDENTITY + "a") == ("length", None)
    assert slip("") == ("length", None)


def test_two_neighbours_that_were_swapped_are_found_mostly() -> None:
    found = 0
    for at in range(51):
        if IDENTITY[at] == IDENTITY[at + 1]:
            continue
        written = IDENTITY[:at] + IDENTITY[at + 1] + IDENTITY[at] + IDENTITY[at + 2 :]
        what = check(written)
        found += isinstance(what, Wrong) and (what.slip, what.at) == ("swapped", at + 1)
    assert found > 25


def test_another_character_is_refused_nearly_always() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    slips = [IDENTITY[:at] + each + IDENTITY[at + 1 :] for at in range(0, 52, 3) for each in letters[::3]]
    passed = [each for each in slips if each != IDENTITY and not isinstance(check(each), Wrong)]
    assert len(passed) < len(slips) / 40


@settings(max_examples=80)
@given(st.text(max_size=300))
def test_any_text_is_an_identity_or_wrong(text: str) -> None:
    found = check(text)
    assert isinstance(found, Wrong) or len(found) == 52


def test_no_text_is_looked_at_without_end() -> None:
    assert len(identity_slips.plain("a" * 1_000_000)) < 1000


def test_the_command_says_it(alice: Person) -> None:
    identity = identity_of_seed(draw_seed())
    assert alice.call(api.IdentityCheck(text=identity.upper())).identity == identity
    with pytest.raises(ApiError) as refused:
        alice.call(api.IdentityCheck(text="1" + identity[1:]))
    assert refused.value.kind is Kind.BAD_IDENTITY
    assert refused.value.data == {"slip": "character", "at": 1}
