"""Finds the pages: every module of ``tui.screens.pages`` is imported, and says itself which command opens it.

Importing takes some hundredths of a second, so it waits until the first frame is drawn, and goes page by page, so that keys
are read in between.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from tui.keys.commands import REGISTRY
from tui.keys.registry import CommandSpec, Registry
from tui.screens import pages
from tui.screens.page import Page


def load_pages() -> Iterator[tuple[CommandSpec, type[Page[Any]]]]:
    """Import the pages one by one; give the command of each, and its class, which is made from a client."""
    for module in pkgutil.iter_modules(pages.__path__, f"{pages.__name__}."):
        for found in vars(importlib.import_module(module.name)).values():
            if isinstance(found, type) and issubclass(found, Page) and found.opened_by is not None:
                yield found.opened_by, found


def whole_registry() -> Registry:
    """Return the commands of the program with those of all pages."""
    registry = Registry(REGISTRY)
    for spec, _ in load_pages():
        registry.register(spec)
    return registry
