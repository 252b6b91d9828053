"""A text goes to the person's editor by a folder in memory, comes back, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.tui.demo import running
from tests.tui.until import until
from tui.app.editor_visit import EditorVisit
from tui.terminal import memory_folder
from tui.terminal.editor_command import quieted, surroundings, words_of
from tui.terminal.memory_folder import PREFIX, MemoryFolder, bases, file_system, remove_left

SHM = Path("/dev/shm")
needs_memory = pytest.mark.skipif(SHM not in set(bases({})), reason="no file system in memory")


def nothing(_: str) -> None:
    return None


def test_the_editor_is_the_one_that_is_named_and_no_shell_reads_its_words() -> None:
    assert words_of({"VISUAL": "code --wait", "EDITOR": "vi"}) == ("code", "--wait")
    assert words_of({"VISUAL": "", "EDITOR": "'my editor' $HOME;ls"}) == ("my editor", "$HOME;ls")
    assert words_of({}, lambda name: name if name == "nano" else None) == ("nano",)
    assert words_of({}, nothing) == ()


@pytest.mark.parametrize("program", ["vim", "nvim", "/usr/bin/vim.tiny", "nano", "emacs", "emacs-nox", "micro", "hx"])
def test_editors_that_are_known_are_told_to_keep_nothing(program: str) -> None:
    words = quieted((program, "+1"), nothing)
    assert words[:2] == (program, "+1")
    assert len(words) > 2


def test_what_an_editor_keeps_for_itself_lies_in_the_folder() -> None:
    given = surroundings(Path("/there"), {"HOME": "/h", "XDG_STATE_HOME": "/h/state"})
    assert given == {"HOME": "/h", "XDG_STATE_HOME": "/there", "XDG_CACHE_HOME": "/there", "TMPDIR": "/there"}


@pytest.mark.disk
def test_a_folder_on_a_disk_is_not_taken(tmp_path: Path) -> None:
    if file_system(tmp_path) in memory_folder.IN_MEMORY:
        pytest.skip("no disk here")
    assert tmp_path not in set(bases({"XDG_RUNTIME_DIR": str(tmp_path)}))


def test_a_file_system_that_is_not_memory_is_not_taken() -> None:
    assert file_system(Path("/proc")) == "proc"
    assert Path("/proc") not in set(bases({"XDG_RUNTIME_DIR": "/proc"}))


@needs_memory
def test_a_folder_in_which_others_can_write_is_not_taken() -> None:
    with MemoryFolder(SHM) as folder:
        assert folder.path in set(bases({"XDG_RUNTIME_DIR": str(folder.path)}))
        folder.path.chmod(0o777)
        assert folder.path not in set(bases({"XDG_RUNTIME_DIR": str(folder.path)}))


@needs_memory
def test_folder_and_file_are_the_persons_alone_and_go() -> None:
    before = os.umask(0)
    try:
        with MemoryFolder(SHM) as folder:
            path = folder.write("text")
            modes = [stat.S_IMODE(each.stat().st_mode) for each in (folder.path, path)]
            assert modes == [0o700, 0o600]
            remove_left([SHM])  # of others that were killed; this one is held
            assert path.read_text() == "text"
    finally:
        os.umask(before)
    assert not folder.path.exists()


@needs_memory
def test_what_a_killed_program_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}0123"
    left.mkdir()
    (left / "lock").touch()
    (left / "text.txt").write_text("secret")
    assert remove_left([tmp_path]) == 1
    assert not left.exists()


@pytest.mark.asyncio
async def test_a_terminal_that_cannot_be_handed_over_is_told_of_and_the_text_stays() -> None:
    async with running(columns=120) as demo:
        await demo.open("bob")
        await demo.write("mine")
        await demo.press("alt+e")
        assert "cannot be handed" in demo.status()
        assert demo.composer.text == "mine"


@pytest.mark.asyncio
async def test_a_lock_ends_the_editor_and_what_it_saved_is_the_draft_and_comes_into_no_locked_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[bool] = []
    ways: list[Callable[[str], None]] = []
    backs: list[Callable[[str | None], None]] = []

    def visit(_: str, saved: Callable[[str], None], came_back: Callable[[str | None], None]) -> Callable[[], None]:
        ways.append(saved)
        backs.append(came_back)
        return lambda: ended.append(True)

    async with running() as demo:
        monkeypatch.setattr(demo.app, "visit_editor", visit)
        await demo.open("bob")
        await demo.write("mine")
        await demo.press("alt+e")
        composer = demo.composer
        ways[0]("mine, saved")
        demo.app.lock_now()
        await until(demo.pilot, lambda: demo.client.locked)
        assert ended == [True]
        assert demo.client.room("bob").draft == "mine, saved"
        backs[0]("mine, and more")
        assert composer.text == ""


@pytest.mark.asyncio
@pytest.mark.parametrize(("deaf", "end"), [(False, signal.SIGTERM), (True, signal.SIGKILL)])
async def test_an_editor_that_has_to_end_is_told_to_and_one_that_is_deaf_is_killed(
    tmp_path: Path, deaf: bool, end: signal.Signals
) -> None:
    path = tmp_path / "text.txt"
    path.write_text("text")
    source = "import pathlib, signal, sys, time; how = signal.SIG_IGN if sys.argv[1] == 'deaf' else signal.SIG_DFL; "
    source += "signal.signal(signal.SIGTERM, how); pathlib.Path(sys.argv[2]).write_text('saved'); time.sleep(600)"
    saved = asyncio.Event()
    async with running() as demo:
        visit = EditorVisit(demo.app, lambda _: saved.set(), lambda: None)
        going = asyncio.create_task(visit._run((sys.executable, "-c", source, "deaf" if deaf else "ready"), path))
        await saved.wait()
        visit.end()
        assert await asyncio.wait_for(going, 20.0) == -end


# --- on a real terminal ---------------------------------------------------------------------------------------------

# Puts a word behind the text; with "wait" it saves and then stays, with "fail" it gives up.
EDITOR = """
import sys, time
how, path = sys.argv[1], sys.argv[-1]
text = open(path).read()
print("EDITING", text, "in", path, flush=True)
open(path, "w").write(text + " edited" + chr(10))
if how == "wait":
    time.sleep(600)
