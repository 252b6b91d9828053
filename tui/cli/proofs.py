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
from tui.language import told
from tui.text.sanitize import clean_text

_STANDARD_OUTPUT: Final = 1


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
        raise Refused(f"{shown(file)} cannot be read: {reason or 'no such file'}", ASKED_WRONGLY) from error


def _lines(said: Proven) -> str:
    when = datetime.fromtimestamp(said.sent_at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    version = "as first written" if said.version == 1 else f"version {said.version} of it"
    if said.forwarded:
        version += ", passing on another's words"
    return (
        f"Signed by   {said.identity}\n"
        f"To          {said.recipient}\n"
        f"Device      {said.device}\n"
        f"Written     {when}, by that device's clock\n"
        f"Message     {said.message}, {version}\n\n"
        f"{clean_text(said.text)}\n"
    )
