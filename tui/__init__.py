"""The terminal client: shows core, sends it commands. Screens and widgets know `core.api` and nothing below it.

Textual reads its debugging variables once, when it is first imported, and some of them write the screen to a file or a
socket. Importing any part of this package removes those variables first.
"""

import os
from typing import Final

from tui.look.profile import prepare_environment

# The version of the program, and the only place that says it: pyproject.toml reads it from here without importing.
__version__: Final = "0.1.0"

prepare_environment(os.environ)
