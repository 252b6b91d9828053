"""The wheel holds the program, its data and its notices, nothing else, and asks for what the program imports."""

from __future__ import annotations

import email
import email.message
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tui import __version__

ROOT = Path(__file__).parent.parent
PRODUCT = ("net", "core", "tui")
# What lies in a checkout beside the product, of which nothing may be shipped.
BESIDE = ("simulator", "benchmarks", "scripts", "tests/support")
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "requirements", "completions", "systemd", "docs")
# Files of the product that are no code, by how their names end.
DATA = (".mo", ".sql", ".txt", ".tcss", "py.typed")
# Distributions that are not named as the module they bring.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "argon2": "argon2-cffi",
    "markdown_it": "markdown-it-py",
    "nacl": "PyNaCl",
    "zxingcpp": "zxing-cpp",
}
# Parsing five hundred files would take twenty times as long.
IMPORT = re.compile(r"^ *(?:import (\w+)[.\w]*(?: as \w+)?(?: *#.*)?|from (\w+)[.\w]* import .*)$", re.MULTILINE)
SHARED = (
    "share/man/man1/sottovoce.1",
    "share/bash-completion/completions/sottovoce",
    "share/zsh/site-functions/_sottovoce",
    "share/fish/vendor_completions.d/sottovoce.fish",
    "share/systemd/user/sottovoce.service",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel of a copy of this checkout: what an earlier build left in ``build/`` would be shipped with it."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in (*PRODUCT, *BESIDE, *NEEDED):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    done = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(copy / done.stdout.split()[-1])


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> email.message.Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def files_of_the_product() -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for top in PRODUCT
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.name.endswith((".py", *DATA))
    }


def test_it_holds_the_product_and_nothing_beside_it(wheel: zipfile.ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name and ".data/" not in name}
    assert held == files_of_the_product()
    assert {name for name in held if not name.endswith(".py")} >= {
        "core/words.txt",
        "core/storage/schema/history_0001_initial.sql",
        "tui/app/app.tcss",
        *(f"{top}/py.typed" for top in PRODUCT),
    }


def test_its_notices_and_what_a_package_manager_looks_for_are_in_it(wheel: zipfile.ZipFile) -> None:
    stem = f"sottovoce-{__version__}"
    held = {name for name in wheel.namelist() if "/licenses/" in name or ".data/" in name}
    assert held == {
        *(f"{stem}.dist-info/licenses/{name}" for name in ("LICENSE", "NOTICE")),
        *(f"{stem}.data/data/{name}" for name in SHARED),
    }
    assert "SCOWL" in wheel.read(f"{stem}.dist-info/licenses/NOTICE").decode()


def test_it_says_what_it_is(wheel: zipfile.ZipFile, metadata: email.message.Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("sottovoce", __version__)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == "<3.14,>=3.11"
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    (entry,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert wheel.read(entry).decode().split() == ["[console_scripts]", "sottovoce", "=", "tui.__main__:main"]


def test_it_requires_what_the_program_imports_and_no_more(metadata: email.message.Message) -> None:
    required = {normal(re.split(r"[^\w.-]", line)[0]) for line in metadata.get_all("Requires-Dist", [])}
    assert {normal(DISTRIBUTIONS.get(module, module)) for module in imports()} == required


def normal(name: str) -> str:
    """Return a distribution's name as all its spellings are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imports() -> set[str]:
    """Return the top modules from elsewhere that the product imports anywhere."""
    found = set[str]()
    for name in files_of_the_product():
        if name.endswith(".py"):
            for plain, listed in IMPORT.findall((ROOT / name).read_text(encoding="utf-8")):
                found.add(plain or listed)
    return found - sys.stdlib_module_names - set(PRODUCT)
