"""The client as lines, on a pseudo-terminal: what is typed, what is said, and in which order."""

from __future__ import annotations

import asyncio
import os
import re

import pytest

from core import api
from core.api import ApiError, Kind
from tests.support.client import PASSCODE, WORDS, FakeClient
from tests.tui.plain.person import PATIENCE, Person, at_terminal, numbered, talking
from tui import language

pytestmark = pytest.mark.asyncio


async def test_a_passcode_is_not_shown_and_conversations_have_numbers() -> None:
    async with at_terminal(FakeClient(locked=True)) as person:
        await person.hear("Passcode (it is not shown): ")
        person.type("wrong\r")
        assert "wrong" not in await person.hear("That is not the passcode.")
        person.type(f"{PASSCODE}\r")
        said = await person.hear("/help says what else there is.")
        assert PASSCODE not in said
        assert re.search(r"^1  \S", said, re.MULTILINE)


async def test_a_number_opens_a_conversation_and_a_line_is_a_message() -> None:
    client = FakeClient()
    async with at_terminal(client) as person:
        await person.enter()
        person.type("1\r")
        room = numbered(client)[0]
        opened = await person.hear(f"{room.name}> ")
        assert room.rows[-1].text.split("\n")[0][:20] in opened
        person.type("hello wörd\x7f\x7fld\r")
        await person.hear(f"{room.name}> ")
        assert room.rows[-1].text == "hello wöld"
        person.type("//not a command\r")
        await person.hear(f"{room.name}> ")
        assert room.rows[-1].text == "/not a command"
        assert any(isinstance(call, api.ConversationRead) for call in client.calls)


async def test_what_comes_in_is_said_at_once_but_waits_while_something_is_typed() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        other = numbered(client)[1]
        client.receive(room.id, "while nothing is typed")
        await person.hear("while nothing is typed")
        await person.hear(f"{room.name}> ")
        person.type("half")
        await person.hear("half")
        client.receive(room.id, "while typing")
        client.receive(other.id, "elsewhere")
        await asyncio.sleep(0.05)
        person.type(" done\r")
        said = await person.hear("while typing")
        assert said.index(" done") < said.index("while typing")
        await person.hear(f"New from {other.name} (")
        assert room.rows[-1].text == "half done"


async def test_pasted_lines_are_one_message_that_enter_sends() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        before = len(room.rows)
        person.type("one\r/quit\rthree\rfour\r")
        await person.hear("several lines were pasted")
        assert len(room.rows) == before
        person.type("\r")
        await person.hear(f"{room.name}> ")
        assert [row.text for row in room.rows[before:]] == ["one\n/quit\nthree\nfour"]
        person.type("a\rb\rc\rd\r")
        await person.hear("several lines were pasted")
        person.type("\x15")
        person.type("e\r")
        await person.hear(f"{room.name}> ")
        assert room.rows[-1].text == "e"


async def test_a_strangers_text_neither_acts_on_the_terminal_nor_looks_like_ours() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        client.receive(room.id, "a\x1b[2Jb\u202ec\r\nsecond> line\x07")
        said = await person.hear("second> line")
        assert not re.search("[\x07\x1b\u202e]", said)
        assert "\n    second> line" in said
        person.type("/greetings\r")
        said = await person.hear("Enter leaves them: ")
        assert "\x1b" not in said
        person.type("\r")


async def test_a_lock_stops_what_is_asked_and_asks_for_the_passcode() -> None:
    client = FakeClient()
    async with at_terminal(client) as person:
        await person.enter()
        person.type("half a line")
        await person.hear("half a line")
        client.locked = True
        client.emit(api.AccountLocked(vault=False))
        await person.hear("Passcode (it is not shown): ")
        person.type(f"{PASSCODE}\r")
        await person.enter()
        assert all(row.text != "half a line" for room in client.rooms for row in room.rows)


async def test_an_account_is_made_and_its_words_are_said() -> None:
    async with at_terminal(FakeClient(exists=False, locked=True, rooms=[])) as person:
        await person.hear("eighteen words: ")
        person.type("1\r")
        await person.hear("greet: ")
        person.type("Alice\r")
        for _ in range(2):
            await person.hear(": ")
            person.type(f"{PASSCODE}\r")
        said = await person.hear("Press Enter when you have them: ")
        assert f"18. {WORDS[17]}" in said
        person.type("\r")
        await person.hear("No conversations yet")


async def test_help_and_refusals_are_those_of_the_program() -> None:
    client = FakeClient()
    client.refuse[api.InviteCreate] = ApiError(Kind.NO_NETWORK, "no")
    async with at_terminal(client) as person:
        await person.enter()
        said = await person.say("/help", until="is sent to the open one.")
        for name in ("talking, ", "/msg", "/invite", "/lock", "/quit"):
            assert name in said
        said = await person.say("/help all", until="/quit: Leave the program.")
        assert "/msg [number or name]: " in said
        assert "/lock: Hide everything" in said
        person.type("/invite\r")
        await person.hear("There is no network.")
        person.type("/moon\r")
        await person.hear("There is no /moon in lines.")
        person.type("nobody hears this\r")
        await person.hear("Open a conversation first")


async def test_a_core_that_ends_ends_it_with_words() -> None:
    client = FakeClient()
    person = Person(client)
    await person.enter()
    client.crash("The core has ended.")
    assert await asyncio.wait_for(person.program, PATIENCE) == 1
    await person.hear("The core has ended.")
    for side in (person.terminal, person.other_side):
        os.close(side)


async def test_it_speaks_the_language_of_the_account() -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(language="zh_CN")
    person = Person(client)
    try:
        await person.hear("> ")
        assert language.language() == "zh_CN"
        person.type("\x15/quit\r")
        assert await asyncio.wait_for(person.program, PATIENCE) == 0
    finally:
        language.use(language.ENGLISH)
        person.program.cancel()
        os.close(person.terminal)
        os.close(person.other_side)
