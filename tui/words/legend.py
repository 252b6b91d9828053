"""What the signs mean that stand beside messages and names; help lists them, and finds them by the sign itself."""

from __future__ import annotations

from typing import Final

from tui.language import N_
from tui.look.glyphs import Glyphs

# Name of a sign -> what it says where it stands.
MEANINGS: Final = {
    "queued": N_("written, and not sent yet: it goes out by itself"),
    "sent": N_("on its way"),
    "stored": N_("held for them by other people's devices, for up to 48 hours; then it is sent again"),
    "held": N_("held for them, as above"),
    "delivered": N_("arrived on their device"),
    "read": N_("they have seen it"),
    "failed": N_("it did not arrive within 30 days, or the greeting was not answered"),
    "draft": N_("a text that you have not sent"),
    "waiting": N_("your greeting waits for an answer"),
    "blocked": N_("blocked: nothing is heard of them, and they hear nothing of you"),
    "warning": N_("look closer: a name like another's, or a device that nobody vouches for"),
    "compared": N_("keys compared: nobody stands between you"),
    "unknown": N_("keys not compared yet"),
    "timer": N_("messages here go by themselves after a time"),
    "picked": N_("at the edge of a message: marked by Space; copying, forwarding and deleting mean all that are"),
    "pin": N_("pinned"),
    "muted": N_("muted: no notice"),
    "archive": N_("archived conversations, or more below"),
    "bullet": N_("marked as unread"),
    "typing": N_("somebody types"),
    "online_dot": N_("there now, where both of you let each other know"),
    "online": N_("linked with the network"),
    "offline": N_("no network, or it does not answer; what you write waits"),
    "down": N_("new messages below"),
}


def legend(glyphs: Glyphs) -> list[tuple[str, str]]:
    """Return each sign of a set with what it means, in English; a sign with several meanings once for each."""
    return [(getattr(glyphs, name), words) for name, words in MEANINGS.items()]
