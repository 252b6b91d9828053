"""The answers of Echo, the demo's contact: texts in, texts out. No network, no clock.

It gives back what it is given, and explains, once each, what has just happened on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

from tui.language import N_, tr, tr_n

NAME: Final = "Echo"

# Seconds that Echo is gone after "late": time to write something, not enough to lose patience.
AWAY_SECONDS: Final = 20

# A text this short comes back as from a canyon; longer ones would be a nuisance.
CANYON_LETTERS: Final = 24
# Echo repeats at most this many characters; a whole page of a person's own words is no conversation.
REPEATED: Final = 600

HELP: Final = N_("""Words that I know:
  how   the way your text came
  who   who can see what
  long  an answer in many parcels
  late  I vanish for a while
  bye   how to leave
Anything else comes back to you.""")

HOW: Final = N_(
    "How your text came here: your device wrote it down, sealed it, cut it into boxes of one size and signed each "
    "under a name that is used once. It did a little work for each, which is what the strangers ask for keeping it. "
    "Two nodes wrote the boxes to their disks and told their neighbours. I asked for the list of all that had come in, "
    "knew yours by its name, and fetched it. Had I been away, it would have waited there for 48 hours, and your device "
    "would have put it there again for a month."
)

WHO: Final = N_(
    "Who can see what: the nodes see boxes of one size, with names that mean nothing to them, when they come and go, and "
    "from which address; a later version sends them by way of relays, so that not even that is seen. Not what is said, "
    "nor who says it to whom. I do not see your address, nor you mine: we never had a link to each other. In this demo the "
    "nodes are ten processes on your own machine; Ctrl+P and then Network shows those that yours is linked to."
)

LONG: Final = N_(
    "A long answer, then.\n\n"
    "In the old story Echo was a nymph who talked so well and so long that a goddess, who was kept from her business by "
    "it, took her voice and left her the ends of other people's sentences. She is said to have wasted away in the hills "
    "until nothing was left but the answering.\n\n"
    "What you are reading did not fit into one box. Every box has the same size, whether it holds a yes or a piece of a "
    "book, so that nobody can tell one from the other by weighing them. A text like this is padded to the next of three "
    "sizes and cut into pieces. Each piece gets a name of its own, a key of its own and a bit of work of its own, and goes "
    "its own way. Your device knew the names beforehand, because we share the secret they come from; nobody else could have "
    "said that they belong together.\n\n"
    "Had one piece been lost, your device would have asked for it and mine would have sent the very same bytes again. "
    "That is why a text arrives once, whole and in its place, or is shown as still on its way.\n\n"
    "Here the hills end. Say something, and they will answer."
)

BYE: Final = N_(
    "Goodbye. Ctrl+Q leaves. The nodes, my account, yours and all we said go with it: this was a demo, and nothing of it "
    "was written outside one temporary directory. `sottovoce` without `demo` begins in earnest."
)

LEAVING: Final = N_(
    "I vanish now, without a goodbye: my process is killed and comes back in {seconds} seconds. Write to me meanwhile "
    "and watch the sign beside your text. It goes no further than “stored”: sealed on strangers' nodes, waiting for me."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Texts to send, in order; ``leaves`` when Echo vanishes after the last."""

    texts: tuple[str, ...]
    leaves: bool = False


def welcome(name: str, greeting: str) -> Answer:
    """Return what a newcomer hears who was just let in."""
    called = tr("Hello {name}!").format(name=name) if name else tr("Hello!")
    heard = tr("You said “{text}”.").format(text=_shortened(greeting)) if greeting.strip() else ""
    mine = tr("I am {name}, a small program with an account like yours.").format(name=NAME)
    return Answer(
        (
            " ".join(filter(None, (called, heard, mine))),
            tr(
                "Your greeting came to me through strangers' nodes, which could not read it or tell whose it was. Write me "
                "something and I give it back; “help” tells what else I know."
            ),
        )
    )


def returned(waiting: int) -> Answer:
    """Return what Echo says when it is back and finds ``waiting`` texts."""
    if waiting == 0:
        return Answer((tr("I am back. Nobody wrote, so there was nothing to fetch."),))
    said = tr_n(
        "I am back. Your text lay sealed on strangers' nodes until I fetched it a moment ago. So:",
        "I am back. Your {count} texts lay sealed on strangers' nodes until I fetched them a moment ago. So:",
        waiting,
    )
    return Answer((said,))


def answer(text: str, earlier: int) -> Answer:
    """Return the answer to a text; ``earlier`` counts the texts answered before it."""
    said = text.strip()
    word = said.strip("/!.?\"'`“”！。？ ").casefold()
    word = _ALIASES.get(word, word)
    if word == "late":
        return Answer((tr(LEAVING).format(seconds=AWAY_SECONDS),), leaves=True)
    known = {"help": HELP, "how": HOW, "who": WHO, "long": LONG, "bye": BYE}.get(word)
    if known is not None:
        return Answer((tr(known),))
    texts = [_echo(said)]
    if earlier < len(_ASIDES):
        texts.append(tr(_ASIDES[earlier]))
    return Answer(tuple(texts))


_ALIASES: Final = {
    "?": "help",
    "hilfe": "help",
    "goodbye": "bye",
    "quit": "bye",
    "exit": "bye",
    "how?": "how",
    "why": "how",
    "帮助": "help",
    "怎么": "how",
    "谁": "who",
    "长": "long",
    "晚": "late",
    "再见": "bye",
}

# Said once each after the first echoes, so that explanations come in small portions and then end.
_ASIDES: Final = (
    N_(
        "What just happened: your text lay sealed on two strangers' nodes until I fetched it, and this came back the same "
        "way. The sign beside yours tells how far it got; “how” tells more."
    ),
    N_("If you are curious what happens when I am not there, write “late”."),
)


def _echo(said: str) -> str:
    if said.casefold() in {"thanks", "thank you", "danke", "merci", "谢谢"}:
        return tr("You are welcome. … welcome. … come.")
    shown = _shortened(said)
    if len(said) <= CANYON_LETTERS and said.isascii() and "\n" not in said and said.count(" ") < 3:
        return f"{shown} … {_tail(said, 2 / 3)} … {_tail(said, 1 / 3)}"
    return f"“{shown}”"


def _tail(said: str, part: float) -> str:
    """Return the last part of a text, as a canyon does."""
    return said[-ceil(len(said) * part) :].lstrip().casefold()


def _shortened(text: str) -> str:
    text = text.strip()
    return text if len(text) <= REPEATED else tr("{text} … and so on").format(text=text[:REPEATED].rstrip())
