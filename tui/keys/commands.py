"""The commands of the program, in the order of the help screen."""

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
_people = partial(CommandSpec, group=PEOPLE, scope=Scope.APP)
_contact = partial(CommandSpec, group=PEOPLE, when=When.CHAT)
_select = partial(CommandSpec, group=MESSAGES, scope=Scope.SELECT, when=When.CHAT, in_palette=False)
_view = partial(CommandSpec, group=VIEW)
_app = partial(CommandSpec, group=APP, scope=Scope.APP)

# Conversations that a digit reaches.
NUMBERED = 9
# What the terminal calls for, in place of a name.
AUTO = "auto"
THEME_NAMES = (AUTO, "dark", "light", "contrast", "mono", "terminal")
GLYPH_NAMES = (AUTO, "ascii", "unicode", "nerd")

WRITING = (
    _writing(id="write.send", title="Send", help="Send what you wrote.", action="send", keys="enter"),
    _writing(
        id="write.newline",
        title="New line",
        help="Break the line without sending.",
        action="newline",
        keys="ctrl+j,alt+enter,shift+enter",
    ),
    _writing(
        id="write.complete", title="Complete", help="Complete a /command; else go to the next pane.", action="complete",
        keys="tab",
    ),
    _writing(
        id="write.clear",
        title="Clear",
        help="Clear what you wrote; twice asks to quit.",
        action="clear_or_quit",
        keys="ctrl+c",
        when=When.ANYTIME,
    ),
    _writing(
        id="write.select", title="Select a message", help="From the first line: pick messages.", action="up_or_select",
        keys="up",
    ),
)  # fmt: skip

FINDING = (
    _find(
        id="go.switcher",
        title="Go to a conversation",
        help="Type part of a name; unread ones come first.",
        action="switcher",
        keys="ctrl+k,ctrl+g",
        slash="msg",
        argument="[name]",
    ),
    _find(
        id="go.next-unread",
        title="Next unread",
        help="Jump to the next conversation with unread messages, then back to where you were.",
        action="next_unread",
        keys="alt+a",
        slash="next",
    ),
    _find(id="go.previous", title="Previous conversation", help="One up in the list.", action="go_by(-1)",
          keys="alt+up", in_palette=False),
    _find(id="go.following", title="Next conversation", help="One down in the list.", action="go_by(1)",
          keys="alt+down", in_palette=False),
    _find(id="go.last", title="Last conversation", help="Back to the one before this.", action="go_last",
          keys="ctrl+o", slash="back"),
    *(
        CommandSpec(
            id=f"go.{number}", group=FIND, title=f"Conversation {number}", help="By its place in the list.",
            action=f"go_to({number})", keys=f"alt+{number}", in_palette=False,
        )
        for number in range(1, NUMBERED + 1)
    ),
    _find(id="go.unread-line", title="To the first unread message", help="Scroll to the unread line.",
          action="to_unread", keys="alt+u", slash="unread", when=When.CHAT),
    _find(id="go.page-up", title="Page up", help="Scroll back while you write.", action="page(-1)", keys="pageup",
          when=When.CHAT, in_palette=False),
    _find(id="go.page-down", title="Page down", help="Scroll on while you write.", action="page(1)", keys="pagedown",
          when=When.CHAT, in_palette=False),
    _find(id="go.oldest", title="To the first message", help="Scroll to the very beginning.", action="to_start",
          keys="alt+home", when=When.CHAT),
    _find(id="go.newest", title="To the newest message", help="Scroll to the end.", action="to_end",
          keys="alt+end", when=When.CHAT),
    _find(
        id="go.search",
        title="Search",
        help="Search this conversation; once more for all of them.",
        action="search",
        keys="ctrl+f",
        slash="search",
        argument="[words]",
    ),
    _find(id="go.list", title="To the list", help="Go to the list of conversations.", action="to_list", keys="alt+0"),
)  # fmt: skip

MEETING = (
    _people(
        id="people.invite",
        title="Invite someone",
        help="Make an invitation as a link and a QR code.",
        action="show('invite')",
        slash="invite",
    ),
    _people(
        id="people.add",
        title="Add someone",
        help="Use an invitation that you were given.",
        action="show('add')",
        slash="add",
    ),
    _people(
        id="people.greetings",
        title="Greetings",
        help="People who used your invitation and wait for an answer.",
        action="show('greetings')",
        keys="alt+g",
        slash="greetings",
    ),
    _contact(
        id="people.keep",
        title="Keep their mail here",
        help="Keep what waits for this contact on this device too; again to stop.",
        action="keep_mail",
        slash="keep",
    ),
    _contact(
        id="people.ask-keep",
        title="Ask to keep my mail",
        help="Ask this contact to keep what waits for you on their device too; again to stop.",
        action="ask_keep",
        slash="ask-keep",
    ),
)

