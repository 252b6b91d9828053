"""What is seen of a thing's size: its class, whatever is in it. Padded last of all; compressed only where it is one's own.

A stranger sees boxes and records. So the number of boxes that a text makes, and the size of a record, may hang on nothing
but the class that its length falls into: neither on what the words are, nor on how well they would compress.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from core import api
from core.people.format.content import Text, encode_item
from core.people.format.fragment import CLASSES
from core.people.format.personal_record import STATE_SIZES as PERSONAL_SIZES
from net.parcel.box import BOX_SIZE
from net.parcel.record import RECORD_SIZES, record_size
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle

BUNDLE_SIZE = 4096  # bytes of ciphertext
ROOT = Path(__file__).parents[3]


def boxes_of(office: Office, alice: Person, bob: Person, a: str, text: str) -> int:
    """Return how many boxes lie there for a text, once it is all that is under way."""
    settle(office, alice, bob, rounds=6)
    before = len(office.boxes)
    alice.say(a, text)
    return len(office.boxes) - before


@pytest.fixture
def chat(office: Office, alice: Person, bob: Person) -> str:
    a, _ = meet(office, alice, bob)
    settle(office, alice, bob, rounds=6)
    return a


@pytest.mark.parametrize("size", [1, 200, 600, 2_000, 3_000, 6_000, 12_000])
def test_how_many_boxes_a_text_takes_hangs_on_its_length_alone(
    office: Office, alice: Person, bob: Person, chat: str, size: int
) -> None:
    monotonous, motley = "a" * size, os.urandom(size).hex()[:size]
    signs = "€" * (size // 3) + "a" * (size % 3)  # as many bytes
    counts = {boxes_of(office, alice, bob, chat, text) for text in (monotonous, motley, signs)}
    assert len(counts) == 1
    assert counts <= set(CLASSES)


def test_all_boxes_and_records_have_sizes_of_the_list(office: Office, alice: Person, bob: Person, chat: str) -> None:
    """Texts, greetings, acceptances, acknowledgements, re-keyings, invitations."""
    for number in range(45):
        alice.say(chat, "x" * (1 + number * 60))
        settle(office, alice, bob, rounds=1)
    assert {len(box) for box in office.boxes} == {BOX_SIZE}
    assert {len(record) for record in office.records.values()} <= set(RECORD_SIZES)


@pytest.mark.parametrize(("name", "expires_in"), [("", 60), ("x" * api.MAX_NAME_SIZE, 86_400), ("ü" * 20, 3_600)])
def test_a_link_and_its_record_have_one_size(office: Office, alice: Person, name: str, expires_in: int) -> None:
    alice.call(api.AccountRename(name=name or "a"))
    link = alice.call(api.InviteCreate(expires_in=expires_in)).link
    settle(office, alice, rounds=2)
    plain = alice.call(api.InviteCreate(expires_in=86_400)).link
    settle(office, alice, rounds=2)
    assert len(link) == len(plain)
    personal = {record_size(size) for size in PERSONAL_SIZES}
    assert {len(record) for record in office.records.values()} - personal == {record_size(BUNDLE_SIZE)}


def test_nothing_is_compressed_but_the_personal_record() -> None:
    """What compresses tells by its size what two things in it have in common: the one place where it is done is known."""
    tools = {"zlib", "gzip", "bz2", "lzma", "zstandard", "brotli", "compression"}
    users = set[str]()
    for top in ("net", "core"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import) and tools & {alias.name for alias in node.names}:
                    users.add(str(path.relative_to(ROOT)))
                if (
                    isinstance(node, ast.ImportFrom)
                    and node.module in tools
                    and {a.name for a in node.names} != {"crc32"}
                ):
                    users.add(str(path.relative_to(ROOT)))
    assert users == {"core/people/format/personal_record.py", "core/archive/reading.py"}  # archives go nowhere


def test_an_item_is_as_long_as_what_it_says() -> None:
    """No field on the way is squeezed."""
    kind_and_size = {len(encode_item(Text(bytes(16), text))[1]) for text in ("a" * 300, "abc" * 100, "€" * 100)}
    assert len(kind_and_size) == 1
