"""Starts ``loopback_node`` in a process of its own and reads where it listens."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

from benchmarks.support.pty import ROOT
from core.node.options import JoinSpec, parse_join


@contextmanager
def other_side(kind: str) -> Generator[tuple[JoinSpec, int]]:
    """Run the other side for a block; gives its spec and its process id."""
    command = [sys.executable, "-m", "benchmarks.support.loopback_node", kind]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield parse_join(process.stdout.readline().strip()), process.pid
        finally:
            process.stdin.close()
            process.wait()
