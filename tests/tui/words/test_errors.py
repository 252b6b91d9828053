"""Refusals and findings of core in another language: templates that the catalogue has, and values that stay as they are."""

from __future__ import annotations

import ast
import gettext
import inspect
import string
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from zxcvbn import feedback

from core.api import ApiError, Kind
from core.rpc.jsonrpc import NULL_ID, encode_error
from core.rpc.replies import decode_line, error_of
from core.sentence import Sentence, sentence
from scripts import make_catalogue
from tui import language
from tui.language import told
from tui.words.errors import IN_CORES_WORDS, explain
from tui.words.strength import ADVICE

CORE = Path(__file__).parents[3] / "core"
DAMAGED = sentence("{place} is damaged: {why}.", place="/h/{x}", why=sentence("it is cut off"))
FOREIGN = {
    "{place} is damaged: {why}.": "{why} ← {place}",
    "it is cut off": "截断",
    "Only texts are proven.": "仅限文本",
}


class Foreign(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return FOREIGN.get(message, message)


@pytest.fixture
def _foreign() -> Iterator[None]:
    language.install("xx", Foreign())
    yield
    language.use(language.ENGLISH)


def over_the_wire(error: ApiError) -> ApiError:
    line = decode_line(encode_error(NULL_ID, error))
    assert line.error is not None
    return error_of(line.error)


def calls_of(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(CORE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and name in {getattr(called, "id", ""), getattr(called, "attr", "")}:
                yield f"{path.relative_to(CORE)}:{node.lineno}", node


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def carried_over(kind: Kind, said: Sentence | str) -> ApiError:
    return over_the_wire(ApiError(kind, said))


@pytest.mark.usefixtures("_foreign")
@pytest.mark.parametrize("carried", [ApiError, carried_over])
def test_a_refusal_is_explained_in_the_language_in_use_and_in_english_to_programs(carried: type[ApiError]) -> None:
    damaged, only = carried(Kind.DAMAGED, DAMAGED), carried(Kind.NOT_ALLOWED, "Only texts are proven.")
    assert (damaged.message, damaged.data) == ("/h/{x} is damaged: it is cut off.", {})
    assert str(explain(damaged)) == "截断 ← /h/{x}"
    assert str(explain(only)) == "仅限文本"
    assert str(explain(carried(Kind.FAILED, "a brace { of another program"))) == "a brace { of another program"


@pytest.mark.parametrize(
    "said",
    [None, "text", {}, {"template": 1}, {"template": "{a.b}", "values": {"a": 1}}, {"template": "{a", "values": {"a": 1}},
     {"template": "{}", "values": {"a": 1}}, {"template": "{a!x}", "values": {"a": 1}},
     {"template": "{a}", "values": {"a": "another thing"}}],
)  # fmt: skip
def test_a_template_that_does_not_say_the_message_is_passed_over(said: object) -> None:
    line = {"id": 1, "error": {"code": -32000, "message": "It is so.", "data": {"kind": "failed", "said": said}}}
    decoded = decode_line(msgspec.json.encode(line))
    assert decoded.error is not None
    assert error_of(decoded.error).said == Sentence("It is so.")


def test_a_message_without_values_is_its_own_template_and_said_once() -> None:
    assert b"said" not in encode_error(NULL_ID, ApiError(Kind.NOT_ALLOWED, "Only texts are proven."))


def test_refusals_in_the_words_of_core_are_made_by_templates() -> None:
    unmarked = [
        place
        for place, call in calls_of("ApiError")
        if len(call.args) > 1
        and getattr(call.args[0], "attr", "") in {kind.name for kind in IN_CORES_WORDS}
        and isinstance(call.args[1], ast.Constant | ast.JoinedStr | ast.BinOp)
    ]
    assert not unmarked, "N_ or sentence of core.sentence"


def test_the_values_of_a_sentence_are_those_that_its_template_has_fields_for() -> None:
    wrong = [
        place
        for place, call in calls_of("sentence")
        if call.args
        and isinstance(call.args[0], ast.Constant)
        and not any(each.arg is None for each in call.keywords)
        and fields(str(call.args[0].value)) != {each.arg for each in call.keywords}
    ]
    assert not wrong


def test_every_template_of_core_takes_values_by_plain_names() -> None:
    templates = [
        str(message.id)
        for message in make_catalogue.extracted()
        if message.id and any(name.startswith("core/") for name, _ in message.locations)
    ]
    assert len(templates) > 100
    for template in templates:
        assert all(name.isidentifier() for name in fields(template)), template
        assert told(Sentence(template, dict.fromkeys(fields(template), "x"))) or not template


def test_all_that_is_said_of_weak_passcodes_is_in_the_catalogue() -> None:
    source = ast.parse(inspect.getsource(feedback))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"]
    said = {each.args[0].value for each in calls if isinstance(each.args[0], ast.Constant)}
    assert said
    assert said <= set(ADVICE)
