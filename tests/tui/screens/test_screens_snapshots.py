"""How the screens look: every screen at two sizes, in colour and without, and on the smallest terminal."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from core import api
from core.crypto import words
from core.crypto.seed import SEED_SIZE
from tests.support.client import FakeClient
from tests.support.world import ALICE, NOW
from tests.tui.stage import Stage, look
from tests.tui.until import until, until_equal, until_still
from tui.keys.registry import Context
from tui.language import LANGUAGES, tr
from tui.look.profile import TerminalProfile
from tui.screens.catalogue import load_pages, whole_registry
from tui.screens.confirm import ConfirmScreen
from tui.screens.crashed import CrashedScreen
from tui.screens.help import HelpScreen
from tui.screens.lock import LockScreen
from tui.screens.message_details.page import MessageDetailsScreen
from tui.screens.message_details.save import SaveProofScreen
from tui.screens.onboarding.check import CheckWords
from tui.screens.onboarding.passcode import ChoosePasscode
from tui.screens.onboarding.ready import Ready
from tui.screens.onboarding.restore import EnterWords
from tui.screens.onboarding.screen import OnboardingScreen, progress
from tui.screens.onboarding.step import Step
from tui.screens.onboarding.welcome import Welcome
from tui.screens.onboarding.words import ShowWords
from tui.screens.open_link import OpenLinkScreen
from tui.screens.opening import OpeningScreen
from tui.screens.pages.add_contact import AddContactScreen
from tui.screens.pages.export import ExportScreen
from tui.screens.pages.greetings import GreetingsScreen
from tui.screens.pages.import_archive import ImportScreen
from tui.screens.pages.invite import InviteScreen, YourInvitesScreen
from tui.screens.pages.invite.code import InviteCodeScreen
from tui.screens.pages.invite.save import SavePictureScreen
from tui.screens.pages.keys import KeysScreen
from tui.screens.pages.network import NetworkScreen
from tui.screens.pages.settings import SettingsScreen, WordsScreen
from tui.screens.pages.settings.passcode import ChangePasscodeScreen
from tui.screens.pages.wipe import WipeScreen
from tui.text.link_targets import target_of

REGISTRY = whole_registry()

SEED_WORDS = words.words_of(bytes(range(SEED_SIZE)))
INVITE = api.Invite(
    id="i", link="SOTTOVOCE:" + "K3QZV7XW2P5NJD6RM4TFA8HCY9BSGEU3" * 4, created_at=NOW, expires_at=NOW + 7 * 86_400_000,
    state="open", uses=1, copies=3, max_uses=5, note="for Anna",
)  # fmt: skip


class OneStep(OnboardingScreen):
    """The first run, stopped at one step."""

    def __init__(self, client: api.Client, make_step: Callable[[], Step[Any]]) -> None:
        super().__init__(client)
        self._make_step = make_step

    def on_mount(self) -> None:
        """Show the step only."""
        self.run_worker(self._ask(self._make_step(), progress(2, 3)))

    def _run(self) -> None:  # type: ignore[override]  # the flow stands still
        """Go nowhere."""


def step(make: Callable[[], Step[Any]]) -> Callable[[api.Client], Screen[Any]]:
    return lambda client: OneStep(client, make)


CRASHED = (
    "Something happened that this program did not foresee (ValueError). What was answered before is safe. Try again; if it "
    "stays so, start the program again, and report what it says.\nValueError\n  core/people/engine.py:120 work"
)
SCREENS: dict[str, Callable[[api.Client], Screen[Any]]] = {
    "opening": lambda _: OpeningScreen(),
    "crashed": lambda _: CrashedScreen(CRASHED),
    "save": lambda client: SavePictureScreen(client, INVITE.link),
    "welcome": step(Welcome),
    "passcode": step(lambda: ChoosePasscode("Anna")),
    "words": step(lambda: ShowWords(SEED_WORDS)),
    "check": step(lambda: CheckWords(SEED_WORDS, (1, 6, 16))),
    "restore": step(
        lambda: EnterWords([*SEED_WORDS[:7], "hosre"], {7}, tr("Those are not eighteen words of the list."))
    ),
    "ready": step(lambda: Ready(ALICE, restored=False)),
    "lock": LockScreen,
    "invite": InviteScreen,
    "invitations": YourInvitesScreen,
    "code": lambda client: InviteCodeScreen(client, INVITE),
    "add": AddContactScreen,
    "greetings": GreetingsScreen,
    "settings": SettingsScreen,
    "change-passcode": ChangePasscodeScreen,
    "own-words": WordsScreen,
    "keys": KeysScreen,
    "export": ExportScreen,
    "import": ImportScreen,
    "wipe": WipeScreen,
    "network": NetworkScreen,
    "message": lambda client: MessageDetailsScreen(client, "bob-00379", "Bob"),
    "proof": lambda client: SaveProofScreen(client, "bob-00379"),
    "link": lambda _: OpenLinkScreen(target_of("https://www.example.org/timetable?from=Lyon#today"), can_open=True),
    "deceiving": lambda _: OpenLinkScreen(target_of("https://exаmple.org/x", "Log in at example.org"), can_open=True),
    "help": lambda _: HelpScreen(REGISTRY, Context(locked=False, in_chat=True)),
    "confirm": lambda _: ConfirmScreen(
        tr("Revoke this invitation?"), tr("Nobody can use it afterwards."), yes=tr("Revoke"), no=tr("Keep")
    ),
}
DARK, MONO, PLAIN = look("dark"), look("mono"), look("mono", "ascii")
LOOKS = [
    *((name, size, looks) for name in SCREENS for size in ((80, 24), (120, 40)) for looks in (DARK, MONO)),
    *((name, (40, 12), PLAIN) for name in ("welcome", "words", "invite", "code", "greetings", "settings")),
    *((name, (60, 20), PLAIN) for name in ("restore", "help")),
]


def name_of(each: object) -> str | None:
    if isinstance(each, TerminalProfile):
        return each.theme if each.glyphs == "unicode" else each.glyphs
    return f"{each[0]}x{each[1]}" if isinstance(each, tuple) else None


def a_world() -> FakeClient:
    world = FakeClient()
    world.invites = [INVITE, msgspec.structs.replace(INVITE, id="j", state="revoked", note="")]
    return world


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size", "profile"), LOOKS, ids=name_of)
def test_screen(name: str, size: tuple[int, int], profile: TerminalProfile, snap_compare: Callable[..., bool]) -> None:
    async def settle(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: pilot.app.focused or name in {"network", "code", "opening"})
        await until_still(pilot)

    app = Stage(SCREENS[name], a_world(), profile)
    assert snap_compare(app, terminal_size=size, run_before=settle)


def test_no_two_looks_have_one_name() -> None:
    names = ["-".join(str(name_of(part) or part) for part in each) for each in LOOKS]
    assert not [name for name, same in itertools.groupby(sorted(names)) if len(list(same)) > 1]


@pytest.mark.slow
@pytest.mark.asyncio
async def test_the_ascii_glyphs_are_all_there_is_to_see() -> None:
    app = Stage(SCREENS["lock"], a_world(), PLAIN)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        for name in ("lock", "passcode", "restore", "invite", "add", "settings", "network", "confirm"):
            shown = SCREENS[name](app.world)
            app.push_screen(shown)
            await until(pilot, lambda: app.screen is shown and (app.focused or name == "network"))  # noqa: B023 - at once
            await pilot.press("tab")
            drawn = "".join(strip.text for strip in cast("Any", shown)._compositor.render_strips())
            assert len(drawn.split()) > 1
            ours = drawn.translate(dict.fromkeys(map(ord, "".join(LANGUAGES.values()))))  # these have their own names
            assert [character for character in ours if not character.isascii()] == [], name
            await app.pop_screen()


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["passcode", "change-passcode", "add"])
async def test_the_label_of_the_field_that_has_the_focus_is_bold_and_no_other(name: str) -> None:
    app = Stage(SCREENS[name], a_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        for _ in range(4):
            rows = [row for row in app.screen.query(".row") if row.query(".label")]
            focused = [row.has_focus_within for row in rows]
            await until_equal(pilot, lambda: [bool(row.query_one(".label").rich_style.bold) for row in rows], focused)  # noqa: B023 - at once
            await pilot.press("tab")


def test_every_page_is_looked_at() -> None:
    shown = {screen for screen in SCREENS.values() if isinstance(screen, type)}
    assert [page.__name__ for _, page in load_pages() if page not in shown] == []
