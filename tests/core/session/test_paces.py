"""The pace of the node follows the settings of the account that is open, and nobody's when none is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from core import api
from core.node.opening import open_own_node
from core.session.commands import act_of
from core.session.commands.account import AtGate, carry_out
from core.session.engines import Engines
from core.session.gate import Gate
from core.session.messenger import AttachedClient, open_messenger
from core.session.overrides import Overrides
from net.cover_profile import STRONG
from tests.support.cheap_node import CHEAP as CHEAP_NODE, HURRIED, alone
from tests.support.devices import CHEAP as CHEAP_PASSCODES

pytestmark = [pytest.mark.trio, pytest.mark.network]

PASSCODE = "quiet river over stones"
TERMS = Overrides(policy=CHEAP_PASSCODES, stores=(), tuning=CHEAP_NODE)
CREATE = api.AccountCreate(passcode=PASSCODE, name="Alice")
MAKE_STRONG = api.SettingsSet(settings={"pace": "strong"})
PATIENCE = 20.0


@asynccontextmanager
async def messenger(home: Path) -> AsyncGenerator[AttachedClient]:
    async with open_messenger(home, alone(), terms=TERMS) as opened:
        with opened.attach() as client:
            yield client


async def pace_of(opened: AttachedClient) -> str:
    return (await opened.call(api.NetworkStatusGet())).pace


async def until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110 - a pace changes without an event
            await trio.sleep(0.01)


async def test_a_change_is_carried_out_at_once_and_ends_with_the_account(tmp_path: Path) -> None:
    async with messenger(tmp_path / "home") as opened:
        await opened.call(CREATE)
        assert await pace_of(opened) == "normal"
        await opened.call(MAKE_STRONG)
        assert await pace_of(opened) == "strong"
        await opened.call(api.AccountLock(keep_receiving=True))
        assert await pace_of(opened) == "strong"  # the screen is locked, the account is open
        await opened.call(api.AccountLock())
        assert await pace_of(opened) == "normal"


async def test_the_settings_of_another_device_and_of_the_last_time_are_heeded_too(
    tmp_path: Path,
) -> None:
    terms = replace(TERMS, settings_period=0.01)
    home = tmp_path / "home"
    async with open_own_node(home, alone(), tuning=CHEAP_NODE) as node, trio.open_nursery() as nursery:
        gate = Gate(home, Engines(node), nursery, terms)
        at = AtGate(gate, gate.attachments.attach(lambda _: None))
        await carry_out(at, CREATE)
        assert node.status().view.cover_profile == HURRIED
        # What a merge does: the row changes, and nobody says so.
        await gate.account().service.act(act_of(MAKE_STRONG))
        await until(lambda: node.status().view.cover_profile == STRONG)
        await carry_out(at, api.AccountLock())
        assert node.status().view.cover_profile == HURRIED
        await carry_out(at, api.AccountUnlock(passcode=PASSCODE))
        await until(lambda: node.status().view.cover_profile == STRONG)
        await gate.close()
