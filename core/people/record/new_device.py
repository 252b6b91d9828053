"""Makes a new device of the account: keys of its own, certified by the account's identity."""

from __future__ import annotations

import msgspec

from core import api
from core.crypto import primitives
from core.people.format.device import certify
from core.people.moment import Moment
from core.storage.accounts import AccountRow


def new_account(identity_seed: bytes, now: Moment) -> AccountRow:
    """Draw this device's keys and have the identity sign them; the row is not stored yet."""
    device_seed, pickle_key = primitives.random_bytes(32), primitives.random_bytes(32)
    certificate = certify(identity_seed, primitives.ed25519_public(device_seed), now.own_ms)
    return AccountRow(
        name="",
        device_seed=device_seed,
        certificate=msgspec.msgpack.encode(certificate),
        pickle_key=pickle_key,
        counter=0,
        online_ms=0,
        settings=msgspec.msgpack.encode(api.Settings()),
    )
