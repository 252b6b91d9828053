"""Nodes named by --join: names with several addresses, names that move, machines with IPv6 only.

Each in name spaces of its own. The doctor goes to see, so what it says of each is judged as well.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 120.0  # seconds for all of it on a busy machine

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="name spaces take root and unshare"),
]

# A machine of its own with a node on it. PLACE: where to work, LISTEN: where the node is, NAMES: what names lead to.
MACHINE = r"""
set -e
ip link set lo up
if [ "$IPV4" = no ]; then ip -6 addr add fd00:1::1/128 dev lo nodad; ip addr del 127.0.0.1/8 dev lo; fi
printf "$NAMES" >$PLACE/hosts
mount --bind $PLACE/hosts /etc/hosts
sottovoce() { "$PYTHON" -m tui "$@" --no-mainline --no-lan; }
doctor() { home=$PLACE/home-$1; said=$PLACE/$1.json; shift; sottovoce doctor --json --home $home "$@" >$said || true; }
"$PYTHON" -m tui node --home $PLACE/node --listen $LISTEN --no-mainline --no-lan >$PLACE/ready & node=$!
trap 'kill $node' EXIT
until grep -q join $PLACE/ready; do sleep 0.1; kill -0 $node; done
"""

# A program is asked for its joins until they are in a state.
WAIT_FOR = r"""
until grep -q "\"state\":\"$1\"" $PLACE/said; do
    echo '{"jsonrpc":"2.0","id":1,"method":"network.status"}' >&9
    sleep 0.2
done
"""


def on_a_machine(tmp_path: Path, script: str, **environment: str) -> dict[str, dict[str, Any]]:
    """Run a script beside a node, where nobody else is; return what each doctor found."""
    done = subprocess.run(
        ["unshare", "-m", "-n", "bash", "-c", MACHINE + script],
        cwd=ROOT,
        env={**os.environ, "PYTHON": sys.executable, "PLACE": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    return {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}


def test_every_address_of_a_name_is_tried(tmp_path: Path) -> None:
    said = on_a_machine(
        tmp_path,
        """
        for name in dead both LOUD; do doctor $name --listen 127.0.0.1:0 --join $name.example:4040 & done
        doctor underscore --listen 127.0.0.1:0 --join seed_1:4040 &
        doctor nobody --listen 127.0.0.1:0 --join nobody.invalid:4040 --join a..b:1 --join '[::1]:4040' &
        wait $(jobs -p | grep -v $node)
        """,
        LISTEN="127.0.0.9:4040",
        NAMES="127.0.0.1 dead.example\\n::1 both.example\\n127.0.0.9 dead.example both.example seed_1 loud.example\\n",
    )
    for name in ("dead", "both", "LOUD", "underscore"):
        (join,) = said[name]["joins"]
        assert (join["state"], join["answering"]) == ("linked", "127.0.0.9:4040"), name
    assert [each["state"] for each in said["nobody"]["joins"]] == ["unknown-name", "unknown-name", "other-family"]
    texts = " ".join(each["text"] for each in said["nobody"]["findings"] if each["kind"] == "join-failed")
    assert "--join nobody.invalid:4040: the name does not resolve" in texts
    assert "--listen [::]:0" in texts


def test_a_name_that_moves_is_followed(tmp_path: Path) -> None:
    on_a_machine(
        tmp_path,
        f"""
        wait_for() {{ {WAIT_FOR} }}
        mkfifo $PLACE/asked
        sottovoce rpc --home $PLACE/home --listen 127.0.0.1:0 --join moves.example:4040 <$PLACE/asked >$PLACE/said & rpc=$!
        exec 9>$PLACE/asked
        wait_for silent
        echo '127.0.0.9 moves.example' >$PLACE/hosts
        wait_for linked
        exec 9>&-
        wait $rpc
        """,
        LISTEN="127.0.0.9:4040",
        NAMES="127.0.0.1 moves.example\\n",
    )


def test_a_machine_with_ipv6_only_joins_by_default(tmp_path: Path) -> None:
    said = on_a_machine(
        tmp_path,
        """
        doctor spec --join '[fd00:1::1]:4040' &
        doctor name --join six.example:4040 &
        doctor four --listen 0.0.0.0:0 --join six.example:4040 &
        wait $(jobs -p | grep -v $node)
        """,
        LISTEN="[fd00:1::1]:4040",
        NAMES="fd00:1::1 six.example\\n",
        IPV4="no",
    )
    for name in ("spec", "name"):
        assert said[name]["joins"][0]["state"] == "linked", name
        assert said[name]["public"].startswith("[fd00:1::1]:"), name
    assert said["four"]["joins"][0]["state"] == "other-family"
    assert "takes IPv4 and IPv6" in " ".join(each["text"] for each in said["four"]["findings"])
