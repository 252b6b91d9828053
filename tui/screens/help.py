"""Help, written by the registry: every key and command, filtered by the words typed, and a short guide after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widgets import Input, Static

from tui.app_port import app_of
from tui.keys.keymap import key_names
from tui.keys.matching import in_both
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.text.cells import width_of
from tui.text.sanitize import pad, wrap
from tui.widgets.edges import BARE, Edge, UpperEdge
from tui.widgets.hints import Hints
from tui.widgets.text_field import TextField
from tui.words.guide import GUIDE
from tui.words.legend import legend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import ComposeResult

    from tui.keys.registry import CommandSpec, Context, Registry

    Naming = Callable[[str], str]

_HEADING = Style(bold=True, underline=True)
_KEY = Style(bold=True)
# Cells of the column of keys and of slash commands.
_KEYS, _SLASH = 19, 16
# Cells of the column of signs.
_SIGN = 5
# Below this width a command takes two lines.
_NARROW = 66
_INDENT = 2
# Other words by which people look for signs.
SIGNS_ALSO = N_("signs marks")


def matching(specs: Iterable[CommandSpec], words: str) -> list[CommandSpec]:
    """Return the commands of which every typed word occurs in keys, slash name, title, group, help or synonyms."""
    wanted = words.casefold().split()

    def text_of(spec: CommandSpec) -> str:
        named = f"{' '.join(key_names(spec))} /{spec.slash} ".casefold()
        return named + in_both(spec.title, spec.group, spec.help, spec.synonyms)

    return [spec for spec in specs if all(word in text_of(spec) for word in wanted)]


def command_lines(keys: str, spec: CommandSpec, width: int, named: Naming = str) -> list[Content]:
    """Return one command: its keys, its slash name, what it does, wrapped to its own column."""
    slash = f"/{spec.slash} {tr(spec.argument)}".strip() if spec.slash else ""
    what, filled = named(tr(spec.help)), keys + " " * (_KEYS - width_of(keys))
    if width < _NARROW:
        head = "  ".join(each for each in (keys, slash) if each)
        return [Content.styled(head, _KEY), *_wrapped(what, width, _INDENT)]
    described = _wrapped(what, width, _KEYS + _SLASH)
    if width_of(slash) >= _SLASH:  # a long name has its line to itself
        return [Content.assemble((filled, _KEY), slash), *described]
    first = Content.assemble((filled, _KEY), pad(slash, _SLASH), described[0].plain.lstrip())
    return [first, *described[1:]]


def _wrapped(text: str, width: int, indent: int) -> list[Content]:
    return [Content(" " * indent + text[start:end]) for start, end in wrap(text, width - indent)]


def merged(specs: Iterable[CommandSpec]) -> list[tuple[str, CommandSpec]]:
    """Return each command with its keys as text; neighbours that do the same by place become one, ``Alt+1 to Alt+9``."""
    rows: list[tuple[str, CommandSpec]] = []
    firsts: list[str] = []
    for spec in specs:
        names = key_names(spec)
        if rows and names and not spec.slash and rows[-1][1].help == spec.help and rows[-1][1].group == spec.group:
            rows[-1] = (tr("{first} to {last}").format(first=firsts[-1], last=names[0]), rows[-1][1])
        elif names or spec.slash:
            rows.append((", ".join(names[:2]), spec))
            firsts.append(names[0] if names else "")
    return rows


def sign_lines(signs: Iterable[tuple[str, str]], words: str, width: int) -> list[Content]:
    """Return the signs that match, each with what it means."""
    wanted = words.casefold().split()
    lines: list[Content] = []
    for sign, meaning in signs:
        if all(word in f"{sign} ".casefold() + in_both(meaning, SIGNS_ALSO) for word in wanted):
            first, *rest = _wrapped(tr(meaning), width, _SIGN)
            lines += [Content.assemble((pad(sign, _SIGN), _KEY), first.plain.lstrip()), *rest]
    return [Content(""), Content.styled(tr("Signs"), _HEADING), *lines] if lines else []


def help_text(
    specs: Iterable[CommandSpec], words: str, width: int, signs: Iterable[tuple[str, str]] = (), named: Naming = str
) -> Content:
    """Return commands by group, the signs, then the chapters of the guide, as far as they match the words typed.

    ``named`` puts the keys that count into a sentence.
    """
    lines: list[Content] = []
    group = ""
    for keys, spec in merged(matching(specs, words)):
        if spec.group != group:
            group = spec.group
            lines += [Content(""), Content.styled(tr(group), _HEADING)]
        lines += command_lines(keys, spec, width, named)
    lines += sign_lines(signs, words, width)
    wanted = words.casefold().split()
    for title, paragraphs in GUIDE:
        text = in_both(title, *paragraphs)
        if all(word in text for word in wanted):
            lines += [Content(""), Content.styled(tr(title), _HEADING)]
            lines += [line for paragraph in paragraphs for line in _wrapped(named(tr(paragraph)), width, 0)]
    return Content("\n").join(lines[1:]) if lines else Content(tr("Nothing here has these words in it."))


class HelpScreen(Screen[None], NothingUnsaved):
    """Shows what can be done in ``context``; not what cannot be done there. ``topic`` is the first filter."""

    SCOPED_CSS = False  # one rule looks at the app's glyphs
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $ground;
        & #card { width: 100%; max-width: 110; height: 100%; }
        & #help-body { width: 1fr; height: 1fr; border-left: round $self; border-right: round $self; }
        & #filter { margin: 1 1 0 1; }
        & #help-scroll { width: 100%; height: 1fr; padding: 1 2; overflow-y: scroll; scrollbar-size-vertical: 1; }
        & #help { width: 1fr; height: auto; }
        &.-roomy #help-scroll { padding: 1 4; }
        &.-roomy #filter { margin: 1 3 0 3; }
        &.-short #filter { margin: 0; }
        &.-short #help-scroll { padding: 0 1; }
        &.-bare #help-body { border: none; }
        &:ansi { background: ansi_default; }
    }
    .ascii HelpScreen #help-body { border-left: ascii $self; border-right: ascii $self; }
    .ascii HelpScreen.-bare #help-body { border: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-bare"), (BARE, "-narrow"), (60, "-normal"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall"), (32, "-roomy")]
    BINDINGS = [
        Binding("escape,f1", "leave", "Back", id="help.back"),
        Binding("up", "scroll(-1)", "Up", show=False, priority=True),
        Binding("down", "scroll(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(self, registry: Registry, context: Context, topic: str = "") -> None:
        super().__init__()
        self._topic = topic
        self._specs = registry.available(context)

    def compose(self) -> ComposeResult:
        """Build filter and text."""
        with Vertical(id="card"):
            yield UpperEdge(tr("Help"), id="title")
            with Vertical(id="help-body"):
                yield TextField(
                    self._topic, placeholder=tr("type to filter: a key, a command, a word, a sign"), id="filter"
                )
                with VerticalScroll(id="help-scroll", can_focus=False):
                    yield Static("", id="help")
            yield Hints((tr("type"), N_("filter")), ("↑↓ PgUp PgDn", N_("scroll")), ("Esc", N_("back")))

    def clear_caches(self) -> None:
        """Forget what was typed."""
        self._topic = ""
        for field in self.query(TextField):
            with field.prevent(Input.Changed):
                field.clear()

    def on_mount(self) -> None:
        """Listen to typing from the start."""
        self.query_one(TextField).focus()

    def on_resize(self) -> None:
        """Wrap anew."""
        for edge in self.query(Edge):
            edge.refresh()
        self.call_after_refresh(self._show)

    @on(Input.Changed)
    def _show(self) -> None:
        width = max(20, self._scroller.scrollable_content_region.width)
        app, words = app_of(self), self.query_one(TextField).value
        text = help_text(self._specs, words, width, legend(app.glyphs), app.keys.within)
        self.query_one("#help", Static).update(text)
        self._scroller.scroll_home(animate=False)

    @property
    def _scroller(self) -> VerticalScroll:
        return self.query_one("#help-scroll", VerticalScroll)

    def action_scroll(self, by: int) -> None:
        """Scroll by lines while the filter keeps the focus."""
        self._scroller.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        self._scroller.scroll_relative(y=by * max(1, self._scroller.size.height - 1), animate=False)

    def action_leave(self) -> None:
        """Clear the filter first, then go back."""
        field = self.query_one(TextField)
        if field.value:
            field.clear()
        else:
            self.dismiss(None)
