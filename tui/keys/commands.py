"""The commands of the program, in the order of the help screen. What opens a page stands with it: ``tui.screens.pages``."""

from __future__ import annotations

from functools import partial

from tui.keys.registry import CommandSpec, Registry, Scope, When
from tui.language import LANGUAGES, N_

TALK, FIND, PEOPLE, MESSAGES, VIEW, APP = (
    N_("Writing"),
    N_("Finding your way"),
    N_("People"),
    N_("A selected message"),
    N_("The screen"),
    "sottovoce",
)
_writing = partial(CommandSpec, group=TALK, scope=Scope.COMPOSER, when=When.CHAT, in_palette=False)
_find = partial(CommandSpec, group=FIND)
_contact = partial(CommandSpec, group=PEOPLE, when=When.CHAT)
_select = partial(CommandSpec, group=MESSAGES, scope=Scope.SELECT, when=When.CHAT, in_palette=False)
_view = partial(CommandSpec, group=VIEW)
_app = partial(CommandSpec, group=APP, scope=Scope.APP)

# Conversations that a digit reaches.
_NUMBERS = (
    N_("Conversation 1"), N_("Conversation 2"), N_("Conversation 3"), N_("Conversation 4"), N_("Conversation 5"),
    N_("Conversation 6"), N_("Conversation 7"), N_("Conversation 8"), N_("Conversation 9"),
)  # fmt: skip
NUMBERED = len(_NUMBERS)
# What the terminal calls for, in place of a name.
AUTO = N_("auto")
LAYOUT_NAMES = (N_("dialogue"), N_("letter"))
THEME_NAMES = (AUTO, N_("dark"), N_("light"), N_("contrast"), N_("mono"), N_("terminal"))
NOTICE_RULES = (N_("always"), N_("bell"), N_("never"))
LANGUAGE_NAMES = (AUTO, *LANGUAGES.values())
GLYPH_NAMES = (AUTO, "ascii", "unicode", "nerd")

WRITING = (
    _writing(id="write.send", title=N_("Send"), help=N_("Send what you wrote."), keys="enter"),
    _writing(
        id="write.newline",
        title=N_("New line"),
        help=N_("Break the line without sending."),
        keys="ctrl+j,alt+enter,shift+enter",
    ),
    _writing(
        id="write.complete", title=N_("Complete"), help=N_("Complete a /command; else go to the next pane."),
        keys="tab",
    ),
    _writing(
        id="write.clear",
        title=N_("Clear"),
        help=N_("Clear what you wrote; Ctrl+_ brings it back. Twice asks to quit."),
        keys="ctrl+c",
        when=When.ANYTIME,
    ),
    _writing(
        id="write.undo", title=N_("Undo"), help=N_("Take back what was last typed, pasted or cleared."),
        keys="ctrl+underscore,ctrl+slash",
    ),
    _writing(
        id="write.select", title=N_("Select a message"), help=N_("From the first line: pick messages."),
        keys="up",
    ),
    _writing(id="write.older", synonyms=N_("resend recall history before repeat sent last"),
             title=N_("Send again what you wrote"), in_palette=True,
             help=N_("Where nothing is written: your last message here, then those before it."), keys="alt+p"),
    _writing(id="write.newer", title=N_("What you sent after that"),
             help=N_("Back towards your last message, then to nothing."), keys="alt+n"),
    _writing(id="write.sign", synonyms=N_("emoji smile smiley face symbol heart thumbs insert"),
             title=N_("Put a sign into the text"), in_palette=True,
             help=N_("Types a colon; then the name of the sign: :heart, :thumbs."), keys=""),
    CommandSpec(id="write.editor", group=TALK, when=When.CHAT, title=N_("Write in your editor"),
                synonyms=N_("vim nano emacs external compose visual"), keys="alt+e", slash="editor",
                help=N_("Open what you wrote in $VISUAL or $EDITOR; saved, it comes back here.")),
)  # fmt: skip

# Without keys of their own; presets give them some.
EDITING = (
    _writing(id="write.messages", title=N_("To the messages"), help=N_("Pick messages, from any line."), keys=""),
    _writing(id="edit.left", title=N_("Back a character"), help=N_("Move the cursor back."), keys=""),
    _writing(id="edit.right", title=N_("On a character"), help=N_("Move the cursor on."), keys=""),
    _writing(id="edit.up", title=N_("Up a line"), help=N_("Move the cursor up."), keys=""),
    _writing(id="edit.down", title=N_("Down a line"), help=N_("Move the cursor down."), keys=""),
    _writing(id="edit.cut-line", title=N_("Cut the line"), help=N_("Delete to the end of the line."), keys=""),
)  # fmt: skip

