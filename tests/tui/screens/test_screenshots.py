"""The pictures that the README and the pages show are those that the script draws."""

from __future__ import annotations

from scripts.make_screenshots import FOLDER, SCENES, files_of

# Kilobytes a picture may take in everybody's clone.
MAX_PICTURE = 150 * 1000


def test_every_scene_has_its_pictures_and_no_picture_is_left_over() -> None:
    expected = {path.name for name in SCENES for path in files_of(name)}
    assert {path.name for path in FOLDER.iterdir()} == expected


def test_no_picture_is_heavy() -> None:
    assert [path.name for path in FOLDER.glob("*.png") if path.stat().st_size > MAX_PICTURE] == []


def test_the_readme_shows_what_there_is() -> None:
    assert "screenshots/chat-120x40.png" in (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert (FOLDER / "chat-120x40.png").exists()
