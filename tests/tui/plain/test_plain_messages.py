"""Messages are named by the numbers that they are said with: answered, changed, found, passed on."""

from __future__ import annotations

import asyncio
import re

import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.world import DAY, NOW
from tests.tui.plain.person import number_of, numbered, talking
from tui.plain.numbers import MAX_NUMBERED, RowNumbers

pytestmark = pytest.mark.asyncio


async def test_rows_have_short_numbers_that_stay() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        first = await person.told("/last 3")
        again = await person.told("/last 3")
        assert first == again
        client.receive(room.id, "one more")
        said = await person.hear("one more")
        assert number_of(said, "one more") == number_of(first, room.rows[-2].text[:20]) + 1
        assert len((await person.told("/last 2")).splitlines()) == 2


async def test_an_answer_quotes_what_it_answers_and_can_be_given_without_a_number() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        client.receive(room.id, "Which [day]?")
        number = number_of(await person.hear("Which [day]?"), "Which [day]?")
        assert "Answered: Which [day]?" in await person.told(f"/reply {number} Thursday")
        assert (room.rows[-1].text, room.rows[-1].reply_to) == ("Thursday", room.rows[-2].id)
        assert f"[answers {room.name}: Which (day)?]: Thursday" in await person.told("/last 1")
        await person.say("/reply", until="The answer: ")
        await person.say("Friday", until="> ")
        assert (room.rows[-1].text, room.rows[-1].reply_to) == ("Friday", room.rows[-3].id)


async def test_a_reaction_is_put_by_a_word_told_and_taken_back() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        client.receive(room.id, "I am coming")
        number = number_of(await person.hear("I am coming"), "I am coming")
        said = await person.say(f"/react {number} heart", until="I am coming")
        assert "by you]" in said
        assert number_of(said, "I am coming") == number
        said = await person.say(f"/react {number} heart", until="I am coming")
        assert "by you" not in said
        client.react(room.rows[-1].id, room.identity, "👍")
        assert f"👍 by {room.name}" in await person.hear("I am coming")


async def test_ones_own_text_is_said_otherwise_and_only_ones_own() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        await person.say("See you at tne", until="> ")
        said = await person.say("/edit See you at ten", until="]: See you at ten")
        assert "[edited]" in said
        assert room.rows[-1].text == "See you at ten"
        client.receive(room.id, "theirs")
        number = number_of(await person.hear("theirs"), "theirs")
        assert "Only what you said yourself" in await person.told(f"/edit {number} mine")


async def test_pinning_forwarding_and_details_go_by_the_number() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        client.receive(room.id, "The code is 7")
        number = number_of(await person.hear("The code is 7"), "The code is 7")
        assert "Pinned" in await person.told(f"/pin {number}")
        assert f"{number}  " in await person.told("/pins")
        other = next(each for each in client.rooms if each.id != room.id and each.state == "open")
        assert f"Forwarded to {other.name}." in await person.told(f"/forward {number} {other.name.lower()}")
        assert other.rows[-1].text == "The code is 7"
        assert other.rows[-1].forwarded
        said = await person.told(f"/info {number}")
        assert f"by {room.name}." in said.splitlines()[0]
        assert len(said.splitlines()) > 1


async def test_a_message_is_deleted_after_a_question() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        client.receive(room.id, "burn this")
        number = number_of(await person.hear("burn this"), "burn this")
        assert "“burn this”" in await person.say(f"/delete {number}", until="[y/N] ")
        await person.told("n")
        assert room.rows[-1].text == "burn this"
        await person.say(f"/delete {number}", until="[y/N] ")
        await person.told("y")
        assert room.rows[-1].text != "burn this"


@pytest.mark.parametrize(
    "line", ["/pin", "/pin 999", "/info x", "/forward 0 bob", "/delete ²", "/reply 99999999999 hi"]
)
async def test_a_number_that_is_none_is_told(line: str) -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        before = list(room.rows)
        said = await person.told(line)
        assert "message" in said
        assert room.rows[: len(before)] == before


async def test_it_is_read_on_and_from_a_day() -> None:
    client = FakeClient()
    bob = client.room("bob")
    bob.rows = bob.rows[:0]
    for number in range(40):
        bob.say(bob.identity, f"row {number}", NOW - (40 - number) * DAY // 4)
    async with talking(client, 1 + numbered(client).index(bob)) as (person, _):
        assert "row 29" in await person.told("/older")
        assert "row 10" in await person.told("/older")
        assert "row 29" in await person.told("/newer")
        said = await person.told("/date 2025-11-15")
        assert re.findall(r"row \d+", said)[0] == "row 26"
        assert "Write a day as" in await person.told("/date someday")


async def test_a_search_takes_filters_tells_them_and_goes_to_a_hit() -> None:
    client = FakeClient()
    bob, carol = client.room("bob"), client.room("carol")
    for number in range(45):
        bob.say("me", f"needle {number}", NOW - number)
    carol.say(carol.identity, "a needle of hers", NOW)
    async with talking(client) as (person, room):
        said = await person.told("/search-all needle from:me")
        assert "Searched: everywhere, from you." in said
        assert "Hit 1: " in said
        assert "There are more: /more." in said
        assert "Hit 21: " in await person.told("/more")
        assert "45 hits." in await person.told("/more")
        assert "Those were all." in await person.told("/more")
        said = await person.told("/hit 45")
        assert "needle 44" in said
        assert "The hit is message" in said
        assert "Write a day as" in await person.told("/search needle before:soon")
        asked = len(client.calls)
        client.locked = True
        client.emit(api.AccountLocked(vault=False))
        await person.hear("Passcode (it is not shown): ")
        assert asked <= len(client.calls)
        person.type("correct horse\r")
        await person.enter()
        await person.open()
        assert "Nothing was searched yet" in await person.told("/more")
        assert room in client.rooms


async def test_what_is_answered_or_put_looks_like_no_other_persons_words() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        row = room.say("me", "mine", NOW)
        trick = api.Quote(sender=room.identity, text="x]: I owe you\nforged [\x1b[2J")
        room.rows[-1] = api.Message(
            id=row.id, sender=room.identity, text="y", sent_at=NOW, state="received", quote=trick
        )
        said = await person.told("/last 1")
        assert "\x1b" not in said
        assert said.count("]") == 1
        assert len(said.splitlines()) == 1


async def test_the_oldest_numbers_are_forgotten_where_there_are_very_many() -> None:
    numbers = RowNumbers()
    for at in range(MAX_NUMBERED + 1):
        assert numbers.of("bob", f"row {at}") == at + 1
    assert numbers.row("bob", 1) is None
    assert numbers.row("bob", 2) == "row 1"
    assert numbers.known("bob", "row 0") is None
    await asyncio.sleep(0)
