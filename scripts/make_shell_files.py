"""Make what shells and ``man`` read of the command line: ``completions/`` and ``docs/man/sottovoce.1``.

All of it comes from the argument parser, ``tui.cli.arguments.make_parser``, and from the registry of commands, so that
nothing is told twice. Completions are shtab's. The manual page is written here: options that mean the same everywhere stand
once, under the names of their groups, and beside each command what it alone has; no date and no version, so that the page
changes when the options do.

``python -m scripts.make_shell_files`` writes them, ``--check`` compares.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import shtab

from tui.cli.arguments import make_parser
from tui.keys.keymap import key_names
from tui.screens.catalogue import whole_registry

ROOT: Final = Path(__file__).parent.parent
# Named as each shell wants them; tcsh has no folder of its own for them, its user sources the file.
COMPLETIONS: Final = {
    "bash": "completions/sottovoce",
    "zsh": "completions/_sottovoce",
    "fish": "completions/sottovoce.fish",
    "tcsh": "completions/sottovoce.tcsh",
}
MANUAL: Final = "docs/man/sottovoce.1"

# What argparse does not know.
EXIT_STATUS: Final = {
    "0": "It did what was asked; doctor: a network was found and nothing needs attention.",
    "1": "It could not, and said why in one line; doctor: something needs attention.",
    "2": "It was called wrongly.",
}
FILES: Final = {
    "~/.config/sottovoce/config.toml": "What belongs to this machine: language, notify_command, title, [terminal].",
    "~/.config/sottovoce/keys.toml": "Keys of one's own, by the names of commands.",
    "~/.config/sottovoce/themes/NAME.toml": "Colours of one's own.",
}


def main() -> int:
    """Write the files, or compare them with ``--check``."""
    asked = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    asked.add_argument("--check", action="store_true", help="compare only")
    check = asked.parse_args().check
    stale = [name for name, text in generated().items() if _read(name) != text]
    if check and stale:
        print(f"not as the parser says: {', '.join(stale)} (python -m scripts.make_shell_files)", file=sys.stderr)  # noqa: T201
        return 1
    for name in stale:
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(generated()[name], encoding="utf-8")
    return 0


def generated() -> dict[str, str]:
    """Return the text of each file by its path from the root of the checkout."""
    files = {path: _completion(shell) for shell, path in COMPLETIONS.items()}
    files[MANUAL] = "\n".join(manual(make_parser())) + "\n"
    return files


def _read(name: str) -> str | None:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else None


def _completion(shell: str) -> str:
    parser = make_parser()
    for each in (parser, *commands_of(parser).values()):
        for action in each._actions:  # argparse gives them no other way
            if action.metavar == "DIR":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
            if action.metavar == "FILE":
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    text = shtab.complete(parser, shell=shell, root_prefix="sottovoce")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the commands by their names."""
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))  # pyright: ignore[reportPrivateUsage]
    return dict(commands.choices)


# --- the manual page ----------------------------------------------------------------------------------------------------


def manual(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Give the lines of the page, in the macros of man(7)."""
    commands = commands_of(parser)
    summary = (parser.description or "").split(". ")[0]
    yield f".TH {parser.prog.upper()} 1"
    yield from (".SH NAME", f"{parser.prog} \\- {_text(summary[0].lower() + summary[1:])}")
    yield ".SH SYNOPSIS"
    for name in ("", *commands):
        yield from (f".B {parser.prog} {name}".rstrip(), "[\\fIOPTIONS\\fR]", ".br")
    yield from (".SH DESCRIPTION", _text(parser.description or ""))
    yield from (".SH COMMANDS",)
    shared = _options(parser)
    helps = {each.dest: each.help or "" for each in _choices_of(parser)}
    for name, command in commands.items():
        yield from (".SS " + name, _text(command.description or _sentence(helps[name])))
        for strings, action in _options(command).items():
            if strings not in shared or action.required:
                yield from _option(action)
    yield from (".SH OPTIONS", "They may stand before and after the command.")
    for action in shared.values():
        yield from _option(action)
    yield from _keys()
    yield ".SH EXIT STATUS"
    for status, meaning in EXIT_STATUS.items():
        yield from (".TP", f".B {status}", _text(meaning))


def _keys() -> Iterator[str]:
    """Give the section of the keys and commands of the client."""
    group = ""
    yield from (".SH KEYS", "Each can be changed: /keys in the program, or keys.toml in the configuration folder.")
    for spec in whole_registry():
        if not spec.keys and not spec.slash:
            continue
        if spec.group != group:
            group = spec.group
            yield f".SS {_text(group)}"
        slash = f"/{spec.slash} {spec.argument}".strip() if spec.slash else ""
        shown = ", ".join((*key_names(spec), *([slash] if slash else [])))
        yield from (".TP", f"\\fB{_text(shown)}\\fR", _text(spec.help))
    yield ".SH FILES"
    for name, what in FILES.items():
        yield from (".TP", f"\\fI{_text(name)}\\fR", _text(what))


def _choices_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))  # pyright: ignore[reportPrivateUsage]
    return commands._choices_actions


def _options(parser: argparse.ArgumentParser) -> dict[tuple[str, ...], argparse.Action]:
    return {tuple(action.option_strings): action for action in parser._actions if action.option_strings}


def _option(action: argparse.Action) -> Iterator[str]:
    value = action.metavar if isinstance(action.metavar, str) else "|".join(map(str, action.choices or ()))
    shown = ", ".join(f"\\fB{_text(string)}\\fR" for string in action.option_strings)
    yield from (".TP", f"{shown} \\fI{_text(value)}\\fR" if value and action.nargs != 0 else shown)
    yield _text((action.help or "") + (" (required)" if action.required else ""))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text and not text.endswith(".") else text


def _text(text: str) -> str:
    """Return text as roff takes it: a hyphen that is copied as one, and no line that looks like a request."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


if __name__ == "__main__":
    sys.exit(main())
