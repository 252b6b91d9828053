"""Settings: ``screen`` lists them, ``passcode`` changes the passcode, ``words`` shows the eighteen words again."""

from tui.screens.pages.settings.screen import SettingsScreen

__all__ = ["SettingsScreen"]
