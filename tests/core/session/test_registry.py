"""Every command has one handler, of the kind that its class says."""

from __future__ import annotations

from typing import Any

import pytest

from core import api
from core.api import Carrier, Command
from core.people.work import Work
from core.session import commands
from core.session.commands.registry import Handlers, steps, transaction

TABLES: dict[Carrier, Handlers[Any]] = {
    Carrier.TRANSACTION: commands.TRANSACTIONS,
    Carrier.STEPS: commands.STEPS,
    Carrier.GATE: commands.HANDLERS,
}


@pytest.mark.parametrize("command", api.COMMANDS.values(), ids=list(api.COMMANDS))
def test_every_command_has_one_handler(command: type[Command[Any]]) -> None:
    assert [carrier for carrier, table in TABLES.items() if command in table] == [command.carrier]


def test_a_second_handler_is_refused() -> None:
    def act(_: Work, __: api.ConversationList) -> list[api.Conversation]:
        return []

    with pytest.raises(TypeError, match="ConversationList has two handlers"):
        transaction(api.ConversationList)(act)


def test_a_handler_of_another_kind_is_refused() -> None:
    async def wait(_: object, __: api.DraftSet) -> api.Done:
        return api.Done()

    with pytest.raises(TypeError, match="DraftSet is carried out by"):
        steps(api.DraftSet)(wait)
    assert api.DraftSet not in commands.STEPS


def test_two_commands_of_one_name_are_refused() -> None:
    class Twin(Command[api.Done], frozen=True, tag="draft.set"):
        pass

    with pytest.raises(TypeError, match=r"draft\.set"):
        api.every_command()
    del Twin


def test_while_the_screen_is_locked_only_what_tells_nothing_is_answered() -> None:
    answered = {method for method, command in api.COMMANDS.items() if command.while_locked}
    about = {"create", "restore", "unlock", "lock", "logout", "info"}
    assert answered == {f"account.{act}" for act in about} | {
        "network.status",
        "core.info",
        "core.stop",
        "proof.verify",
    }


def test_only_the_words_of_a_new_account_are_told_once() -> None:
    assert [method for method, command in api.COMMANDS.items() if command.told_once] == ["account.create"]


def test_texts_of_one_conversation_wait_for_each_other_and_nothing_else_does() -> None:
    assert api.MessageSend(conversation="a", text="x").queue() == "a"
    assert api.DraftSet(conversation="a", text="x").queue() is None
