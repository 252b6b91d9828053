"""A field for an invitation link, however it was broken on its way: blanks, line ends and small letters do not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual import events

# A link has at most 154 characters; more is kept so that a wrong paste is seen for what it is.
MAX_LINK_LENGTH = 600
# Characters of a paste that are looked at.
MAX_PASTE = 4096


def joined(text: str) -> str:
    """Return a pasted link in one piece, upper case, printable."""
    together = "".join(text[:MAX_PASTE].split()).upper()
    return "".join(each for each in together if each.isascii() and each.isprintable())


class LinkField(TextField):
    """One line, whatever is pasted."""

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(placeholder=placeholder, max_length=MAX_LINK_LENGTH, id=id)

    @property
    def link(self) -> str:
        """The link as it is sent to the core."""
        return joined(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(joined(event.text))
