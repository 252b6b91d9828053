"""Parses the command line, and imports the one module that carries out the command.

No other module is imported, so ``--version`` costs nothing and a headless node never loads a screen library.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias, TypeVar, get_args

from core.attach.link import attach
from core.node.options import MAX_JOIN, BadSpec, NetworkOptions, Part, parse_endpoint, parse_join
from tui import __version__
from tui.cli.help_format import Formatter
from tui.config.spoken import choose_language
from tui.host.boundary import Refused, guarded
from tui.language import N_, tr

# What a shell and init systems take for "called wrongly".
USAGE_ERROR: Final = 2
DETACH: Final = "--detach"
PLAIN: Final = "--plain"

T = TypeVar("T")
Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit status."""
    choose_language()
    parser = make_parser()
    given = sys.argv[1:] if arguments is None else arguments
    asked = parser.parse_args(given)
    asked.given = given
    if len(asked.join if "join" in asked else ()) > MAX_JOIN:
        parser.error(tr("at most {count} nodes to join through").format(count=MAX_JOIN))
    name = "sottovoce" if asked.command is None else f"sottovoce {asked.command}"
    return guarded(name, lambda: _carry_out(asked), lambda: _home(asked))


def _home(asked: argparse.Namespace) -> Path:
    """Return the directory of all that the command keeps; that of a headless node is not an account's home."""
    if "home" in asked:
        return Path(asked.home)
    return _default_home() / "node" if asked.command == "node" else _default_home()


def _carry_out(asked: argparse.Namespace) -> int:
    return _CARRIED_OUT[asked.command](asked)


def _demo(asked: argparse.Namespace) -> int:
    from tui.demo import run as run_demo

    return run_demo(check=asked.check)


def _node(asked: argparse.Namespace) -> int:
    from tui.cli.headless import run_node

    return run_node(_home(asked), _network_options(asked))


def _rpc(asked: argparse.Namespace) -> int:
    passcode, home, options = _passcode(asked), _home(asked), _network_options(asked)
    if (found := attach(home, __version__)) is not None:
        from tui.cli.attached_rpc import run_attached

        return run_attached(found, passcode, options_given=options != NetworkOptions())
    from tui.cli.headless import run_rpc

    return run_rpc(home, options, remember=_remembers(asked), passcode=passcode)


def _core(asked: argparse.Namespace) -> int:
    from tui.cli.core_program import run_core, stop_core

    if asked.stop:
        return stop_core(_home(asked))
    return run_core(
        _home(asked),
        _network_options(asked),
        remember=_remembers(asked),
        passcode=_passcode(asked),
        background=asked.background,
    )


def _doctor(asked: argparse.Namespace) -> int:
    from tui.cli.headless import run_doctor

    return run_doctor(_home(asked), _network_options(asked), as_json=asked.json)


def _verify_proof(asked: argparse.Namespace) -> int:
    from tui.cli.proofs import verify_proof

    return verify_proof(asked.file, as_json=asked.json)


def _client(asked: argparse.Namespace) -> int:
    from tui.host.core_of import core_of, say_that_it_runs_on
    from tui.host.core_process import WayToCore

    options = _network_options(asked)
    given = tuple(each for each in asked.given if each not in {DETACH, PLAIN})
    way = WayToCore(given, starts=asked.detach, has_network_options=options != NetworkOptions())
    if asked.plain or os.environ.get("TERM") == "dumb":
        from tui.plain.run import check_terminal, run_plain

        check_terminal()
        core = core_of(_home(asked), options, way, remember=_remembers(asked))
        status = run_plain(core)
        say_that_it_runs_on(core, status)
        return status
    from tui.client import run_client

    return run_client(_home(asked), options, remember=_remembers(asked), way=way)


# Each loads the modules of its command alone. None: no command, the client.
_CARRIED_OUT: Final[dict[str | None, Callable[[argparse.Namespace], int]]] = {
    "demo": _demo, "node": _node, "rpc": _rpc, "core": _core, "doctor": _doctor,
    "verify-proof": _verify_proof, None: _client,
}  # fmt: skip


def _remembers(asked: argparse.Namespace) -> bool:
    return "no_remember" not in asked


