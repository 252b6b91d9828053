"""The main screen, with the list of conversations and the chat: it is open most of the time.

``screen`` puts the parts together and turns Textual's messages into calls. Each part has one concern and is given what it
needs, so it can be tried without the screen:

    panes            the widgets, and where each stands
    heads            draws everything but the messages
    draft_keeper     unsent texts, and what the composer holds
    conversations    reads the list; opens a conversation and leaves it
    sending          a text on its way into the core, and back when it is refused
    news             events of the core
    navigation_actions, message_actions, contact_actions, keeping_actions, view_actions
                     carry out the commands of the registry, and say which ones (``handlers``)
    search_walk      the hits of the last search
    attempts         work that the core may refuse
    dialogs          questions and screens laid over this one
"""

from tui.screens.main.screen import MainScreen

__all__ = ["MainScreen"]
