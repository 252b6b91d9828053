"""The first run: from nothing to an account in four calm steps, or from eighteen words back to an account.

``screen`` is the flow, read from top to bottom; each other file is one step of it.
"""

from tui.screens.onboarding.screen import OnboardingScreen

__all__ = ["OnboardingScreen"]
