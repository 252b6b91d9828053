"""The table of the settings: what each row is called, what it has on offer and what it means, in the order of the page.

A field of ``api.Settings`` that has an entry here can be set on the page (``screen``) and in the lines of the plain client
(``tui.plain.account``).
"""

from __future__ import annotations

from typing import Final

from core import api
from core.node.cover import bytes_per_day
from tui.keys.commands import AUTO, GLYPH_NAMES, LAYOUT_NAMES, THEME_NAMES
from tui.keys.presets import PRESETS
from tui.language import LANGUAGES, N_, tr
from tui.words.network import size_words

# How much hides, with what it costs in a day.
PACES: Final[tuple[tuple[str, api.PaceName], ...]] = (
    (N_("sparing, {size} a day"), "sparing"),
    (N_("normal, {size} a day"), "normal"),
    (N_("strong, {size} a day"), "strong"),
)
# Field of ``api.Settings`` -> label, values on offer, what it means.
ROWS: dict[str, tuple[str, list[tuple[str, object]], str]] = {
    "theme": (
        N_("Colours"),
        [(name, "" if name == AUTO else name) for name in THEME_NAMES],
        N_("auto takes what suits the terminal; mono uses no colour at all, terminal its own sixteen."),
    ),
    "glyphs": (
        N_("Signs"),
        [(name, "" if name == AUTO else name) for name in GLYPH_NAMES],
        N_("ascii for old terminals; nerd needs a Nerd Font."),
    ),
    "layout": (
        N_("Layout"),
        [(name, name) for name in LAYOUT_NAMES],
        N_("of messages: dialogue on two sides; letter from one edge, for long texts and those who prefer a log."),
    ),
    "language": (
        N_("Language"),
        [(AUTO, ""), *((name, code) for code, name in LANGUAGES.items())],
        N_("auto is the system's, or what config.toml says. What people wrote stays as it is."),
    ),
    "enter_sends": (
        N_("Enter key"),
        [(N_("sends"), True), (N_("breaks the line"), False)],
        N_("Ctrl+J always breaks the line, or sends when Enter does not."),  # with the keys that count: ``ENTER_MEANS``
    ),
    "keys": (
        N_("Keys"),
        [(name, name) for name in PRESETS],
        N_("Sets for people who come from an editor. /keys lists all keys, and changes each."),
    ),
    "lock_after": (
        N_("Lock after"),
        [(N_("1 min"), 60), (N_("5 min"), 300), (N_("10 min"), 600), (N_("1 hour"), 3600), (N_("never"), 0)],
        N_("without a key pressed. Messages still come in while it is locked."),
    ),
    "notify": (
        N_("Notices"),
        [(N_("off"), "off"), (N_("bell"), "bell"), (N_("bell and text"), "bell+text")],
        N_("Text is a notice of the terminal's, where it has such. /help notices says more."),
    ),
    "notify_content": (
        N_("They say"),
        [(N_("new message"), "off"), (N_("the name"), "name"), (N_("name and text"), "text")],
        N_("Whoever sees this screen or its notices reads that. Locked, it is never more than new message."),
    ),
    "low_bandwidth": (
        N_("Slow line"),
        [(N_("auto"), "auto"), (N_("on"), "on"), (N_("off"), "off")],
        N_("on saves bytes: no motion, fewer redraws. auto is on over SSH."),
    ),
    "read_receipts": (
        N_("Reading"),
        [(N_("not told"), False), (N_("told and seen"), True)],
        N_("Contacts who have it on see what you read, half a minute late. One box (2.5 KB) a sitting at most."),
    ),
    "typing": (
        N_("Typing"),
        [(N_("not told"), False), (N_("told and seen"), True)],
        N_("To contacts who have it on and were heard lately: a box each 20 s while you type, up to 450 KB an hour."),
    ),
    "presence": (
        N_("Being there"),
        [(N_("not told"), False), (N_("told and seen"), True)],
        N_("To contacts who have it on, in steps of ten minutes: up to 6 boxes, 15 KB an hour, for each of them."),
    ),
    "pace": (
        N_("Hiding"),
        [*PACES],
        N_("Empty packets hide when you write. sparing, for metered lines, hides little; strong adds seconds."),
    ),
}
# What the Enter key's row means, by whether Enter sends: the key of the other.
ENTER_MEANS = {
    True: ("write.newline", N_("Enter sends, {key} breaks the line.")),
    False: ("write.send", N_("Enter breaks the line, {key} sends.")),
}
# Headings, and the fields below each; a field that none names comes last.
GROUPS: Final = (
    (N_("This terminal"), ("theme", "glyphs", "layout", "language", "enter_sends", "keys", "low_bandwidth")),
    (N_("Notices and locking"), ("notify", "notify_content", "lock_after")),
    (N_("What others learn"), ("read_receipts", "typing", "presence", "pace")),
)
# What the rest means, by the id of its widget.
ABOUT = {
    "person": N_("Shown to people you invite or greet from now on. Enter keeps it."),
    "open-keys": N_("Lists all keys by what they do, and changes each."),
    "passcode": N_("You type it once in 20 hours where this system can keep it, and after each lock."),
    "words": N_("The eighteen words bring the account back on another device. The passcode is asked first."),
    "lock": N_("Hides everything until the passcode is typed. Messages still come in for up to 20 hours."),
    "export-all": N_("What was said, contacts and settings as a file, encrypted if you wish. No key is in it."),
    "import": N_("Takes in a file that was exported: texts, names, settings."),
    "wipe": N_("Deletes the account and all it left on this machine. It asks for the passcode, and for a word."),
    "logout": N_("The passcode is asked at the next start, and nothing comes in until then. Nothing is deleted."),
}


def groups() -> list[tuple[str, list[str]]]:
    """Return the headings with the fields that there are."""
    named = [(heading, [field for field in fields if field in ROWS]) for heading, fields in GROUPS]
    named[-1][1].extend(field for field in ROWS if not any(field in fields for _, fields in named))
    return named


def offered(field: str) -> list[tuple[str, object]]:
    """Return what a field's row has on offer, in words."""
    options = ROWS[field][1]
    if field == "pace":
        return [(tr(name).format(size=size_words(bytes_per_day(pace))), pace) for name, pace in PACES]
    own_names = LANGUAGES.values() if field == "language" else ()  # a language is called what its speakers call it
    return [(name if name in own_names else tr(name), value) for name, value in options]
