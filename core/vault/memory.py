"""How much memory this process may have: the machine's, less what containers, services and limits withhold.

The kernel kills a process that takes more than its control group allows, so the limit has to be known before. It is read
from ``/proc/meminfo``, the control groups that this process is in (both versions, each with all above it) and the process's
own limits (``RLIMIT_AS``, ``RLIMIT_DATA``). Where a system has none of these, its physical memory counts.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

KIB: Final = 1024
# A limit of so many bytes and more is none: groups of version 1 without a limit name the largest number of pages.
_NO_LIMIT: Final = 1 << 60


@dataclass(frozen=True)
class Memory:
    """In KiB: the most that this process could ever have, and what it can have now without being killed for it."""

    total: int
    free: int


@dataclass(frozen=True)
class _Room:
    """In bytes, of one limit: how high it is, and what is left of it."""

    limit: int
    left: int


def memory(root: Path = Path("/")) -> Memory:
    """Return what this process may have. ``root`` is where ``proc`` and ``sys`` are; tests have their own."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    info = _fields(root / "proc/meminfo")
    machine = info.get("MemTotal", machine)
    swap = info.get("SwapFree", 0)
    rooms = [_Room(machine, info.get("MemAvailable", machine) + swap)]
    rooms += [room for folder in _groups(root) if (room := _room(folder, swap)) is not None]
    rooms += _own_limits(root)
    return Memory(min(room.limit for room in rooms) // KIB, max(0, min(room.left for room in rooms)) // KIB)


def _own_limits(root: Path) -> Iterator[_Room]:
    used = _fields(root / "proc/self/status")
    for kind, field in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        limit = resource.getrlimit(kind)[0]
        if limit != resource.RLIM_INFINITY:
            yield _Room(limit, limit - used.get(field, 0))


# --- control groups ---------------------------------------------------------------------------------------------------


def _groups(root: Path) -> Iterator[Path]:
    """Yield the folders of the groups that limit this process, each with those above it."""
    paths = [line.split(":", 2)[1:] for line in _lines(root / "proc/self/cgroup") if line.count(":") >= 2]
    for is_second, mounted_from, mount in _mounts(root):
        for controllers, path in paths:
            if (controllers == "") if is_second else ("memory" in controllers.split(",")):
                top = root / mount.lstrip("/")
                try:
                    below = PurePosixPath(path).relative_to(mounted_from)
                except ValueError:  # a container that sees its own group alone, as the top
                    below = PurePosixPath()
                yield from (top / each for each in (below, *below.parents))


def _mounts(root: Path) -> Iterator[tuple[bool, str, str]]:
    """Yield where control groups that count memory are: whether of version 2, and what of them is mounted where."""
    for line in _lines(root / "proc/self/mountinfo"):
        before, _, after = line.partition(" - ")
        mount, kind = before.split(), after.split()
        if len(mount) > 4 and len(kind) > 2 and kind[0] in {"cgroup", "cgroup2"}:
            is_second = kind[0] == "cgroup2"
            if is_second or "memory" in kind[2].split(","):
                yield is_second, mount[3], mount[4]


def _room(folder: Path, swap: int) -> _Room | None:
    """Return what a group leaves; None when it has no limit."""
    stat = _fields(folder / "memory.stat", unit=1)
    limit = _number(folder / "memory.max")
    if limit is not None:
        return _Room(limit, limit - (_number(folder / "memory.current") or 0) + stat.get("inactive_file", 0) + swap)
    limit = _number(folder / "memory.limit_in_bytes")
    if limit is None:
        return None
    file_pages = stat.get("total_inactive_file", 0)
    left = limit - (_number(folder / "memory.usage_in_bytes") or 0) + file_pages + swap
    with_swap = _number(folder / "memory.memsw.limit_in_bytes")
    if with_swap is not None:
        left = min(left, with_swap - (_number(folder / "memory.memsw.usage_in_bytes") or 0) + file_pages)
    return _Room(limit, left)


# --- files of the kernel ----------------------------------------------------------------------------------------------


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _number(path: Path) -> int | None:
    """Return a limit or a use in bytes; None when there is none, or no such file."""
    text = "".join(_lines(path)).strip()
    return int(text) if text.isdecimal() and int(text) < _NO_LIMIT else None


def _fields(path: Path, unit: int = KIB) -> dict[str, int]:
    """Return a file's ``name number`` lines in bytes."""
    words = (line.replace(":", " ").split() for line in _lines(path))
    return {each[0]: int(each[1]) * unit for each in words if len(each) > 1 and each[1].isdecimal()}
