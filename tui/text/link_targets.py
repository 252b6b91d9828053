r"""What a link in a message leads to, and the address that a browser is given for it.

A browser and a reader may take the same link differently, and so may two libraries: of ``https://bank.example@evil.example``
the eye sees the wrong half, of ``bank.example\@evil.example`` programs disagree about the host, a letter of ``example.org``
may be Cyrillic. So a link is taken apart here once, and put together anew from what was understood: scheme, host in its
ASCII form (UTS 46, with ß kept), port, path. The host that is shown is the host that is opened, whatever others would have
understood, and what cannot be taken apart for certain is not opened at all, only copied.

Of ``mailto:`` there remain the addresses, subject and body: some mail programs attach files that other fields name.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import Final, Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tui.text.links import MAX_LINK, links_in, may_be_marked
from tui.text.markdown import body_of

OPENED: Final = ("http", "https", "mailto")
"""Schemes that are opened by other programs."""
_ASCII_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DOTS: Final = str.maketrans("。｡．", "...")
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|\d+)")
_HOST: Final = re.compile(r"(?<![\w@./=?&#%-])(?:https?://)?((?:[\w-]+\.)+[^\W\d_][\w-]+)", re.IGNORECASE)
_MAILBOX: Final = re.compile(r"[A-Za-z0-9.!#$&'*+/=?^_`{|}~-]{1,64}@([^@]+)")
_SAFE: Final = "/?#[]@!$&'()*+,;=:%~-._"
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Letters of scripts that look like no Latin one, by the beginnings of their names.
_UNLIKE: Final = ("CJK ", "HIRAGANA", "KATAKANA", "HANGUL", "ARABIC", "HEBREW", "DEVANAGARI", "THAI")
MOST_ODD: Final = 4
"""Letters of other scripts that are named."""

Kind = Literal["web", "mail", "invitation", "unclear"]


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads.

    ``link`` is as it was written, ``address`` what is opened; empty for what is ``unclear`` or an invitation. ``host`` is
    shown in its own letters, ``ascii_host`` as the network has it. ``said``: the host that the link seems to name, where it
    is another one. ``odd``: letters of the host that can be taken for others.
    """

    kind: Kind
    link: str
    address: str = ""
    host: str = ""
    ascii_host: str = ""
    said: str = ""
    odd: tuple[str, ...] = ()
    is_number: bool = False


def targets_in(text: str) -> list[Target]:
    """Return where the links of a cleaned text lead, each once: those that are drawn as links, then others."""
    words: dict[str, str] = {}
    body = body_of(text)
    for span in body.spans:
        if span.kind == "link":
            words.setdefault(span.link, body.text[span.start : span.end])
    for link in links_in(text):
        if "](" not in link or not any(each in link for each in words):  # words that look like a link of their own
            words.setdefault(link, link)
    return [target_of(link, said, text) for link, said in words.items()]


def target_of(link: str, words: str = "", text: str = "") -> Target:
    """Return where a link leads; ``words`` are what is shown in its place, ``text`` what an invitation stands in."""
    scheme = link.partition(":")[0].lower()
    if scheme == "sottovoce":
        return Target("invitation", _invitation(link, text))
    try:
        found = _mail(link) if scheme == "mailto" else _web(link, scheme, words)
    except ValueError:
        found = None
    return found or Target("unclear", link)


def _invitation(link: str, text: str) -> str:
    """Return an invitation with what follows it up to the next: a mail may have broken it into lines."""
    if link not in text:
        return link
    whole = text[text.index(link) :]
    following = re.search("sottovoce:", whole[1:], re.IGNORECASE)
    return whole if following is None else whole[: following.start() + 1]


def is_openable(address: str) -> bool:
    """Whether an address may be given to another program: of a scheme that is opened, plain, no longer than any takes."""
    scheme, colon, rest = address.partition(":")
    if (
        not colon
        or scheme not in OPENED
        or len(address) > MAX_LINK
        or not address.isascii()
        or not address.isprintable()
    ):
        return False
    return bool(rest) and " " not in address if scheme == "mailto" else may_be_marked(address)