sys.exit(how == "fail")
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "editor.py"
    path.write_text(EDITOR)
    return path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A person's own folder in memory, apart from those of tests that run beside."""
    if file_system(tmp_path) not in memory_folder.IN_MEMORY:
        pytest.skip("files of tests lie on a disk here")
    path = tmp_path / "run"
    path.mkdir(0o700)
    return path


class Blind:
    """Takes what is written, and shows nothing."""

    def feed(self, _: bytes) -> None:
        pass


def begin(terminal: Terminal) -> None:
    terminal.wait_for("Bob")
    terminal.settle()
    terminal.send("\x1b2")
    terminal.wait_for("Write to Bob")
    terminal.settle()
    terminal.send("half")
    terminal.wait_for("half")
    terminal.settle()
    terminal.send("\x1be")


def words(program: Path, how: str, run: Path) -> dict[str, str]:
    return {"EDITOR": f"{sys.executable} {program} {how}", "XDG_RUNTIME_DIR": str(run)}


APP = ("tests.support.fake_app",)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize(("how", "after"), [("save", "half edited"), ("fail", "half")])
def test_what_the_editor_made_of_it_comes_back(program: Path, run: Path, how: str, after: str) -> None:
    with Terminal(APP, 80, 24, words(program, how, run)) as terminal:
        begin(terminal)
        terminal.wait_until(lambda: f"EDITING half in {run}".encode() in terminal.output, "the editor")
        terminal.wait_for("Bob")
        terminal.settle()
        terminal.send("!")
        terminal.wait_for(f"{after}!")
        assert list(run.iterdir()) == []


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("death", [signal.SIGTERM, signal.SIGHUP])
def test_a_program_that_is_ended_has_what_the_editor_saved_as_a_draft(
    program: Path, run: Path, tmp_path: Path, death: signal.Signals
) -> None:
    drafts = tmp_path / "drafts"
    with Terminal((*APP, "--drafts", str(drafts)), 80, 24, words(program, "wait", run)) as terminal:
        begin(terminal)
        terminal.wait_until(lambda: b"EDITING" in terminal.output, "the editor")
        terminal.wait_until(lambda: drafts.exists() and "edited" in drafts.read_text(), "the draft")
        terminal.process.send_signal(death)
        terminal.wait_for_exit(20.0)
        assert terminal.echoes()
    assert drafts.read_text().splitlines()[-1] == "bob half edited"
    assert list(run.iterdir()) == []


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("vim") is None, reason="no vim")
def test_vim_leaves_nothing_at_home(run: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    drafts = tmp_path / "drafts"
    surrounding = {"EDITOR": "vim -T dumb", "HOME": str(home), "XDG_RUNTIME_DIR": str(run)}
    with Terminal((*APP, "--drafts", str(drafts)), 80, 24, surrounding) as terminal:
        begin(terminal)
        setattr(terminal, "_stream", Blind())  # noqa: B010 -- pyte ends at some of what vim asks a terminal
        terminal.wait_until(lambda: any(run.iterdir()), "the editor")
        terminal.settle(1.0)
        terminal.send("A of it\x1b:wq\r")
        terminal.wait_until(lambda: not any(run.iterdir()), "the end of the editor")
        terminal.wait_until(lambda: drafts.exists() and drafts.read_text().endswith("half of it\n"), "the draft")
    assert [path for path in home.rglob("*") if "vim" in path.name.lower()] == []
