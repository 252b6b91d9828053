"""The language of the screens: the standard library's gettext over catalogues in ``tui/locale``.

English stands in the source and is what ``tr`` is asked for. What is made at import, before a language is chosen, is marked
by ``N_`` there and translated by ``tr`` where it is shown. ``scripts/make_catalogue.py`` finds both in the source, so they
are given a literal, never an f-string: figures and names go in by ``tr("{count} of them").format(count=count)``, and a
translation has the same fields.

Core knows nothing of this: what it says for people comes as ``core.sentence.Sentence``, and ``told`` translates it.

One language holds for a process. The environment chooses it (``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES``, ``LANG``, in this
order, as for other programs), ``language`` of ``config.toml`` before that, and the setting of an open account before both.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from core.sentence import Sentence

DOMAIN: Final = "sottovoce"
FOLDER: Final = Path(__file__).with_name("locale")
ENGLISH: Final = "en"
LANGUAGES: Final = {ENGLISH: "English", "zh_CN": "简体中文"}
"""Code of each language that there is -> its own name for itself."""
# What other names of a locale come to. Who reads traditional signs is not given simplified ones unasked.
_ALIASES: Final = {
    "zh": "zh_CN",
    "zh_SG": "zh_CN",
    "zh_MY": "zh_CN",
    "zh_Hans": "zh_CN",
    "C": ENGLISH,
    "POSIX": ENGLISH,
}

_chosen = ENGLISH
_translations: gettext.NullTranslations = gettext.NullTranslations()


def tr(text: str) -> str:
    """Return ``text`` in the language in use."""
    return _translations.gettext(text) if text else ""  # the empty text is the catalogue's head


def told(sentence: Sentence | None, text: str = "") -> str:
    """Return a sentence that core made, in the language in use; ``text`` is what it says where it has no values."""
    if sentence is None:
        return tr(text)
    if not sentence.values:
        return tr(sentence.template)
    said = {name: told(value) if isinstance(value, Sentence) else value for name, value in sentence.values.items()}
    return tr(sentence.template).format(**said)


def tr_n(one: str, many: str, count: int) -> str:
    """Return the form for ``count`` of a text with the field ``{count}``, filled in."""
    return _translations.ngettext(one, many, count).format(count=count)


def tr_in(context: str, text: str) -> str:
    """Return ``text`` where a short word means several things; ``context`` says which."""
    return _translations.pgettext(context, text)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a mark
    """Mark a text for the catalogue, and return it in English."""
    return text


def language() -> str:
    """Return the code of the language in use."""
    return _chosen


def use(code: str) -> None:
    """Use a language from now on; English where there is none of that code."""
    known = known_as(code) or ENGLISH
    found = gettext.NullTranslations() if known == ENGLISH else gettext.translation(DOMAIN, FOLDER, [known])
    install(known, found)


def install(code: str, translations: gettext.NullTranslations) -> None:
    """Use a catalogue from elsewhere: that of a test, say."""
    global _chosen, _translations
    _chosen, _translations = code, translations


def known_as(locale: str) -> str | None:
    """Return the code of the language that the name of a locale asks for: ``zh_CN.UTF-8``, ``zh``, ``en-GB``."""
    name = locale.split(".", maxsplit=1)[0].split("@", maxsplit=1)[0].replace("-", "_")
    if name in LANGUAGES:
        return name
    if name in _ALIASES:
        return _ALIASES[name]
    start = name.split("_")[0]
    if name.startswith("zh_Hans"):
        return "zh_CN"
    return start if start in LANGUAGES else None


def detect(environ: Mapping[str, str], chosen: str = "") -> str:
    """Return the code of the language that a person's file (``chosen``) or else the environment asks for."""
    return asked_for(environ, chosen) or ENGLISH


def asked_for(environ: Mapping[str, str], chosen: str = "") -> str | None:
    """Return the same, or None where neither names a language that there is: then English is a guess."""
    if chosen and (known := known_as(chosen)) is not None:
        return known
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    if known_as(locale) == ENGLISH and locale.split(".")[0] in {"C", "POSIX"}:
        return None  # as gettext has it: LANGUAGE does not count there
    wanted = [*environ.get("LANGUAGE", "").split(":"), locale]
    return next((known for known in map(known_as, filter(None, wanted)) if known is not None), None)
