"""Sending, locking, deleting and refusing, all through the pipes of a running rpc."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core.vault.account import Accounts
from core.vault.profile import Profile
from tests.support.processes import Refused, Rpc
from tests.support.story_world import PASSCODE, World, send, wait_received, wait_states
from tests.support.thrifty import CHEAP

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(240)]

MAX_TEXT = 12 * 1024
PAGE = 4096  # bytes, SQLCipher's default
LOCKED_OUT: dict[str, dict[str, object]] = {
    "conversation.list": {},
    "greeting.list": {},
    "invite.list": {},
    "settings.get": {},
    "account.rename": {"name": "x"},
    "invite.create": {"expires_in": 60},
    "contact.add": {"link": "x"},
    "message.search": {"query": "x"},
}


def test_the_same_uid_is_one_message(town: World, pair: tuple[Rpc, Rpc]) -> None:
    alice, bob = pair
    a, b = town.conversation["alice"], town.conversation["bob"]
    ids = [alice.call("message.send", conversation=a, text="only once", uid="u-1")["id"] for _ in range(3)]
    assert len(set(ids)) == 1
    assert alice.call("message.send", conversation=a, text="another", uid="u-2")["id"] != ids[0]
    wait_received(bob, b, ["only once", "another"])
    assert [row["text"] for row in alice.sent(a)].count("only once") == 1
    alice.kill()
    alice = town.open("alice")
    assert alice.call("message.send", conversation=a, text="only once", uid="u-1")["id"] == ids[0]
    alice.stop()


def test_the_longest_text_goes_and_a_longer_one_is_refused_with_the_limit(town: World, pair: tuple[Rpc, Rpc]) -> None:
    alice, bob = pair
    a, b = town.conversation["alice"], town.conversation["bob"]
    longest = "ä" * (MAX_TEXT // 2)
    with pytest.raises(Refused) as refused:
        alice.call("message.send", conversation=a, text=longest + "x")
    assert (refused.value.kind, refused.value.data["limit"]) == ("too-long", MAX_TEXT)
    send(alice, a, [longest])
    wait_received(bob, b, [longest])
    wait_states(alice, a, [longest], ["delivered"])


def test_what_is_not_there_has_its_own_error(town: World, pair: tuple[Rpc, Rpc]) -> None:
    alice, _ = pair
    a = town.conversation["alice"]
    assert alice.refusal("message.send", conversation="nobody", text="x") == "unknown-conversation"
    assert alice.refusal("message.list", conversation="nobody") == "unknown-conversation"
    assert alice.refusal("message.list", conversation=a, before="nothing") == "unknown-message"
    assert alice.refusal("message.delete", ids=["nothing"]) == "unknown-message"
    assert alice.refusal("greeting.accept", id="nobody") == "unknown-greeting"
    assert alice.refusal("greeting.reject", id="nobody") == "unknown-greeting"
    assert alice.refusal("no.such.method") == "unknown-method"
    assert alice.refusal("message.send", conversation=a, text="") == "bad-request"
    assert alice.refusal("message.send", conversation=a) == "bad-request"
    assert alice.refusal("message.list", conversation=a, limit=0) == "bad-request"
    assert alice.refusal("account.create", passcode=PASSCODE) == "account-exists"


def test_a_locked_screen_says_nothing_and_mail_still_comes_in(town: World, pair: tuple[Rpc, Rpc]) -> None:
    alice, bob = pair
    a, b = town.conversation["alice"], town.conversation["bob"]
    alice.call("account.lock", keep_receiving=True)
    seen = len(alice.events)
    assert refusals(alice, a) == {"locked"}
    info = alice.call("account.info")
    assert info.pop("locks_at") > 0  # until then mail comes in; nothing of whose account it is
    assert info == {"identity": "", "name": "", "locked": True, "exists": True, "remembered": None}
    assert alice.call("network.status")["peers"] >= 2
    texts = [f"while you were gone {number}" for number in range(5)]
    send(bob, b, texts)
    wait_states(bob, b, texts, ["delivered"])  # so it was received, committed and acknowledged behind the lock
    told = [event for event in alice.events[seen:] if event["type"] not in {"network.changed", "account.locked"}]
    assert all(event == {"type": "message.arrived"} for event in told), "that something came, and no more"
    alice.unlock(PASSCODE)
    assert [text for text in alice.received(a) if text in texts] == texts


def refusals(rpc: Rpc, conversation: str) -> set[str]:
    """Return the kinds of error that every command but those for locks gives."""
    of_chat: dict[str, dict[str, object]] = {
        "message.list": {"conversation": conversation},
        "message.send": {"conversation": conversation, "text": "x"},
        "message.delete": {"ids": []},
        "draft.set": {"conversation": conversation, "text": "x"},
        "conversation.read": {"conversation": conversation, "upto": "x"},
        "invite.revoke": {"id": "x"},
        "greeting.accept": {"id": "x"},
        "greeting.reject": {"id": "x"},
    }
    return {rpc.refusal(method, **params) for method, params in (LOCKED_OUT | of_chat).items()}


def test_a_locked_vault_stops_and_logout_forgets_the_key(town: World, pair: tuple[Rpc, Rpc]) -> None:
    alice, bob = pair
    a, b = town.conversation["alice"], town.conversation["bob"]
    remembered = alice.call("account.info")["remembered"]
    alice.call("account.lock")
    assert refusals(alice, a) == {"locked"}
    text = "to a locked vault"
    send(bob, b, [text])
    wait_states(bob, b, [text], ["stored"])
    if remembered:
        assert alice.call("account.unlock")["identity"] == town.identity["alice"]
        assert alice.until("what waited", lambda: text in alice.received(a))
    alice.call("account.logout")
    assert refusals(alice, a) == {"locked"}
    assert alice.refusal("account.unlock") == "passcode-needed"
    assert alice.call("account.unlock", passcode=PASSCODE)["identity"] == town.identity["alice"]
    wait_states(bob, b, [text], ["delivered"])


def test_what_was_deleted_is_nowhere_in_the_file(town: World, pair: tuple[Rpc, Rpc]) -> None:
    alice, bob = pair
    a, b = town.conversation["alice"], town.conversation["bob"]
    texts = [f"quixotic {word} zeppelin" for word in ("marmalade", "parallax", "obsidian")]
    send(alice, a, texts)
    send(bob, b, [text.upper() for text in texts])
    wait_received(alice, a, [text.upper() for text in texts])
    wait_states(alice, a, texts, ["delivered"])
    assert len(alice.call("message.search", query="zeppelin")) == 6
    rows = [row["id"] for row in alice.rows(a) if "zeppelin" in row["text"].lower()]
    alice.call("message.delete", ids=rows)
    assert alice.call("message.search", query="zeppelin") == []
    assert alice.call("message.search", query="marma") == []
    assert not [row for row in alice.rows(a) if "zeppelin" in row["text"].lower()]
    pages = decrypted_pages(alice, town.place("alice").home)
    content = b"".join(pages)
    assert b"first of alice" in content  # what was not deleted is there, so this looks at the right thing
    for word in (b"zeppelin", b"marmalade", b"parallax", b"obsidian", b"quixotic"):
        assert word not in content.lower()


def decrypted_pages(rpc: Rpc, home: Path) -> list[bytes]:
    """Kill the process; return every page in its database and in the log beside it, free ones included.

    SQLCipher 4 seals each page of 4096 bytes by itself, with AES-256-CBC: ciphertext, IV 16, HMAC 64. The first 16 bytes
    of the file are the salt, which a raw key leaves unused.
    """
    rpc.kill()
    with Profile(home) as profile:
        key = Accounts(profile, CHEAP).unlock(PASSCODE).database_key
    data = (home / "history.db").read_bytes()
    sealed = [data[at : at + PAGE] for at in range(0, len(data), PAGE)]
    log = (home / "history.db-wal").read_bytes()[32:] if (home / "history.db-wal").exists() else b""
    sealed += [log[at + 24 : at + 24 + PAGE] for at in range(0, len(log), 24 + PAGE)]
    starts = [16 if page[:16] == data[:16] else 0 for page in sealed]
    return [unsealed(key, page, start) for page, start in zip(sealed, starts, strict=True) if len(page) == PAGE]


def unsealed(key: bytes, page: bytes, start: int) -> bytes:
    """Decrypt one page whose ciphertext begins at ``start``."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(page[PAGE - 80 : PAGE - 64])).decryptor()
    return cipher.update(page[start : PAGE - 80]) + cipher.finalize()
