"""The pages: screens that a command opens. Adding one is adding a file here, or a folder for a page of several parts.

A page declares itself: ``opened_by`` is its command of the registry, with title, help, keys, slash name and place in the
help; ``heading`` and ``hints`` are its title line and the keys of its last line. ``tui.screens.catalogue`` finds it.
"""
