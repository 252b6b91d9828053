"""The parser of ``markdown-it-py``, with rules of ours where its own would take what was not meant for a sign."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.emphasis import tokenize as emphasis
from markdown_it.rules_inline.link import link
from markdown_it.token import Token

from tui.text.links import link_end, may_be_marked

_WORD: Final = re.compile(r"\w")
_SCHEME: Final = re.compile(r"https?$", re.IGNORECASE)


def parsed(line: str) -> Sequence[Token]:
    """Return the tokens of one line; a link without words of its own is of the type ``bare``."""
    tokens = _parser().parseInline(line)
    return (tokens[0].children or ()) if tokens else ()


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero").enable(["backticks", "strikethrough", "emphasis", "link"])
    parser.inline.ruler.at("emphasis", _meant)
    parser.inline.ruler.at("link", _plain_link)
    parser.inline.ruler.before("backticks", "bare", _bare)
    return parser


def _meant(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """Take signs within a word for letters, and two underscores too: ``__init__.py`` is a name."""
    start = end = state.pos
    sign = state.src[start]
    if sign not in "*_":
        return False
    while end < state.posMax and state.src[end] == sign:
        end += 1
    within = start and end < state.posMax and _WORD.match(state.src[start - 1]) and _WORD.match(state.src[end])
    doubled = sign == "_" and end - start > 1
    if not within and not doubled:
        return emphasis(state, silent)
    state.pending += "" if silent else state.src[start:end]
    state.pos = end
    return True


def _plain_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """Take only links that a terminal may be told of for links with words of their own."""
    kept, pending, at = len(state.tokens), state.pending, state.pos
    if not link(state, silent):
        return False
    if silent:
        return True
    opened = next(token for token in state.tokens[kept:] if token.type == "link_open")
    if may_be_marked(str(opened.attrs["href"])):
        return True
    del state.tokens[kept:]
    state.pending, state.pos = pending, at
    return False


def _bare(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """Keep what is within a link from being taken for signs: at its colon, its scheme having been read."""
    if state.src[state.pos : state.pos + 3] != "://" or silent or state.linkLevel:
        return False
    found = _SCHEME.search(state.pending[-len("https") :])
    if found is None:
        return False
    start = state.pos - len(found[0])
    end = link_end(state.src, start)
    if end is None:
        return False
    state.pending = state.pending[: -len(found[0])]
    token = state.push("bare", "", 0)
    token.content = state.src[start:end]
    state.pos = end
    return True
