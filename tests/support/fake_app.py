"""Run the client on the demo world: ``python -m tests.support.fake_app [--new | --locked] [--echo | --signalled]``.

With ``--signalled`` Bob writes at each SIGUSR1, and notices have text. Files of this machine count where XDG_CONFIG_HOME is
set.
With ``--drafts FILE`` each draft that is saved is a line of that file. With ``--echo`` each contact answers a message
after a second, and messages move through their states.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from core import api
from tests.support.client import FakeClient
from tests.support.world import NOW
from tui.app.app import SottovoceApp
from tui.config.local import Local, load
from tui.look.profile import STILL, TerminalProfile, detect
from tui.terminal import channel
from tui.words.format import Calendar

R = TypeVar("R")


class EchoingClient(FakeClient):
    """A world that answers."""

    async def call(self, command: api.Command[R]) -> R:
        """Answer, and let something happen afterwards."""
        answer = await super().call(command)
        if isinstance(command, api.MessageSend) and isinstance(answer, api.MessageRef):
            self._task = asyncio.get_running_loop().create_task(self._answer(command, answer.id))
        return answer

    async def _answer(self, command: api.MessageSend, message_id: str) -> None:
        states: tuple[api.State, ...] = ("sent", "stored", "delivered", "read")
        for state in states:
            await asyncio.sleep(0.5)
            self.advance(command.conversation, message_id, state)
        await asyncio.sleep(0.5)
        self.receive(command.conversation, f"You wrote: {command.text}")


class SignalledClient(FakeClient):
    """A world in which Bob writes at each SIGUSR1, to a person who wants to read it in notices."""

    def __init__(self, **world: Any) -> None:
        super().__init__(**world)
        self.stored_settings = api.Settings(notify="bell+text", notify_content="text")

    def start(self, wake: Callable[[], None], crashed: Callable[[str], None]) -> None:
        """Listen."""
        super().start(wake, crashed)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.receive, "bob", "a secret; word\x1b]0;x\x07")


class NotingClient(FakeClient):
    """A world that notes which drafts it was given, for a test outside its process."""

    async def call(self, command: api.Command[R]) -> R:
        """Answer, and note."""
        answer = await super().call(command)
        if isinstance(command, api.DraftSet):
            with await asyncio.to_thread(open, sys.argv[sys.argv.index("--drafts") + 1], "a") as file:
                file.write(f"{command.conversation} {command.text}\n")
        return answer


def demo_app(
    client: FakeClient | None = None, profile: TerminalProfile = STILL, local: Local | None = None, **world: Any
) -> SottovoceApp:
    """Return the client on the demo world at its frozen moment."""
    client = client or FakeClient(**world)
    return SottovoceApp(client, profile, clock=lambda: NOW, calendar=Calendar(dt.UTC), local=local or Local())


def main() -> None:
    """Run it in this terminal."""
    kinds = {"--drafts": NotingClient, "--echo": EchoingClient, "--signalled": SignalledClient}
    kind = next((kinds[each] for each in sys.argv if each in kinds), FakeClient)
    client = kind(exists="--new" not in sys.argv, locked="--locked" in sys.argv)
    local = load() if "XDG_CONFIG_HOME" in os.environ else Local()
    SottovoceApp(
        client, detect(os.environ, sys.stdout.encoding or ""), clock=lambda: NOW, calendar=Calendar(dt.UTC),
        local=local, channel=channel.detect(os.environ, local.machine.notices),
    ).run()  # fmt: skip


if __name__ == "__main__":
    main()
