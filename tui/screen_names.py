"""The screens by their short names. Each is imported when it is first shown, so that the first frame waits for none."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

from textual.screen import Screen

from core.api import Client

ROOMS: Final = {
    "main": ("tui.screens.main", "MainScreen"),
    "onboarding": ("tui.screens.onboarding", "OnboardingScreen"),
    "lock": ("tui.screens.lock", "LockScreen"),
    "invite": ("tui.screens.invite", "InviteScreen"),
    "add": ("tui.screens.add_contact", "AddContactScreen"),
    "greetings": ("tui.screens.greetings", "GreetingsScreen"),
    "settings": ("tui.screens.settings", "SettingsScreen"),
    "network": ("tui.screens.network", "NetworkScreen"),
}


def make_screen(name: str, client: Client) -> Screen[Any]:
    """Return a new screen; raises ``KeyError`` for a name that is none."""
    module, class_name = ROOMS[name]
    screen_class: Callable[[Client], Screen[Any]] = getattr(importlib.import_module(module), class_name)
    return screen_class(client)


def is_room(screen: Screen[Any], name: str) -> bool:
    """Whether a screen is the one of that name."""
    return type(screen).__name__ == ROOMS[name][1]
