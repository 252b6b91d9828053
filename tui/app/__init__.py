"""The app: which screen is shown, how it looks, the way from a key to a command, and what happens when something fails."""
