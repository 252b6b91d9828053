"""Which passcodes are good enough."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies as st

from core.vault.errors import WeakPasscode
from core.vault.passcode import TOO_SHORT, check_strength, normalise
from tests.support.devices import BEST, BETTER, GOOD


@pytest.mark.parametrize("passcode", [GOOD, BETTER, BEST, "Donau-Äpfel-7-Winter", "夜の静かな川を渡る"])
def test_phrases_are_good_enough(passcode: str) -> None:
    check_strength(passcode)


@pytest.mark.parametrize(
    "passcode",
    ["password", "password1", "12345678", "qwertyuiop", "aaaaaaaaaaaaaaaa", "sottovoce1", "abc" * 30, "1" * 5000],
)
def test_what_everybody_tries_first_is_refused_with_reason_and_advice(passcode: str) -> None:
    with pytest.raises(WeakPasscode) as caught:
        check_strength(passcode)
    assert all(caught.value.reasons)
    assert all(caught.value.suggestions)


def test_seven_characters_are_too_few_however_odd() -> None:
    with pytest.raises(WeakPasscode) as caught:
        check_strength("k9#Xq2!")
    assert caught.value.reasons == (TOO_SHORT,)


def test_ones_own_name_does_not_count() -> None:
    check_strength("Ottilie Feuerbach")
    with pytest.raises(WeakPasscode):
        check_strength("Ottilie Feuerbach", ["Ottilie Feuerbach"])


def test_two_keyboards_type_the_same_passcode() -> None:
    assert normalise("Zu\u0308rich") == normalise("Zürich")
    assert normalise("ｆｕｌｌ") == b"full"


def test_case_and_space_count() -> None:
    assert len({normalise("a b"), normalise("A b"), normalise("ab")}) == 3


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_accepted_or_refused(text: str) -> None:
    assert isinstance(normalise(text), bytes)
    with suppress(WeakPasscode):
        check_strength(text)


def test_lone_surrogates_are_a_passcode_like_any_other() -> None:
    assert normalise("\ud800abc") != normalise("abc")


def test_the_estimator_is_loaded_only_when_a_passcode_is_chosen() -> None:
    code = "import sys, core.vault.account; sys.exit('zxcvbn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
