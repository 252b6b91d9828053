"""Run the client on the demo world: ``python -m tests.support.fake_app [--new | --locked] [--echo]``.

With ``--drafts FILE`` each draft that is saved is a line of that file. With ``--echo`` each contact answers a message
after a second, and messages move through their states.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
from typing import Any, TypeVar

from core import api
from tests.support.client import FakeClient
from tests.support.world import NOW
from tui.app.app import SottovoceApp
from tui.look.profile import STILL, TerminalProfile, detect
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


class NotingClient(FakeClient):
    """A world that notes which drafts it was given, for a test outside its process."""

    async def call(self, command: api.Command[R]) -> R:
        """Answer, and note."""
        answer = await super().call(command)
        if isinstance(command, api.DraftSet):
            with await asyncio.to_thread(open, sys.argv[sys.argv.index("--drafts") + 1], "a") as file:
                file.write(f"{command.conversation} {command.text}\n")
        return answer


def demo_app(client: FakeClient | None = None, profile: TerminalProfile = STILL, **world: Any) -> SottovoceApp:
    """Return the client on the demo world at its frozen moment."""
    return SottovoceApp(client or FakeClient(**world), profile, clock=lambda: NOW, calendar=Calendar(dt.UTC))


def main() -> None:
    """Run it in this terminal."""
    kind = NotingClient if "--drafts" in sys.argv else EchoingClient if "--echo" in sys.argv else FakeClient
    client = kind(exists="--new" not in sys.argv, locked="--locked" in sys.argv)
    demo_app(client, detect(os.environ, sys.stdout.encoding or "")).run()


if __name__ == "__main__":
    main()
