"""Programs for whoever works on sottovoce; none is needed to use it."""
