"""``sottovoce demo``: a private network on this machine, a contact called Echo, and the client.

    this process: the client ──leash──> backstage ──leash──> four `sottovoce node`
                                            └─────pipes────> `sottovoce rpc`, which is Echo

Everything but the client runs behind a second process, the backstage. A leash is a pipe that carries nothing: it closes
when the process that holds it ends, however it ends, and the process at its other end then ends too. So nothing is left
running after a crash, a kill -9 or a closed terminal, and the directory that held everything is gone.
"""

from __future__ import annotations

from tui.host.boundary import ASKED_WRONGLY, Refused
from tui.host.leaving import has_terminal
from tui.language import tr


def run(*, check: bool) -> int:
    """Run the demo, or its check without a terminal; return the exit status."""
    from tui.demo.front import run_check, run_demo

    if check:
        return run_check()
    if not has_terminal():
        raise Refused(tr("needs a terminal; `sottovoce demo --check` does without"), ASKED_WRONGLY)
    return run_demo()
