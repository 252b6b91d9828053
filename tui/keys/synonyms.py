"""Other words by which people look for a command, in the palette and in help; by the command's id."""

from __future__ import annotations

from typing import Final

SYNONYMS: Final = {
    "go.switcher": "jump switch open chat talk write message person",
    "go.next-unread": "new unread jump",
    "go.last": "previous back chat return",
    "go.unread-line": "new first jump",
    "go.oldest": "top beginning first oldest scroll",
    "go.newest": "bottom end last newest scroll",
    "go.search": "find look grep history",
    "go.list": "contacts people chats sidebar",
    "people.invite": "invitation link qr code share contact new friend",
    "people.add": "invitation link qr code scan contact new friend join paste",
    "people.greetings": "requests strangers accept reject pending answer",
    "people.keep": "store mailbox hold help custodian",
    "people.ask-keep": "store mailbox hold custodian",
    "people.rename": "name nickname alias call change edit",
    "people.devices": "keys verify fingerprint trust confirm",
    "people.block": "mute ignore silence ban",
    "people.unblock": "unmute unban allow",
    "people.delete-conversation": "clear history erase wipe chat messages",
    "people.remove": "delete contact forget unfriend erase person",
    "view.details": "sidebar info panel right",
    "view.bare": "zen plain copy select mouse full",
    "view.theme": "theme colors palette dark light",
    "view.glyphs": "icons symbols glyphs font characters",
    "view.redraw": "refresh repaint screen",
    "app.lock": "logout leave hide secure passcode",
    "app.settings": "preferences options configure config setup theme colours colors notifications name password passcode",
    "app.network": "status connection peers nodes offline online internet",
    "app.help": "keys shortcuts manual commands guide how",
    "app.suspend": "background shell stop",
    "app.quit": "exit close leave end stop",
}
