"""Contacts, invitations, settings and archives as lines: one fact a line, and a question before what cannot be undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.api import ApiError, Kind
from tests.support.client import PASSCODE, FakeClient
from tests.support.client_contacts import CODE
from tests.support.world import NOW, Room
from tests.tui.plain.person import at_terminal, talking
from tui import language
from tui.keys.commands import REGISTRY
from tui.plain.commands import PlainCommands
from tui.plain.topics import OWN, TOPICS
from tui.screens.catalogue import whole_registry
from tui.screens.pages.settings.rows import ROWS

pytestmark = pytest.mark.asyncio


def is_verified(client: FakeClient, room: Room) -> bool:
    """Whether codes were compared; asked anew each time."""
    return client.of_identity(room.identity).verified


async def test_codes_are_compared_by_saying_so_or_by_their_digits() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        said = await person.say("/verify", until="all their digits: ")
        assert CODE[:5] in said
        await person.told("yes")
        assert is_verified(client, room)
        assert "You compared security codes" in await person.told("/contact")
        await person.say("/verify", until="all their digits: ")
        assert "write nothing that matters" in await person.told("no")
        assert not is_verified(client, room)
        await person.told(f"/verify {'1' * 60}")
        assert not is_verified(client, room)
        assert "It is the same." in await person.told(f"/verify {CODE}")
        assert is_verified(client, room)


async def test_what_one_makes_of_a_conversation_is_told_in_the_list() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        assert "8h: 8 hours" in await person.say("/mute", until="For how long: ")
        assert "is muted" in await person.told("8h")
        assert room.view["muted_until"] > NOW
        assert "Pinned." in await person.told("/pin-chat")
        assert "Marked as unread." in await person.told("/mark-unread")
        assert "Archived" in await person.told("/archive")
        said = await person.told("/msg")
        assert room.name not in said
        assert "1 archived: /archived lists it." in said
        said = await person.told("/archived")
        assert "marked as unread, pinned, muted, archived" in said
        await person.open()
        assert "muted no longer" in await person.told("/mute")
        assert "One of 1h" in await person.told("/mute 3y")


async def test_an_unknown_device_is_confirmed_or_refused_by_its_number() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        client.add_device(room.id, id="d" * 64, name="phone", state="unknown", since=NOW, served=False)
        said = await person.say("/devices", until="Enter leaves it: ")
        assert "Nobody vouches for it." in said
        await person.told("")
        assert room.devices[-1].state == "unknown"
        await person.say("/devices", until="Enter leaves it: ")
        assert "Refused" in await person.told(f"-{len(room.devices)}")
        assert all(device.name != "phone" for device in room.devices)


async def test_an_invitation_may_be_a_picture_and_ones_own_are_listed_and_revoked(tmp_path: Path) -> None:
    client = FakeClient()
    async with at_terminal(client) as person:
        await person.enter()
        link = (await person.told("/invite for Bob")).splitlines()[-1]
        said = await person.told("/invitations")
        assert "1  open, until" in said
        assert "for Bob" in said
        assert link in said
        await person.say("/revoke 1", until="[y/N] ")
        assert "Revoked." in await person.told("y")
        assert "1  revoked" in await person.told("/invitations")
        assert "/invitations lists them" in await person.told("/revoke 7")
        client.refuse[api.ContactPreview] = ApiError(Kind.BAD_PICTURE, "no code")
        await person.told(f"/add '{tmp_path}/my code.png'")
        preview = [call for call in client.calls if isinstance(call, api.ContactPreview)][-1]
        assert preview.image == f"{tmp_path}/my code.png"


async def test_every_setting_is_said_and_set_by_its_words() -> None:
    client = FakeClient()
    async with at_terminal(client) as person:
        await person.enter()
        said = await person.told("/settings")
        for name in ROWS:
            assert f"{name}: " in said
        assert "lock_after is 5 min now." in await person.told("/set lock_after 5 min")
        assert client.stored_settings.lock_after == 300
        await person.told("/set lock_after 90")
        assert client.stored_settings.lock_after == 90
        await person.told("/set typing told and seen")
        assert client.stored_settings.typing is True
        await person.told("/set pace strong")
        assert client.stored_settings.pace == "strong"
        assert "It is one of these" in await person.told("/set notify loudly")
        assert "There is no setting colour" in await person.told("/set colour red")
        assert "Messages still come in" in await person.told("/settings lock_after")


async def test_it_changes_its_language_at_once() -> None:
    client = FakeClient()
    try:
        async with at_terminal(client) as person:
            await person.enter()
            assert "One of auto, English" in await person.told("/language klingon")
            await person.told("/language 简体中文")
            assert language.language() == "zh_CN"
            assert client.stored_settings.language == "zh_CN"
            await person.told("/language English")
            assert language.language() == "en"
    finally:
        language.use(language.ENGLISH)


async def test_an_archive_is_written_after_warning_and_passcode_and_is_taken_in() -> None:
    client = FakeClient()
    async with talking(client) as (person, room):
        await person.say("/export /tmp/x.zip", until="none): ")
        assert "lies open" in await person.say("", until="[y/N] ")
        await person.told("n")
        assert not any(isinstance(call, api.ArchiveExport) for call in client.calls)
        await person.say("/export /tmp/x.zip", until="none): ")
        await person.say("a long password", until="Once more: ")
        await person.say("a long password", until="(not shown): ")
        assert "Written to /tmp/x.zip" in await person.told(PASSCODE)
        written = [call for call in client.calls if isinstance(call, api.ArchiveExport)][-1]
        assert (written.what, written.conversation, written.password) == ("chats", room.id, "a long password")
        assert "its password is needed" in await person.say("/import /tmp/x.age", until="(not shown): ")
        assert "120 texts" in await person.told("heron")


async def test_each_line_has_a_topic_and_words_and_each_topic_only_lines_that_there_are() -> None:
    commands = PlainCommands(None)  # type: ignore[arg-type]
    listed = [name for _, names in TOPICS.values() for name in names]
    assert sorted(listed) == sorted(commands.acts)
    told = OWN.keys() | {spec.slash for spec in whole_registry()}
    assert set(listed) <= told
    assert REGISTRY.by_slash("rename") is not None


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("messages", "/forward number [to whom]: "),
        ("/mute", "/mute [1h 8h 1d 1w always]: "),
        ("backup", "/export-all [file]: "),
        ("nonsense", "Nothing is known about that."),
    ],
)
async def test_help_goes_by_topic_by_name_and_by_word(wanted: str, said: str) -> None:
    async with at_terminal(FakeClient()) as person:
        await person.enter()
        assert said in await person.told(f"/help {wanted}")
