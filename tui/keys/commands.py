"""The commands of the program, in the order of the help screen. What opens a page stands with it: ``tui.screens.pages``."""

from __future__ import annotations

from functools import partial

from tui.keys.registry import CommandSpec, Registry, Scope, When

TALK, FIND, PEOPLE, MESSAGES, VIEW, APP = (
    "Writing",
    "Finding your way",
    "People",
    "A selected message",
    "The screen",
    "sottovoce",
)
_writing = partial(CommandSpec, group=TALK, scope=Scope.COMPOSER, when=When.CHAT, in_palette=False)
_find = partial(CommandSpec, group=FIND)
_contact = partial(CommandSpec, group=PEOPLE, when=When.CHAT)
_select = partial(CommandSpec, group=MESSAGES, scope=Scope.SELECT, when=When.CHAT, in_palette=False)
_view = partial(CommandSpec, group=VIEW)
_app = partial(CommandSpec, group=APP, scope=Scope.APP)

# Conversations that a digit reaches.
NUMBERED = 9
# What the terminal calls for, in place of a name.
AUTO = "auto"
LAYOUT_NAMES = ("dialogue", "letter")
THEME_NAMES = (AUTO, "dark", "light", "contrast", "mono", "terminal")
NOTICE_RULES = ("always", "bell", "never")
GLYPH_NAMES = (AUTO, "ascii", "unicode", "nerd")

WRITING = (
    _writing(id="write.send", title="Send", help="Send what you wrote.", keys="enter"),
    _writing(
        id="write.newline",
        title="New line",
        help="Break the line without sending.",
        keys="ctrl+j,alt+enter,shift+enter",
    ),
    _writing(
        id="write.complete", title="Complete", help="Complete a /command; else go to the next pane.",
        keys="tab",
    ),
    _writing(
        id="write.clear",
        title="Clear",
        help="Clear what you wrote; Ctrl+_ brings it back. Twice asks to quit.",
        keys="ctrl+c",
        when=When.ANYTIME,
    ),
    _writing(
        id="write.undo", title="Undo", help="Take back what was last typed, pasted or cleared.",
        keys="ctrl+underscore,ctrl+slash",
    ),
    _writing(
        id="write.select", title="Select a message", help="From the first line: pick messages.",
        keys="up",
    ),
)  # fmt: skip

# Without keys of their own; presets give them some.
EDITING = (
    _writing(id="write.messages", title="To the messages", help="Pick messages, from any line.", keys=""),
    _writing(id="edit.left", title="Back a character", help="Move the cursor back.", keys=""),
    _writing(id="edit.right", title="On a character", help="Move the cursor on.", keys=""),
    _writing(id="edit.up", title="Up a line", help="Move the cursor up.", keys=""),
    _writing(id="edit.down", title="Down a line", help="Move the cursor down.", keys=""),
    _writing(id="edit.cut-line", title="Cut the line", help="Delete to the end of the line.", keys=""),
)  # fmt: skip

FINDING = (
    _find(
        id="go.switcher",
        synonyms="jump switch open chat talk write message person",
        title="Go to a conversation",
        help="Type part of a name; unread ones come first.",
        keys="ctrl+k,ctrl+g",
        slash="msg",
        argument="[name]",
    ),
    _find(
        id="go.next-unread",
        synonyms="new unread jump",
        title="Next unread",
        help="Jump to the next conversation with unread messages, then back to where you were.",
        keys="alt+a",
        slash="next",
    ),
    _find(id="go.previous", title="Previous conversation", help="One up in the list.",
          keys="alt+up", in_palette=False),
    _find(id="go.following", title="Next conversation", help="One down in the list.",
          keys="alt+down", in_palette=False),
    _find(id="go.last", synonyms="previous back chat return",
          title="Last conversation", help="Back to the one before this.",
          keys="ctrl+o", slash="back"),
    *(
        CommandSpec(
            id=f"go.{number}", group=FIND, title=f"Conversation {number}", help="By its place in the list.",
            keys=f"alt+{number}", in_palette=False,
        )
        for number in range(1, NUMBERED + 1)
    ),
    _find(id="go.unread-line", synonyms="new first jump",
          title="To the first unread message", help="Scroll to the unread line.",
          keys="alt+u", slash="unread", when=When.CHAT),
    _find(id="go.page-up", title="Page up", help="Scroll back while you write.", keys="pageup",
          when=When.CHAT, in_palette=False),
    _find(id="go.page-down", title="Page down", help="Scroll on while you write.", keys="pagedown",
          when=When.CHAT, in_palette=False),
    _find(id="go.oldest", synonyms="top beginning first oldest scroll",
          title="To the first message", help="Scroll to the very beginning.",
          keys="alt+home", when=When.CHAT),
    _find(id="go.newest", synonyms="bottom end last newest scroll",
          title="To the newest message", help="Scroll to the end.",
          keys="alt+end", when=When.CHAT),
    _find(
        id="go.search",
        synonyms="find look grep history",
        title="Search",
        help="Search this conversation; once more for all of them.",
        keys="ctrl+f",
        slash="search",
        argument="[words]",
    ),
    _find(id="go.list", synonyms="contacts people chats sidebar",
          title="To the list", help="Go to the list of conversations.", keys="alt+0"),
)  # fmt: skip