FINDING = (
    _find(
        id="go.switcher",
        synonyms=N_("jump switch open chat talk write message person"),
        title=N_("Go to a conversation"),
        help=N_("Type part of a name; unread ones come first."),
        keys="ctrl+k,ctrl+g",
        slash="msg",
        argument=N_("[name]"),
    ),
    _find(
        id="go.next-unread",
        synonyms=N_("new unread jump"),
        title=N_("Next unread"),
        help=N_("Jump to the next conversation with unread messages, then back to where you were."),
        keys="alt+a",
        slash="next",
    ),
    _find(id="go.previous", title=N_("Previous conversation"), help=N_("One up in the list."),
          keys="alt+up", in_palette=False),
    _find(id="go.following", title=N_("Next conversation"), help=N_("One down in the list."),
          keys="alt+down", in_palette=False),
    _find(id="go.last", synonyms=N_("previous back chat return"),
          title=N_("Last conversation"), help=N_("Back to the one before this."),
          keys="ctrl+o", slash="back"),
    *(
        CommandSpec(
            id=f"go.{number}", group=FIND, title=title, help=N_("By its place in the list."),
            keys=f"alt+{number}", in_palette=False,
        )
        for number, title in enumerate(_NUMBERS, 1)
    ),
    _find(id="go.unread-line", synonyms=N_("new first jump"),
          title=N_("To the first unread message"), help=N_("Scroll to the unread line."),
          keys="alt+u", slash="unread", when=When.CHAT),
    _find(id="go.page-up", title=N_("Page up"), help=N_("Scroll back while you write."), keys="pageup",
          when=When.CHAT, in_palette=False),
    _find(id="go.page-down", title=N_("Page down"), help=N_("Scroll on while you write."), keys="pagedown",
          when=When.CHAT, in_palette=False),
    _find(id="go.oldest", synonyms=N_("top beginning first oldest scroll"),
          title=N_("To the first message"), help=N_("Scroll to the very beginning."),
          keys="alt+home", when=When.CHAT),
    _find(id="go.newest", synonyms=N_("bottom end last newest scroll"),
          title=N_("To the newest message"), help=N_("Scroll to the end."),
          keys="alt+end", when=When.CHAT),
    _find(id="go.date", synonyms=N_("day when calendar jump history yesterday week"),
          title=N_("Go to a day"), help=N_("To what was first said from that day on: 2026-11-03, 3 nov, Monday."),
          slash="date", argument=N_("<day>"), choices=(N_("today"), N_("yesterday")), when=When.CHAT),
    _find(id="go.pins", synonyms=N_("pinned pins star bookmark kept marked list"),
          title=N_("Pinned messages"), help=N_("List what you pinned in this conversation, and go to it."),
          slash="pins", when=When.CHAT),
    _find(
        id="go.search",
        synonyms=N_("find look grep history filter from before after date link"),
        title=N_("Search"),
        help=N_("Search this conversation; once more for all. from:name before:day after:day has:link narrow it."),
        keys="ctrl+f",
        slash="search",
        argument=N_("[words]"),
    ),
    _find(id="go.list", synonyms=N_("contacts people chats sidebar"),
          title=N_("To the list"), help=N_("Go to the list of conversations."), keys="alt+0"),
)  # fmt: skip

MEETING = (
    _contact(
        id="people.keep",
        synonyms=N_("store mailbox hold help custodian"),
        title=N_("Keep their mail here"),
        help=N_("Keep what waits for this contact on this device too; again to stop."),
        slash="keep",
    ),
    _contact(
        id="people.ask-keep",
        synonyms=N_("store mailbox hold custodian"),
        title=N_("Ask to keep my mail"),
        help=N_("Ask this contact to keep what waits for you on their device too; again to stop."),
        slash="ask-keep",
    ),
)

