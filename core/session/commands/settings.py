"""The account's name and what its screens remember (``core.api.account``, ``core.api.device``)."""

from __future__ import annotations

import msgspec

from core import api
from core.people.work import Work
from core.session.checks import check_name
from core.session.commands.registry import transaction
from core.session.open_account import OpenAccount
from core.storage import accounts


@transaction(api.AccountRename)
def _rename(work: Work, command: api.AccountRename) -> api.Done:
    check_name(command.name)
    accounts.rename(work.tx, command.name)
    return api.Done()


@transaction(api.SettingsGet)
def _settings(work: Work, _: api.SettingsGet) -> api.Settings:
    row = accounts.load(work.tx)
    assert row is not None
    return msgspec.msgpack.decode(row.settings, type=api.Settings)


async def _heed(account: OpenAccount, done: api.Done) -> api.Done:
    await account.heed_settings()
    return done


@transaction(api.SettingsSet, then=_heed)
def _save_settings(work: Work, command: api.SettingsSet) -> api.Done:
    accounts.save_settings(work.tx, msgspec.msgpack.encode(command.settings))
    return api.Done()