def ascii_host(host: str) -> str:
    """Return a host as the network has it. Raises ``ValueError``: it is none, or not for certain one."""
    if host.startswith("["):
        return host.lower()  # the whole address is looked at before it is opened
    labels = unicodedata.normalize("NFKC", host.translate(_DOTS)).lower().translate(_DOTS).removesuffix(".").split(".")
    return ".".join(map(_ascii_label, labels))


def unicode_host(host: str) -> str:
    """Return a host of the network in its own letters, as far as it has any that are what they seem."""
    return ".".join(map(_unicode_label, host.split(".")))


def _ascii_label(label: str) -> str:
    if not label.isascii():
        if any(unicodedata.category(each)[0] not in "LMN" and each not in "-" for each in label):
            raise ValueError(label)
        label = f"xn--{label.encode('punycode').decode('ascii')}"
    if _ASCII_LABEL.fullmatch(label) is None:
        raise ValueError(label)
    return label


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
        return shown if _ascii_label(shown) == label and unicodedata.normalize("NFKC", shown) == shown else label
    except (ValueError, UnicodeError):
        return label


def _web(link: str, scheme: str, words: str) -> Target | None:
    if "\\" in link or any(each.isspace() or not each.isprintable() for each in link):
        return None
    parts = urlsplit(link)
    user, _, place = parts.netloc.rpartition("@")
    port = f":{parts.port}" if parts.port is not None else ""
    bare = place[: place.index("]") + 1] if place.startswith("[") else place.partition(":")[0]
    host = ascii_host(bare)
    rest = link[link.index("://") + len("://") + len(parts.netloc) :]
    address = f"{scheme}://{host}{port}{quote(_PERCENT.sub('%25', rest), safe=_SAFE)}"
    if not is_openable(address):
        return None
    shown = unicode_host(host)
    seems = "" if words == link else words.strip().removesuffix(f"({parts.hostname or ''})")
    return Target(
        "web", link, address, shown, host, _other_host(unquote(user), host) or _other_host(seems, host),
        _odd(shown), host.startswith("[") or _NUMBER.fullmatch(host.rpartition(".")[2]) is not None,
    )  # fmt: skip


def _other_host(seems: str, host: str) -> str:
    """Return the host that words seem to name, where it is not the one that they lead to."""
    for found in _HOST.finditer(seems[:MAX_LINK]):
        try:
            named = ascii_host(found[1])
        except ValueError:
            return found[1]
        if named.removeprefix("www.") != host.removeprefix("www."):
            return found[1]
    return ""


def _odd(host: str) -> tuple[str, ...]:
    """Return letters that can be taken for others, each with its name."""
    letters = [each for each in dict.fromkeys(host) if not each.isascii()]
    named = ((each, unicodedata.name(each, "")) for each in letters)
    return tuple(f"{each} ({name.lower()})" for each, name in named if not name.startswith(_UNLIKE))[:MOST_ODD]


def _mail(link: str) -> Target | None:
    who, _, fields = link.partition(":")[2].partition("?")
    addresses = [unquote(each) for each in who.split(",")]
    hosts: list[str] = []
    sent_to: list[str] = []
    for each in addresses:
        found = _MAILBOX.fullmatch(each)
        if found is None:
            return None
        host = ascii_host(found[1])
        hosts.append(host)
        sent_to.append(quote(each[: -len(found[1]) - 1], safe="+-._~=") + f"@{host}")
    kept = [(name.lower(), value) for name, value in parse_qsl(fields.replace("+", "%2B"))]
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in kept if name in {"subject", "body"})
    address = f"mailto:{','.join(sent_to)}" + (f"?{query}" if query else "")
    shown = ", ".join(dict.fromkeys(map(unicode_host, hosts)))
    return (
        Target("mail", link, address, shown, ", ".join(dict.fromkeys(hosts)), odd=_odd(shown))
        if is_openable(address)
        else None
    )
