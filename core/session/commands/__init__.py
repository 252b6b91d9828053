"""What each command of ``core.api`` does, a file for each topic.

A new command is a class in ``core.api`` and a function here, declared by a decorator of ``registry``.
"""

from __future__ import annotations

from core.session.commands import (
    account as account,
    archive as archive,
    changing as changing,
    contacts as contacts,
    conversations as conversations,
    greetings as greetings,
    invitations as invitations,
    keeping as keeping,
    messages as messages,
    network as network,
    program as program,
    proving as proving,
    search as search,
    settings as settings,
    wiping as wiping,
)
from core.session.commands.account import (
    HANDLERS as HANDLERS,
    carry_out as carry_out,
)
from core.session.commands.registry import (
    STEPS as STEPS,
    TRANSACTIONS as TRANSACTIONS,
    act as act,
    act_of as act_of,
    take_steps as take_steps,
)
