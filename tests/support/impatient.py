"""The product with short periods of record writing: ``python -m tests.support.impatient ARGUMENTS…``.

An account writes what changed into its personal record after one to three minutes, so that several changes are one, and
looks after its duties twice a minute. Here it does both every second or two: when it writes is changed, what it writes and
what that costs is not. Passcodes are cheap, as in all stories.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from tests.support.thrifty import lower

    lower()
    from core.people import maintenance
    from core.people.record import record_sync

    record_sync.WRITE_DELAY = (1.0, 2.0)
    maintenance.INTERVAL = 2.0
    from tui.cli.arguments import main

    sys.exit(main(sys.argv[1:]))
