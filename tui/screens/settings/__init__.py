"""Settings: ``screen`` lists them, ``passcode`` changes the passcode."""

from tui.screens.settings.screen import SettingsScreen

__all__ = ["SettingsScreen"]