MEETING = (
    _contact(
        id="people.keep",
        synonyms="store mailbox hold help custodian",
        title="Keep their mail here",
        help="Keep what waits for this contact on this device too; again to stop.",
        slash="keep",
    ),
    _contact(
        id="people.ask-keep",
        synonyms="store mailbox hold custodian",
        title="Ask to keep my mail",
        help="Ask this contact to keep what waits for you on their device too; again to stop.",
        slash="ask-keep",
    ),
)

KNOWING = (
    _contact(
        id="people.contact",
        synonyms="profile person who identity verify compare safety number security code",
        title="This contact",
        help="Who they are, whether you compared codes, what they see of you; mute, pin, archive.",
        slash="contact",
    ),
    _contact(
        id="people.compare",
        synonyms="verify safety number fingerprint security code qr trust",
        title="Compare security codes",
        help="Sixty digits that both of you see, or a picture of theirs: nobody stands between you.",
        slash="verify",
    ),
    _contact(
        id="people.mute",
        synonyms="silence quiet notices notifications",
        title="Mute",
        help="No notices of this conversation for a time; again to hear them.",
        slash="mute",
    ),
    _contact(
        id="people.pin",
        synonyms="favourite top star keep",
        title="Pin this conversation",
        help="Keep this conversation at the top of the list; again to let it go.",
        slash="pin-chat",
    ),
    _contact(
        id="people.archive",
        synonyms="hide away store list",
        title="Archive this conversation",
        help="Put it away until they write, or, muted, until you take it out; again to take it out.",
        slash="archive",
    ),
    _contact(
        id="people.mark-unread",
        synonyms="later remind new",
        title="Mark as unread",
        help="Mark this conversation as unread until you read it; again to take the mark away.",
        slash="mark-unread",
    ),
    _contact(
        id="people.rename",
        synonyms="name nickname alias call change edit",
        title="Rename",
        help="Call this contact as you like; empty: as they call themselves.",
        slash="rename",
        argument="[name]",
    ),
    _contact(
        id="people.devices",
        synonyms="keys verify fingerprint trust confirm",
        title="Devices",
        help="This contact's devices: since when, who vouches for them.",
        slash="devices",
    ),
    _contact(
        id="people.notices",
        synonyms="notifications bell mute quiet sound alert",
        title="Notices of this conversation",
        help="Whether this conversation is told of: always, by the bell alone, or never.",
        slash="notices",
        argument="[rule]",
        choices=NOTICE_RULES,
    ),
    _contact(
        id="people.block",
        synonyms="ignore silence ban",
        title="Block",
        help="Hear nothing of this contact, nor they of you; they are not told.",
        slash="block",
    ),
    _contact(
        id="people.unblock",
        synonyms="unmute unban allow",
        title="Unblock",
        help="Hear a blocked contact again.",
        slash="unblock",
    ),
    _contact(
        id="people.export",
        synonyms="save backup archive text json file copy history download",
        title="Export this conversation",
        help="Write what was said into a file, encrypted if you wish.",
        slash="export",
    ),
    _contact(
        id="people.delete-conversation",
        synonyms="clear history erase wipe chat messages",
        title="Delete this conversation",
        help="Delete all that was said from this device; the contact stays.",
        slash="delete-conversation",
    ),
    _contact(
        id="people.remove",
        synonyms="delete contact forget unfriend erase person",
        title="Remove this contact",
        help="Forget this contact, all that was said and every key.",
        slash="remove",
    ),
)

