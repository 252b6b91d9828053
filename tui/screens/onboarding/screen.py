"""The flow of the first run, from top to bottom.

Each step is asked and answered in turn; Esc leads to the step before, until the account exists. The words and the passcode
live in this coroutine only, for as long as they are needed.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING, TypeVar

import msgspec
from textual import work

from core import api
from tui.app_port import app_of
from tui.language import N_, tr
from tui.screens.confirm import ConfirmScreen
from tui.screens.content import NothingUnsaved
from tui.screens.onboarding.check import ASKED, CheckWords
from tui.screens.onboarding.passcode import ChoosePasscode
from tui.screens.onboarding.ready import Ready
from tui.screens.onboarding.restore import EnterWords
from tui.screens.onboarding.step import Step
from tui.screens.onboarding.welcome import Welcome
from tui.screens.onboarding.words import ShowWords
from tui.screens.page import Column, Page
from tui.words.errors import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from tui.screens.onboarding.passcode import NameAndPasscode

A = TypeVar("A")

MAKING = N_("Making your account. It takes a moment on purpose: what is slow for you is slow for a thief.")


def pick_positions(count: int) -> list[int]:
    """Return which words are asked for, in order."""
    return sorted(secrets.SystemRandom().sample(range(count), ASKED))


class OnboardingScreen(Page[str], NothingUnsaved):
    """Makes or restores the account; dismisses with the first thing to do: "invite", "add" or "look"."""

    # Each step says where it begins. Textual's own choice, the first field, comes before that or after as the event loop has
    # it, and leaving a field means something: its word is judged.
    AUTO_FOCUS = ""

    def __init__(self, client: api.Client, *, pick: Callable[[int], Sequence[int]] = pick_positions) -> None:
        super().__init__(client)
        self._pick = pick
        self._step: Step[object] | None = None
        self._language = ""  # the code of the one that was chosen here

    def compose_body(self) -> ComposeResult:
        """Yield nothing: steps are mounted in turn."""
        yield from ()

    def on_mount(self) -> None:
        """Begin."""
        self._run()

    def clear_caches(self) -> None:
        """Forget the words and the passcode that were typed."""
        self._step = None
        self.clear_fields()

    def action_leave(self) -> None:
        """Go back one step."""
        if self._step is not None and not self._step.disabled:
            self._step.go_back()

    @work
    async def _run(self) -> None:
        identity: str | None = None
        restored = False
        while identity is None:
            welcome = Welcome()
            way = await self._ask(welcome)
            if way == "language":
                await self._speak(welcome.language)
                continue
            restored = way == "restore"
            identity = await (self._restore() if restored else self._create())
        first = await self._ask(Ready(identity, restored=restored))
        self.dismiss(str(first))

    async def _speak(self, code: str) -> None:
        """Speak another language from here on; the account to come is told (``_keep_language``)."""
        self._language = code
        await app_of(self).apply_settings(msgspec.structs.replace(app_of(self).settings, language=code))

    async def _keep_language(self) -> None:
        """Store the language that was chosen before there was an account, or its settings would undo it."""
        if self._language:
            with contextlib.suppress(api.ApiError):  # it is spoken now, and the settings have it too
                await self.client.call(api.SettingsSet(settings={"language": self._language}))

    async def _ask(self, step: Step[A], progress: str = "") -> A | None:
        """Show a step in place of the one before and wait for its answer."""
        column = self.query_one(Column)
        self.notice.clear()
        with self.app.batch_update():
            await column.remove_children()
            self._step = step  # type: ignore[assignment]  # only its verbs are used here, never its answer
            self.entitle(tr(step.heading), progress)
            self.show_keys(*step.hints)
            await column.mount(step)
            column.scroll_home(animate=False)
        return await step.answered()

    # --- a new account ------------------------------------------------------------------------------------------------

    async def _create(self) -> str | None:
        """Return the identity of a new account, or None when the person went back."""
        name = complaint = refused = ""
        while True:
            chosen = await self._ask(
                ChoosePasscode(name, complaint, refused), progress(1, 2 if app_of(self).is_throwaway else 3)
            )
            if chosen is None:
                return None
            created = await self._make(chosen)
            if isinstance(created, str):
                name, complaint, refused = chosen.name, created, chosen.passcode
                continue
            await self._keep_language()
            await self._back_up(created.words)
            return created.identity

    async def _make(self, chosen: NameAndPasscode) -> api.AccountCreated | str:
        """Return the account, or a sentence why there is none."""
        self._work_on(MAKING)
        try:
            return await self.client.call(api.AccountCreate(passcode=chosen.passcode, name=chosen.name))
        except api.ApiError as error:
            return _complaint(error)

    async def _back_up(self, words: Sequence[str]) -> None:
        """Show the words until three of them were typed rightly; of an account that goes at the end nobody is asked."""
        if app_of(self).is_throwaway:
            await self._ask(ShowWords(words, for_now=True), progress(2, 2))
            return
        while True:
            await self._ask(ShowWords(words), progress(2, 3))
            if await self._ask(CheckWords(words, self._pick(len(words))), progress(3, 3)) is not None:
                return

    def _work_on(self, what: str) -> None:
        if self._step is not None:
            self._step.disabled = True
        self.notice.say(tr(what), "working")

    # --- an account that was --------------------------------------------------------------------------------------------

    async def _restore(self) -> str | None:
        """Return the identity of a restored account, or None when the person went back."""
        words: list[str] = []
        marked: list[int] = []
        complaint = ""
        while True:
            entered = await self._ask(EnterWords(words, marked, complaint), progress(1, 2))
            if entered is None:
                return None
            words, marked, complaint = entered, [], ""
            try:
                identity = await self._restore_from(words)
            except api.ApiError as error:
                marked, complaint = _positions(error), str(explain(error))
            else:
                if identity is not None:
                    await self._keep_language()
                    return identity

    async def _restore_from(self, words: list[str]) -> str | None:
        """Ask for a passcode until the account is back; None to see the words again. Raises ``ApiError`` about words."""
        name = complaint = refused = ""
        accept = False
        while True:
            chosen = await self._ask(ChoosePasscode(name, complaint, refused), progress(2, 2))
            if chosen is None:
                return None
            name = chosen.name
            self._work_on(MAKING)
            try:
                return await self._call_restore(words, chosen, accept=accept)
            except api.ApiError as error:
                if error.kind in {api.Kind.BAD_WORDS, api.Kind.WORDS_MISMATCH}:
                    raise
                complaint, refused = _complaint(error), chosen.passcode

    async def _call_restore(self, words: list[str], chosen: NameAndPasscode, *, accept: bool) -> str:
        command = api.AccountRestore(words=words, passcode=chosen.passcode, name=chosen.name, accept_mismatch=accept)
        try:
            return (await self.client.call(command)).identity
        except api.ApiError as error:
            if error.kind is not api.Kind.WORDS_MISMATCH or not await self._accepts_mismatch():
                raise
            return await self._call_restore(words, chosen, accept=True)

    async def _accepts_mismatch(self) -> bool:
        question = ConfirmScreen(
            tr("One word is probably wrong"),
            tr(
                "All eighteen are in the list, but they do not fit together, as if one were mistyped or out of place. "
                "Going on makes whatever account these words mean, most likely not yours."
            ),
            yes=tr("Go on anyway"),
            no=tr("Look at the words again"),
        )
        answer: bool = await self.app.push_screen_wait(question)
        return answer


def progress(step: int, steps: int) -> str:
    """Return how far one is."""
    return tr("{step} of {steps}").format(step=step, steps=steps)


def _complaint(error: api.ApiError) -> str:
    """Return what to tell about a refused passcode or account: core's own suggestions where it has some."""
    suggestions = error.data.get("suggestions")
    said = explain(error)
    if isinstance(suggestions, list) and suggestions:
        return f"{said.sentence} {' '.join(tr(str(each)) for each in suggestions[:2])}"
    return str(said)


def _positions(error: api.ApiError) -> list[int]:
    positions = error.data.get("positions")
    return [each for each in positions if isinstance(each, int)] if isinstance(positions, list | tuple) else []
