"""The client on the demo world, with a moment to leave: ``python -m tests.support.hurried_app [--stuck]``.

With ``--stuck`` its core does not end.
"""

from __future__ import annotations

import sys
import threading

from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tui.host import leaving

MOMENT = 0.5


class StuckClient(FakeClient):
    """A core that does not end."""

    def shut(self) -> None:
        """Hang."""
        threading.Event().wait()

    async def stop(self) -> None:
        """Hang, and the screens' loop with it."""
        self.shut()


if __name__ == "__main__":
    setattr(leaving, "PATIENCE", MOMENT)  # noqa: B010  # Final in the product
    demo_app(StuckClient() if "--stuck" in sys.argv else FakeClient()).run()
