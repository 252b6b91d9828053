"""Settings: ``screen`` lists them, ``passcode`` changes the passcode."""

from tui.screens.pages.settings.screen import SettingsScreen

__all__ = ["SettingsScreen"]
