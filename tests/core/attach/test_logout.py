"""What ends a core at logout is read from the files of systemd-logind."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from core.attach.logout import KILLS, NO_LINGER, at_logout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    return tmp_path


def linger(root: Path) -> None:
    name = root / "var/lib/systemd/linger" / pwd.getpwuid(os.geteuid()).pw_name
    name.parent.mkdir(parents=True)
    name.touch()


def setting(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_systemd_nothing_is_known(tmp_path: Path) -> None:
    assert at_logout(tmp_path) is None


def test_services_end_unless_their_user_lingers(root: Path) -> None:
    assert at_logout(root) == NO_LINGER
    linger(root)
    assert at_logout(root) is None


@pytest.mark.parametrize(
    ("files", "kills"),
    [
        ({"etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=yes\n"}, False),
        ({"etc/systemd/logind.conf": "[Login]\nKillUserProcesses=yes\n"}, True),
        ({"etc/systemd/logind.conf": "KillUserProcesses=no\nKillUserProcesses = On\n"}, True),
        ({"usr/lib/systemd/logind.conf": "KillUserProcesses=yes\n", "etc/systemd/logind.conf": "\n"}, False),
        (
            {
                "etc/systemd/logind.conf": "KillUserProcesses=yes\n",
                "usr/lib/systemd/logind.conf.d/10.conf": "KillUserProcesses=no\n",
            },
            False,
        ),
        (
            {
                "usr/lib/systemd/logind.conf.d/10.conf": "KillUserProcesses=no\n",
                "etc/systemd/logind.conf.d/10.conf": "KillUserProcesses=1\n",
            },
            True,
        ),
    ],
)
def test_what_a_session_leaves_behind_is_ended_where_logind_is_told_to(
    root: Path, files: dict[str, str], kills: bool
) -> None:
    linger(root)
    for name, text in files.items():
        setting(root, name, text)
    assert at_logout(root) == (KILLS if kills else None)