KNOWING = (
    _contact(
        id="people.rename",
        title="Rename",
        help="Call this contact as you like; empty: as they call themselves.",
        action="rename_contact",
        slash="rename",
        argument="[name]",
    ),
    _contact(
        id="people.devices",
        title="Devices",
        help="This contact's devices: since when, who vouches for them.",
        action="show_devices",
        slash="devices",
    ),
    _contact(
        id="people.block",
        title="Block",
        help="Hear nothing of this contact, nor they of you; they are not told.",
        action="block_contact",
        slash="block",
    ),
    _contact(
        id="people.unblock",
        title="Unblock",
        help="Hear a blocked contact again.",
        action="unblock_contact",
        slash="unblock",
    ),
    _contact(
        id="people.delete-conversation",
        title="Delete this conversation",
        help="Delete all that was said from this device; the contact stays.",
        action="delete_conversation",
        slash="delete-conversation",
    ),
    _contact(
        id="people.remove",
        title="Remove this contact",
        help="Forget this contact, all that was said and every key.",
        action="remove_contact",
        slash="remove",
    ),
)

SELECTING = (
    _select(id="select.up", title="Older message", help="Move up.", action="select_by(-1)", keys="up,k"),
    _select(id="select.down", title="Newer message", help="Move down; past the last one back to writing.",
            action="select_by(1)", keys="down,j"),
    _select(id="select.first", title="Oldest message", help="To the first one.", action="select_first", keys="g,home"),
    _select(id="select.last", title="Newest message", help="To the last one.", action="select_last", keys="G,end"),
    _select(id="select.copy", title="Copy", help="Copy the text of the message.", action="copy_message",
            keys="y,enter"),
    _select(id="select.link", title="Copy the link", help="Copy the links in the message, each whole.",
            action="copy_link", keys="l"),
    _select(id="select.delete", title="Delete", help="Delete the message from this device.", action="delete_message",
            keys="d,delete"),
    _select(id="select.info", title="Details", help="Show when it was written and where it is now.",
            action="message_info", keys="i"),
    _select(id="select.next-hit", title="Next hit", help="After a search: to the next hit, further back.",
            action="go_hit(1)", keys="n"),
    _select(id="select.previous-hit", title="Previous hit", help="After a search: to the hit before, less far back.",
            action="go_hit(-1)", keys="N"),
    _select(id="select.reply", title="Write", help="Back to writing.", action="leave_selection", keys="escape,q"),
)  # fmt: skip

VIEWING = (
    _view(id="view.details", title="Details pane", help="Show or hide the pane at the right (120 columns or more).",
          action="toggle_details", keys="f8", slash="details"),
    _view(id="view.bare", title="Bare view", help="Nothing but the messages, so that the terminal can select text.",
          action="toggle_bare", keys="alt+b,f6", slash="bare", when=When.CHAT),
    _view(id="view.back", title="Back", help="Close the topmost thing.", action="peel", keys="escape",
          in_palette=False),
    CommandSpec(id="view.theme", group=VIEW, scope=Scope.APP, title="Colours", help="Choose the colours.",
                action="use_theme", slash="theme", argument="[name]", choices=THEME_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.glyphs", group=VIEW, scope=Scope.APP, title="Signs", help="Choose the set of signs.",
                action="use_glyphs", slash="glyphs", argument="[set]", choices=GLYPH_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.redraw", group=VIEW, scope=Scope.APP, title="Redraw", help="Draw everything anew.",
                action="redraw", keys="ctrl+l", when=When.ANYTIME),
)  # fmt: skip

PROGRAM = (
    _app(id="app.lock", title="Lock now", help="Hide everything; messages still come in.", action="lock_now",
         keys="alt+l", slash="lock"),
    _app(id="app.settings", title="Settings", help="Colours, keys, locking, notifications.",
         action="show('settings')", slash="settings"),
    _app(id="app.network", title="Network", help="Who your node is linked to and how it is doing.",
         action="show('network')", slash="network", when=When.ANYTIME),
    _app(id="app.palette", title="Everything", help="Search all commands.", action="palette", keys="ctrl+p",
         when=When.ANYTIME, in_palette=False),
    _app(id="app.help", title="Help", help="Keys and commands for where you are.", action="help", keys="f1",
         slash="help", argument="[topic]", when=When.ANYTIME),
    _app(id="app.question", title="Help", help="The same, where you are not writing.", action="help",
         keys="question_mark", when=When.ANYTIME, in_palette=False),
    _app(id="app.suspend", title="Suspend", help="Lock and go back to the shell; `fg` returns.", action="suspend_locked",
         keys="ctrl+z", when=When.ANYTIME),
    _app(id="app.quit", title="Quit", help="Leave the program.", action="ask_quit", keys="ctrl+q", slash="quit",
         when=When.ANYTIME),
)  # fmt: skip

REGISTRY = Registry((*WRITING, *FINDING, *MEETING, *KNOWING, *SELECTING, *VIEWING, *PROGRAM))
