"""What the signs mean that stand beside messages and names; help lists them, and finds them by the sign itself."""

from __future__ import annotations

from typing import Final

from tui.look.glyphs import Glyphs

# Name of a sign -> what it says where it stands.
MEANINGS: Final = {
    "queued": "written, and not sent yet: it goes out by itself",
    "sent": "on its way",
    "stored": "held for them by other people's devices, for up to 48 hours; then it is sent again",
    "held": "held for them, as above",
    "delivered": "arrived on their device",
    "read": "they have seen it",
    "failed": "it did not arrive within 30 days, or the greeting was not answered",
    "draft": "a text that you have not sent",
    "waiting": "your greeting waits for an answer",
    "blocked": "blocked: nothing is heard of them, and they hear nothing of you",
    "warning": "look closer: a name like another's, or a device that nobody vouches for",
    "compared": "keys compared: nobody stands between you",
    "unknown": "keys not compared yet",
    "timer": "messages here go by themselves after a time",
    "pin": "pinned",
    "muted": "muted: no notice",
    "archive": "archived conversations, or more below",
    "online": "linked with the network",
    "offline": "no network, or it does not answer; what you write waits",
    "down": "new messages below",
}


def legend(glyphs: Glyphs) -> list[tuple[str, str]]:
    """Return each sign of a set with what it means; a sign with several meanings once for each."""
    return [(getattr(glyphs, name), words) for name, words in MEANINGS.items()]
