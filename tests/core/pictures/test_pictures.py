"""An invitation is read from every picture that the reader claims to read, and from a stranger's picture comes no harm."""

from __future__ import annotations

import io
import os
import random
import resource
import subprocess
import sys
import textwrap
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageFilter, ImageOps

from core.people.format.invitation import decode_link, encode_link
from core.pictures import reader, sandbox
from core.pictures.reader import (
    MAX_ANSWER_SIZE,
    MAX_PICTURE_SIZE,
    READ_TIMEOUT,
    PictureReading,
    UnreadablePicture,
    open_picture,
)
from tests.core.people.test_link_search import LINK, OTHER, TEXT
from tui.text.qr_code import save_picture

CHILD = Path(sandbox.__file__)
SECOND = encode_link(OTHER)
WIFI = "WIFI:T:WPA;S=cafe;P=bonjour;;"


def code(text: str = TEXT, size: int = 300) -> Image.Image:
    """Return a code in grey, black on white, with its margin."""
    matrix = _matrix(text)
    image = Image.new("L", (len(matrix[0]), len(matrix)), 255)
    image.putdata([0 if dark else 255 for row in matrix for dark in row])
    return image.resize((size, size), Image.Resampling.NEAREST) if size else image


def _matrix(text: str) -> list[list[bool]]:
    from tui.text.qr_code import matrix_of

    return [list(row) for row in matrix_of(text)]


def written(image: Image.Image, kind: str, **details: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **details)
    return out.getvalue()


def seen(picture: bytes) -> list[str]:
    """Look as the child does, in this process."""
    return list(sandbox.codes_in(picture))


def read(path: Path, picture: bytes) -> list[str]:
    """Look in a child of its own."""
    path.write_bytes(picture)
    return PictureReading(path).run()


def on_nothing(ink: int) -> Image.Image:
    """Return a code of one colour on nothing."""
    grey = code()
    ink_image = Image.new("RGBA", grey.size, (ink, ink, ink, 255))
    ink_image.putalpha(ImageOps.invert(grey))
    return ink_image


def palette_on_nothing() -> Image.Image:
    image = Image.new("P", (300, 300), 0)
    image.putpalette([255, 255, 255, 250, 250, 250] + [0] * 750)
    image.paste(1, mask=ImageOps.invert(code()))
    return image


def sixteen_bits(brightest: int = 65535) -> Image.Image:
    return code().convert("I").point(lambda value: value * (brightest / 255) + 0).convert("I;16")


# What each kind of file can hold.
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "GIF": ("1", "L", "P", "RGB", "RGBA"),
    "WEBP": ("L", "RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
}


def in_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return sixteen_bits()
    if mode == "LAB":
        grey = code()
        return Image.merge("LAB", (grey, Image.new("L", grey.size, 128), Image.new("L", grey.size, 128)))
    if mode == "CMYK":
        return code().convert("RGB").convert("CMYK")
    return code().convert("RGB").convert(mode) if mode == "YCbCr" else code().convert(mode)


def test_the_claims_are_tried() -> None:
    assert set(MODES) == set(sandbox.FORMATS)


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in MODES.items() for mode in modes])
def test_a_code_is_read_in_every_format_and_mode(tmp_path: Path, kind: str, mode: str) -> None:
    assert read(tmp_path / "a", written(in_mode(mode), kind)) == [TEXT]


def frames(kind: str) -> bytes:
    others = [Image.new("RGB", (300, 300), (shade, 90, 200)) for shade in (10, 200, 120)]
    return written(others[0], kind, save_all=True, append_images=[*others[1:], code().convert("RGB")], duration=50)


def compressed(kind: str) -> bytes:
    return written(code().convert("1") if kind == "group4" else code(), "TIFF", compression=kind)


