"""The screen of one invitation: a code to scan and a link to send.

Where the terminal is large enough the code stands beside the text, else above it, else the screen says which size is needed
and offers the text and the picture: a code that is cut or scaled cannot be read, so it is shown whole or not at all. The
same where the terminal's name promises neither colours nor reverse video: letters alone are read by no camera.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from textual import work
from textual.binding import Binding
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from core import api
from tui.app_port import app_of
from tui.language import N_, tr, tr_in, tr_n
from tui.messages import CoreEvent
from tui.screens.confirm import ConfirmScreen
from tui.screens.content import NothingUnsaved, ShowsNotices
from tui.screens.once import once
from tui.screens.pages.invite.save import SavePictureScreen, SaveTextScreen
from tui.terminal.clipboard import copy
from tui.text.cells import width_of
from tui.text.qr_code import LEAST_QUIET, SCREEN_QUIETS, Quiet
from tui.text.sanitize import clean_line, clean_name, fit, pad
from tui.widgets.edges import BARE, Edge, UpperEdge
from tui.widgets.hints import Hints
from tui.widgets.notice import Notice
from tui.widgets.qr_view import QrView
from tui.words.durations import until
from tui.words.errors import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size

    from tui.app_port import Severity

# Rows of the edges, and columns of the sides.
_CHROME_ROWS, _SIDES = 2, 2
# Narrowest column of text beside the code, and the rows the text needs under it.
_TEXT_COLUMNS, _TEXT_ROWS = 25, 9
# Cells of the column of labels, if none is longer.
_LABEL = 10
# Cells of the name of a guest.
_GUEST = 24
# Seconds between looks at how many nodes hold the invitation.
_REFRESH = 2.0

Arrangement = Literal["beside", "under", "none"]


def arrange(screen: Size, code: Size) -> Arrangement:
    """Return where the text goes so that the whole code is seen; "none" where it cannot be."""
    rows = screen.height - _CHROME_ROWS
    columns = screen.width - (_SIDES if screen.width >= BARE else 0)
    if rows >= code.height and columns >= code.width + _TEXT_COLUMNS:
        return "beside"
    if rows >= code.height + _TEXT_ROWS and columns >= code.width:
        return "under"
    return "none"


def best(screen: Size, view: QrView) -> tuple[Arrangement, Quiet]:
    """Return where the text goes, and how much white goes round the code: as much as fits."""
    for quiet in SCREEN_QUIETS:
        if (arrangement := arrange(screen, view.size_with(quiet))) != "none":
            return arrangement, quiet
    return "none", LEAST_QUIET


def size_needed(code: Size) -> str:
    """Return the smallest terminal that shows the code with its text: ``66x23``."""
    return f"{code.width + _TEXT_COLUMNS + _SIDES}x{code.height + _CHROME_ROWS}"


def used_by(guests: Sequence[str]) -> str:
    """Return what is told while strangers wait who used the invitation."""
    if not guests:
        return ""
    name = fit(guests[0], _GUEST)
    if len(guests) == 1:
        return tr("{name} used it. Enter answers.").format(name=name)
    others = tr_n("{count} other", "{count} others", len(guests) - 1)
    return tr("{name} and {others} used it. Enter answers.").format(name=name, others=others)


def why_none(screen: Size, code: Size, *, undrawable: bool) -> str:
    """Return why the code is not shown, and what there is instead."""
    if undrawable:
        return tr(
            "This terminal seems to have neither colours nor reverse video, and no camera reads a code of letters. "
            "Send the link, or save it (t) or a picture (s). i draws the code all the same."
        )
    return tr(
        "The code needs a terminal of {needed}; this one has {size}. "
        "Enlarge it or make the font smaller, or send the link, or save it (t) or a picture (s)."
    ).format(needed=size_needed(code), size=f"{screen.width}x{screen.height}")


class InviteCodeScreen(Screen[bool], NothingUnsaved, ShowsNotices):
    """Shows one open invitation; dismisses True to answer the person who used it."""

    SCOPED_CSS = False  # one rule looks at the app's glyphs
    DEFAULT_CSS = """
    InviteCodeScreen {
        align: center middle;
        background: $ground;
        & #card { width: 100%; max-width: 112; height: auto; max-height: 100%; }
        & #pair { height: auto; width: 100%; layout: horizontal; border-left: round $self; border-right: round $self; }
        & #text { width: 1fr; height: auto; padding: 1 1 0 2; overflow-y: auto; scrollbar-size-vertical: 1; }
        & #text Static { width: 1fr; height: auto; }
        & #link { margin: 1 0; color: $link; }
        & #guests { display: none; color: $notice; text-style: bold; margin-bottom: 1; }
        & #too-small { display: none; }
        &.-wide.-roomy QrView { margin: 1 4; }
        &.-wide.-roomy #text { margin-top: 2; }
        &.-under #pair { layout: vertical; }
        &.-none QrView { display: none; }
        &.-none #too-small { display: block; margin-bottom: 1; }
        &.-bare #pair { border: none; }
        &:ansi { background: ansi_default; }
        &:ansi #link { color: ansi_default; }
    }
    .ascii InviteCodeScreen #pair { border-left: ascii $self; border-right: ascii $self; }
    .ascii InviteCodeScreen.-bare #pair { border: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-bare"), (BARE, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-roomy")]
    BINDINGS = [
        Binding("escape,q", "leave", "Back", id="invite_code.back"),
        Binding("enter", "answer", "Answer", id="invite_code.answer"),
        Binding("y", "copy", "Copy link", id="invite_code.copy"),
        Binding("s", "save", "Save picture", id="invite_code.save"),
        Binding("t", "save_text", "Save text", id="invite_code.save_text"),
        Binding("r", "revoke", "Revoke", id="invite_code.revoke"),
        Binding("i", "invert", "Invert", id="invite_code.invert", show=False),
    ]

    def __init__(self, client: api.Client, invite: api.Invite) -> None:
        super().__init__()
        self.client = client
        self._invite = invite
        self._undrawable = False
        self._guests: list[str] = []  # who used it and waits for an answer

    def compose(self) -> ComposeResult:
        """Build code and text."""
        self._undrawable = not app_of(self).profile.reverse
        with Vertical(id="card"):
            yield UpperEdge(tr("Your invitation"), clean_line(self._invite.note), id="title")
            with Container(id="pair"):
                yield QrView(self._invite.link, ascii_only=app_of(self).profile.glyphs == "ascii")
                with Vertical(id="text"):
                    yield Static("", id="too-small")
                    yield Static("", id="guests")
                    yield Static("", id="facts")
                    yield Static(Content(self._invite.link), id="link")
                    yield Notice(id="notice")
            yield Hints(*self._keys())

    def on_mount(self) -> None:
        """Show the facts and keep them fresh."""
        self._arrange(self.size)
        self.set_interval(_REFRESH, self._refresh)

    def on_resize(self, event: events.Resize) -> None:
        """Find the best arrangement for the new size."""
        self._arrange(event.size)

    def _arrange(self, size: Size) -> None:
        view = self.query_one(QrView)
        arrangement, quiet = best(size, view)
        if self._undrawable:
            arrangement = "none"
        view.quiet = quiet
        self.query_one("#pair").styles.max_height = max(1, size.height - _CHROME_ROWS)
        code = view.size_with(LEAST_QUIET)
        for edge in self.query(Edge):
            edge.refresh()
        for each in ("beside", "under", "none"):
            self.set_class(each == arrangement, f"-{each}")
        self.query_one("#too-small", Static).update(Content(why_none(size, code, undrawable=self._undrawable)))
        self._show_facts()
        self.query_one(Hints).show_keys(*self._keys())

    def _keys(self) -> tuple[tuple[str, str], ...]:
        """Return the hints. Only without colours does it depend on the terminal which way round the code is."""
        invert = N_("invert") if self.app.no_color and not self.has_class("-none") else ""
        turn = N_("draw it") if self._undrawable else invert
        turns = (("i", turn),) if turn else ()
        answers = (("Enter", N_("answer")),) if self._guests else ()
        saving = (("y", N_("copy link")), ("s", N_("save picture")), ("t", N_("save text")))
        return (*answers, *saving, *turns, ("r", N_("revoke")), ("Esc", N_("back")))

    def _show_facts(self) -> None:
        invite = self._invite
        limited = tr("{uses} of {most} used") if invite.max_uses else tr("{uses} used")
        told = [
            (tr("Ends"), until(invite.expires_at, app_of(self).now())),
            (tr("Uses"), limited.format(uses=invite.uses, most=invite.max_uses)),
        ]
        if invite.state == "open":  # what nobody can use any more is kept nowhere
            told.append((tr("Copies"), _copies(invite.copies)))
        if invite.note:
            told.append((tr("Note"), clean_line(invite.note)))
        if invite.state != "open":
            told.append((tr("State"), state_words(invite)))
        column = max(_LABEL, *(width_of(label) + 2 for label, _ in told))
        facts = Content("\n".join(f"{pad(label, column)}{words}" for label, words in told))
        self.query_one("#facts", Static).update(Content.assemble((self._ways(), "bold $bright"), "\n\n", facts))

    def _ways(self) -> str:
        """Return what can be done with what is shown."""
        if self.has_class("-none"):
            return tr("Send the link:")
        if self.app.no_color:
            return tr("Scan it (press i first if the terminal is light), or send the link:")
        return tr("Scan it, or send the link:")

    @work(exclusive=True, group="refresh")
    async def _refresh(self) -> None:
        try:
            invites = await self.client.call(api.InviteList())
            greetings = await self.client.call(api.GreetingList())
        except api.ApiError:
            return  # locked meanwhile: the lock screen is on its way
        found = next((each for each in invites if each.id == self._invite.id), None)
        if found is not None and found != self._invite:
            self._invite = found
            self._show_facts()
        self._show_guests([clean_name(each.name) for each in greetings if each.invite == self._invite.id])

    def on_core_event(self, message: CoreEvent) -> None:
        """Look at once: somebody may have used this invitation."""
        if isinstance(message.event, api.GreetingReceived):
            self._refresh()

    def _show_guests(self, guests: list[str]) -> None:
        """Say who used the invitation, for whom one may be sitting here."""
        if guests == self._guests:
            return
        self._guests = guests
        line = self.query_one("#guests", Static)
        line.display = bool(guests)
        line.update(Content(used_by(guests)))
        self.query_one(Hints).show_keys(*self._keys())

    def action_answer(self) -> None:
        """Go to the greetings, if one is there by this invitation."""
        if self._guests:
            self.dismiss(result=True)

    def action_copy(self) -> None:
        """Copy the link."""
        copy(self, self._invite.link)

    def show_notice(self, text: Content, severity: Severity) -> None:
        """Show what the app has to tell."""
        self.query_one(Notice).say(text.plain, "bad" if severity == "error" else "plain")

    def clear_notice(self) -> None:
        """Take it down."""
        for notice in self.query(Notice):
            notice.clear()

    def clear_caches(self) -> None:
        """Forget the link, in letters and as a code, the note, and who used it."""
        self._guests = []
        self._invite = msgspec.structs.replace(self._invite, link="", note="")
        for view in self.query(QrView):
            view.text = ""
        for text in self.query("#text Static").results(Static):
            text.update("")

    def on_settings_changed(self) -> None:
        """Draw the code with other signs."""
        self.query_one(QrView).ascii_only = app_of(self).profile.glyphs == "ascii"
        self._arrange(self.size)

    def action_invert(self) -> None:
        """Swap light and dark where the code is drawn without colours; draw it where it was not thought possible."""
        view = self.query_one(QrView)
        if self._undrawable:
            self._undrawable = False
            self._arrange(self.size)
        else:
            view.inverted = not view.inverted

    def action_save(self) -> None:
        """Save a picture."""
        self._save(SavePictureScreen)

    def action_save_text(self) -> None:
        """Save the link."""
        self._save(SaveTextScreen)

    def _save(self, how: type[SavePictureScreen]) -> None:
        def saved(path: Path | None) -> None:
            if path is not None:
                said = tr("Saved as {path}, readable by you only.").format(path=clean_line(str(path)))
                self.query_one(Notice).say(said, "good")

        self.app.push_screen(how(self.client, self._invite.link), saved)

    @once("revoke")
    async def action_revoke(self) -> None:
        """Make the invitation dead."""
        sure = await self.app.push_screen_wait(
            ConfirmScreen(
                tr("Revoke this invitation?"),
                tr("Nobody can use it afterwards. People you met through it stay."),
                yes=tr("Revoke"),
            )
        )
        if not sure:
            return
        try:
            await self.client.call(api.InviteRevoke(id=self._invite.id))
        except api.ApiError as error:
            self.query_one(Notice).say(str(explain(error)), "bad")
        else:
            self.dismiss(result=False)

    def action_leave(self) -> None:
        """Go back to the list."""
        self.dismiss(result=False)


def _copies(count: int) -> str:
    if count == 0:
        return tr("none yet; it works once nodes hold it")
    return tr_n("on {count} node", "on {count} nodes", count)


def state_words(invite: api.Invite) -> str:
    """Return in a word whether an invitation can be used, or why not."""
    return {
        "open": tr_in("state of an invitation", "open"),
        "used": tr_in("state of an invitation", "used"),
        "revoked": tr_in("state of an invitation", "revoked"),
        "expired": tr_in("state of an invitation", "expired"),
    }[invite.state]