KNOWING = (
    _contact(
        id="people.contact",
        synonyms=N_("profile person who identity verify compare safety number security code"),
        title=N_("This contact"),
        help=N_("Who they are, whether you compared codes, what they see of you; mute, pin, archive."),
        slash="contact",
    ),
    _contact(
        id="people.compare",
        synonyms=N_("verify safety number fingerprint security code qr trust"),
        title=N_("Compare security codes"),
        help=N_("Sixty digits that both of you see, or a picture of theirs: nobody stands between you."),
        slash="verify",
    ),
    _contact(
        id="people.mute",
        synonyms=N_("silence quiet notices notifications"),
        title=N_("Mute"),
        help=N_("No notices of this conversation for a time; again to hear them."),
        slash="mute",
    ),
    _contact(
        id="people.pin",
        synonyms=N_("favourite top star keep"),
        title=N_("Pin this conversation"),
        help=N_("Keep this conversation at the top of the list; again to let it go."),
        slash="pin-chat",
    ),
    _contact(
        id="people.archive",
        synonyms=N_("hide away store list"),
        title=N_("Archive this conversation"),
        help=N_("Put it away until they write, or, muted, until you take it out; again to take it out."),
        slash="archive",
    ),
    _contact(
        id="people.mark-unread",
        synonyms=N_("later remind new"),
        title=N_("Mark as unread"),
        help=N_("Mark this conversation as unread until you read it; again to take the mark away."),
        slash="mark-unread",
    ),
    _contact(
        id="people.rename",
        synonyms=N_("name nickname alias call change edit"),
        title=N_("Rename"),
        help=N_("Call this contact as you like; empty: as they call themselves."),
        slash="rename",
        argument=N_("[name]"),
    ),
    _contact(
        id="people.devices",
        synonyms=N_("keys verify fingerprint trust confirm"),
        title=N_("Devices"),
        help=N_("This contact's devices: since when, who vouches for them."),
        slash="devices",
    ),
    _contact(
        id="people.notices",
        synonyms=N_("notifications bell mute quiet sound alert"),
        title=N_("Notices of this conversation"),
        help=N_("Whether this conversation is told of: always, by the bell alone, or never."),
        slash="notices",
        argument=N_("[rule]"),
        choices=NOTICE_RULES,
    ),
    _contact(
        id="people.block",
        synonyms=N_("ignore silence ban"),
        title=N_("Block"),
        help=N_("Hear nothing of this contact, nor they of you; they are not told."),
        slash="block",
    ),
    _contact(
        id="people.unblock",
        synonyms=N_("unmute unban allow"),
        title=N_("Unblock"),
        help=N_("Hear a blocked contact again."),
        slash="unblock",
    ),
    _contact(
        id="people.export",
        synonyms=N_("save backup archive text json file copy history download"),
        title=N_("Export this conversation"),
        help=N_("Write what was said into a file, encrypted if you wish."),
        slash="export",
    ),
    _contact(
        id="people.delete-conversation",
        synonyms=N_("clear history erase wipe chat messages"),
        title=N_("Delete this conversation"),
        help=N_("Delete all that was said from this device; the contact stays."),
        slash="delete-conversation",
    ),
    _contact(
        id="people.remove",
        synonyms=N_("delete contact forget unfriend erase person"),
        title=N_("Remove this contact"),
        help=N_("Forget this contact, all that was said and every key."),
        slash="remove",
    ),
)

SELECTING = (
    _select(id="select.up", title=N_("Older message"), help=N_("Move up."), keys="up,k"),
    _select(id="select.down", title=N_("Newer message"), help=N_("Move down; past the last one back to writing."),
            keys="down,j"),
    _select(id="select.first", title=N_("Oldest message"), help=N_("To the first one."), keys="g,home"),
    _select(id="select.last", title=N_("Newest message"), help=N_("To the last one."), keys="G,end"),
    _select(id="select.mark", synonyms=N_("several many multiple tick choose"), title=N_("Mark"),
            help=N_("Mark it, or take the mark away, and go on. With marks, the menu, y, f and d mean all of them."),
            keys="space"),
    _select(id="select.extend-up", synonyms=N_("several many range"), title=N_("Mark upwards"),
            help=N_("Mark from here to the one above; Esc lets go of all marks."), keys="shift+up"),
    _select(id="select.extend-down", synonyms=N_("several many range"), title=N_("Mark downwards"),
            help=N_("Mark from here to the one below."), keys="shift+down"),
    _select(id="select.menu", title=N_("Menu"), help=N_("Show what can be done with the message."), keys="enter,m"),
    _select(id="select.answer", synonyms=N_("reply quote respond"), title=N_("Answer"),
            help=N_("Answer this message; what it says is quoted above."), keys="r"),
    _select(id="select.react", synonyms=N_("emoji reaction like thumbs heart"), title=N_("React"),
            help=N_("Put an emoji to the message, or take yours back."), keys="plus"),
    _select(id="select.edit", synonyms=N_("change correct fix version"), title=N_("Edit"),
            help=N_("Say it otherwise; who has it already sees both versions."), keys="e"),
    _select(id="select.quoted", synonyms=N_("jump original answered"), title=N_("To the quoted message"),
            help=N_("Go to the message that this one answers."), keys="Q"),
    _select(id="select.copy", synonyms=N_("clipboard yank"), title=N_("Copy"),
            help=N_("Copy the text of the message."), keys="y,c"),
    _select(id="select.link", synonyms=N_("url web address"), title=N_("Copy the link"),
            help=N_("Copy the links in the message, each whole."), keys="l"),
    _select(id="select.open", synonyms=N_("url link web address browser mail invitation visit"), title=N_("Open the link"),
            help=N_("See where its link leads, then open it; an invitation adds somebody."), keys="o"),
    _select(id="select.forward", synonyms=N_("pass on send to"), title=N_("Forward"),
            help=N_("Send it to another conversation; who wrote it is not told."), keys="f"),
    _select(id="select.pin", synonyms=N_("star keep bookmark"), title=N_("Pin"),
            help=N_("Mark it for yourself, /pins lists them; again to let go of it."), keys="p"),
    _select(id="select.delete", synonyms=N_("remove erase"), title=N_("Delete"),
            help=N_("Delete the message from this device."), keys="d,delete"),
    _select(id="select.info", synonyms=N_("state ledger delivered copies info proof sign history"), title=N_("Details"),
            help=N_("Show each state and when, its versions and reactions; save a proof of who signed it."), keys="i"),
    _select(id="select.next-hit", title=N_("Next hit"), help=N_("After a search: to the next hit, further back."),
            keys="n"),
    _select(id="select.previous-hit", title=N_("Previous hit"),
            help=N_("After a search: to the hit before, less far back."), keys="N"),
    _select(id="select.leave", title=N_("Write"), help=N_("Let go of the marks; else back to writing."), keys="escape,q"),
)  # fmt: skip

