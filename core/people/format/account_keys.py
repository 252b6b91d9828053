"""The keys of an account that all its devices share, each derived from the seed under a label of its own."""

from __future__ import annotations

from dataclasses import dataclass

from core.crypto import seed as seeds


@dataclass(frozen=True, slots=True, repr=False)
class AccountKeys:
    """What the people layer needs of the seed, 32 bytes each; the seed itself stays with the vault.

    ``identity`` is the private Ed25519 seed of the identity, ``inbox`` the secret of its addresses
    (``core.people.format.address``), ``record_write`` and ``record_read`` those of its personal record.
    """

    identity: bytes
    inbox: bytes
    record_write: bytes
    record_read: bytes


def keys_of_seed(seed: bytes) -> AccountKeys:
    """Return the keys that derive from an account's seed."""
    return AccountKeys(
        identity=seeds.identity_key(seed),
        inbox=seeds.derive(seed, seeds.LABEL_SELF_INBOX),
        record_write=seeds.derive(seed, seeds.LABEL_SELF_KV_WRITE),
        record_read=seeds.derive(seed, seeds.LABEL_SELF_KV_READ),
    )