SELECTING = (
    _select(id="select.up", title="Older message", help="Move up.", keys="up,k"),
    _select(id="select.down", title="Newer message", help="Move down; past the last one back to writing.",
            keys="down,j"),
    _select(id="select.first", title="Oldest message", help="To the first one.", keys="g,home"),
    _select(id="select.last", title="Newest message", help="To the last one.", keys="G,end"),
    _select(id="select.menu", title="Menu", help="Show what can be done with the message.", keys="enter,m"),
    _select(id="select.answer", synonyms="reply quote respond", title="Answer",
            help="Answer this message; what it says is quoted above.", keys="r"),
    _select(id="select.react", synonyms="emoji reaction like thumbs heart", title="React",
            help="Put an emoji to the message, or take yours back.", keys="plus"),
    _select(id="select.edit", synonyms="change correct fix version", title="Edit",
            help="Say it otherwise; who has it already sees both versions.", keys="e"),
    _select(id="select.quoted", synonyms="jump original answered", title="To the quoted message",
            help="Go to the message that this one answers.", keys="Q"),
    _select(id="select.copy", synonyms="clipboard yank", title="Copy", help="Copy the text of the message.",
            keys="y,c"),
    _select(id="select.link", synonyms="url open web address", title="Copy the link",
            help="Copy the links in the message, each whole.", keys="l,o"),
    _select(id="select.forward", synonyms="pass on send to", title="Forward",
            help="Send it to another conversation; who wrote it is not told.", keys="f"),
    _select(id="select.pin", synonyms="star keep bookmark", title="Pin",
            help="Mark it for yourself; again to let go of it.", keys="p"),
    _select(id="select.delete", synonyms="remove erase", title="Delete", help="Delete the message from this device.",
            keys="d,delete"),
    _select(id="select.info", synonyms="state ledger delivered copies info", title="Details",
            help="Show when it was written and where it is now.", keys="i"),
    _select(id="select.next-hit", title="Next hit", help="After a search: to the next hit, further back.",
            keys="n"),
    _select(id="select.previous-hit", title="Previous hit", help="After a search: to the hit before, less far back.",
            keys="N"),
    _select(id="select.leave", title="Write", help="Back to writing.", keys="escape,q"),
)  # fmt: skip

VIEWING = (
    _view(id="view.details", synonyms="sidebar info panel right",
          title="Details pane", help="Show or hide the pane at the right (160 columns or more).",
          keys="f8", slash="details"),
    _view(id="view.bare", synonyms="zen plain copy select mouse full",
          title="Bare view", help="Nothing but the messages, so that the terminal can select text.",
          keys="alt+b,f6", slash="bare", when=When.CHAT),
    _view(id="view.back", title="Back", help="Close the topmost thing.", keys="escape",
          in_palette=False),
    CommandSpec(id="view.theme", synonyms="theme colors palette dark light",
          group=VIEW, scope=Scope.APP, title="Colours", help="Choose the colours.",
                slash="theme", argument="[name]", choices=THEME_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.glyphs", synonyms="icons symbols glyphs font characters",
          group=VIEW, scope=Scope.APP, title="Signs", help="Choose the set of signs.",
                slash="glyphs", argument="[set]", choices=GLYPH_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.layout", synonyms="bubbles sides blocks lines letter dialogue irc",
          group=VIEW, scope=Scope.APP, title="Layout",
                help="Messages on two sides (dialogue), or from one edge (letter).",
                slash="layout", argument="[name]", choices=LAYOUT_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.redraw", synonyms="refresh repaint screen",
          group=VIEW, scope=Scope.APP, title="Redraw", help="Draw everything anew.",
                keys="ctrl+l", when=When.ANYTIME),
)  # fmt: skip

PROGRAM = (
    _app(id="app.lock", synonyms="logout leave hide secure passcode",
          title="Lock now", help="Hide everything; messages still come in.",
         keys="alt+l", slash="lock"),
    _app(id="app.palette", title="Commands", help="Search all commands.", keys="ctrl+p",
         when=When.ANYTIME, in_palette=False),
    _app(id="app.help", synonyms="keys shortcuts manual commands guide how",
          title="Help", help="Keys and commands for where you are.", keys="f1",
         slash="help", argument="[topic]", when=When.ANYTIME),
    _app(id="app.question", title="Help", help="The same, where you are not writing.",
         keys="question_mark", when=When.ANYTIME, in_palette=False),
    _app(id="app.suspend", synonyms="background shell stop",
          title="Suspend", help="Lock and go back to the shell; `fg` returns.",
         keys="ctrl+z", when=When.ANYTIME),
    _app(id="app.quit", synonyms="exit close leave end stop",
          title="Quit", help="Leave the program.", keys="ctrl+q", slash="quit",
         when=When.ANYTIME),
)  # fmt: skip

REGISTRY = Registry((*WRITING, *EDITING, *FINDING, *MEETING, *KNOWING, *SELECTING, *VIEWING, *PROGRAM))
