r"""What a terminal answers when it is asked for its clipboard: taken out of what the keyboard sends, and put together.

    OSC 52     ESC ] 52 ; c ; ? BEL                          text; the answer has it in base64 in place of the ?
    OSC 5522   ESC ] 5522 ; type=read ; base64(types) ESC \  kitty's, which foot has too: pictures as well
               ESC ] 5522 ; type=read:status=OK, DATA:mime=…;…, DONE, or why not ESC \

An answer is never taken for keys, late ones and those that nobody asked for neither: they are dropped. It may be a hostile
program's that sits in between, so everything is bounded, and what breaks off or has other characters in it ends at once:
the keys after it are keys again.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

# Bytes of a picture and of a text: a screenshot has one or two MB, an invitation in a mail a few KB.
MAX_PICTURE: Final = 16 * 1024 * 1024
MAX_TEXT: Final = 64 * 1024
# Characters of one sequence: kitty sends 4096 bytes in each, OSC 52 all in one.
MAX_SEQUENCE: Final = 128 * 1024
# Seconds after which a sequence that goes on no longer has broken off.
BROKEN_OFF: Final = 2.0
PICTURES: Final = ("image/png", "image/jpeg", "image/webp")
_TEXT: Final = "text/plain"
_BEGINNING: Final = re.compile(r"\x1b\](?:5522|52);")
_WHOLE: Final = ("\x1b]5522;", "\x1b]52;")
_NOT_IN_ONE: Final = re.compile(r"[^\x20-\x7e]")


def asked_for(kind: Literal["osc52", "osc5522"]) -> str:
    """Return the sequence that asks for the clipboard."""
    if kind == "osc52":
        return "\x1b]52;c;?\a"
    types = base64.b64encode(" ".join((*PICTURES, _TEXT)).encode()).decode()
    return f"\x1b]5522;type=read;{types}\x1b\\"


@dataclass(slots=True)
class Clipboard:
    """What the terminal has answered so far. ``state``: "nothing" once it said that it has neither or gives neither."""

    state: Literal["waiting", "answering", "picture", "text", "refused", "nothing", "too-large"] = "waiting"
    picture: bytes = b""
    text: str = ""
    _data: dict[str, bytearray] = field(default_factory=dict[str, bytearray])

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        return self.state not in {"waiting", "answering"}

    def heard(self, body: str) -> None:
        """Take an answer, without its beginning and end."""
        if self.is_over:
            return
        number, _, rest = body.partition(";")
        head, _, payload = rest.partition(";")
        if number == "52":
            self._take(_TEXT, payload)
            self._finish()
            return
        said = {name: value for name, _, value in (part.partition("=") for part in head.split(":"))}
        match said.get("status"):
            case "OK":
                self.state = "answering"
            case "DATA":
                self.state = "answering"
                self._take(_decoded(said.get("mime", "")).decode("ascii", "replace"), payload)
            case "DONE":
                self._finish()
            case _:  # EPERM, ENOSYS, EBUSY, EIO: the person or the terminal does not give it
                self.state = "refused"

    def too_long(self) -> None:
        """Note that a sequence had no end."""
        if not self.is_over:
            self.state = "too-large"

    def _take(self, kind: str, payload: str) -> None:
        if kind not in {*PICTURES, _TEXT}:
            return
        held = self._data.setdefault(kind, bytearray())
        held += _decoded(payload)
        if len(held) > (MAX_TEXT if kind == _TEXT else MAX_PICTURE):
            self._data.clear()
            self.state = "too-large"

    def _finish(self) -> None:
        if self.is_over:
            return
        self.picture = next((bytes(self._data[kind]) for kind in PICTURES if self._data.get(kind)), b"")
        self.text = self._data.get(_TEXT, bytearray()).decode("utf-8", "replace")
        self.state = "picture" if self.picture else "text" if self.text else "nothing"
        self._data.clear()


def _decoded(text: str) -> bytes:
    """Return what base64 says; nothing where it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


class Answers:
    """Takes answers out of what a terminal sends, and gives them to who asked. Fed by the thread that reads the keyboard."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._listener: Callable[[str | None], None] | None = None
        self._part = ""  # of a sequence that goes on
        self._is_too_long = False
        self._is_answering = False  # an answer was just heard, and more may follow
        self._heard_at = 0.0

    def listen(self, listener: Callable[[str | None], None] | None) -> None:
        """Give each answer, None for one that is too long, to ``listener`` from now on."""
        self._listener = listener

    def take(self, data: str) -> str:
        """Return what of ``data`` is no answer."""
        now = self._clock()
        if now - self._heard_at > BROKEN_OFF:
            data = data if _BEGINNING.match(self._part) else self._part + data
            self._part, self._is_too_long, self._is_answering = "", False, False
        if not self._part and not self._is_answering and "\x1b]" not in data:
            return data
        self._heard_at = now
        text, self._part = self._part + data, ""
        kept: list[str] = []
        while (beginning := _BEGINNING.search(text)) is not None:
            kept.append(text[: beginning.start()])
            text = self._answer(text[beginning.start() :])
        return "".join([*kept, self._without_beginning(text)])

    def _answer(self, text: str) -> str:
        """Take the answer that a text begins with; return what is behind it."""
        found = _NOT_IN_ONE.search(text, 1)
        end = len(text) if found is None else found.start()
        if end - 1 > MAX_SEQUENCE:
            self._is_too_long = True
        if found is None or (found[0] == "\x1b" and end + 1 == len(text)):
            self._part = text if not self._is_too_long else text[: text.index(";") + 1] + text[end:]
            return ""
        is_whole = found[0] == "\a" or text.startswith("\x1b\\", end)
        self._is_answering = is_whole and self._listener is not None
        if is_whole and self._listener is not None:
            self._listener(None if self._is_too_long else text[2:end])
        self._is_too_long = False
        return text[end + (0 if not is_whole else 1 if found[0] == "\a" else 2) :]

    def _without_beginning(self, text: str) -> str:
        """Keep back what may be the beginning of an answer, while one is expected.

        An escape alone, which may be the key, only where answers come one behind the other.
        """
        if self._listener is None:
            return text
        at = text.rfind("\x1b" if self._is_answering else "\x1b]")
        if at >= 0 and any(whole.startswith(text[at:]) for whole in _WHOLE):
            self._part = text[at:]
            return text[:at]
        return text


ANSWERS: Final = Answers()
"""Of this process' terminal."""
