"""Programs for the development of sottovoce; none is needed to use it."""
