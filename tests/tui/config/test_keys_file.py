"""``keys.toml``: keys by command, and what is told of the rest."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tui.config.keys_file import parse, written
from tui.screens.catalogue import whole_registry

IDS = {spec.id for spec in whole_registry()}


def test_keys_are_taken_as_text_or_list_in_tables_or_not() -> None:
    text = "go.switcher = 'Ctrl+T, f9'\npeople.block = ['alt+x', 'alt+,']\napp.quit = ''\n[view]\ntheme = ','"
    keys, told = parse(text).understood(IDS)
    assert told == []
    assert keys == {
        "go.switcher": ("ctrl+t", "f9"), "people.block": ("alt+x", "alt+comma"), "app.quit": (), "view.theme": ("comma",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\ngo.swicher = 'f9'", "keys.toml, line 2: no command is called 'go.swicher'."),
        ("[go]\nlast = 'ctrl+kk'", "keys.toml, line 2: 'ctrl+kk' is no key."),
        ("go.last = 7", "keys.toml, line 1: a key in quotes is expected, or a list of up to 8."),
        ("go.last = ['', 'f9']", "keys.toml, line 1: no key."),
        ("go.last = ", "keys.toml, line 1: invalid value; the file is not used."),
    ],
)
def test_what_is_not_used_is_told_with_its_line(text: str, told: str) -> None:
    keys, said = parse(text).understood(IDS)
    assert said == [told]
    assert keys == {}


def test_what_is_written_is_read_again() -> None:
    keys = {"go.last": ("ctrl+o", "alt+less_than_sign"), "app.quit": (), "go.1": ("f9",), "go.next-unread": ("f8",)}
    assert parse(written(keys)).understood(IDS) == (keys, [])
    assert parse(written({})).understood(IDS) == ({}, [])


@given(
    st.one_of(
        st.text(),
        st.sampled_from(["a" + ".a" * 9000 + " = 1", "go.last = " + "[" * 3000, "go.last = '" + "f9," * 9000 + "'"]),
    )
)
def test_nothing_in_the_file_ends_the_program(text: str) -> None:
    keys, told = parse(text).understood(IDS)
    assert isinstance(keys, dict)
    assert all(isinstance(each, str) for each in told)
