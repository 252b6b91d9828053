"""Which language the screens speak, and that the catalogues are complete, in step with the source and fit their places."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from scripts import make_catalogue
from tui import language
from tui.language import LANGUAGES, detect, known_as, tr, tr_in, tr_n

TRANSLATED = sorted(code for code in LANGUAGES if code != language.ENGLISH)


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    language.use(language.ENGLISH)


@pytest.mark.parametrize(
    ("environ", "chosen", "expected"),
    [
        ({}, "", "en"),
        ({"LANG": "zh_CN.UTF-8"}, "", "zh_CN"),
        ({"LANG": "zh_SG.GB18030"}, "", "zh_CN"),
        ({"LANG": "zh-Hans-CN"}, "", "zh_CN"),
        ({"LANG": "zh_TW.UTF-8"}, "", "en"),
        ({"LANG": "de_DE.UTF-8"}, "", "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh:en"}, "", "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "", "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8", "LC_MESSAGES": "en_US"}, "", "zh_CN"),
        ({"LC_ALL": "C", "LANGUAGE": "zh"}, "", "en"),
        ({"LC_ALL": "C.UTF-8", "LANGUAGE": "zh"}, "", "en"),
        ({"LANG": "en_US.UTF-8"}, "zh_CN", "zh_CN"),
        ({"LANG": "zh_CN.UTF-8"}, "en", "en"),
        ({"LANG": "zh_CN.UTF-8"}, "tlh", "zh_CN"),
        ({"LANG": "\udcff", "LANGUAGE": ":::../../x"}, "", "en"),
    ],
)
def test_the_file_and_then_the_environment_choose(environ: Mapping[str, str], chosen: str, expected: str) -> None:
    assert detect(environ, chosen) == expected


@pytest.mark.parametrize("name", ["", "zh_", "_", "..", "zh_CN/../..", "ZH", "e"])
def test_names_of_no_language_are_none(name: str) -> None:
    assert known_as(name) is None


def test_a_language_that_there_is_not_is_english() -> None:
    language.use("tlh")
    assert language.language() == "en"
    assert tr("") == ""
    assert tr_n("{count} node", "{count} nodes", 2) == "2 nodes"
    assert tr_in("a sign", "read") == "read"


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_is_in_step_with_the_source_and_compiled(code: str) -> None:
    written, compiled = make_catalogue.rendered(make_catalogue.updated(code, make_catalogue.extracted()))
    assert make_catalogue.path(code).read_bytes() == written, "python -m scripts.make_catalogue"
    assert make_catalogue.path(code).with_suffix(".mo").read_bytes() == compiled


def test_texts_are_found_wherever_they_stand() -> None:
    source = 'f"{tr(\'a\')} b"; tr_n("{count} x", "{count} y", n); tr_in("sign", "read"); tr(name); N_(""); N_("c" "d")'
    assert make_catalogue.texts_of(source) == [
        ("tr", ("a",)), ("tr_n", ("{count} x", "{count} y")), ("tr_in", ("sign", "read")), ("N_", ("cd",)),
    ]  # fmt: skip


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_is_translated(code: str) -> None:
    catalogue = make_catalogue.updated(code, make_catalogue.extracted())
    assert not [make_catalogue.key(message) for message in make_catalogue.untranslated(catalogue)]


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_fields_of_its_text(code: str) -> None:
    for message in make_catalogue.updated(code, make_catalogue.extracted()):
        if message.id:
            assert all(
                fields(each) == fields(originals(message)[-1]) for each in make_catalogue.strings(message) if each
            ), message.id


def originals(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def fields(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:  # a brace that is no field
        return set()


def test_the_catalogues_are_shipped() -> None:
    shipped = (Path(language.FOLDER) / code / "LC_MESSAGES" / f"{language.DOMAIN}.mo" for code in TRANSLATED)
    assert all(path.is_file() for path in shipped)
