"""The details pane at the right: who the contact is, and where the selected or last message is."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from core.api import Conversation, Message
from tui.app_port import app_of
from tui.language import told, tr
from tui.text.sanitize import clean_line, clean_name
from tui.widgets.chat_header import STATE_NOTES
from tui.words.contacts import OVERDUE, own_name_of, where_to_look
from tui.words.format import grouped, moment, state_sentence


class Details(Widget):
    """Facts as label and value."""

    DEFAULT_CSS = """
    Details { width: 40; padding: 0 2; background: $panel; color: $ink; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._conversation: Conversation | None = None
        self._message: Message | None = None
        self._is_selected = False

    def show(self, conversation: Conversation | None, message: Message | None, *, is_selected: bool = False) -> None:
        """Show facts about a conversation, and about a message: the selected one, else the last of one's own."""
        if (conversation, message, is_selected) != (self._conversation, self._message, self._is_selected):
            self._conversation, self._message, self._is_selected = conversation, message, is_selected
            self.refresh()

    def clear_caches(self) -> None:
        """Forget them."""
        self.show(None, None)

    def render(self) -> RenderResult:
        """Return the facts."""
        if self._conversation is None:
            return Content("")
        conversation = self._conversation
        parts: list[tuple[str, str] | str] = [
            (clean_name(conversation.name), "bold"),
            "\n",
            *_standing(conversation),
            "\n\n",
            (_label(tr("identity")), "$quiet"),
            grouped(conversation.identity),
        ]
        if mail := _mail_words(conversation):
            parts += ["\n\n", (_label(tr("mail")), "$quiet"), "\n".join(mail)]
        if self._message is not None:
            parts += ["\n\n", (self._of_which(), "bold"), "\n", *self._about(self._message)]
        return Content.assemble(*parts)

    def _of_which(self) -> str:
        """Say which message the last facts are about."""
        return tr("Selected message") if self._is_selected else tr("Your last message")

    def _about(self, message: Message) -> list[tuple[str, str] | str]:
        app = app_of(self)
        written = moment(message.sent_at, app.now(), app.calendar)
        parts: list[tuple[str, str] | str] = [(_label(tr("written")), "$quiet"), written]
        if message.sender == "me":
            where = state_sentence(message.state, message.copies, message.until, app.now(), app.calendar)
            parts += ["\n\n", (_label(tr("where it is")), "$quiet"), where]
        elif message.late:
            parts += ["\n\n", (tr("it came after its place had been given up"), "$quiet")]
        return parts


def _label(words: str) -> str:
    """Return what stands in a line above a fact."""
    return f"{words}\n"


def _standing(conversation: Conversation) -> list[tuple[str, str] | str]:
    """Say what they call themselves, whether they are heard, and what is odd about them."""
    note = tr(STATE_NOTES[conversation.state]) or tr("in your contacts")
    state = tr("blocked (/unblock)") if conversation.blocked else note
    parts: list[tuple[str, str] | str] = [(state, "$quiet")]
    if own := own_name_of(conversation):
        parts += ["\n\n", (_label(tr("their own name")), "$quiet"), own]
    if conversation.warning_text:
        parts += [
            "\n\n",
            (f"! {clean_line(told(conversation.warning_said, conversation.warning_text))}", "bold $warning"),
            where_to_look(conversation),
        ]
    if conversation.rekey_overdue:
        parts += ["\n\n", (_label(tr("keys")), "$quiet"), tr(OVERDUE)]
    return parts


def _mail_words(conversation: Conversation) -> list[str]:
    """Say what was agreed about keeping each other's mail, and how to change it."""
    words: list[str] = []
    if conversation.keeping:
        words.append(tr("theirs is kept here (/keep)"))
    elif conversation.keep_wanted:
        words.append(tr("they ask you to keep theirs (/keep)"))
    if conversation.keep_asked:
        words.append(tr("you asked them to keep yours (/ask-keep)"))
    return words
