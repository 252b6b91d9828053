r"""Control sequences for what is around a terminal's text: notices and the title, whole or through a multiplexer.

    OSC 9     ESC ] 9 ; text BEL                       iTerm2, WezTerm, Windows Terminal
    OSC 777   ESC ] 777 ; notify ; title ; text BEL    foot, rxvt-unicode, Ghostty, VTE where it is built in
    OSC 99    ESC ] 99 ; i=sottovoce ; text BEL        kitty; the same ``i`` replaces the notice before

All end in BEL, which every terminal takes and which closes no sequence around them. What a terminal does not know it passes
over. A text is cleaned by its maker, and once more here: no control character and no delimiter gets in.

tmux passes a sequence on inside ``ESC P tmux; … ESC \`` with each escape doubled, and only where its ``allow-passthrough``
is on; GNU screen inside ``ESC P … ESC \``, in short pieces.
"""

from __future__ import annotations

from typing import Final, Literal

from tui.text.sanitize import clean_line

NoticeForm = Literal["bell", "osc9", "osc777", "osc99"]
Multiplexer = Literal["", "tmux", "screen"]

BELL: Final = "\a"
NAME: Final = "sottovoce"
# Bytes of a sequence that GNU screen passes on at once; it cuts longer ones.
SCREEN_PIECE: Final = 200
# Characters of a text in a sequence; what makes them keeps below it.
MAX_TEXT: Final = 200
# The title that stood there before, put on the terminal's stack and taken off again (XTWINOPS); both are old.
PUSH_TITLE: Final = "\x1b[22;0t"
POP_TITLE: Final = "\x1b[23;0t"


def safe(text: str) -> str:
    """Return a text that ends no sequence and begins no field of one."""
    return clean_line(text)[:MAX_TEXT].replace(";", ",")


def notice(form: NoticeForm, text: str, through: Multiplexer = "") -> str:
    """Return the sequence that shows a notice; nothing where the terminal has only a bell."""
    body = safe(text)
    match form:
        case "osc9":  # a number in front would be one of ConEmu's commands
            sequence = f"\x1b]9;{NAME}: {body}\a"
        case "osc777":
            sequence = f"\x1b]777;notify;{NAME};{body}\a"
        case "osc99":
            sequence = f"\x1b]99;i={NAME};{NAME}: {body}\a"
        case _:
            return ""
    return passed_through(sequence, through)


def title(text: str) -> str:
    """Return the sequence that sets the title of window and icon."""
    return f"\x1b]0;{safe(text)}\a"


def passed_through(sequence: str, through: Multiplexer) -> str:
    """Return a sequence as a multiplexer hands it on to its terminal."""
    match through:
        case "tmux":
            return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
        case "screen":
            pieces = (sequence[start : start + SCREEN_PIECE] for start in range(0, len(sequence), SCREEN_PIECE))
            return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
        case _:
            return sequence