VIEWING = (
    _view(id="view.details", synonyms=N_("sidebar info panel right"),
          title=N_("Details pane"), help=N_("Show or hide the pane at the right (160 columns or more)."),
          keys="f8", slash="details"),
    _view(id="view.bare", synonyms=N_("zen plain copy select mouse full"),
          title=N_("Bare view"), help=N_("Nothing but the messages, so that the terminal can select text."),
          keys="alt+b,f6", slash="bare", when=When.CHAT),
    _view(id="view.back", title=N_("Back"), help=N_("Close the topmost thing."), keys="escape",
          in_palette=False),
    CommandSpec(id="view.theme", synonyms=N_("theme colors palette dark light"),
          group=VIEW, scope=Scope.APP, title=N_("Colours"), help=N_("Choose the colours."),
                slash="theme", argument=N_("[name]"), choices=THEME_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.glyphs", synonyms=N_("icons symbols glyphs font characters"),
          group=VIEW, scope=Scope.APP, title=N_("Signs"), help=N_("Choose the set of signs."),
                slash="glyphs", argument=N_("[set]"), choices=GLYPH_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.layout", synonyms=N_("bubbles sides blocks lines letter dialogue irc"),
          group=VIEW, scope=Scope.APP, title=N_("Layout"),
                help=N_("Messages on two sides (dialogue), or from one edge (letter)."),
                slash="layout", argument=N_("[name]"), choices=LAYOUT_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.language", synonyms=N_("locale translation english chinese zhongwen 中文"),
          group=VIEW, scope=Scope.APP, title=N_("Language"), help=N_("Choose the language of the screens."),
                slash="language", argument=N_("[name]"), choices=LANGUAGE_NAMES,
                when=When.ANYTIME),
    CommandSpec(id="view.redraw", synonyms=N_("refresh repaint screen"),
          group=VIEW, scope=Scope.APP, title=N_("Redraw"), help=N_("Draw everything anew."),
                keys="ctrl+l", when=When.ANYTIME),
)  # fmt: skip

PROGRAM = (
    _app(id="app.lock", synonyms=N_("logout leave hide secure passcode"),
          title=N_("Lock now"), help=N_("Hide everything; messages still come in."),
         keys="alt+l", slash="lock"),
    _app(id="app.palette", title=N_("Commands"), help=N_("Search all commands."), keys="ctrl+p",
         when=When.ANYTIME, in_palette=False),
    _app(id="app.help", synonyms=N_("keys shortcuts manual commands guide how"),
          title=N_("Help"), help=N_("Keys and commands for where you are."), keys="f1",
         slash="help", argument=N_("[topic]"), when=When.ANYTIME),
    _app(id="app.question", title=N_("Help"), help=N_("The same, where you are not writing."),
         keys="question_mark", when=When.ANYTIME, in_palette=False),
    _app(id="app.suspend", synonyms=N_("background shell stop"),
          title=N_("Suspend"), help=N_("Lock and go back to the shell; `fg` returns."),
         keys="ctrl+z", when=When.ANYTIME),
    _app(id="app.quit", synonyms=N_("exit close leave end stop"),
          title=N_("Quit"), help=N_("Leave the program."), keys="ctrl+q", slash="quit",
         when=When.ANYTIME),
)  # fmt: skip

REGISTRY = Registry((*WRITING, *EDITING, *FINDING, *MEETING, *KNOWING, *SELECTING, *VIEWING, *PROGRAM))