PICTURES: dict[str, Callable[[], bytes]] = {
    "black on nothing": lambda: written(on_nothing(0), "PNG"),
    "white on nothing": lambda: written(on_nothing(255), "PNG"),
    "white on nothing, WebP": lambda: written(on_nothing(255), "WEBP", lossless=True),
    "white on nothing, TIFF": lambda: written(on_nothing(255), "TIFF"),
    "white on nothing, GIF": lambda: written(palette_on_nothing(), "GIF", transparency=0),
    "white on nothing, palette": lambda: written(palette_on_nothing(), "PNG", transparency=0),
    "white on nothing, grey": lambda: written(on_nothing(255).convert("LA"), "PNG"),
    "nothing at all, but a code": lambda: written(_invisible(), "PNG"),
    "grey that is left out": lambda: written(code(), "PNG", transparency=255),
    "inverted": lambda: written(ImageOps.invert(code()), "PNG"),
    "inverted, photograph": lambda: written(ImageOps.invert(code()).convert("RGB"), "JPEG"),
    "one pixel a module": lambda: written(code(size=0), "PNG"),
    "one pixel a module, inverted": lambda: written(ImageOps.invert(code(size=0)), "PNG"),
    "one pixel a module, no margin": lambda: written(code(size=0).crop(_inside(code(size=0))), "PNG"),
    "no margin": lambda: written(code().crop(_inside(code())), "PNG"),
    "no margin, inverted": lambda: written(ImageOps.invert(code().crop(_inside(code()))), "PNG"),
    "dark grey on grey": lambda: written(code().point([100 + value // 12 for value in range(256)]), "PNG"),
    "red on green": lambda: written(_two_colours((200, 0, 0), (0, 102, 0)), "PNG"),
    "sixteen bits, dim": lambda: written(sixteen_bits(900), "PNG"),
    "turned a quarter": lambda: written(code().rotate(90), "PNG"),
    "turned a little": lambda: written(code().rotate(17, expand=True, fillcolor=255), "PNG"),
    "mirrored": lambda: written(ImageOps.mirror(code()), "PNG"),
    "blurred": lambda: written(code().filter(ImageFilter.GaussianBlur(2)), "JPEG", quality=40),
    "stretched": lambda: written(code().resize((300, 420)), "PNG"),
    "animated GIF": lambda: frames("GIF"),
    "animated PNG": lambda: frames("PNG"),
    "animated WebP": lambda: frames("WEBP"),
    "TIFF of several pages": lambda: frames("TIFF"),
    "progressive": lambda: written(code(), "JPEG", progressive=True),
    "interlaced": lambda: written(code().convert("P"), "GIF", interlace=1),
    "fax": lambda: compressed("group4"),
    "LZW": lambda: compressed("tiff_lzw"),
    "deflate": lambda: compressed("tiff_adobe_deflate"),
    "JPEG in TIFF": lambda: compressed("jpeg"),
    "several pictures in one": lambda: written(code().convert("RGB"), "MPO", save_all=True, append_images=[code()]),
    **{f"turned by EXIF {at}": (lambda at=at: _exif(at)) for at in (3, 5, 6, 8)},  # type: ignore[misc]
}


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return written(code().convert("RGB"), "JPEG", exif=exif)


def _invisible() -> Image.Image:
    image = code().convert("RGBA")
    image.putalpha(0)
    return image


def _inside(image: Image.Image) -> tuple[int, int, int, int]:
    box = ImageOps.invert(image).getbbox()
    assert box is not None
    return box


def _two_colours(ink: tuple[int, int, int], paper: tuple[int, int, int]) -> Image.Image:
    return ImageOps.colorize(code(), ink, paper)


@pytest.mark.parametrize("name", PICTURES)
def test_a_code_is_read_from_every_kind_of_picture(tmp_path: Path, name: str) -> None:
    assert read(tmp_path / "a", PICTURES[name]()) == [TEXT]


def photograph(texts: list[str], size: tuple[int, int] = (3000, 2000), side: int = 420) -> Image.Image:
    """Return a noisy picture of several codes that lie on a table."""
    rng = random.Random(5)
    photo = Image.effect_noise((size[0] // 8, size[1] // 8), 40).resize(size).convert("RGB")
    for number, text in enumerate(texts):
        tilted = code(text, side).convert("RGBA").rotate(rng.uniform(-20, 20), expand=True)
        across = size[0] // (side + 160)
        place = 60 + number % across * (side + 160), 60 + number // across * (side + 160)
        photo.paste(tilted, place, tilted)
    return photo


def test_of_several_codes_in_a_photograph_the_invitation_is_found(tmp_path: Path) -> None:
    others = [WIFI, "https://example.org/menu", *(f"TABLE {at}" for at in range(9))]
    codes = read(tmp_path / "a.jpg", written(photograph([*others, TEXT]), "JPEG"))
    assert set(codes) == {*others, TEXT}


def test_two_invitations_in_one_picture_are_both_found(tmp_path: Path) -> None:
    assert set(read(tmp_path / "a.jpg", written(photograph([SECOND, TEXT]), "JPEG"))) == {SECOND, TEXT}


def test_where_the_first_look_finds_something_else_the_next_ones_go_on(tmp_path: Path) -> None:
    """A code on white that is no invitation beside an invitation that is white on nothing."""
    both = Image.new("RGBA", (700, 340))
    both.paste(code(WIFI).convert("RGBA"), (20, 20))
    both.paste(on_nothing(255), (370, 20))
    assert TEXT in read(tmp_path / "a.png", written(both, "PNG"))


@pytest.mark.parametrize("text", [f"Join me:\n{TEXT}", f"https://example.org/?to={TEXT.replace(':', '%3A')}&x=é"])
def test_a_code_that_says_more_than_the_invitation_is_passed_on(tmp_path: Path, text: str) -> None:
    import qrcode

    drawn = qrcode.QRCode(border=4, box_size=4)
    drawn.add_data(text.encode())
    drawn.make(fit=True)
    out = io.BytesIO()
    drawn.make_image().save(out)
    (said,) = read(tmp_path / "a.png", out.getvalue())
    assert said.isprintable()
    assert decode_link(said) == LINK


@pytest.mark.parametrize(
    "size", [(8160, 6144), (9248, 6936), pytest.param((16320, 12240), marks=pytest.mark.full)], ids=str
)
def test_photographs_as_large_as_phones_make_them_are_read(tmp_path: Path, size: tuple[int, int]) -> None:
    photo = Image.new("L", size, 110)
    photo.paste(code(size=1800), (size[0] // 3, size[1] // 3))
    assert read(tmp_path / "a.jpg", written(photo, "JPEG", quality=60)) == [TEXT]


def test_a_small_code_in_a_large_photograph_is_read_at_the_second_look(tmp_path: Path) -> None:
    photo = Image.new("L", (9248, 6936), 150)
    photo.paste(code(size=164), (7001, 5003))
    assert read(tmp_path / "a.jpg", written(photo, "JPEG", quality=90)) == [TEXT]


# --- bounds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
def test_what_has_too_many_pixels_is_refused_unpacked(tmp_path: Path, kind: str) -> None:
    side = round(sandbox.MAX_PIXELS**0.5) + 1
    picture = written(Image.new("1", (side, side)), kind, **({"compression": "group4"} if kind == "TIFF" else {}))
    with pytest.raises(Image.DecompressionBombError):
        seen(picture)
    if kind == "PNG":
        with pytest.raises(UnreadablePicture, match="too many pixels"):
            read(tmp_path / "a", picture)


def test_a_later_picture_of_a_file_is_measured_as_well() -> None:
    side = round(sandbox.MAX_PIXELS**0.5) + 1
    pages = [Image.new("1", (8, 8)), Image.new("1", (side, side))]
    picture = written(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="group4")
    with pytest.raises(Image.DecompressionBombError):
        seen(picture)


@pytest.mark.parametrize("kind", ["PPM", "PCX", "TGA", "ICO"])
def test_a_strangers_picture_reaches_few_decoders(kind: str) -> None:
    with pytest.raises(OSError, match="cannot identify"):
        seen(written(Image.new("L", (40, 40)), kind))


def hostile(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "picture.png"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text(TEXT)
    elif kind == "truncated":
        path.write_bytes(written(code(), "PNG")[:300])
    elif kind == "postscript":
        path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    elif kind == "plain":
        path.write_bytes(written(Image.new("L", (64, 64), 255), "PNG"))
    elif kind == "one pixel":
        path.write_bytes(written(Image.new("L", (1, 1), 255), "PNG"))
    elif kind == "thin":
        path.write_bytes(written(Image.new("L", (1, 30_000), 255), "PNG"))
    return path


@pytest.mark.parametrize("kind", ["empty", "text", "truncated", "postscript", "plain", "one pixel", "thin"])
def test_a_file_without_a_readable_code_gives_a_sentence(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UnreadablePicture) as caught:
        PictureReading(hostile(tmp_path, kind)).run()
    assert caught.value.reason.endswith(".")


def test_only_regular_files_of_bearable_size_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(MAX_PICTURE_SIZE + 1)
    cases = {"pipe": "not a picture", "huge": "too large", "missing": "no such file", ".": "not a picture"}
    for name, why in {**cases, "a\0b": "not the path"}.items():
        with pytest.raises(UnreadablePicture, match=why):
            open_picture(tmp_path / name)


def test_the_child_can_open_nothing_once_it_has_the_picture() -> None:
    attempt = "import sandbox; sandbox.confine(); open('/dev/null')"
    done = subprocess.run([sys.executable, "-c", attempt], cwd=CHILD.parent, capture_output=True, check=False)
    assert done.returncode != 0
    assert b"Too many open files" in done.stderr


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
    assert limits == [sandbox.MAX_MEMORY, sandbox.MAX_CPU, 0, 0, 0, 3]
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 3, "and this process did not"


@pytest.mark.parametrize(
    ("text", "said"),
    [("\x1b]0;pwned\x07", "]0;pwned"), ("two\nlines", "two lines"), ("é", ""), ("x" * 5000, "x" * 4296)],
)
def test_a_code_says_something_short_and_printable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    def found(_picture: bytes) -> list[str]:
        return [text, "fine"]

    monkeypatch.setattr(sandbox, "codes_in", found)
    monkeypatch.setattr(sandbox, "confine", lambda: None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # ``main`` sets it for its own process
    with warnings.catch_warnings():
        assert sandbox.main() == 0
    assert capsys.readouterr().out == f"{said}\nfine\n"


def reading_by(tmp_path: Path, program: str, timeout: float = READ_TIMEOUT) -> PictureReading:
    """Read a picture of a code with a program in place of the child."""
    child = tmp_path / "child.py"
    child.write_text(f"import os, sys, time; sys.stdin.buffer.read()\n{program}\n")
    path = tmp_path / "code.png"
    path.write_bytes(written(code(), "PNG"))
    return PictureReading(path, child=child, timeout=timeout)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (b"one\n\x1b[2Jtwo\nthree\x07\n\xff\xfe\n\nfour\n", ["one", "four"]),
        (b"x" * (3 * MAX_ANSWER_SIZE), ["x" * MAX_ANSWER_SIZE]),
    ],
    ids=["signs", "length"],
)
def test_a_child_that_was_taken_over_says_something_printable_and_short(
    tmp_path: Path, said: bytes, codes: list[str]
) -> None:
    assert reading_by(tmp_path, f"sys.stdout.buffer.write({said!r})").run() == codes


@pytest.mark.parametrize(
    "program", ["time.sleep(1000)", "os.close(1); time.sleep(1000)"], ids=["says nothing", "closes its mouth"]
)
def test_a_child_that_does_not_end_is_ended(tmp_path: Path, program: str) -> None:
    with pytest.raises(UnreadablePicture, match="too long"):
        reading_by(tmp_path, program, timeout=0.3).run()


def test_what_was_read_before_the_child_came_to_its_end_counts(tmp_path: Path) -> None:
    assert reading_by(tmp_path, "print('found', flush=True); os.kill(os.getpid(), 24)").run() == ["found"]


def test_nobody_waits_for_a_reading_that_was_stopped(tmp_path: Path) -> None:
    reading = reading_by(tmp_path, "time.sleep(1000)")
    threading.Timer(0.2, reading.stop).start()
    with pytest.raises(UnreadablePicture):
        reading.run()
    with pytest.raises(UnreadablePicture):
        reading.run()


def test_parent_and_child_mean_the_same() -> None:
    assert reader.TOO_LARGE == sandbox.TOO_LARGE


def test_the_programs_own_picture_is_read(tmp_path: Path) -> None:
    save_picture(TEXT, tmp_path / "a.png")
    assert PictureReading(tmp_path / "a.png").run() == [TEXT]
