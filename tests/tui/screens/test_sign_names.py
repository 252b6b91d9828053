"""Signs by their names while writing: offered from two letters on, taken by Tab or Enter, and at once when typed whole."""

from __future__ import annotations

import dataclasses

import pytest

from core import api
from core.people.format.emoji import is_emoji
from tests.support.client import FakeClient
from tests.tui.demo import Demo, running
from tui import language
from tui.look.profile import STILL
from tui.text.sign_names import typed_name, whole_name
from tui.words import emoji


def offered(demo: Demo) -> list[str]:
    completion = demo.main.panes.writing.completion
    if not completion.display:
        return []
    return [str(line) for line in str(completion.render()).splitlines()]


def sent(demo: Demo) -> list[str]:
    return [command.text for command in demo.client.calls if isinstance(command, api.MessageSend)]


@pytest.mark.asyncio
async def test_two_letters_offer_signs_and_one_does_not() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("well :s")
        assert offered(demo) == []
        await demo.write("m")
        assert "😄 :smile:" in offered(demo)[0]
        await demo.press("escape")
        assert offered(demo) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("key", ["tab", "enter"])
async def test_a_key_takes_the_chosen_sign_and_the_text_goes_on(key: str) -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("a :smi")
        await demo.press("down", key)
        assert demo.composer.text.startswith("a ")
        assert is_emoji(demo.composer.text[2:])
        assert sent(demo) == []
        await demo.press("ctrl+underscore")
        assert demo.composer.text == "a :smi"


@pytest.mark.asyncio
async def test_a_name_typed_whole_is_the_sign_at_once_and_undo_brings_the_letters_back() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("so :smile: ")
        assert demo.composer.text == "so 😄 "
        await demo.press("ctrl+underscore", "ctrl+underscore")
        assert demo.composer.text == "so :smile:"
        await demo.write("!")
        await demo.press("enter")
        assert sent(demo) == ["so :smile:!"]


@pytest.mark.asyncio
async def test_a_sign_is_sent_by_the_next_enter() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write(":fire")
        await demo.press("enter")
        assert sent(demo) == []
        await demo.press("enter")
        assert sent(demo) == ["🔥"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "text", ["`a :smile:", "```\n:smile:", "http://host/a:smile:", "https://h/ :unknown_name:", "10:30:45", "a::smile"]
)
async def test_code_links_and_times_stay_as_they_are_written(text: str) -> None:
    async with running() as demo:
        await demo.open("bob")
        for part in text.split("\n"):
            if demo.composer.text:
                await demo.press("ctrl+j")
            await demo.write(part)
        assert demo.composer.text == text
        assert offered(demo) == []


@pytest.mark.asyncio
async def test_a_terminal_without_signs_shows_names() -> None:
    async with running(profile=dataclasses.replace(STILL, glyphs="ascii")) as demo:
        await demo.open("bob")
        await demo.write(":smi")
        assert offered(demo)[0].split()[1] == ":smile:"
        assert all(line.isascii() for line in offered(demo))


@pytest.mark.asyncio
async def test_enter_that_breaks_lines_does_so_and_tab_takes() -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(enter_sends=False)
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.write(":fire")
        await demo.press("tab", "enter")
        assert demo.composer.text == "🔥\n"


def test_words_of_the_language_in_use_find_signs() -> None:
    try:
        language.use("zh")
        assert [each.sign for each in emoji.beginning("爱心")] == ["❤️"]
        assert "❤️" in [each.sign for each in emoji.having("爱")]
    finally:
        language.use("en")
    assert typed_name([], "你好：爱") == "爱"
    assert emoji.beginning("smile")[0].sign == "😄"


def test_each_sign_can_be_put_to_a_message_and_each_name_means_one() -> None:
    assert [each for each in emoji.ALL if not is_emoji(each.sign)] == []
    names = [name for each in emoji.ALL for name in each.names]
    assert len(names) == len(set(names))
    assert len(emoji.ALL) == len({each.sign for each in emoji.ALL})
    assert [name for name in names if whole_name([], f":{name}:") != name] == []


def test_code_ends_where_it_is_closed() -> None:
    assert typed_name([], "`a` :smi") == "smi"
    assert typed_name([], "``a` :smi") == ""
    assert typed_name(["```", "x", "```"], ":smi") == "smi"
    assert typed_name(["```", "x"], ":smi") == ""
    assert typed_name([], "see http://h/x :smi") == "smi"
