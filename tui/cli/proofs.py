"""``sottovoce verify-proof``: check a proof of who signed a text, with nothing but the proof.

The text was written by a stranger, and is shown sanitised; with ``--json`` it is whole, in the escapes of JSON.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from core.api import MAX_PROOF_SIZE, ApiError, Proven
from core.machine import shown
from core.session.commands.proving import proven
from tui.host.boundary import ASKED_WRONGLY, Refused
from tui.language import told, tr
from tui.text.sanitize import clean_text, pad

_STANDARD_OUTPUT: Final = 1
# Cells of the labels.
_LABELS: Final = 12


def verify_proof(file: str, *, as_json: bool) -> int:
    """Say what the proof in a file proves; return 0. Raises ``Refused``: it proves nothing, or there is no such file."""
    try:
        said = proven(_read(file))
    except ApiError as error:
        raise Refused(told(error.said)) from error
    with suppress(BrokenPipeError), open(_STANDARD_OUTPUT, "wb", closefd=False) as output:
        output.write(msgspec.json.encode(said) + b"\n" if as_json else _lines(said).encode())
    return 0


def _read(file: str) -> str:
    """Return the text of a file, as much of it as is ever looked at and one character more."""
    most = MAX_PROOF_SIZE + 1
    try:
        with open(0, "rb", closefd=False) if file == "-" else Path(file).open("rb") as opened:
            return opened.read(most).decode(errors="replace")
    except (OSError, ValueError) as error:  # ValueError: a name with a zero in it
        reason = error.strerror if isinstance(error, OSError) else None
        said = tr("{file} cannot be read: {reason}")
        raise Refused(said.format(file=shown(file), reason=reason or tr("no such file")), ASKED_WRONGLY) from error


def _lines(said: Proven) -> str:
    when = datetime.fromtimestamp(said.sent_at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    rows = (
        (tr("Signed by"), said.identity),
        (tr("To"), said.recipient),
        (tr("Device"), said.device),
        (tr("Written"), tr("{when}, by that device's clock").format(when=when)),
        (tr("Message"), _version(said).format(message=said.message, version=said.version)),
    )
    return "".join(f"{pad(label, _LABELS)}{value}\n" for label, value in rows) + f"\n{clean_text(said.text)}\n"


def _version(said: Proven) -> str:
    if said.version == 1:
        return (
            tr("{message}, as first written, passing on another's words")
            if said.forwarded
            else tr("{message}, as first written")
        )
    if said.forwarded:
        return tr("{message}, version {version} of it, passing on another's words")
    return tr("{message}, version {version} of it")