def _passcode(asked: argparse.Namespace) -> str | None:
    """Return the passcode that is given by --passcode-fd. Raises ``Refused``."""
    if asked.passcode_fd is None:
        return None
    from core.vault.given import UnreadablePasscode, read_passcode

    try:
        return read_passcode(asked.passcode_fd)
    except UnreadablePasscode as error:
        said = tr("no passcode can be read from descriptor {number}: {reason}")
        raise Refused(said.format(number=asked.passcode_fd, reason=tr(str(error))), USAGE_ERROR) from None


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one line; the usage is printed only by ``--help``."""

    def __init__(self, **details: Any) -> None:  # noqa: ANN401 - argparse's own keywords
        super().__init__(formatter_class=Formatter, **details)
        self._positionals.title, self._optionals.title = tr("positional arguments"), tr("options")
        for action in self._actions:  # there is but one yet
            action.help = tr("show this help message and exit")

    def error(self, message: str) -> NoReturn:
        said = tr("{program}: {reason} (try --help)").format(program=self.prog, reason=" ".join(message.split()))
        self.exit(USAGE_ERROR, f"{said}\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the command line's grammar; the manual page and the shells' completions are generated from it."""
    parser = _Parser(
        prog="sottovoce",
        description=tr("A full-screen terminal messenger without servers. Without a command: the client."),
        allow_abbrev=False,
    )
    version = tr("show program's version number and exit")
    parser.add_argument("--version", action="version", version=f"sottovoce {__version__}", help=version)
    parser.add_argument(
        DETACH,
        help=tr("let the core run on when the client is left or its terminal goes; `sottovoce core --stop` ends it"),
        action="store_true",
    )
    parser.add_argument(
        PLAIN,
        help=tr("lines instead of a screen, for screen readers and dumb terminals; TERM=dumb chooses it"),
        action="store_true",
    )
    _add_common(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    _add_demo_and_node(commands)
    _add_rpc_and_core(commands)
    doctor = commands.add_parser(
        "doctor",
        help=tr("try out the network from here and say what is wrong"),
        description=tr(
            "Takes part in the network for up to 20 seconds and says what it finds: NAT, reachability, peers, "
            "clock, how many there are to hide among, and what to do about what is wrong. No account is touched. "
            "The exit status is 0 when a network was found and nothing needs attention, else 1."
        ),
    )
    doctor.add_argument("--json", action="store_true", help=tr("one line: the fields of network.status, and findings"))
    _add_common(doctor)

    verify_proof = commands.add_parser(
        "verify-proof",
        help=tr("check a proof of who wrote a text"),
        description=tr(
            "Checks a proof that sottovoce made of a text: which identity signed it, for whom, when, and what it "
            "says. Nothing but the proof is needed: no account, no network. The exit status is 0 when it proves what is "
            "said, 1 when it proves nothing."
        ),
    )
    verify_proof.add_argument(
        "file",
        help=tr("the file with the proof, with other text around it or not; - for standard input"),
        metavar="FILE",
    )
    verify_proof.add_argument("--json", action="store_true", help=tr("one line: what proof.verify answers"))
    return parser


def _add_rpc_and_core(commands: Commands) -> None:
    """Add the commands that open an account without a screen."""
    rpc = commands.add_parser(
        "rpc",
        help=tr("JSON-RPC 2.0, one object a line, on standard input and output"),
        description=tr(
            "JSON-RPC 2.0, one object a line, on standard input and output. The account starts locked, and locks "
            "again 20 hours after its passcode was typed. With --passcode-fd it is opened at the start and every 20 hours, "
            "without anybody: the passcode then stays in the memory of this process for as long as it runs, and with it the "
            "account lies open to whoever gets at this machine. For bots, rather than for the account of a person. Where a "
            "core runs for the home (`sottovoce core`), this attaches to it."
        ),
    )
    _add_common(rpc)
    _add_passcode(rpc)

    core = commands.add_parser(
        "core",
        help=tr("the messenger without a screen; screens and `rpc` attach to it, several at once"),
        description=tr(
            "Receives and sends for one home until it is ended, whether or not screens are open. The client and "
            "`sottovoce rpc` with the same home attach to it by themselves; each begins with its screen locked. Where the "
            "system ends what runs when its user logs out, `loginctl enable-linger` keeps it: `sottovoce doctor` says "
            "whether."
        ),
    )
    how = core.add_mutually_exclusive_group()
    how.add_argument(
        "--background", help=tr("go on in the background, and return once it answers"), action="store_true"
    )
    how.add_argument("--stop", help=tr("end the core that runs for this home"), action="store_true")
    _add_common(core)
    _add_passcode(core)


def _add_passcode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passcode-fd",
        help=tr(
            "a file descriptor, of a pipe or a file, whose first line is the passcode; it is read at the start and closed"
        ),
        type=_typed(_descriptor),
        metavar="N",
    )


