"""Time from the start of the client to its first frame and to a usable screen, beside an empty Textual program.

Each on a terminal of its own, in turns: the empty program, the client with a locked account, the client with an account
that opens by itself, and the client of the locked account attached to a core that runs on. The first frame is the program's
name in an empty room; the core begins after it. Nothing is animated: letter by letter the name would come later on purpose.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import trio

from benchmarks.support import report
from benchmarks.support.household import places
from benchmarks.support.pty import drawn_after
from core import api
from tui.demo.children import Places, open_rpc
from tui.demo.rpc_client import talk_to

ROUNDS = 15
STILL = {"TEXTUAL_ANIMATIONS": "none"}


async def _make_account(where: Places, *, remember: bool) -> bool:
    """Make an account; return whether it will open without its passcode."""
    name = "open" if remember else "locked"
    async with open_rpc(where, name, (), remember=remember) as process, talk_to(process) as client:
        await client.call(api.AccountCreate(passcode=secrets.token_urlsafe(), name="Alice"))
        return bool((await client.call(api.AccountGet())).remembered)


async def _forget(where: Places) -> None:
    """Take the remembered key away again: it is kept outside the directory."""
    async with open_rpc(where, "open", (), remember=True) as process, talk_to(process) as client:
        await client.call(api.AccountLogout())


def _client(home: Path) -> list[str]:
    return ["tui", "--home", str(home), "--listen", "127.0.0.1:0", "--no-mainline", "--no-lan"]


def _measure_attached(where: Places) -> list[list[float]]:
    """Run a core for the locked account and attach to it, one client after the other."""
    program = [sys.executable, "-m", *_client(where.home("locked"))]
    environ = {**os.environ, **where.environment()}
    subprocess.run([*program, "core", "--background"], env=environ, check=True)
    try:
        marks = ["sottovoce", "Passcode"]
        return [drawn_after(_client(where.home("locked")), marks, where.environment() | STILL) for _ in range(ROUNDS)]
    finally:
        subprocess.run([*program, "core", "--stop"], env=environ, check=True)


def measure(quick: bool) -> report.Figures:
    with places() as where:
        opens = False if quick else trio.run(lambda: _make_account(where, remember=True))
        trio.run(lambda: _make_account(where, remember=False))
        empty: list[float] = []
        locked: list[list[float]] = []
        unlocked: list[list[float]] = []
        attached: list[list[float]] = []
        try:
            for _ in range(1 if quick else ROUNDS):
                empty += drawn_after(["benchmarks.support.empty_app"], ["emptyroom"], STILL)
                environ = where.environment() | STILL
                locked.append(drawn_after(_client(where.home("locked")), ["sottovoce", "Passcode"], environ))
                if opens:
                    marks = ["sottovoce", "Nobody here yet"]
                    unlocked.append(drawn_after(_client(where.home("open")), marks, environ))
            if not quick:
                attached = _measure_attached(where)
        finally:
            if opens:
                trio.run(lambda: _forget(where))
    figures: report.Figures = {"empty_ms": report.spread([each * 1000 for each in empty], 0)}
    for name, taken in (("locked", locked), ("unlocked", unlocked), ("attached", attached)):
        if taken:
            first, usable = ([each[at] * 1000 for each in taken] for at in (0, 1))
            figures[name] = {
                "first_frame_ms": report.spread(first, 0),
                "usable_ms": report.spread(usable, 0),
                "ratio_first_frame": report.ratio(first, [each * 1000 for each in empty]),
                "ratio_usable": report.ratio(usable, [each * 1000 for each in empty]),
            }
    if not unlocked:
        figures["unlocked"] = None  # this system has no place for a remembered key, or there was no time
    return figures


if __name__ == "__main__":
    report.run("first_frame", measure)
