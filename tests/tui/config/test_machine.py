"""``config.toml``: what it may say, and what is told of the rest, with the line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from tui.config.folder import NotOwn, config_folder, read_own, write_own
from tui.config.local import Local, load
from tui.config.machine import Machine, parse

WHOLE = """
notify_command = "notify-send 'New message'"
title = false
language = "zh"
[terminal]
notices = "osc99"
links = false
"""


def test_what_the_file_says_is_taken() -> None:
    machine, wrong = parse(WHOLE)
    assert machine == Machine(
        ("notify-send", "New message"), title=False, notices="osc99", links=False, language="zh_CN"
    )
    assert wrong == []
    assert parse("")[0] == Machine()


NO_COMMAND = "notify_command has to be a command in quotes, or a list of words."
NO_FORM = "terminal.notices has to be one of auto, bell, osc9, osc777, osc99."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# one\ntitel = true", "config.toml, line 2: nothing is called 'titel'."),
        ("[terminal]\n\nlink = 1", "config.toml, line 3: nothing is called 'terminal.link'."),
        ("title = 'yes'", "config.toml, line 1: title has to be true or false."),
        ("title = 1", "config.toml, line 1: title has to be true or false."),
        ("notify_command = \"a 'b\"", f"config.toml, line 1: {NO_COMMAND}"),
        ("notify_command = []", f"config.toml, line 1: {NO_COMMAND}"),
        ("notify_command = ['']", f"config.toml, line 1: {NO_COMMAND}"),
        ("[terminal]\nnotices = 'loud'", f"config.toml, line 2: {NO_FORM}"),
        ("language = 'tlh'", "config.toml, line 1: language has to be one of en, zh_CN."),
        ("language = 1", "config.toml, line 1: language has to be one of en, zh_CN."),
        ("a = 1\na = 2", "config.toml, line 2: cannot overwrite a value; the file is not used."),
        ("title = ", "config.toml, line 1: invalid value; the file is not used."),
    ],
)  # fmt: skip
def test_what_is_not_used_is_told_with_its_line(text: str, told: str) -> None:
    machine, wrong = parse(text)
    assert wrong == [told]
    assert machine == Machine()


@given(
    st.one_of(st.text(), st.sampled_from(["[" * 5000, "a=" + "[" * 5000, "a=" + "{a=" * 3000, "x = 1" + "0" * 5000]))
)
def test_nothing_in_the_file_ends_the_program(text: str) -> None:
    machine, wrong = parse(text)
    assert isinstance(machine, Machine)
    assert all(each.endswith(".") for each in wrong)


def written(tmp_path: Path, mode: int = 0o600) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "config.toml").write_text(WHOLE)
    (tmp_path / "config.toml").chmod(mode)
    return tmp_path


def test_the_files_of_the_folder_are_read(tmp_path: Path) -> None:
    assert load(written(tmp_path)).machine.notices == "osc99"
    assert load(tmp_path / "nowhere") == Local(folder=tmp_path / "nowhere")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_names_no_command(tmp_path: Path, mode: int) -> None:
    local = load(written(tmp_path, mode))
    assert local.machine == Machine()
    assert "others may write config.toml" in local.wrong[0]


def test_nor_does_one_in_a_folder_that_others_may_write(tmp_path: Path) -> None:
    written(tmp_path).chmod(0o770)
    local = load(tmp_path)
    tmp_path.chmod(0o700)
    assert local.machine == Machine()
    assert "others may write the folder" in local.wrong[0]


def test_nor_does_one_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    if os.getuid() == 0:  # the administrator's are everybody's
        os.chown(path / "config.toml", 4711, -1)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    local = load(tmp_path)
    assert local.machine == Machine()
    assert "belongs to another user" in local.wrong[0]


def test_what_is_no_file_too_long_or_no_text_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "config.toml"
    os.mkfifo(path)
    with pytest.raises(NotOwn, match="is no file"):
        read_own(path)
    path.unlink()
    path.write_bytes(b"#" * (1 << 17))
    with pytest.raises(NotOwn, match="longer than"):
        read_own(path)
    path.write_bytes(b"# one\n\xff")
    with pytest.raises(NotOwn, match="line 2: this is not UTF-8"):
        read_own(path)


def test_a_file_is_written_whole_for_this_user_alone_and_links_stay(tmp_path: Path) -> None:
    path, target = tmp_path / "new" / "keys.toml", tmp_path / "dotfiles.toml"
    write_own(path, "a = 1\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.unlink()
    path.symlink_to(target)
    write_own(path, "b = 2\n")
    assert path.is_symlink()
    assert target.read_text() == "b = 2\n"
    assert list(path.parent.iterdir()) == [path]


def test_the_folder_is_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/somewhere")
    assert config_folder() == Path("/somewhere/sottovoce")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "")
    assert config_folder() is None
