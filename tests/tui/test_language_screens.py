"""No word of ours on any screen is told in English only: each screen is drawn in a language of another script.

What is Latin there and stands for nothing that has a name of its own (keys, slash commands, people, links, values that are
typed) is a text that nobody gave to ``tr``.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from tests.support import world
from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.support.other_language import LATIN, other, spoken
from tests.tui.screens.test_main_snapshots import doing
from tests.tui.screens.test_screens_snapshots import CRASHED, INVITE, SCREENS, SEED_WORDS, a_world
from tests.tui.stage import Stage
from tests.tui.until import until, until_still
from tui.app.app import SottovoceApp
from tui.keys.commands import GLYPH_NAMES, LAYOUT_NAMES, NOTICE_RULES, THEME_NAMES
from tui.keys.presets import PRESETS
from tui.language import LANGUAGES
from tui.screens.catalogue import whole_registry
from tui.text.sanitize import clean_text

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]

NOT_YET: set[str] = set()
"""Screens with texts that are not wrapped yet. It only shrinks."""

KEYS = [
    "Enter", "Esc", "Tab", "Shift", "Ctrl", "Alt", "Up", "Down", "Left", "Right", "Home", "End", "PgUp", "PgDn", "Space",
    "Backspace", "Del", "Delete", "Ins", "Insert",
]  # fmt: skip
# What is typed as it stands, or is called so in each language.
NAMES = [
    "sottovoce", "SOTTOVOCE", "IPv", "UDP", "NAT", "DHT", "BitTorrent", "QR", "JSON", "SSH", "KB", "kB", "MB", "GB", "ms",
    "UTC", *THEME_NAMES, *GLYPH_NAMES, *LAYOUT_NAMES, *NOTICE_RULES, *PRESETS, *LANGUAGES.values(),
]  # fmt: skip
_WORD = re.compile(f"[{LATIN}]+")
# Links, slash commands, key combinations, files, identities: no words.
_NO_WORDS = re.compile(
    r"SOTTOVOCE:\S+|(?<![\w/])/[a-z-]+|\S*\.(?:toml|zip|png|txt|py)\b\S*|~\S*|(?:Ctrl|Alt|Shift)\+\S+|"
    r"\b[a-z0-9]{4}(?: [a-z0-9]{4}){4,}\b|\b[A-Z0-9]{10,}\b"
)

# What stands where a word is cut: an ellipsis, or the frame of what lies over it.
_CUTS = frozenset("…│╭╮╰╯─")


@pytest.fixture(autouse=True)
def _another_language() -> Iterator[None]:
    with spoken():
        yield


def words_in(data: object) -> set[str]:
    """Return each word of some data, at whatever depth."""
    built = msgspec.to_builtins(data)
    if isinstance(built, dict):
        return set().union(*(words_in(each) for each in built.values()), set())
    if isinstance(built, list | tuple | set):
        return set().union(*(words_in(each) for each in built), set())
    return {*_WORD.findall(built), *_WORD.findall(clean_text(built))} if isinstance(built, str) else set()


def told_by(client: FakeClient, place: str) -> set[str]:
    """Return the words that people wrote in this world and that are shown in a place, and names and keys of its accounts."""
    data: list[object] = [client.name, INVITE, client.invites, client.greetings, [room.name for room in client.rooms]]
    if place.startswith("main") or place == "message":
        data += [[room.rows, room.draft] for room in client.rooms]
    if place in {"words", "check", "restore"}:
        data.append([*SEED_WORDS, "hosre"])
    if place in {"link", "deceiving"}:  # letters have names in English only
        data.append(
            [
                "https://www.example.org/timetable?from=Lyon#today",
                "exаmple xn--exmple-4nf",
                "Log in at",
                "CYRILLIC SMALL",
            ]
        )
    if place == "crashed":
        data.append(CRASHED)
    data += [value for name, value in vars(world).items() if name.isupper() and len(str(value)) == len(world.ALICE)]
    found = set().union(*map(words_in, data))
    return found | {part for word in found for part in (word.lower(), word[:2].upper(), word[:1].upper())}


def drawn(app: Any) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


def untranslated(rows: list[str], allowed: set[str]) -> set[str]:
    """Return the Latin words of more than one letter that are not allowed, cut ones counted by their beginning."""
    found = {each for row in rows for each in _cut_words(_NO_WORDS.sub(" ", row)) if len(each[1]) > 1}
    return {
        word
        for before, word, after in found
        if word not in allowed
        and not (after in _CUTS and any(each.startswith(word) for each in allowed))
        and not (before in _CUTS and any(each.endswith(word) for each in allowed))
    }


def _cut_words(row: str) -> list[tuple[str, str, str]]:
    """Return each word of a row, with the sign before it and the one behind it."""
    row = f" {row} "
    return [(row[each.start() - 1], each[0], row[each.end()]) for each in _WORD.finditer(row)]


Act = Callable[[Pilot[Any]], Awaitable[None]]


def a_page(name: str) -> tuple[SottovoceApp, FakeClient, Act]:
    client = a_world()

    async def settle(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: pilot.app.focused or name in {"network", "code", "opening"})

    return Stage(SCREENS[name], client), client, settle


def the_main_screen(*keys: str, at: str = "bob", **flags: Any) -> Callable[[], tuple[SottovoceApp, FakeClient, Act]]:
    def make() -> tuple[SottovoceApp, FakeClient, Act]:
        client = FakeClient(**flags)
        return demo_app(client), client, doing(*keys, at=at)

    return make


async def _the_lock(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: type(pilot.app.screen).__name__ == "LockScreen" and pilot.app.focused)


def the_lock() -> tuple[SottovoceApp, FakeClient, Act]:
    client = FakeClient(locked=True)
    return demo_app(client), client, _the_lock


PLACES: dict[str, Callable[[], tuple[SottovoceApp, FakeClient, Act]]] = {
    **{name: lambda name=name: a_page(name) for name in SCREENS},  # type: ignore[misc]
    "main": the_main_screen(),
    "main-list": the_main_screen(at=""),
    "main-deleted": the_main_screen(at="echo"),
    "main-many-scripts": the_main_screen(at="yuki"),
    "main-new": the_main_screen(at="dave"),
    "main-lock": the_lock,
    "main-selected": the_main_screen("up", "up", "i"),
    "main-message-menu": the_main_screen("up", "enter"),
    "main-marked": the_main_screen("up", "space", "space"),
    "main-marked-menu": the_main_screen("up", "space", "space", "enter"),
    "main-marked-forward": the_main_screen("up", "space", "space", "f"),
    "main-marked-delete": the_main_screen("up", "space", "space", "d"),
    "main-palette": the_main_screen("ctrl+p"),
    "main-switcher": the_main_screen("ctrl+k"),
    "main-search": the_main_screen("ctrl+f"),
    "main-help": the_main_screen("f1"),
    "main-completions": the_main_screen("slash", "s"),
    "main-contact": the_main_screen(*"/contact", "enter"),
    "main-devices": the_main_screen(*"/devices", "enter"),
    "main-mute": the_main_screen(*"/mute", "enter"),
    "main-rename": the_main_screen(*"/rename", "enter"),
    "main-verify": the_main_screen(*"/verify", "enter"),
    "main-block": the_main_screen(*"/block", "enter"),
}


@pytest.mark.parametrize("size", [(80, 24), (160, 40)], ids=["80x24", "160x40"])
@pytest.mark.parametrize("place", PLACES)
async def test_every_word_on_a_screen_can_be_translated(place: str, size: tuple[int, int]) -> None:
    app, client, act = PLACES[place]()
    async with app.run_test(size=size) as pilot:
        await act(pilot)
        await until_still(pilot)
        names = {spec.slash for spec in whole_registry()} | {spec.argument.strip("[]") for spec in whole_registry()}
        left = untranslated(drawn(app), {*KEYS, *NAMES, *told_by(client, place)} | names)
    if left and place in NOT_YET:
        pytest.xfail(" ".join(sorted(left)))
    assert not left, sorted(left)


async def test_the_search_is_not_blind() -> None:
    rows = [f"{other('Write to')} Bob  /help  Ctrl+K  Nothing here", other("Whatever it is")]
    assert untranslated(rows, {"Bob"}) == {"Nothing", "here"}
