"""Settings: ``rows`` is their table, ``screen`` shows it; ``passcode`` changes the passcode, ``words`` shows the words."""

from tui.screens.pages.settings.screen import SettingsScreen
from tui.screens.pages.settings.words import WordsScreen

__all__ = ["SettingsScreen", "WordsScreen"]
