"""A picture from a stranger, and a child that reads it and may have been taken over."""

from __future__ import annotations

import io
import resource
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest
from PIL import Image

from tui import qr_child
from tui.qr_reading import MAX_ANSWER_SIZE, MAX_PICTURE_SIZE, UnreadablePicture, load_picture, read_codes

CHILD = Path(qr_child.__file__)


def picture(size: tuple[int, int], kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("1", size).save(out, kind)
    return out.getvalue()


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (b"one\n\x1b[2Jtwo\nthree\x07\n\xff\xfe\n\nfour\n", ["one", "four"]),
        (b"x" * (3 * MAX_ANSWER_SIZE), ["x" * MAX_ANSWER_SIZE]),
    ],
    ids=["signs", "length"],
)
async def test_a_child_that_was_taken_over_says_something_printable_and_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes, codes: list[str]
) -> None:
    child = tmp_path / "child.py"
    child.write_text(f"import sys; sys.stdin.read(); sys.stdout.buffer.write({said!r})")
    monkeypatch.setattr("tui.qr_reading._CHILD", child)
    (tmp_path / "code.png").write_bytes(picture((1, 1)))
    assert await read_codes(tmp_path / "code.png") == codes


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(UnreadablePicture, match=r"not a picture file"):
            load_picture(path)


def test_a_file_too_large_for_a_picture_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(MAX_PICTURE_SIZE + 1)
    with pytest.raises(UnreadablePicture, match="too large"):
        load_picture(path)


def test_a_picture_bomb_is_not_unpacked() -> None:
    side = round(qr_child.MAX_PIXELS**0.5) + 1
    with pytest.raises(Image.DecompressionBombError):
        qr_child.codes_in(picture((side, side)))


@pytest.mark.parametrize("kind", ["TIFF", "PPM", "PCX"])
def test_a_strangers_picture_reaches_few_decoders(kind: str) -> None:
    with pytest.raises(OSError, match="cannot identify"):
        qr_child.codes_in(picture((40, 40), kind))


def test_the_child_gives_up_its_rights_before_it_looks_at_the_picture() -> None:
    spy = f"""
        import resource, runpy, sys
        from PIL import Image
        child = runpy.run_path({str(CHILD)!r})
        def look(picture):
            names = ("AS", "CPU", "FSIZE", "CORE", "NPROC", "NOFILE")
            return [" ".join(str(resource.getrlimit(getattr(resource, "RLIMIT_" + name))[1]) for name in names)]
        child["main"].__globals__["codes_in"] = look
        child["main"]()
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(spy)], input=b"", capture_output=True, check=True
    ).stdout.decode()
    limits = [int(each) for each in said.split()]
    assert limits == [qr_child.MAX_MEMORY, qr_child.MAX_CPU, 0, 0, 0, 3]
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 3, "and this process did not"


@pytest.mark.parametrize("text", ["\x1b]0;pwned\x07", "two\nlines", "é", "x" * (qr_child.MAX_CODE_TEXT + 1)])
def test_a_code_says_something_short_and_printable_or_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    def found(_picture: bytes) -> list[str]:
        return [text, "fine"]

    monkeypatch.setattr(qr_child, "codes_in", found)
    monkeypatch.setattr(qr_child, "confine", lambda: None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # ``main`` sets it for its own process
    with warnings.catch_warnings():
        qr_child.main()
    assert capsys.readouterr().out == "fine\n"
