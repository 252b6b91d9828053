"""Settings: ``screen`` lists them, ``passcode`` changes the passcode, ``words`` shows the eighteen words again."""

from tui.screens.pages.settings.screen import SettingsScreen
from tui.screens.pages.settings.words import WordsScreen

__all__ = ["SettingsScreen", "WordsScreen"]
