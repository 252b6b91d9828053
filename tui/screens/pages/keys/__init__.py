"""The page of keys: what each command has, and how to give it others."""

from tui.screens.pages.keys.screen import KeysScreen as KeysScreen
