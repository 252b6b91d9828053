"""The page that lists every command with its keys, by group, and changes them; each change is in ``keys.toml`` at once.

Last come the keys that cannot be changed (``fixed``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from textual import on, work
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.app_port import app_of
from tui.keys.commands import APP
from tui.keys.effective import split
from tui.keys.key_rules import doubt
from tui.keys.keymap import key_name, key_names
from tui.keys.matching import in_both
from tui.keys.registry import CommandSpec, Scope, When
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.help import matching
from tui.screens.page import Page
from tui.screens.pages.keys import fixed
from tui.screens.pages.keys.press import PressScreen
from tui.text.sanitize import fit, pad
from tui.widgets.menu import Menu
from tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

    from core.api import Client

# What the ids of rows begin with whose keys nobody can change.
_FIXED: Final = "fixed"
# Cells of the column of titles.
_TITLE: Final = 30
# Rows around the list, by the screen's height: edges, notice, margins, what is said of the chosen command.
_AROUND: Final = {"-short": 7, "-tall": 10, "-roomy": 14}


def heading_row(group: str) -> Option:
    """Return the line above a group."""
    return Option(Content.styled(tr(group), "bold underline"), id=f"group {group}", disabled=True)


def row_of(spec: CommandSpec, *, own: bool, width: int) -> Content:
    """Return a command's row: what it is called, its keys, and a sign where these are the person's own."""
    title = f"  {pad(tr(spec.title), _TITLE)}"
    names = key_names(spec)
    if not names:
        return Content.assemble(title, (tr("no key"), "$soft"), " *" if own else "")
    return Content(title + fit(", ".join(names) + (" *" if own else ""), max(8, width - _TITLE - 2)))


class BindingList(Menu):
    """The list under the filter, which keeps the focus."""

    DEFAULT_CSS = """
    BindingList > .option-list--option-highlighted { color: $bright; background: $select; text-style: bold; }
    """

    @property
    def shows_cursor(self) -> bool:
        """Whether the chosen line is reversed where there are no colours."""
        return True


class KeysScreen(Page[None], NothingUnsaved):
    """A line for each command; what is typed filters them, as in the help."""

    DEFAULT_CSS = """
    KeysScreen {
        & Menu { text-wrap: nowrap; text-overflow: ellipsis; }
        & #about { height: 3; width: 1fr; margin-top: 1; color: $soft; }
        &.-short #about { height: 2; margin-top: 0; }
        &:ansi #about { color: ansi_default; }
    }
    """
    BINDINGS = [
        Binding("up", "move('cursor_up')", "Up", show=False, priority=True),
        Binding("down", "move('cursor_down')", "Down", show=False, priority=True),
        Binding("pageup", "move('page_up')", "Page up", show=False, priority=True),
        Binding("pagedown", "move('page_down')", "Page down", show=False, priority=True),
        Binding("ctrl+n", "add", "Add", priority=True, id="keys.add"),
        Binding("ctrl+x", "take_away", "No key", priority=True, id="keys.none"),
        Binding("ctrl+r", "restore", "As it was", priority=True, id="keys.restore"),
    ]
    opened_by = CommandSpec(
        id="app.keys", group=APP, scope=Scope.APP, title=N_("Keys"),
        help=N_("All keys by what they do; change each."),
        slash="keys", after="app.settings", when=When.UNLOCKED,
        synonyms=N_("bindings remap keymap vim emacs keyboard hotkeys"),
    )  # fmt: skip
    heading = N_("Keys")
    hints = (
        ("↑↓", N_("choose")), ("Enter", N_("new key")), ("Ctrl+N", N_("more")), ("Ctrl+X", N_("no key")),
        ("Ctrl+R", N_("as it was")), ("Esc", N_("back")),
    )  # fmt: skip

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._rows: list[CommandSpec | None] = []

    def compose_body(self) -> ComposeResult:
        """Yield list and explanation."""
        yield TextField(placeholder=tr("type to filter: a key, a command, a word"), id="filter")
        yield BindingList(id="bindings")
        yield Static("", id="about")

    def on_mount(self) -> None:
        """Show what counts."""
        self.entitle(tr(self.heading), tr("* changed by you"))
        self.query_one(TextField).focus()
        self.call_after_refresh(self._show)

    def on_resize(self, event: Resize) -> None:
        """Cut the rows anew."""
        super().on_resize(event)
        self.call_after_refresh(self._show)

    def clear_caches(self) -> None:
        """Forget what was typed."""
        self.clear_notice()
        self.clear_fields()

    def _show(self) -> None:
        menu = self.query_one(Menu)
        around = next(rows for name, rows in _AROUND.items() if self.has_class(name))
        menu.styles.height = max(3, self.size.height - around)
        width = max(_TITLE + 10, menu.scrollable_content_region.width or 72)
        own, group, options = app_of(self).keys.own(), "", list[Option]()
        for spec in matching(app_of(self).registry, self.query_one(TextField).value):
            if spec.group != group:
                group = spec.group
                options.append(heading_row(group))
            options.append(Option(row_of(spec, own=spec.id in own, width=width), id=spec.id))
        wanted = self.query_one(TextField).value.casefold().split()
        rows = [
            Option(Content(f"  {pad(tr(does), _TITLE)}{key}"), id=f"{_FIXED} {number}")
            for number, (does, key, where) in enumerate(fixed.FIXED)
            if all(word in f"{key} ".casefold() + in_both(does, where, fixed.HEADING) for word in wanted)
        ]
        options += [heading_row(fixed.HEADING), *rows] if rows else []
        menu.show(options)
        menu.can_focus = False
        if not options:
            self.query_one("#about", Static).update(Content(tr("Nothing here has these words in it.")))
            return
        if menu.highlighted is None or menu.get_option_at_index(menu.highlighted).disabled:
            menu.action_first()
        self._explain()

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        self._show()

    def action_move(self, how: str) -> None:
        """Move in the list while the filter keeps the focus."""
        getattr(self.query_one(Menu), f"action_{how}")()

    def action_leave(self) -> None:
        """Clear the filter first, then go back."""
        field = self.query_one(TextField)
        if field.value:
            field.clear()
        else:
            self.dismiss(None)

    # --- the chosen command -------------------------------------------------------------------------------------------

    @property
    def _chosen(self) -> CommandSpec | None:
        chosen = self.query_one(Menu).chosen_id
        return next((spec for spec in app_of(self).registry if spec.id == chosen), None)

    @on(OptionList.OptionHighlighted)
    def _explain(self) -> None:
        """Say what the command does, which keys it had, and what stands against those it has."""
        spec = self._chosen
        if spec is None:
            self._explain_fixed()
            return
        keys = app_of(self).keys
        said = [keys.within(tr(spec.help))]
        if spec.slash:
            said.append(tr("Also {command}.").format(command=f"/{spec.slash}"))
        before = keys.defaults().get(spec.id, ())
        if spec.id in keys.own() and before != split(spec.keys):
            said.append(
                tr("Without a change of yours: {keys}.").format(
                    keys=tr(", ").join(map(key_name, before)) or tr("no key")
                )
            )
        said += [tr("{why}.").format(why=why) for key in split(spec.keys) if (why := doubt(key))]
        said += [denied.said for denied in keys.denied if denied.spec.id == spec.id]
        self.query_one("#about", Static).update(Content(" ".join(said)))

    def _explain_fixed(self) -> None:
        """Say where the chosen key that nobody can change means that."""
        kind, _, number = (self.query_one(Menu).chosen_id or "").partition(" ")
        if kind == _FIXED:
            where = tr(fixed.FIXED[int(number)][2])
            said = tr("{where} It is the same for everybody.").format(where=where)
            self.query_one("#about", Static).update(Content(said))

    # --- changing it --------------------------------------------------------------------------------------------------

    @on(Input.Submitted, "#filter")
    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self._ask(added=False)

    def action_add(self) -> None:
        """Give the chosen command one more key."""
        self._ask(added=True)

    @work(exclusive=True, group="ask")
    async def _ask(self, *, added: bool) -> None:
        spec = self._chosen
        if spec is None:
            self.notice.say(tr("This key cannot be changed."), "bad")
            return
        key = cast("str | None", await self.app.push_screen_wait(PressScreen(self.client, spec)))
        if key is not None:
            self._choose(spec, tuple(dict.fromkeys((*(split(spec.keys) if added else ()), key))))

    def action_take_away(self) -> None:
        """Let the chosen command have no key."""
        if (spec := self._chosen) is not None:
            self._choose(spec, ())

    def action_restore(self) -> None:
        """Let the chosen command have the keys of the program again."""
        if (spec := self._chosen) is not None:
            self._choose(spec, None)

    def _choose(self, spec: CommandSpec, keys: tuple[str, ...] | None) -> None:
        before = set(app_of(self).keys.denied)
        unwritten = app_of(self).keys.choose(spec.id, keys)
        now = app_of(self).registry.get(spec.id)
        lost = [denied.said for denied in app_of(self).keys.denied if denied not in before]
        said = tr("{title}: {keys}.").format(title=tr(spec.title), keys=tr(", ").join(key_names(now)) or tr("no key"))
        self.notice.say(" ".join([unwritten or said, *lost]), "bad" if unwritten else "good")
        self._show()
