"""What is wrong with a field is said below its row, and once."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from tui.look.themes import VARIABLE_DEFAULTS
from tui.widgets.notice import FieldNote, Notice


class Form(App[None]):
    """Two rows and a notice."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLE_DEFAULTS

    def compose(self) -> ComposeResult:
        with Vertical():
            for name in ("first", "second"):
                with Horizontal(classes="row"):
                    yield Label(name)
                    yield Input(id=name)
        yield Notice(id="notice")


@pytest.mark.asyncio
async def test_a_complaint_stands_below_the_row_it_is_about_and_goes_with_the_next_word() -> None:
    app = Form()
    async with app.run_test(size=(60, 12)) as pilot:
        notice, second = app.query_one(Notice), app.query_one("#second")
        notice.say("That is too long.", "bad", about=second)
        await pilot.pause()
        note = app.query_one(FieldNote)
        assert "That is too long." in str(note.render())
        assert note.parent is not None
        assert list(note.parent.children).index(note) == 2  # below the second row
        assert notice.has_class("-elsewhere")
        assert notice.said == "That is too long."
        notice.say("Working", "working")
        await pilot.pause()
        assert not app.query(FieldNote)
        assert not notice.has_class("-elsewhere")
        notice.say("Again.", "bad", about=second)
        notice.say("Again.", "bad", about=app.query_one("#first"))
        await pilot.pause()
        assert [list(each.parent.children).index(each) for each in app.query(FieldNote) if each.parent] == [1]
        notice.clear()
        await pilot.pause()
        assert not app.query(FieldNote)
