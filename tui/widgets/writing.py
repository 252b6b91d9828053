"""The writing area: the composer, its prompt, what completes what is typed, and how much room is left.

Round the composer is a frame in the reader's colour: one sees to whom one writes. Its edges carry what else is to be said,
and cost no row: what is new below in the upper one, keys and network in the lower. Typing draws none of it. Where each byte
or each row counts there is no frame, and a status line instead.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.color import Color
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from core.api import MAX_TEXT_SIZE
from tui.app_port import app_of
from tui.keys.registry import CommandSpec, parse_slash
from tui.language import tr, tr_n
from tui.widgets.chat_log.rows import MAX_LANE
from tui.widgets.completion import Completion
from tui.widgets.composer import Composer
from tui.words import emoji

# The limit is shown once fewer bytes than this are left.
NEAR_LIMIT = 1024


class WritingArea(Vertical):
    """Turns keys into messages to send and commands to run."""

    DEFAULT_CSS = """
    WritingArea {
        height: auto;
        background: $panel;
        align-horizontal: center;
        & #line { height: auto; }
        & #prompt { width: 3; height: 1; padding: 0 1; color: $self; background: $panel; }
        & #room { height: 1; color: $notice; padding: 0 1; display: none; text-align: right; }
        & #room.over { color: $bad; text-style: bold; }
        & #below { height: 1; display: none; background: $panel; color: $notice; text-style: bold; text-align: center; }
        &.-framed { background: $ground; }
        &.-framed #line { max-width: 104; margin: 0 1; padding: 0 1; }
        &.-framed #prompt { display: none; }
        &.-framed Composer { background: $ground; }
        & #purpose { height: 1; padding: 0 1; color: $self; display: none; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    class Send(Message):
        """A text for the other side of a conversation."""

        def __init__(self, text: str, address: str | None) -> None:
            super().__init__()
            self.text = text
            self.address = address

    class Run(Message):
        """A slash command."""

        def __init__(self, spec: CommandSpec, argument: str) -> None:
            super().__init__()
            self.spec = spec
            self.argument = argument

    class Wrong(Message):
        """A slash command that does not exist or is incomplete; it stays in the composer."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    class Changed(Message):
        """What is written for a conversation changed."""

        def __init__(self, text: str, address: str | None) -> None:
            super().__init__()
            self.text = text
            self.address = address

    def compose(self) -> ComposeResult:
        """Completions above, the line below."""
        yield Completion(id="completion")
        yield Static(id="room", markup=False)
        yield Static(id="purpose", markup=False)
        yield Static(id="below", markup=False)
        with Horizontal(id="line"):
            yield Static(Content(app_of(self).glyphs.prompt), id="prompt")
            yield Composer(id="composer")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.types = ""
        """Who types, in words, as far as it is to be said here."""
        self.below = ""
        """How many new messages are below those in view, in words."""
        self._framed = False
        self._role = "self"
        self._lower: Callable[[int, str], Content] | None = None

    # --- the frame ------------------------------------------------------------------------------------------------------

    def set_framed(self, *, framed: bool) -> None:
        """Put the line into a frame, or take it out."""
        self._framed = framed
        self.set_class(framed, "-framed")
        self._draw_frame()

    def write_to(self, role: str) -> None:
        """Give the frame the colour of whom the text is for."""
        if role != self._role:
            self._role = role
            self._draw_frame()

    def show_below(self, words: str) -> None:
        """Say how much is new below the view: in the upper edge, or in a line of its own."""
        if words != self.below:
            self.below = words
            self._draw_frame()

    def show_types(self, words: str) -> None:
        """Say who types: in the upper edge, or in a line of its own."""
        if words != self.types:
            self.types = words
            self._draw_frame()

    @property
    def framed(self) -> bool:
        """Whether there is a frame, whose edges say things."""
        return self._framed

    def show_lower(self, line: Callable[[int, str], Content]) -> None:
        """Show in the lower edge what ``line`` gives for a width and a filling."""
        self._lower = line
        if self._framed and self.is_mounted:
            self.query_one("#line").border_subtitle = line(self._edge_room, self._rule)

    @property
    def _edge_room(self) -> int:
        """Cells of an edge between its corners, a piece of the rule and a blank at each side."""
        return max(0, min(MAX_LANE, self.size.width - 2) - 6)

    @property
    def _rule(self) -> str:
        return app_of(self).glyphs.line

    def _draw_frame(self) -> None:
        if not self.is_mounted:
            return
        below, line = self.query_one("#below", Static), self.query_one("#line")
        below.display = bool(self.below or self.types) and not self._framed
        said = [self.types] if self.types else []
        key = app_of(self).keys.label("Alt+End")
        below.update(Content("   ".join([*said, f"{self.below}  {key}".rstrip()] if self.below else said)))
        if not self._framed:
            line.styles.border = None
            return
        colour = Color.parse(self.app.theme_variables[self._role])
        line.styles.border = ("ascii" if app_of(self).profile.glyphs == "ascii" else "round", colour)
        line.styles.border_title_align = "right"
        news = [(f" {self.below} ", "bold $ground on $notice" if app_of(self).pens.tinted else "bold reverse")]
        parts = [Content.styled(f" {self.types} ", f"${self._role}")] if self.types else []
        parts += [Content.assemble(*news, (f" {key}".rstrip(), "bold $ink"))] if self.below else []
        line.border_title = Content(self._rule).join(parts) if parts else ""
        if self._lower is not None:
            self.show_lower(self._lower)

    def on_mount(self) -> None:
        """Draw the frame, which may have been asked for before."""
        self._draw_frame()

    def on_resize(self) -> None:
        """Fit the edges."""
        self._draw_frame()

    # --- what is written --------------------------------------------------------------------------------------------------

    @property
    def composer(self) -> Composer:
        """The text area."""
        return self.query_one(Composer)

    @property
    def completion(self) -> Completion:
        """The list of completions."""
        return self.query_one(Completion)

    def draw_signs(self) -> None:
        """Use the signs and colours now chosen."""
        self._draw_frame()
        self.query_one("#prompt", Static).update(Content(app_of(self).glyphs.prompt))

    def show_purpose(self, words: str) -> None:
        """Say what is written for; empty: a message of its own."""
        line = self.query_one("#purpose", Static)
        line.display = bool(words)
        line.update(Content(words))

    def close_completion(self) -> bool:
        """Close the completions; returns whether they were open."""
        self.composer.completing = False
        return self.completion.close()

    def on_text_area_changed(self) -> None:
        """Offer commands or signs, and show the room that is left."""
        text = self.composer.text
        self._offer(text)
        self._show_room(text)
        self.post_message(self.Changed(text, self.composer.address))

    def _offer(self, text: str) -> None:
        slash = parse_slash(text)
        if slash is None or " " in text:
            typed = self.composer.typed_sign()
            self.completion.offer(emoji.beginning(typed) if typed else ())
            self.composer.completing = self.completion.display
            return
        matching = app_of(self).registry.completions(slash.name, app_of(self).command_context())
        exact = len(matching) == 1 and matching[0].slash == slash.name and not matching[0].argument
        self.completion.offer([] if exact else matching)
        self.composer.completing = self.completion.display

    def _show_room(self, text: str) -> None:
        room = self.query_one("#room", Static)
        left = (
            MAX_TEXT_SIZE - len(text.encode(errors="replace"))
            if len(text) * 4 > MAX_TEXT_SIZE - NEAR_LIMIT
            else NEAR_LIMIT
        )
        room.display = left < NEAR_LIMIT
        if left < NEAR_LIMIT:
            room.set_class(left < 0, "over")
            much = tr_n("{count} character: goes in parts", "{count} characters: goes in parts", len(text))
            room.update(tr("room for {left} more").format(left=left) if left >= 0 else much)

    def on_composer_completion_moved(self, event: Composer.CompletionMoved) -> None:
        """Choose another completion."""
        event.stop()
        self.completion.move(event.step)

    def on_composer_completion_wanted(self, event: Composer.CompletionWanted) -> None:
        """Complete a command or its argument; with nothing to complete go to the next pane."""
        event.stop()
        if self.completion.display:
            chosen = self.completion.chosen()
            if isinstance(chosen, emoji.Named):
                self.composer.take_sign(chosen.sign)
            elif chosen is not None:
                self.composer.put(f"/{chosen.slash}" + (" " if chosen.argument else ""))
            return
        slash = parse_slash(self.composer.text)
        spec = app_of(self).registry.by_slash(slash.name) if slash is not None else None
        if slash is not None and spec is not None and spec.choices:
            choice = next((choice for choice in spec.choices if choice.startswith(slash.argument)), None)
            if choice is not None:
                self.composer.put(f"/{spec.slash} {choice}")
        elif slash is None:
            self.screen.focus_previous()

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Send a text or run a command; an unknown command is never sent."""
        event.stop()
        slash = parse_slash(event.text)
        chosen = self.completion.chosen() if self.completion.display else None
        if isinstance(chosen, emoji.Named) and self.composer.take_sign(chosen.sign):
            return
        if slash is None:
            self.post_message(self.Send(event.text, event.address))
            return
        spec = app_of(self).registry.by_slash(slash.name)
        if spec is None and isinstance(chosen, CommandSpec):
            spec = chosen
        if spec is None:
            why = tr("There is no /{name}. To send it as it is, write //{name}")
            self.post_message(self.Wrong(why.format(name=slash.name)))
        elif spec.needs_argument and not slash.argument:
            self.composer.put(f"/{spec.slash} ")
            why = tr("{command}: {help}").format(command=f"/{spec.slash} {tr(spec.argument)}", help=tr(spec.help))
            self.post_message(self.Wrong(why))
        else:
            self.composer.put("")
            self.post_message(self.Run(spec, slash.argument))
