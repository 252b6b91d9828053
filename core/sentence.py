"""Sentences for people, made in core and shown in any language: a template in English, and what stands in its fields.

Core speaks English alone. What it says is kept in two parts, so that a screen can look the template up in its catalogue
(``tui.language.told``) and put the values in after that; ``str`` puts them into the English one. A value may be a sentence
again; the system's own words are values like any other. Templates are found in the source by ``scripts/make_catalogue.py``
as what ``N_`` and ``sentence`` are given, so that is a literal.
"""

from __future__ import annotations

import msgspec


class Sentence(msgspec.Struct, frozen=True):
    """A text with named fields and what stands in them. Without values the template is the text, braces and all."""

    template: str
    values: dict[str, str | int | Sentence] = {}

    def __str__(self) -> str:
        return self.template.format(**self.values) if self.values else self.template


def sentence(template: str, /, **values: str | int | Sentence) -> Sentence:
    """Return a sentence, its values by the names of the template's fields."""
    return Sentence(template, values)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a mark
    """Mark a text for the catalogue, and return it as it is."""
    return text
