"""What people are called: nothing that a contact does changes the person's own name for it, and look-alikes are told."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from core import api
from core.crypto.seed import identity_of
from core.people.contact.lookalike import look_alike, skeleton
from core.people.contact.names import MAX_RENAMED_A_DAY
from core.storage import accounts
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle


def identity(person: Person) -> str:
    return identity_of(person.engine.me.identity)


def greet_as(office: Office, victim: Person, person: Person, name: str) -> None:
    """Let a contact call itself otherwise and greet by a link that lies open, as on a web page."""
    link = victim.call(api.InviteCreate(expires_in=86_400)).link
    if name:
        person.call(api.AccountRename(name=name))
    else:
        with person.engine.work(person.moment()) as work:
            accounts.rename(work.tx, "")
    add(person, link)
    settle(office, victim, person, rounds=3)


def names(person: Person) -> dict[str, tuple[str, str]]:
    """Return (the person's own name, what the contact calls itself) by identity."""
    return {row.identity: (row.name, row.own_name) for row in person.call(api.ContactList())}


def warnings(person: Person) -> dict[str, str | None]:
    """Return what is warned of, by identity; lists of contacts and of conversations say the same."""
    rows = person.call(api.ContactList())
    told = {row.identity: (row.warning, row.warning_text) for row in person.call(api.ConversationList())}
    assert told == {row.identity: (row.warning, row.warning_text) for row in rows}
    assert all(bool(row.warning) == bool(row.warning_text) for row in rows)
    return {row.identity: row.warning for row in rows}


def renamed(person: Person, conversation: str) -> list[str]:
    return [row.text for row in person.rows(conversation) if row.kind == "renamed"]


def test_a_contact_cannot_take_the_name_of_another(
    office: Office, victim: Person, bob: Person, mallory: Person
) -> None:
    meet(office, victim, bob)
    conversation, _ = meet(office, victim, mallory)
    victim.events.clear()
    greet_as(office, victim, mallory, "bob")
    assert names(victim) == {identity(bob): ("bob", "bob"), identity(mallory): ("mallory", "bob")}
    assert [row.name for row in victim.call(api.ConversationList())].count("bob") == 1
    assert renamed(victim, conversation) == ["bob"]
    assert api.ContactChanged(identity=identity(mallory)) in victim.events
    assert warnings(victim) == {identity(bob): None, identity(mallory): "look-alike"}
    (row,) = [row for row in victim.call(api.ContactList()) if row.warning]
    assert "bob" in row.warning_text


@pytest.mark.parametrize("name", ["b\u043eb", "B0b", "b\u200bob", "\u202ebob\u202c", "bo\u0301b", "\ufeffBOB "])
def test_a_name_that_only_looks_like_anothers_is_warned_about(
    office: Office, victim: Person, bob: Person, mallory: Person, name: str
) -> None:
    meet(office, victim, bob)
    meet(office, victim, mallory)
    greet_as(office, victim, mallory, name)
    assert names(victim)[identity(mallory)] == ("mallory", name)
    assert warnings(victim) == {identity(bob): None, identity(mallory): "look-alike"}


def test_whoever_was_called_so_before_is_not_warned_about(
    office: Office, victim: Person, bob: Person, mallory: Person
) -> None:
    """Nor does it become the look-alike by calling itself the same in another spelling."""
    meet(office, victim, bob)
    meet(office, victim, mallory)
    victim.call(api.ContactRename(identity=identity(bob), name="Robert"))
    greet_as(office, victim, mallory, "bob")
    office.wait(60)
    greet_as(office, victim, bob, "Bob")
    assert warnings(victim) == {identity(bob): None, identity(mallory): "look-alike"}


def test_a_new_contact_is_compared_with_names_and_own_names(
    office: Office, victim: Person, bob: Person, mallory: Person
) -> None:
    meet(office, victim, bob)
    victim.call(api.ContactRename(identity=identity(bob), name="Robert from work"))
    assert names(victim)[identity(bob)] == ("Robert from work", "bob")
    for stranger in ("Bob", "robert From work"):
        person = Person(office, victim.path.parent, stranger)
        add(person, victim.call(api.InviteCreate(expires_in=86_400)).link, "I lost my old account")
        settle(office, victim, person, rounds=3)
        (greeting,) = victim.call(api.GreetingList())
        assert greeting.warning == "look-alike"
        assert "Robert from work" in greeting.warning_text
        victim.call(api.GreetingAccept(id=greeting.id))
        assert warnings(victim)[identity(person)] == "look-alike"
        assert warnings(victim)[identity(bob)] is None
        victim.call(api.ContactRemove(identity=identity(person)))
    add(mallory, victim.call(api.InviteCreate(expires_in=86_400)).link)
    settle(office, victim, mallory, rounds=3)
    (greeting,) = victim.call(api.GreetingList())
    assert (greeting.warning, greeting.warning_text) == (None, "")


def test_the_persons_own_name_is_never_changed_by_the_contact(office: Office, victim: Person, bob: Person) -> None:
    conversation, _ = meet(office, victim, bob)
    victim.call(api.ContactRename(identity=identity(bob), name="Bobby"))
    greet_as(office, victim, bob, "robert")
    assert names(victim)[identity(bob)] == ("Bobby", "robert")
    assert renamed(victim, conversation) == ["robert"]
    victim.call(api.ContactRename(identity=identity(bob), name=" "))
    assert names(victim)[identity(bob)] == ("robert", "robert")


def test_a_name_of_ones_own_has_the_length_of_names(office: Office, victim: Person, bob: Person) -> None:
    meet(office, victim, bob)
    with pytest.raises(api.ApiError) as caught:
        victim.call(api.ContactRename(identity=identity(bob), name="x" * (api.MAX_NAME_SIZE + 1)))
    assert caught.value.kind is api.Kind.TOO_LONG


def test_new_names_do_not_fill_a_conversation(office: Office, victim: Person, bob: Person) -> None:
    conversation, _ = meet(office, victim, bob)
    for n in range(MAX_RENAMED_A_DAY + 3):
        greet_as(office, victim, bob, f"bob the {n}th")
    assert len(renamed(victim, conversation)) == MAX_RENAMED_A_DAY
    assert names(victim)[identity(bob)] == ("bob", f"bob the {MAX_RENAMED_A_DAY + 2}th"), (
        "the latest is shown all the same"
    )
    office.wait(86_400)
    greet_as(office, victim, bob, "bob the last")
    assert renamed(victim, conversation)[-1] == "bob the last"


def test_a_name_is_not_changed_unseen_by_way_of_none(
    office: Office, victim: Person, bob: Person, mallory: Person
) -> None:
    meet(office, victim, bob)
    conversation, _ = meet(office, victim, mallory)
    greet_as(office, victim, mallory, "")
    assert names(victim)[identity(mallory)] == ("mallory", "")
    greet_as(office, victim, mallory, "bob")
    assert names(victim)[identity(mallory)] == ("mallory", "bob")
    assert renamed(victim, conversation) == ["", "bob"]
    assert warnings(victim)[identity(mallory)] == "look-alike"


def test_the_first_name_that_is_heard_of_a_contact_without_one_is_taken(
    office: Office, victim: Person, bob: Person
) -> None:
    greet_as(office, victim, bob, "")
    (greeting,) = victim.call(api.GreetingList())
    assert (greeting.name, greeting.warning) == ("", None)
    conversation = victim.call(api.GreetingAccept(id=greeting.id)).conversation
    settle(office, victim, bob, rounds=3)
    greet_as(office, victim, bob, "bob")
    assert names(victim)[identity(bob)] == ("bob", "bob")
    assert renamed(victim, conversation) == []


def test_contacts_without_a_name_are_not_taken_for_each_other(
    office: Office, victim: Person, bob: Person, mallory: Person
) -> None:
    for person in (bob, mallory):
        greet_as(office, victim, person, "")
        victim.call(api.GreetingAccept(id=victim.call(api.GreetingList())[0].id))
    assert set(warnings(victim).values()) == {None}


@given(st.text(max_size=30), st.text(max_size=30))
def test_looking_alike_is_mutual(one: str, other: str) -> None:
    assert look_alike(one, other) == look_alike(other, one)
    if one.isascii():  # elsewhere, upper and lower case are not each other's inverse
        assert skeleton(one) == "" or look_alike(one, one.upper().lower())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice", "Аlicе"),
        ("Bill", "BiII"),
        ("modern", "modem"),
        ("Zoé", "zoe"),
        ("alice", "al\u200dice"),
        ("alice", "\u2066alice\u2069"),
        ("\N{ROSE}\N{VARIATION SELECTOR-16}", "\N{ROSE}"),
    ],
)
def test_names_that_fool_the_eye_look_alike(one: str, other: str) -> None:
    assert look_alike(one, other)


def test_other_names_do_not() -> None:
    assert not look_alike("Alice", "Bob")
    assert not look_alike("", " ")
    assert not look_alike("\u200b", "\u202e")
    assert not look_alike("\N{ROSE}", "\N{TULIP}")
