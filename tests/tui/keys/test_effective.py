"""Which keys count: the person's own, then a preset's, then the program's; a key means one thing in one place."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, strategies as st

from tui.keys.effective import effective, meet, split
from tui.keys.key_rules import BadKey, doubt, forbidden, is_typed, parse_key
from tui.keys.keymap import PATIENT, UNSET, key_name
from tui.keys.presets import PRESETS
from tui.keys.registry import CommandSpec, Registry, Scope
from tui.screens.catalogue import whole_registry

REGISTRY = whole_registry()


def one(command_id: str, keys: str = "", scope: Scope = Scope.MAIN) -> CommandSpec:
    return CommandSpec(id=command_id, title=command_id.upper(), help="H.", group="G", keys=keys, scope=scope)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("enter_sends", [True, False])
def test_no_preset_has_a_key_for_two_commands_or_takes_all_of_one(preset: str, *, enter_sends: bool) -> None:
    found = effective(REGISTRY, preset, {}, enter_sends=enter_sends)
    assert tuple(each.said for each in found.denied) == ()
    assert [spec.id for spec in REGISTRY if spec.keys and not found.keys[spec.id]] == []
    assert set(PRESETS[preset]) <= {spec.id for spec in REGISTRY}


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_hangs_on_a_key_that_cannot_be(preset: str) -> None:
    for command_id, keys in PRESETS[preset].items():
        assert [forbidden(key, REGISTRY.get(command_id)) for key in split(keys)] == [""] * len(split(keys))
        assert [key for key in split(keys) if parse_key(key_name(key)) != key and key.islower()] == []


def test_with_the_programs_keys_textual_is_told_nothing() -> None:
    assert effective(REGISTRY, "default", {}).keymap(REGISTRY) == {}


def test_an_own_key_takes_it_from_the_command_that_had_it() -> None:
    specs = [one("a", "ctrl+k,ctrl+g"), one("b", "alt+b"), one("c")]
    found = effective(specs, "default", {"c": ("ctrl+k",), "b": ()})
    assert found.keys == {"a": ("ctrl+g",), "b": (), "c": ("ctrl+k",)}
    assert tuple(each.said for each in found.denied) == ("Ctrl+K is C and so not A.",)
    assert found.keymap(specs) == {"a": "ctrl+g", "b": UNSET, "c": "ctrl+k"}


def test_of_two_own_keys_the_first_command_has_it() -> None:
    found = effective([one("a"), one("b")], "default", {"b": ("f9",), "a": ("f9",)})
    assert found.keys == {"a": ("f9",), "b": ()}
    assert tuple(each.said for each in found.denied) == ("F9 is A and so not B.",)


def test_writing_and_a_selected_message_are_two_places() -> None:
    assert not meet(one("a", scope=Scope.COMPOSER), one("b", scope=Scope.SELECT))
    assert meet(one("a", scope=Scope.COMPOSER), one("b", scope=Scope.APP))
    assert not meet(REGISTRY.get("view.back"), REGISTRY.get("select.leave"))
    assert meet(REGISTRY.get("view.back"), REGISTRY.get("app.quit"))


def test_what_is_needed_for_writing_cannot_be_taken() -> None:
    found = effective(
        REGISTRY, "default", {"go.next-unread": ("a",), "people.block": ("enter",), "app.lock": ("ctrl+i",)}
    )
    assert tuple(each.said for each in found.denied) == (
        "Next unread: a is needed for writing.",
        "Block: Enter is needed in each list and form.",
        "Lock now: Ctrl+I cannot be told from Tab.",
    )
    assert found.keys["go.next-unread"] == ()


def test_a_registry_can_be_given_other_keys() -> None:
    registry = Registry([one("a", "f2"), one("b", "f3")])
    registry.rekey({"a": ("ctrl+t", "f4")})
    assert [spec.keys for spec in registry] == ["ctrl+t,f4", "f3"]


KEYS = st.sampled_from(["ctrl+k", "alt+a", "f9", "ctrl+j", "y", "escape", "ctrl+x"])


@given(
    st.dictionaries(st.sampled_from([spec.id for spec in REGISTRY]), st.lists(KEYS, max_size=3).map(tuple)),
    st.sampled_from(list(PRESETS)),
)
def test_whatever_is_chosen_no_key_means_two_things_in_one_place(own: dict[str, tuple[str, ...]], preset: str) -> None:
    found = effective(REGISTRY, preset, own)
    for spec, other in itertools.combinations(REGISTRY, 2):
        shared = set(found.keys[spec.id]) & set(found.keys[other.id])
        assert not shared or not meet(spec, other), (spec.id, other.id, shared)


# --- keys as people write them ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Ctrl+K", "ctrl+k"), ("control + k", "ctrl+k"), ("alt+<", "alt+less_than_sign"), ("?", "question_mark"),
        ("PgUp", "pageup"), ("F12", "f12"), ("G", "G"), ("Alt+G", "alt+g"), ("Del", "delete"), ("Esc", "escape"),
        ("ctrl++", "ctrl+plus"), ("+", "plus"), ("shift+tab", "shift+tab"), ("shift+alt+x", "alt+shift+x"),
        ("space", "space"), ("Alt+,", "alt+comma"), ("question_mark", "question_mark"),
    ],
)  # fmt: skip
def test_a_key_is_understood_as_it_is_written_on_keyboards(written: str, key: str) -> None:
    assert parse_key(written) == key


@pytest.mark.parametrize("written", ["", "  ", "ctrl+", "hyperspace", "ctrl+kk", "foo+k", "x" * 50, "\x1b", "f99"])
def test_what_is_no_key_is_said_to_be_none(written: str) -> None:
    with pytest.raises(BadKey):
        parse_key(written)


@given(st.text(max_size=60))
def test_any_text_is_a_key_or_none(text: str) -> None:
    try:
        key = parse_key(text)
    except BadKey:
        return
    assert "," not in key
    assert parse_key(key) == key


@pytest.mark.parametrize("spec", REGISTRY, ids=lambda spec: spec.id)
def test_the_programs_own_keys_keep_the_rules(spec: CommandSpec) -> None:
    assert [key for key in split(spec.keys) if forbidden(key, spec)] == []
    # Where one key of a command may not arrive, another does.
    assert not spec.keys or not all(doubt(key) for key in split(spec.keys)) or spec.slash


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("ctrl+b", "tmux"), ("ctrl+s", "flow control"), ("ctrl+1", "newer keyboard protocol"), ("ctrl+k", ""),
        ("shift+enter", "newer keyboard protocol"), ("alt+enter", ""), ("alt+left_square_bracket", "newer keyboard"),
        ("alt+a", ""), ("ctrl+shift+k", "newer keyboard"), ("f5", ""), ("super+k", "newer keyboard"), ("ctrl+left", ""),
        ("ctrl+underscore", ""), ("alt+less_than_sign", ""), ("shift+tab", ""), ("ctrl+space", ""),
    ],
)  # fmt: skip
def test_a_key_that_may_not_arrive_is_said_to(key: str, said: str) -> None:
    assert said in doubt(key)
    assert bool(said) == bool(doubt(key))


def test_letters_are_typed_and_patient_commands_may_have_them() -> None:
    assert is_typed("a")
    assert is_typed("question_mark")
    assert not is_typed("f1")
    assert not is_typed("alt+a")
    assert "app.question" in PATIENT
    assert forbidden("question_mark", REGISTRY.get("app.question")) == ""
