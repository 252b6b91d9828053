"""The account's name and what its screens remember (``core.api.account``, ``core.api.device``)."""

from __future__ import annotations

from typing import Any

import msgspec

from core import api
from core.api import ApiError, Kind
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
    return _stored(work)


def _stored(work: Work) -> api.Settings:
    row = accounts.load(work.tx)
    assert row is not None
    return msgspec.msgpack.decode(row.settings, type=api.Settings)


async def _heed(account: OpenAccount, done: api.Done) -> api.Done:
    await account.heed_settings()
    return done


@transaction(api.SettingsSet, then=_heed)
def _save_settings(work: Work, command: api.SettingsSet) -> api.Done:
    known = _stored(work)
    changed = _merge(known, command.settings)
    if changed != known:
        accounts.save_settings(work.tx, msgspec.msgpack.encode(changed))
        work.emit(api.SettingsChanged())
    return api.Done()


def _merge(known: api.Settings, given: dict[str, Any]) -> api.Settings:
    """Return settings with those that are given. Raises ``ApiError``, which names the first that cannot be."""
    for name in given:
        if name not in api.Settings.__struct_fields__:
            raise ApiError(Kind.BAD_REQUEST, f"There is no setting {name!r:.40}.")
    merged: dict[str, Any] = {**msgspec.structs.asdict(known), **given}
    try:
        return msgspec.convert(merged, api.Settings)
    except msgspec.ValidationError as error:
        wrong = next((name for name in given if f"$.{name}`" in str(error)), "a setting")
        raise ApiError(Kind.BAD_REQUEST, f"{wrong} does not take this value.") from None
