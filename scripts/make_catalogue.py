"""Brings the catalogues of ``tui/locale`` in step with the source, and compiles them; says what is left to translate.

    python -m scripts.make_catalogue            # after texts changed: new ones are added empty, gone ones are dropped
    python -m scripts.make_catalogue --take FILE.json   # the same, then takes translations: {"text": "translation"}

Texts are looked for in the syntax tree: Babel's own search reads tokens, and finds none inside an f-string.

The catalogue has neither dates nor lines, so that two changes of different files meet in different places of it.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import io
import json
import sys
from pathlib import Path
from typing import Final, cast

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tui.language import DOMAIN, ENGLISH, FOLDER, LANGUAGES

ROOT: Final = Path(__file__).parent.parent
# Function -> how many of its first arguments are texts; of ``tr_in`` the first is the context.
KEYWORDS: Final = {"tr": 1, "N_": 1, "sentence": 1, "tr_n": 2, "tr_in": 2}
# In place of dates, which would make each compiled catalogue differ.
_NEVER: Final = dt.datetime.fromtimestamp(0, dt.UTC)
# Where texts for people stand.
SOURCES: Final = ("core", "tui")


def main() -> int:
    """Write all catalogues; return 1 where something is left to translate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--take", type=Path, metavar="FILE", help="translations to take in, JSON")
    parser.add_argument(
        "--left", action="store_true", help="write what is left to translate as JSON to standard output"
    )
    options = parser.parse_args()
    source = extracted()
    left = 0
    for code in LANGUAGES:
        if code == ENGLISH:
            continue
        catalogue = updated(code, source)
        if options.take:
            take(catalogue, json.loads(options.take.read_text(encoding="utf-8")))
        written, compiled = rendered(catalogue)
        path(code).parent.mkdir(parents=True, exist_ok=True)
        path(code).write_bytes(written)
        path(code).with_suffix(".mo").write_bytes(compiled)
        empty = untranslated(catalogue)
        left += len(empty)
        if options.left:
            json.dump({key(message): "" for message in empty}, sys.stdout, ensure_ascii=False, indent=1)
        sys.stderr.write(f"{code}: {len(catalogue)} texts, {len(empty)} of them not translated\n")
    return 1 if left else 0


def path(code: str) -> Path:
    """Return where a language's catalogue is."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def extracted() -> Catalog:
    """Return all texts of the source, in the order of their files."""
    catalogue = Catalog(domain=DOMAIN)
    for file in sorted(file for folder in SOURCES for file in (ROOT / folder).rglob("*.py")):
        place = file.relative_to(ROOT).as_posix()
        for function, texts in texts_of(file.read_text(encoding="utf-8")):
            *rest, last = texts
            context = rest[0] if function == "tr_in" else None
            message = texts if function == "tr_n" else last
            catalogue.add(message, locations=[(place, None)], context=context)  # type: ignore[list-item]
    return catalogue


def texts_of(source: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return each call that marks texts, as its function and the texts, in the order of the source."""
    found: list[tuple[int, int, str, tuple[str, ...]]] = []
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS:
            given = [each.value for each in call.args[: KEYWORDS[call.func.id]] if isinstance(each, ast.Constant)]
            texts = tuple(each for each in given if isinstance(each, str))
            if len(texts) == KEYWORDS[call.func.id] and any(texts):
                found.append((call.lineno, call.col_offset, call.func.id, texts))
    return [(function, texts) for *_, function, texts in sorted(found)]


def updated(code: str, source: Catalog) -> Catalog:
    """Return a language's catalogue with exactly the texts of the source, in their order."""
    made = Catalog(locale=code, domain=DOMAIN, creation_date=_NEVER, revision_date=_NEVER)
    known = {}
    if path(code).exists():
        with path(code).open("rb") as file:
            known = {key(message): message for message in read_po(file, locale=code) if message.id}
    for message in source:
        if not message.id:
            continue
        before = known.get(key(message))
        string = (
            before.string if before is not None else ("" if isinstance(message.id, str) else ("",) * made.num_plurals)
        )
        made.add(message.id, string, message.locations, context=message.context)
    return made


def rendered(catalogue: Catalog) -> tuple[bytes, bytes]:
    """Return a catalogue as its text and compiled."""
    written, compiled = io.BytesIO(), io.BytesIO()
    write_po(written, catalogue, width=120, omit_header=True, include_lineno=False)
    write_mo(compiled, catalogue)
    head = f'msgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n' \
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'  # fmt: skip
    return head.encode() + written.getvalue(), compiled.getvalue()


def untranslated(catalogue: Catalog) -> list[Message]:
    """Return what has no translation."""
    return [each for each in catalogue if each.id and not all(strings(each))]


def strings(message: Message) -> tuple[str, ...]:
    """Return a message's translation, all forms of it."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def key(message: Message) -> str:
    """Return the name of a text in a file of translations: a context stands before it, the plural behind."""
    text = message.id if isinstance(message.id, str) else "|".join(message.id)
    return f"{message.context}:: {text}" if message.context else text


def take(catalogue: Catalog, translations: dict[str, str]) -> None:
    """Put translations where they belong."""
    for message in catalogue:
        if message.id and (string := translations.get(key(message))):
            message.string = string if isinstance(message.id, str) else cast("str", (string,))


if __name__ == "__main__":
    sys.exit(main())
