"""The command as a shell, an init system or another program sees it: processes, exit statuses, standard streams."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from core.crypto import primitives
from core.people.format import proof, signing
from core.people.format.content import Text, encode_item
from core.people.format.device import certify
from core.people.format.signing import Entry, Place
from core.vault.account import Accounts
from core.vault.cost import PRODUCT, CostPolicy
from core.vault.profile import Profile
from tests.support.descriptors import descriptor
from tui import __version__
from tui.cli.arguments import main

ROOT = Path(__file__).parent.parent
SOTTOVOCE = [sys.executable, "-m", "tui"]
# Seconds that a process gets before a test has failed; never reached by one that works.
PATIENCE = 60


def sottovoce(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SOTTOVOCE, *arguments], cwd=ROOT, input=given, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextmanager
def process(command: list[str], **streams: Any) -> Generator[subprocess.Popen[str]]:
    """Run a process for a block; one that a failing test left behind is killed."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def line_of(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def end(child: subprocess.Popen[str], by: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
    """Ask a process to end; return what it had yet to say. It must end well."""
    child.send_signal(by)
    said = child.communicate(timeout=PATIENCE)
    assert child.returncode == 0, said
    return said


@contextmanager
def node(home: Path, *arguments: str, listen: str = "127.0.0.1:0") -> Generator[tuple[subprocess.Popen[str], Any]]:
    with process([*SOTTOVOCE, "node", "--listen", listen, "--home", str(home), *arguments]) as child:
        yield child, json.loads(line_of(child.stdout))


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_version_is_the_projects(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"sottovoce {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["node"],
        ["node", "--listen", "nonsense"],
        ["node", "--listen", "127.0.0.1:0", "--join", "127.0.0.1"],
        ["node", "--listen", "127.0.0.1:0", "--join", "127.0.0.1:4040/tooshort"],
        ["rpc", "--mainline-router", "[::1"],
        ["--no-such-option"],
        ["whisper"],
        ["doctor", "--check"],
        ["node", "--listen", "127.0.0.1:0", *["--join=127.0.0.1:4040"] * 65],
    ],
)
def test_what_is_called_wrongly_is_told_in_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    said = capsys.readouterr()
    assert caught.value.code == 2
    assert said.out == ""
    assert re.fullmatch(r"sottovoce[^\n]*: [^\n]+\n", said.err)


def test_help_names_every_common_option_before_and_after_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["rpc"], ["node"], ["doctor"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        shown = capsys.readouterr().out
        for option in (
            "--home",
            "--listen",
            "--join",
            "--role",
            "--leaf",
            "--no-mainline",
            "--no-lan",
            "--mainline-router",
        ):
            assert option in shown


# --- sottovoce node ---------------------------------------------------------------------------------------------------


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_node_says_where_it_is_and_ends_well(tmp_path: Path, by: signal.Signals) -> None:
    with node(tmp_path / "home") as (child, ready):
        assert set(ready) == {"join", "listen"}
        assert re.fullmatch(r"127\.0\.0\.1:\d+", ready["listen"])
        assert re.fullmatch(re.escape(ready["listen"]) + r"/[a-z2-7]{52}", ready["join"])
        out, err = end(child, by)
        assert out == ""
        assert "Traceback" not in err


@pytest.mark.network
@pytest.mark.slow
def test_a_restarted_node_is_the_same_node_at_the_same_place_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with node(home) as (child, first):
        end(child)
    with node(home, listen=first["listen"]) as (child, second):
        assert second == first
        end(child)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in [home, *home.iterdir()]}
    assert modes == {"home": "0o700", "lock": "0o600", "node.key": "0o600", "parcels.db": "0o600"}


@pytest.mark.network
@pytest.mark.slow
def test_a_busy_port_and_a_busy_home_are_told_in_one_line(tmp_path: Path) -> None:
    with node(tmp_path / "a") as (child, ready):
        port = sottovoce("node", "--listen", ready["listen"], "--home", str(tmp_path / "b"))
        assert (port.returncode, port.stdout, port.stderr.count("\n")) == (2, "", 1)
        assert ready["listen"] in port.stderr
        home = sottovoce("node", "--listen", "127.0.0.1:0", "--home", str(tmp_path / "a"))
        assert (home.returncode, home.stdout, home.stderr.count("\n")) == (1, "", 1)
        assert str(tmp_path / "a") in home.stderr
        end(child)


@pytest.mark.slow
def test_a_home_that_cannot_be_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        outcome = sottovoce("node", "--listen", "127.0.0.1:0", "--home", str(home))
        assert (outcome.returncode, outcome.stdout, outcome.stderr.count("\n")) == (1, "", 1)
        assert str(home) in outcome.stderr


@pytest.mark.network
@pytest.mark.slow
def test_a_node_joins_another_and_survives_its_reader(tmp_path: Path) -> None:
    with node(tmp_path / "a") as (first, ready), node(tmp_path / "b", "--join", ready["join"]) as (second, _):
        assert second.stdout is not None
        second.stdout.close()
        end(first)
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE) == 0


# --- sottovoce doctor -------------------------------------------------------------------------------------------------


