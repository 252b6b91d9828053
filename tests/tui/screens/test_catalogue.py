"""A page costs one file: put into the folder of pages, it is in help, palette and completion, and its key opens it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.demo import running
from tests.tui.until import until
from tui.keys.registry import Context
from tui.screens import pages
from tui.screens.help import help_text
from tui.screens.page import Page

ONE_FILE = '''
"""How tall one is."""

from textual.app import ComposeResult
from textual.widgets import Static

from tui.keys.commands import APP
from tui.keys.registry import CommandSpec, Scope
from tui.screens.content import NothingUnsaved
from tui.screens.page import Page


class HeightScreen(Page[None], NothingUnsaved):
    """Says it."""

    opened_by = CommandSpec(
        id="app.height", group=APP, scope=Scope.APP, title="Height", help="How tall you are.", keys="alt+y",
        slash="height", after="app.network", synonyms="tall",
    )
    heading = "Height"

    def compose_body(self) -> ComposeResult:
        yield Static("1.80 m")

    def clear_caches(self) -> None:
        pass
'''


@pytest.fixture
def _one_page_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "height.py").write_text(ONE_FILE)
    monkeypatch.setattr(pages, "__path__", [*pages.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "tui.screens.pages.height", raising=False)


@pytest.mark.asyncio
@pytest.mark.usefixtures("_one_page_more")
async def test_a_page_costs_one_file() -> None:
    async with running() as demo:
        ids = [spec.id for spec in demo.app.registry]
        assert ids.index("app.height") > ids.index("app.network")
        assert "/height" in help_text(demo.app.registry, "tall", 100).plain
        unlocked = Context(locked=False, in_chat=False)
        assert demo.app.registry.completions("hei", unlocked)[0].id == "app.height"
        await demo.press("alt+y")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, Page) and demo.app.screen.heading == "Height")
        await demo.press("escape")
        await demo.open("bob")
        await demo.write("/height")
        await demo.press("enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, Page))
        await demo.press("alt+l")
        await until(demo.pilot, lambda: demo.client.locked)
        demo.app.open_page("height")
        await demo.calm()
        assert not isinstance(demo.app.screen, Page)


def test_the_first_frame_imports_no_page_and_no_conversation() -> None:
    code = (
        "import sys, tui.app.app; print(*[name for name in sys.modules if name.startswith('tui.screens.')], sep='\\n')"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(outcome.stdout.split()) == {"tui.screens.content", "tui.screens.opening"}
