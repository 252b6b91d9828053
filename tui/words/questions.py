"""Questions that newcomers have, with their answers; a part of the help, found by any word in them."""

from __future__ import annotations

from typing import Final

from tui.language import N_

QUESTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        N_("Why are 'read', 'typing' and 'online' off?"),
        (
            N_(
                "Each of them tells a contact when you are there. So each is off until you turn it on (/settings), "
                "and shows you theirs only while you let them see yours."
            ),
        ),
    ),
    (
        N_("Why does my message say 'held' and not 'delivered'?"),
        (
            N_(
                "Their device is off or away. Strangers' devices hold the message for 48 hours, and yours deposits it "
                "again every day, for 30 days, as long as sottovoce runs here now and then. There is nothing to be "
                "done."
            ),
        ),
    ),
    (
        N_("Why did no notice come, or none over SSH?"),
        (
            N_(
                "A notice is an escape sequence that your terminal shows. In /settings, Notices has to be 'bell and "
                "text', and the terminal one that knows them: iTerm2, kitty, foot, WezTerm, Ghostty, rxvt-unicode, "
                "Windows Terminal. Others ring the bell. Within tmux: set -g allow-passthrough on, and set -g focus- "
                "events on, so that tmux tells where you look."
            ),
            N_(
                "For one conversation, /notices says always, bell or never. What you look at is not told of, and what "
                "came while you were away is told once. A program of your own is run by notify_command in "
                "config.toml."
            ),
        ),
    ),
    (
        N_("Why does a key do nothing?"),
        (
            N_(
                "Some keys never leave the terminal or the window, and some are another key to it: Ctrl+I is Tab, "
                "Ctrl+M is Enter. /keys lists all, says which may not arrive, and lets you take others; a key's name "
                "typed here finds what it does."
            ),
        ),
    ),
    (
        N_("I forgot my passcode. I lost my device."),
        (
            N_(
                "The eighteen words make the account anew on any device, with your contacts; messages are not among "
                "them. Without the words and the passcode the account is gone, since there is no copy anywhere. While "
                "it is open, Settings shows the words to whoever gives the passcode."
            ),
        ),
    ),
    (
        N_("How do I leave it, and do messages still come in?"),
        (
            N_(
                "Ctrl+Q leaves. Messages wait with strangers' devices for 48 hours, and are sent again after that. "
                "With Alt+L the screen locks and messages still come in, for up to 20 hours after the passcode was "
                "typed; so they do without any screen where sottovoce was started with --detach."
            ),
        ),
    ),
    (
        N_("Who can see that I use it, and what does it cost?"),
        (
            N_(
                "Your internet provider sees that you run sottovoce, not with whom you talk. It sends some megabytes "
                "a day, also when you do not write; in /settings, Hiding says how much, and offers less."
            ),
        ),
    ),
    (
        N_("How do I copy, and how do I get at a link?"),
        (
            N_(
                "Up selects a message: y copies it, l its links. /bare leaves nothing but text, for the mouse. A link "
                "is marked for the terminal, which opens it, mostly by Ctrl and a click; sottovoce itself fetches "
                "nothing."
            ),
        ),
    ),
    (
        N_("How do I write an emoji?"),
        (
            N_(
                "Type a colon and two letters of its name: :smi offers what begins so, Tab or Enter takes it. Typed "
                "whole, :smile: is the sign at once; undo brings the letters back. Code and links stay as they are "
                "written."
            ),
        ),
    ),
    (
        N_("Can I use it on two devices, or in a group?"),
        (N_("Not in this version: one device for an account, two people in a conversation."),),
    ),
)
