"""How much memory a passcode may take: what limits leave, not what the machine has."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.refusals import refusal_of
from core.vault.cost import PRODUCT, Costs, calibrate, stretch
from core.vault.errors import NotEnoughMemory
from core.vault.memory import Memory, memory

Files = dict[str, str | int]
MIB = 1 << 20
# Of the machine: 64 GiB, of which 40 can be had.
MEMINFO = f"MemTotal: {64 << 20} kB\nMemFree: 1 kB\nMemAvailable: {40 << 20} kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
SECOND = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
FIRST = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n36 31 0:33 / /x rw - cgroup cgroup rw,cpu\n"


def machine(folder: Path, files: Mapping[str, str | int]) -> Memory:
    """What may be had where the kernel says ``files``."""
    for name, content in {"proc/meminfo": MEMINFO, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return memory(folder)


def test_a_machine_without_limits_has_what_it_says(tmp_path: Path) -> None:
    assert machine(tmp_path, {}) == Memory(64 << 20, 40 << 20)


def test_swap_can_be_had_too(tmp_path: Path) -> None:
    with_swap = MEMINFO.replace("SwapFree: 0", f"SwapFree: {3 << 20}")
    assert machine(tmp_path, {"proc/meminfo": with_swap}) == Memory(64 << 20, 43 << 20)


def test_a_group_of_version_2_limits_and_so_does_each_above_it(tmp_path: Path) -> None:
    groups: Files = {
        "proc/self/cgroup": "0::/user.slice/app.scope",
        "proc/self/mountinfo": SECOND,
        "sys/fs/cgroup/user.slice/app.scope/memory.max": "max",
        "sys/fs/cgroup/user.slice/memory.max": 600 * MIB,
        "sys/fs/cgroup/user.slice/memory.current": 200 * MIB,
        "sys/fs/cgroup/user.slice/memory.stat": f"anon 1\ninactive_file {50 * MIB}",
    }
    assert machine(tmp_path, groups) == Memory(600 << 10, 450 << 10)
    assert machine(tmp_path, {"sys/fs/cgroup/user.slice/app.scope/memory.max": 100 * MIB}) == Memory(
        100 << 10, 100 << 10
    )


def test_a_group_of_version_1_limits_with_its_swap(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory/docker/x/"
    files: Files = {
        "proc/self/cgroup": "5:cpu:/\n4:memory,pids:/docker/x\n0::/",
        "proc/self/mountinfo": FIRST,
        "sys/fs/cgroup/memory/memory.limit_in_bytes": 9223372036854771712,
        group + "memory.limit_in_bytes": 600 * MIB,
        group + "memory.usage_in_bytes": 100 * MIB,
        group + "memory.stat": f"inactive_file 5\ntotal_inactive_file {20 * MIB}",
    }
    assert machine(tmp_path, files) == Memory(600 << 10, 520 << 10)
    with_swap: Files = {
        group + "memory.memsw.limit_in_bytes": 700 * MIB,
        group + "memory.memsw.usage_in_bytes": 500 * MIB,
    }
    assert machine(tmp_path, with_swap) == Memory(600 << 10, 220 << 10)


def test_a_container_sees_its_own_group_as_the_top(tmp_path: Path) -> None:
    files: Files = {
        "proc/self/cgroup": "0::/docker/abc",
        "proc/self/mountinfo": SECOND.replace(" / /sys", " /docker/abc /sys"),
        "sys/fs/cgroup/memory.max": 512 * MIB,
    }
    assert machine(tmp_path, files) == Memory(512 << 10, 512 << 10)
    files["proc/self/cgroup"] = "0::/../elsewhere"
    assert machine(tmp_path, files) == Memory(512 << 10, 512 << 10)


@pytest.mark.parametrize("garbage", ["", "max", "nonsense", "-1", "0::", "1:2", ": - :", "\0"])
def test_whatever_stands_there_no_limit_is_made_up(tmp_path: Path, garbage: str) -> None:
    names = ("proc/self/cgroup", "proc/self/mountinfo", "proc/self/status", "sys/fs/cgroup/memory.max")
    assert machine(tmp_path, dict.fromkeys(names, garbage)) == Memory(64 << 20, 40 << 20)
    assert machine(tmp_path, {"proc/meminfo": garbage}).total > 0


@pytest.mark.parametrize(("mebibytes", "chosen"), [(64 << 10, 1024), (4096, 512), (3000, 256), (600, 256), (16, 256)])
def test_calibration_takes_a_share_of_what_may_be_had_and_never_less_than_the_floor(
    mebibytes: int, chosen: int
) -> None:
    here = Memory(mebibytes << 10, mebibytes << 10)
    assert calibrate(PRODUCT, lambda _: 0.05, lambda: here).memory_kib == chosen << 10


def test_calibration_leaves_half_of_what_is_free_now() -> None:
    here = Memory(64 << 20, 1100 << 10)
    assert calibrate(PRODUCT, lambda _: 0.05, lambda: here).memory_kib == 512 << 10


def test_an_account_of_a_bigger_machine_is_refused_before_the_memory_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError("would be killed")

    monkeypatch.setattr("core.crypto.primitives.argon2id", never)
    with pytest.raises(NotEnoughMemory) as caught:
        stretch(b"secret", bytes(16), Costs(3, 1 << 20, 4), lambda: Memory(600 << 10, 500 << 10))
    assert caught.value.mebibytes == 1024
    refusal = refusal_of(caught.value)
    assert refusal is not None
    assert "1024 MiB" in refusal.message


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["AS", "DATA"])
def test_a_limit_of_the_process_itself_is_known(limit: str) -> None:
    program = (
        "import resource\nfrom core.vault.cost import *\nfrom core.vault.errors import NotEnoughMemory\n"
        f"resource.setrlimit(resource.RLIMIT_{limit}, ({700 * MIB}, resource.RLIM_INFINITY))\n"
        "assert calibrate(PRODUCT, lambda _: 0.05).memory_kib == 256 << 10\n"
        "try: stretch(b'x', bytes(16), Costs(1, 1 << 20, 4))\n"
        "except NotEnoughMemory as error: print('said', error.mebibytes)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("said 1024\n", 0), done.stderr


def group_of_its_own(limit: int) -> Path | None:
    """Make a control group with a limit; None where that is not ours to do."""
    second = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    folder = Path("/sys/fs/cgroup" if second else "/sys/fs/cgroup/memory", f"sottovoce-test-{os.getpid()}")
    try:
        folder.mkdir()
        (folder / ("memory.max" if second else "memory.limit_in_bytes")).write_text(str(limit))
    except OSError:
        return None
    return folder


@pytest.mark.slow
def test_a_real_group_kills_nobody() -> None:
    group = group_of_its_own(300 * MIB)
    if group is None:
        pytest.skip("control groups are not ours to make here")
    try:
        program = (
            "from core.vault.cost import *\nfrom core.vault.errors import NotEnoughMemory\n"
            "for kib in (1 << 20, 1 << 18):\n"
            "    try: stretch(b'x', bytes(16), Costs(1, kib, 4)); print('done', kib)\n"
            "    except NotEnoughMemory as error: print('said', error.mebibytes)"
        )
        done = subprocess.run(
            ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$0" -c "$1"', sys.executable, program],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        first, *rest = done.stdout.splitlines()
        assert first == "said 1024"
        assert rest in (["done 262144"], ["said 256"])
    finally:
        group.rmdir()


def test_the_limits_of_this_process_are_what_the_kernel_says() -> None:
    here = memory()
    assert here.free > 0
    assert here.total <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY or here.free < here.total
