"""An address reaches the system's opener as one argument, without a shell, or no opener at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tui.terminal.opener import open_address, opener

DESKTOP = {"DISPLAY": ":0"}


def found(name: str) -> str:
    return f"/usr/bin/{name}"


@pytest.mark.parametrize(
    ("environ", "platform", "command"),
    [
        (DESKTOP, "linux", ("/usr/bin/xdg-open",)),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", ("/usr/bin/xdg-open",)),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", ("/usr/bin/wslview",)),
        ({}, "darwin", ("/usr/bin/open",)),
        ({}, "linux", ()),
        ({**DESKTOP, "SSH_CONNECTION": "a b"}, "linux", ()),
        ({"SSH_TTY": "/dev/pts/0"}, "darwin", ()),
    ],
)
def test_what_opens_stands_beside_the_terminal(
    environ: dict[str, str], platform: str, command: tuple[str, ...]
) -> None:
    assert opener(environ, platform, found) == command
    assert opener(environ, platform, lambda _: None) == ()


def recorder(folder: Path, then: str = "") -> tuple[str, ...]:
    """Return an opener that notes its arguments."""
    script = f"import sys, pathlib; pathlib.Path({str(folder / 'got')!r}).write_text(repr(sys.argv[1:])); {then}"
    return (sys.executable, "-c", script)


def test_an_address_is_one_argument_whatever_signs_are_in_it(tmp_path: Path) -> None:
    address = f"https://example.org/;touch${{IFS}}{tmp_path}/a;$(touch%20x)&'*"
    address = address.replace("{", "").replace("}", "")
    assert open_address(recorder(tmp_path), address)
    assert (tmp_path / "got").read_text() == repr([address])
    assert [each.name for each in tmp_path.iterdir()] == ["got"]


def test_what_is_no_address_of_the_web_or_of_mail_reaches_no_program(tmp_path: Path) -> None:
    for address in ("file:///etc/passwd", "--help", "javascript:alert(1)", "https://a.b/\n"):
        with pytest.raises(ValueError, match="not an address"):
            open_address(recorder(tmp_path), address)
    assert not list(tmp_path.iterdir())


def test_an_opener_that_fails_or_is_not_there_is_told_and_one_that_stays_is_not_waited_for(tmp_path: Path) -> None:
    assert not open_address(recorder(tmp_path, "sys.exit(3)"), "https://example.org")
    assert not open_address((str(tmp_path / "none"),), "https://example.org")
    assert open_address(recorder(tmp_path, "import time; time.sleep(0.3)"), "https://example.org", soon=0.01)