@pytest.mark.network
@pytest.mark.slow
def test_the_doctor_finds_a_network_and_says_how_it_is(tmp_path: Path) -> None:
    alone = ("--no-mainline", "--no-lan")
    with (
        node(tmp_path / "a", *alone) as (_, first),
        node(tmp_path / "b", "--join", first["join"], *alone) as (_, second),
    ):
        joins = ("--join", first["join"], "--join", second["join"], "--listen", "127.0.0.1:0", *alone)
        asked = ("doctor", "--json", "--home", str(tmp_path / "home"), *joins)
        told = sottovoce(*asked)
    status = json.loads(told.stdout)
    assert (told.returncode, told.stderr, told.stdout.count("\n")) == (0, "", 1)
    assert (status["peers"], status["role"], status["nat"], status["reachable"]) == (2, "full", "open", True)
    assert status["peers_by_source"]["join"] == 2
    assert "small-network" in [finding["kind"] for finding in status["findings"]]


@pytest.mark.slow
def test_a_doctor_that_is_told_to_end_knows_nothing_and_says_so_by_its_status(tmp_path: Path) -> None:
    asked = ["doctor", "--home", str(tmp_path / "home"), "--listen", "127.0.0.1:0", "--no-mainline", "--no-lan"]
    with process([*SOTTOVOCE, *asked]) as child:
        assert "Trying out the network" in line_of(child.stderr)
        while not (tmp_path / "home").exists():
            assert child.poll() is None
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=PATIENCE)
    assert (child.returncode, out, err) == (1, "", "")


# --- sottovoce verify-proof -------------------------------------------------------------------------------------------


def test_a_proof_is_checked_without_home_or_network(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "")
    file = tmp_path / "proof.txt"
    text = "ten\x1b[2J \u202eeuros"
    file.write_text(f"She wrote this:\n{proof_of(text)}", "utf-8")
    assert main(["verify-proof", str(file)]) == 0
    said = capfdbinary.readouterr().out.decode()
    assert "euros" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert main(["verify-proof", "--json", str(file)]) == 0
    assert json.loads(capfdbinary.readouterr().out)["text"] == text
    file.write_text(file.read_text("utf-8").replace("=", "A", 1).replace("B", "C"), "utf-8")
    assert main(["verify-proof", str(file)]) == 1
    assert main(["verify-proof", str(tmp_path / "none")]) == 2
    assert capfdbinary.readouterr().out == b""


def proof_of(text: str) -> str:
    device = b"d" * 32
    certificate = certify(b"i" * 32, primitives.ed25519_public(device), 5)
    place = Place(certificate.identity, b"r" * 32, certificate.device, b"g" * 16, 7)
    entry = Entry(0, 1, *encode_item(Text(b"u" * 16, text)))
    kept = signing.verified(place, 6, entry, signing.sign(device, place, 6, entry))
    return proof.make(certificate, signing.read_kept(kept), entry.item)


# --- sottovoce rpc ----------------------------------------------------------------------------------------------------

# The command's own glue, from arguments to streams and exit status, over a core that only answers account.info.
RPC_OVER_A_FAKE_CORE = """
    import sys, types
    from contextlib import asynccontextmanager, nullcontext
    import trio
    from core.api import AccountInfo, ApiError, Kind, NetworkChanged

    @asynccontextmanager
    async def open_messenger(home, options, terms):
        if home.name == "busy":
            raise ApiError(Kind.PROFILE_IN_USE, "Another process uses this account.")
        tell, events = trio.open_memory_channel(8)
        tell.send_nowait(NetworkChanged(peers=len(options.join)))
        async def call(command):
            return AccountInfo(identity="", name=str(home), locked=True, exists=False)
        client = types.SimpleNamespace(call=call, events=events)
        yield types.SimpleNamespace(attach=lambda: nullcontext(client))

    sys.modules["core.session.messenger"] = types.ModuleType("core.session.messenger")
    sys.modules["core.session.messenger"].open_messenger = open_messenger
    from tui.cli.arguments import main
    sys.exit(main(sys.argv[1:]))
"""
ASK = '{"jsonrpc":"2.0","id":1,"method":"account.info"}\n'


def rpc_command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(RPC_OVER_A_FAKE_CORE), "rpc", *arguments]


def answers(text: str) -> list[dict[str, Any]]:
    return [answer for answer in map(json.loads, text.splitlines()) if "id" in answer]


@pytest.mark.slow
def test_rpc_answers_each_line_and_ends_with_its_input() -> None:
    garbage = "\x00\x01\n{\n[]\n" + "x" * (1 << 21) + "\n"
    with process(rpc_command("--home", "h", "--join", "127.0.0.1:1")) as child:
        out, err = child.communicate(garbage + ASK, timeout=PATIENCE)
    assert (child.returncode, err) == (0, "")
    kinds = [answer["error"]["data"]["kind"] for answer in answers(out) if "error" in answer]
    assert kinds == ["bad-request"] * 4
    assert [answer["result"]["name"] for answer in answers(out) if "result" in answer] == ["h"]
    assert {"jsonrpc": "2.0", "method": "event", "params": {"type": "network.changed", "peers": 1}} in map(
        json.loads, out.splitlines()
    )