def _add_demo_and_node(commands: Commands) -> None:
    """Add the commands that need no account."""
    demo = commands.add_parser(
        "demo",
        help=tr("a private network on this machine, a friendly contact, and the client"),
        description=tr(
            "Starts ten nodes on loopback, a contact called Echo that answers, and the client. Nothing leaves this "
            "machine, your own account is not touched, and all of it is removed when you leave."
        ),
    )
    demo.add_argument("--check", action="store_true", help=tr("without a terminal: two accounts talk; one JSON line"))

    node = commands.add_parser(
        "node",
        help=tr("a relay and custodian without a screen or an account"),
        description=tr(
            "Passes on and keeps sealed parcels for others, until SIGTERM ends it. When it is ready it prints one "
            'JSON line, {"join": SPEC, "listen": HOST:PORT}; SPEC is what --join of the others takes. It needs no account.'
        ),
    )
    _add_common(node, listen_required=True)


def _add_common(parser: argparse.ArgumentParser, *, listen_required: bool = False) -> None:
    """Add the options that mean the same everywhere. They may stand before and after the command.

    Hence no defaults here: those of the command would overwrite what was said before it.
    """

    def add(name: str, help_text: str, **details: Any) -> None:  # noqa: ANN401 - argparse's own keywords
        parser.add_argument(name, help=help_text, default=argparse.SUPPRESS, **details)

    add("--home", tr("where everything is kept (default: the platform's data directory)"), type=Path, metavar="DIR")
    add("--no-remember", tr("do not remember the passcode for 20 hours; ask at every start"), action="store_true")
    _add_network(parser.add_argument_group(tr("network")), listen_required=listen_required)


def _add_network(network: argparse._ArgumentGroup, *, listen_required: bool) -> None:
    def add(name: str, help_text: str, **details: Any) -> None:  # noqa: ANN401 - argparse's own keywords
        network.add_argument(name, help=help_text, default=argparse.SUPPRESS, **details)

    add(
        "--listen",
        tr(
            "where to receive datagrams (default: *:0, IPv4 and IPv6 on every interface); port 0 lets the system choose"
        ),
        type=_typed(parse_endpoint),
        metavar="HOST:PORT",
        required=listen_required,
    )
    add(
        "--join",
        tr(
            "a node to join through: HOST:PORT or HOST:PORT/KEY as `sottovoce node` prints it; may be repeated. A name is "
            "tried at all its addresses, and looked up again while nobody answers"
        ),
        type=_typed(parse_join),
        metavar="SPEC",
        action="append",
    )
    add(
        "--role",
        tr(
            "full: relay and store for others; leaf: do not; auto: a leaf only on a metered line (the sparing setting) or "
            "where nobody could come in, and where sixteen others serve"
        ),
        choices=get_args(Part),
    )
    add("--leaf", tr("the same as --role leaf"), action="store_const", const="leaf", dest="role")
    add("--no-mainline", tr("do not look for nodes in the BitTorrent DHT"), action="store_true")
    add(
        "--no-lan",
        tr("do not look for nodes in the local network; nobody does who listens on loopback"),
        action="store_true",
    )
    add(
        "--mainline-router",
        tr("where to enter the BitTorrent DHT; may be repeated; a private one relaxes its rules about addresses"),
        type=_typed(parse_endpoint),
        metavar="HOST:PORT",
        action="append",
    )


def _descriptor(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > len("2147483647"):
        raise BadSpec(N_("the number of a file descriptor is expected"))
    return int(text)


def _typed(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse show the reason that a parser of ours gives."""

    def parse_or_say_why(text: str) -> T:
        try:
            return parse(text)
        except BadSpec as error:
            raise argparse.ArgumentTypeError(tr(str(error))) from None

    return parse_or_say_why


def _network_options(asked: argparse.Namespace) -> NetworkOptions:
    given = vars(asked)
    standard = NetworkOptions()
    return NetworkOptions(
        listen=given.get("listen", standard.listen),
        join=tuple(given.get("join", ())),
        part=given.get("role", "full" if asked.command == "node" else standard.part),
        mainline=not given.get("no_mainline", False),
        lan=not given.get("no_lan", False),
        routers=tuple(given.get("mainline_router", ())),
    )


def _default_home() -> Path:
    from platformdirs import user_data_path

    home = user_data_path("sottovoce", appauthor=False)
    has_home = os.environ.get("HOME") != "" or "XDG_DATA_HOME" in os.environ
    if not (has_home and home.is_absolute()):  # else it would land at the root, or wherever the program was started
        raise Refused(tr("nobody says where your home directory is: name a folder with --home."), USAGE_ERROR)
    return home
