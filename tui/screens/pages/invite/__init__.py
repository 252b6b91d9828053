"""Invitations: making one, showing its code, and the list of those made before.

``screen`` holds the form and the list, ``code`` shows one invitation as QR and text, ``save`` asks where to put a picture.
"""

from tui.screens.pages.invite.screen import InviteScreen, YourInvitesScreen

__all__ = ["InviteScreen", "YourInvitesScreen"]