@pytest.mark.slow
def test_rpc_ends_well_when_it_is_told_to() -> None:
    with process(rpc_command("--home", "h")) as child:
        line_of(child.stdout)
        end(child)


@pytest.mark.slow
def test_rpc_ends_well_when_nobody_listens_any_more() -> None:
    with process(rpc_command("--home", "h"), stderr=subprocess.DEVNULL) as child:
        line_of(child.stdout)
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.close()
        child.stdin.write(ASK)
        child.stdin.flush()
        assert child.wait(PATIENCE) == 0


@pytest.mark.slow
def test_rpc_reads_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / "asked").write_text(ASK, encoding="utf-8")
    with (tmp_path / "asked").open() as asked, process(rpc_command("--home", "h"), stdin=asked) as child:
        out, _ = child.communicate(timeout=PATIENCE)
    assert child.returncode == 0
    assert [answer["id"] for answer in answers(out)] == [1]


@pytest.mark.slow
def test_rpc_leaves_the_streams_it_shares_as_they_were() -> None:
    ours, theirs = os.pipe()
    with process(rpc_command("--home", "h"), stdin=ours) as child:
        line_of(child.stdout)
        assert os.get_blocking(ours)
        os.close(theirs)
        child.communicate(timeout=PATIENCE)
    os.close(ours)
    assert child.returncode == 0


@pytest.mark.slow
def test_a_refused_start_is_told_in_one_line() -> None:
    with process(rpc_command("--home", "busy")) as child:
        out, err = child.communicate(timeout=PATIENCE)
    assert (child.returncode, out) == (1, "")
    assert err == "sottovoce rpc: Another process uses this account.\n"


# --- a passcode by a descriptor ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["0", "1", "2", "999"])
def test_a_descriptor_that_cannot_be_read_is_told_in_one_line(number: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["rpc", "--passcode-fd", number]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert re.fullmatch(rf"sottovoce rpc: no passcode can be read from descriptor {number}: [^\n]+\n", said.err)


@pytest.mark.parametrize("number", ["", "-1", "three", "3.0", "٣", "99999999999"])
def test_what_is_no_descriptor_is_told_in_one_line(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["rpc", f"--passcode-fd={number}"])
    assert caught.value.code == 2
    assert re.fullmatch(r"sottovoce rpc: [^\n]+\n", capsys.readouterr().err)


def test_help_says_what_a_given_passcode_costs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["rpc", "--help"])
    assert "stays in the memory of this process" in " ".join(capsys.readouterr().out.split())


@contextmanager
def rpc(home: Path, given: bytes | None) -> Generator[subprocess.Popen[str]]:
    """The real command over a real account, without a network."""
    alone = ("--home", str(home), "--listen", "127.0.0.1:0", "--no-mainline", "--no-lan", "--leaf", "--no-remember")
    command = [*SOTTOVOCE, "rpc", *alone]
    if given is None:
        with process(command) as child:
            yield child
        return
    with descriptor(given) as number, process([*command, "--passcode-fd", str(number)], pass_fds=(number,)) as child:
        yield child


def ask(child: subprocess.Popen[str], method: str, **params: Any) -> Any:
    assert child.stdin is not None
    child.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n")
    child.stdin.flush()
    while (line := json.loads(line_of(child.stdout))).get("id") != 1:
        pass
    return line["result"]


@pytest.mark.network
@pytest.mark.slow
def test_rpc_opens_the_account_by_the_passcode_it_was_given(tmp_path: Path) -> None:
    home, passcode = tmp_path / "home", "quiet river over stones"
    with Profile(home) as profile:
        created = Accounts(profile, CostPolicy(PRODUCT.floor, seconds=0), ()).create(passcode)
    with rpc(home, None) as child:
        assert ask(child, "account.info")["locked"]
        end(child)
    with rpc(home, passcode.encode() + b"\n") as child:
        info = ask(child, "account.info")
        assert (info["identity"], info["locked"], info["remembered"]) == (created.identity, False, False)
        assert time.time() + 19 * 3600 < info["locks_at"] / 1000 < time.time() + 20 * 3600
        end(child)
    with rpc(home, b"another passcode\n") as child:
        out, err = child.communicate(timeout=PATIENCE)
        assert (child.returncode, out) == (1, "")
        assert err == "sottovoce rpc: That passcode does not open this account.\n"


@pytest.mark.network
@pytest.mark.slow
def test_rpc_with_a_passcode_and_no_account_waits_for_one_to_be_made(tmp_path: Path) -> None:
    with rpc(tmp_path / "home", b"quiet river over stones\n") as child:
        assert ask(child, "account.info")["exists"] is False
        end(child)


# --- the client -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_client_says_that_it_needs_a_terminal(tmp_path: Path) -> None:
    outcome = sottovoce("--home", str(tmp_path / "home"))
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert outcome.stderr == "sottovoce: the client needs a terminal; `sottovoce rpc` is for programs\n"
    assert not (tmp_path / "home").exists()
