"""Foreign text on its way to the terminal: cleaned, measured, cut, marked as links."""
