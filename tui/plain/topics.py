"""What lines there are, by topic, and what each does. Those that the full screen has too are told in its words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Final

from tui.keys.matching import in_both
from tui.language import N_, tr

if TYPE_CHECKING:
    from tui.keys.registry import CommandSpec

Act = Callable[[str], Awaitable[None]]
"""Carries out a line with what stands behind its name. May raise ``ApiError``, ``Unsaid``."""

# Topic -> what it is about, and its lines.
TOPICS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "talking": (
        N_("conversations, and what is said in them"), ("msg", "next", "back", "archived", "last", "older", "newer", "date"),
    ),
    "messages": (
        N_("one message, named by its number"),
        ("reply", "react", "edit", "pin", "pins", "forward", "delete", "info"),
    ),
    "search": (N_("finding what was said"), ("search", "search-all", "more", "hit")),
    "meeting": (N_("invitations and greetings"), ("invite", "invitations", "revoke", "add", "greetings")),
    "people": (
        N_("the contact of the open conversation"),
        (
            "contact", "verify", "devices", "rename", "mute", "pin-chat", "archive", "mark-unread", "notices", "block",
            "unblock", "delete-conversation", "remove",
        ),
    ),
    "program": (
        N_("settings, files, network, leaving"),
        ("settings", "set", "language", "export", "export-all", "import", "network", "lock", "help", "quit"),
    ),
}  # fmt: skip
# Lines of this mode alone, and what is another thing here than on the screen: argument and help.
OWN: Final[dict[str, tuple[str, str]]] = {
    "msg": (N_("[number or name]"), N_("Open a conversation; alone it closes the open one and lists all.")),
    "archived": ("", N_("The conversations that are archived.")),
    "last": (N_("[count]"), N_("Read the last messages once more.")),
    "older": ("", N_("Read what was said before what was read last.")),
    "newer": ("", N_("Read what was said after what was read last.")),
    "date": (N_("[day]"), N_("Read from a day on: 2026-11-03, or yesterday.")),
    "reply": (N_("[number] [text]"), N_("Answer a message; without a number their last one.")),
    "react": (
        N_("[number] [sign]"),
        N_("Put a sign to a message, or a word for it, as heart; once more takes it back."),
    ),
    "edit": (N_("[number] [text]"), N_("Say it otherwise; without a number your last one.")),
    "pin": (N_("number"), N_("Mark a message for yourself; again to let go of it.")),
    "pins": ("", N_("The messages that you pinned here.")),
    "forward": (N_("number [to whom]"), N_("Send a message to another conversation; who wrote it is not told.")),
    "delete": (N_("number"), N_("Delete a message from this device.")),
    "info": (N_("number"), N_("When it was written, where it is now, its other versions.")),
    "search": (
        N_("[words]"),
        N_(
            "Search the open conversation, or all. from:name, from:me, before:2026-11-03, after:2026-11, has:link narrow it."
        ),
    ),
    "search-all": (N_("[words]"), N_("Search all conversations.")),
    "more": ("", N_("The next hits of a search.")),
    "hit": (N_("number"), N_("Go to a hit of the search.")),
    "invite": (N_("[note]"), N_("Make an invitation for one person, as a link.")),
    "invitations": ("", N_("Your invitations, and what became of them.")),
    "revoke": (N_("number"), N_("End an invitation, by its number among /invitations.")),
    "add": (N_("[link or file]"), N_("Use an invitation: a link, or the file of a picture of its code.")),
    "verify": (N_("[digits]"), N_("Hear the security code, and say whether it is the same with them.")),
    "contact": ("", N_("Who they are, whether you compared codes, what they see of you.")),
    "mute": (N_("[1h 8h 1d 1w always]"), N_("No notices of this conversation for a time; again to hear them.")),
    "settings": (N_("[name]"), N_("All settings, or what one of them means.")),
    "set": (N_("name value"), N_("Change a setting.")),
    "language": (N_("[name]"), N_("Choose the language.")),
    "export": (N_("[file]"), N_("Write what was said here into a file, encrypted if you wish.")),
    "export-all": (N_("[file]"), N_("Write chats, contacts and settings into a file, encrypted if you wish.")),
    "import": (N_("[file]"), N_("Take in a file that was exported: texts, names, settings.")),
    "network": ("", N_("Who your node is linked to and how it is doing.")),
    "help": (N_("[topic or name]"), N_("The topics; the lines of one; what one line does.")),
}


def topics() -> Iterator[str]:
    """Yield a line for each topic."""
    for topic, (about, names) in TOPICS.items():
        yield tr("{topic}, {about}: {names}").format(
            topic=topic, about=tr(about), names=" ".join(f"/{name}" for name in names)
        )


def lines_about(wanted: str) -> list[str]:
    """Return what a topic's lines do, or one line by its name, or those in whose help a word is."""
    from tui.screens.catalogue import whole_registry

    specs = {spec.slash: spec for spec in whole_registry() if spec.slash}
    name = wanted.casefold().removeprefix("/")
    if name in TOPICS:
        return [_line(each, specs) for each in TOPICS[name][1]]
    every = [each for _, names in TOPICS.values() for each in names]
    if name == "all":
        return [_line(each, specs) for each in every]
    if name in every:
        return [_line(name, specs)]
    return [_line(each, specs) for each in every if name in _searched(each, specs)]


def _line(name: str, specs: dict[str, CommandSpec]) -> str:
    """Return what a line is typed as, and what it does."""
    argument, said = OWN[name] if name in OWN else (specs[name].argument, specs[name].help)
    return tr("{command}: {help}").format(command=f"/{name} {tr(argument)}".rstrip(), help=tr(said))


def _searched(name: str, specs: dict[str, CommandSpec]) -> str:
    spec = specs.get(name)
    texts = [name, *OWN.get(name, ()), *((spec.title, spec.help, spec.synonyms) if spec is not None else ())]
    return in_both(*(text for text in texts if text))
