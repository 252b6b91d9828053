"""A thief with every box that was ever deposited and one side's complete file as of some day.

It is passive and patient. Every key that lies in the file is tried on everything recorded, on every day and in every slot;
what opens teaches it more keys, and it starts over until it learns nothing new. It does not go by what a column is meant
for: every 32 bytes of the file may be a root or the secret of a slot. Ratchets are restored from their pickles again and
again, and run in both directions. What it cannot open now may be said to be closed to a thief of this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from core.crypto import primitives
from core.crypto.ratchet import PREKEY, Receiver, Session
from core.errors import Malformed, OpenFailed
from core.people.conversation.rekeying import rekey_info
from core.people.format import envelope, greeting, lane, slot
from core.people.format.content import Acceptance, Item, Rekey, Text, decode_item
from core.people.format.device import Certificate
from core.people.format.envelope import Wrapped
from core.people.format.fragment import Piece, decode_piece, joined, unpad
from core.people.format.greeting import Greeting
from core.people.format.invitation import Link, decode_link
from core.people.format.lane import BoxSecrets, Offer
from core.people.format.reset import Between, Reset, decode_way, way_info
from core.people.format.signing import conversation_hash
from core.people.tag_index import GIVEN_UP_SIZE
from net.errors import DecodeError
from tests.support.olm_writer import Writer
from tests.support.recording import Recording
from tests.support.stolen import Fields, StolenFile, blob, number, words

_CLOSED = (OpenFailed, Malformed, DecodeError, msgspec.MsgspecError, ValueError)
_KEY = primitives.KEY_SIZE
_NONCE = 12


class _Block(msgspec.Struct, array_like=True):
    made_at: int
    items: list[tuple[int, msgspec.Raw, bytes]]


@dataclass
class Loot:
    """What a thief got: rows that lay open in the file, and what it opened of the recording."""

    rows: set[str] = field(default_factory=set[str])
    texts: set[str] = field(default_factory=set[str])
    found: set[bytes] = field(default_factory=set[bytes])  # hashes of what was put together from slots and is no reset
    greeted: set[bytes] = field(default_factory=set[bytes])  # hashes of greetings
    accepted: set[bytes] = field(default_factory=set[bytes])  # generations offered in acceptances
    announced: set[bytes] = field(default_factory=set[bytes])  # generations whose reset could be read
    ways: set[bytes] = field(default_factory=set[bytes])  # those of them whose lane could be entered
    walked: dict[bytes, set[int]] = field(default_factory=dict[bytes, set[int]])  # boxes opened by a chain
    single: dict[bytes, set[int]] = field(default_factory=dict[bytes, set[int]])  # and by secrets kept of one index
    secrets: set[bytes] = field(default_factory=set[bytes])  # of re-keyings

    @property
    def said(self) -> set[str]:
        """Every text it can read."""
        return self.rows | self.texts


@dataclass(frozen=True)
class _Sealed:
    """An envelope, and where a lane goes on after it: (generation, point, index, chain), None outside a lane."""

    data: bytes
    generation: bytes = b""
    after: tuple[bytes, int, bytes] | None = None


class Ratchets:
    """Every ratchet that can be had: of the file, and what they become by what they read."""

    def __init__(self, file: StolenFile, key: bytes) -> None:
        self._key = key
        self.receivers = {words(row, "olm_account") for row in (*file.rows("prekeys"), *file.rows("invitations"))} - {
            ""
        }
        self._states = [words(row, "pickle") for row in file.rows("sessions")]
        self._writers = [writer for state in self._states if (writer := Writer.of_pickle(state, key)) is not None]

    def __len__(self) -> int:
        return len(self._states)

    def unwrap(self, wrapped: Wrapped) -> bytes | None:
        """Open what a device got, by whatever there is; each try is made on a fresh copy."""
        for writer in self._writers:
            plain = writer.read(wrapped.kind, wrapped.message)
            if plain is not None:
                return plain
        for pickle in reversed(self._states):
            with suppress(*_CLOSED):
                session = Session.restore(pickle, self._key)
                return self._learn(session, session.decrypt(wrapped.kind, wrapped.message))
        for pickle in self.receivers if wrapped.kind == PREKEY else ():
            with suppress(*_CLOSED):
                return self._learn(*self.receiver(pickle).accept_session(wrapped.message))
        return None

    def receiver(self, pickle: str) -> Receiver:
        """Return a receiver as it was made."""
        return Receiver.restore(pickle, self._key)

    def _learn(self, session: Session, plain: bytes) -> bytes:
        self._states.append(session.pickle(self._key))
        return plain


class Thief:
    """An attacker with a file and a recording. ``try_everything`` tells what they are worth."""

    def __init__(self, file: StolenFile, boxes: Iterable[bytes]) -> None:
        (account,) = file.rows("account")
        self.me = msgspec.msgpack.decode(blob(account, "certificate"), type=Certificate)
        self.loot = Loot()
        own = [blob(row, "box") for row in file.rows("deposits")]
        self._recording = Recording([*boxes, *own])
        self._ratchets = Ratchets(file, blob(account, "pickle_key"))
        keys = {blob(row, "xwing_private") for row in (*file.rows("prekeys"), *file.rows("invitations"))}
        self._xwing = keys - {b""}
        self._links = [decode_link(words(row, "link")) for row in file.rows("invitations")]
        self._people = {blob(row, "recipient") for row in file.rows("conversations")} | {self.me.identity}
        self._devices = {blob(row, "device") for row in file.rows("devices")} | {self.me.device}
        self._envelopes: list[_Sealed] = []
        self._opened: set[bytes] = set()
        self._tried: set[bytes] = set()
        self._entered: set[tuple[bytes, bytes]] = set()
        self._resets: list[tuple[bytes, Reset]] = []
        self._sealed_greetings: list[tuple[Link, bytes]] = []
        self._take_rows(file)
        self._take_lanes(file)
        self._take_pieces(file)
        for secret in self._candidates(file):
            self._try_secret(secret)
        for link in self._links:
            found = self._recording.slots(link.greeting_secret, slot.SLOTS["greeting"].numbers)
            self._sealed_greetings += [(link, sealed) for sealed in found]

    def give(self, envelopes: Iterable[bytes]) -> None:
        """Let it have what lies within boxes, as if it had broken into every lane."""
        self._envelopes += [_Sealed(data) for data in envelopes]

    def keys_that_open(self, sealed: Iterable[tuple[bytes, bytes]]) -> int:
        """Return how many of these, sealed to any X-Wing key with some context, a key of the file opens."""
        return sum(_opens(private, each, info) for each, info in sealed for private in self._xwing)

    def try_everything(self) -> Loot:
        """Try all that is known on all that was recorded until nothing new is learned."""
        known = -1
        while known != self._known():
            known = self._known()
            self._open_greetings()
            self._open_ways()
            self._open_envelopes()
        return self.loot

    def _known(self) -> int:
        return len(self._ratchets) + len(self._envelopes) + len(self._opened) + len(self._tried) + len(self._entered)

    # --- what lies in the file ----------------------------------------------------------------------------------------

    def _take_rows(self, file: StolenFile) -> None:
        texts = [words(row, "text") for row in file.rows("messages")]
        texts += [words(row, "draft") for row in file.rows("conversations")]
        said = [msgspec.msgpack.decode(blob(row, "greeting"), type=Greeting) for row in file.rows("greetings")]
        self.loot.rows |= {*texts, *(each.text for each in said)} - {""}
        for each in said:
            self._enter(each.offer.generation, each.offer.point, each.offer.first, each.offer.chain)

    def _take_lanes(self, file: StolenFile) -> None:
        points = {blob(row, "generation"): blob(row, "point") for row in file.rows("read_lanes")}
        for row in file.rows("write_lanes"):
            points[blob(row, "generation")] = primitives.scalar_public(blob(row, "scalar"))
        for row in (*file.rows("read_lanes"), *file.rows("write_lanes")):
            if blob(row, "chain"):
                generation = blob(row, "generation")
                self._enter(generation, points[generation], number(row, "next_index"), blob(row, "chain"))
        for row in file.rows("read_lanes"):
            given_up = blob(row, "given_up")
            for at in range(0, len(given_up), GIVEN_UP_SIZE):
                index, secrets = int.from_bytes(given_up[at : at + 8], "big"), given_up[at + 8 : at + GIVEN_UP_SIZE]
                self._open_single(blob(row, "generation"), blob(row, "point"), index, secrets)
        for row in file.rows("postings"):
            self._take_posting(row, points)

    def _take_posting(self, row: Fields, points: dict[bytes, bytes]) -> None:
        generation, secrets = blob(row, "generation"), blob(row, "secrets")
        self._envelopes.append(_Sealed(joined(blob(row, "payload")), generation))
        if words(row, "kind") == "block":
            self._open_single(generation, points[generation], number(row, "first_index"), secrets)
        else:
            self._try_secret(secrets[:_KEY])

    def _open_single(self, generation: bytes, point: bytes, first: int, secrets: bytes) -> None:
        """Open a block by the secrets of its indexes alone."""
        pairs = [BoxSecrets.unpack(secrets[at : at + 2 * _KEY]) for at in range(0, len(secrets), 2 * _KEY)]
        pieces = [self._recording.index(point, each) for each in pairs]
        whole = [piece.data for piece in pieces if piece is not None]
        self.loot.single.setdefault(generation, set()).update(
            first + n for n, piece in enumerate(pieces) if piece is not None
        )
        self._envelopes.append(_Sealed(b"".join(whole), generation))

    def _take_pieces(self, file: StolenFile) -> None:
        """Put together what was opened before its turn and kept."""
        held: dict[bytes, dict[int, Piece]] = {}
        for row in file.rows("held"):
            held.setdefault(blob(row, "generation"), {})[number(row, "idx")] = decode_piece(blob(row, "plaintext"))
        for generation, pieces in held.items():
            self._envelopes += [_Sealed(data, generation) for data, _ in _blocks(pieces)]
        slots: dict[str, dict[int, Piece]] = {}
        for row in file.rows("slot_pieces"):
            place = f"{words(row, 'watch')}:{number(row, 'day')}:{number(row, 'number')}"
            slots.setdefault(place, {})[number(row, "fragment")] = decode_piece(blob(row, "plaintext"))
        for pieces in slots.values():
            self._take_slot(b"", b"".join(piece.data for _, piece in sorted(pieces.items())))

    def _candidates(self, file: StolenFile) -> set[bytes]:
        """Return everything in the file that could be a secret both sides share."""
        skipped = {self.me.identity, self.me.device, *self._people, *self._devices}
        values = [value for value in file.values() if isinstance(value, bytes) and len(value) in {_KEY, 2 * _KEY}]
        ids = {blob(row, "parcel_id") for row in file.rows("deposits")}
        return {part for value in values for part in (value[:_KEY], value[-_KEY:])} - skipped - ids

    # --- what was recorded --------------------------------------------------------------------------------------------

    def _try_secret(self, secret: bytes) -> None:
        """Look for whatever is found by a secret: an acceptance, resets; and by the root it is stepped to."""
        for each in (secret, greeting.root_of(secret)):
            if each in self._tried:
                continue
            self._tried.add(each)
            for found in (each, greeting.acceptance_secret(each), greeting.reset_secret(each)):
                for sealed in self._recording.slots(found, slot.SLOTS["reset"].numbers):
                    self._take_slot(each, sealed)

    def _take_slot(self, root: bytes, sealed: bytes) -> None:
        self._envelopes.append(_Sealed(sealed))
        self._sealed_greetings += [(link, sealed) for link in self._links]
        self.loot.found.add(primitives.sha256(sealed))
        with suppress(*_CLOSED):
            opened = primitives.aead_open(greeting.reset_key(root), sealed[:_NONCE], sealed[_NONCE:], b"")
            reset = msgspec.msgpack.decode(unpad(opened), type=Reset)
            self._resets.append((root, reset))
            self.loot.announced.add(reset.generation)
            self.loot.found.remove(primitives.sha256(sealed))

    def _enter(self, generation: bytes, point: bytes, index: int, chain: bytes) -> None:
        """Follow a lane from an index on, over holes, as far as anything was deposited."""
        if (generation, chain) in self._entered:
            return
        self._entered.add((generation, chain))
        pieces: dict[int, Piece] = {}
        chains: dict[int, bytes] = {}
        end = index + lane.WINDOW
        while index < end:
            secrets, chain = lane.step(chain)
            piece = self._recording.index(point, secrets)
            index += 1
            chains[index] = chain
            if piece is not None:
                pieces[index - 1] = piece
                end = index + lane.WINDOW
        self.loot.walked.setdefault(generation, set()).update(pieces)
        for data, after in _blocks(pieces):
            self._envelopes.append(_Sealed(data, generation, (point, after, chains[after])))

    def _open_greetings(self) -> None:
        for link, sealed in self._sealed_greetings:
            digest = primitives.sha256(sealed)
            for private in self._xwing if digest not in self.loot.greeted else ():
                for receiver in self._ratchets.receivers:
                    self._open_greeting(link, sealed, private, receiver)

    def _open_greeting(self, link: Link, sealed: bytes, private: bytes, receiver: str) -> None:
        with suppress(*_CLOSED):
            opened = greeting.open_greeting(sealed, link, private, self._ratchets.receiver(receiver))
            self.loot.greeted.add(primitives.sha256(sealed))
            self.loot.texts.add(opened.greeting.text)
            offer = opened.greeting.offer
            self._enter(offer.generation, offer.point, offer.first, offer.chain)
            self._try_secret(opened.secret)

    def _open_ways(self) -> None:
        for root, reset in self._resets:
            writer = reset.certificate.identity
            for private in self._xwing if reset.sealed and reset.generation not in self.loot.ways else ():
                for reader in self._people - {writer}:
                    with suppress(*_CLOSED):
                        info = way_info(Between(writer, reader), reset)
                        way = primitives.xwing_open(private, reset.sealed, info)
                        self._go(root, *decode_way(way, reset.generation))

    def _go(self, root: bytes, offer: Offer, fresh: bytes) -> None:
        self.loot.ways.add(offer.generation)
        self._enter(offer.generation, offer.point, offer.first, offer.chain)
        if fresh:
            self._try_secret(greeting.mixed_root(root, fresh))

    def _open_envelopes(self) -> None:
        for sealed in self._envelopes:
            digest = primitives.sha256(sealed.data)
            if digest not in self._opened:
                for item in self._open_envelope(sealed.data):
                    self._opened.add(digest)
                    self._take_item(sealed, item)

    def _open_envelope(self, data: bytes) -> Iterator[Item]:
        with suppress(*_CLOSED):
            wraps, body = envelope.decode(data)
            for wrapped in wraps.values():
                wrap = self._ratchets.unwrap(wrapped)
                if wrap is not None:
                    block = msgspec.msgpack.decode(envelope.open_body(wrap, body), type=_Block)
                    yield from (decode_item(kind, bytes(raw)) for kind, raw, _ in block.items)

    def _take_item(self, sealed: _Sealed, item: Item) -> None:
        match item:
            case Text():
                self.loot.texts.add(item.text)
            case Acceptance():
                self.loot.accepted.add(item.offer.generation)
                self._enter(item.offer.generation, item.offer.point, item.offer.first, item.offer.chain)
            case Rekey():
                self._take_rekey(sealed, item)
            case _:
                pass

    def _take_rekey(self, sealed: _Sealed, item: Rekey) -> None:
        for private in self._xwing:
            for device in self._devices:
                for other in self._people - {self.me.identity}:
                    info = rekey_info(conversation_hash(self.me.identity, other), sealed.generation, device)
                    for each in item.secrets:
                        with suppress(*_CLOSED):
                            secret = primitives.xwing_open(private, each.sealed, info)
                            self.loot.secrets.add(secret)
                            if sealed.after is not None:
                                point, index, chain = sealed.after
                                self._enter(sealed.generation, point, index, lane.rekey(chain, secret))


def _opens(private: bytes, sealed: bytes, info: bytes) -> bool:
    with suppress(*_CLOSED):
        primitives.xwing_open(private, sealed, info)
        return True
    return False


def _blocks(pieces: dict[int, Piece]) -> Iterator[tuple[bytes, int]]:
    """Yield what can be put together: (envelope, the index after it)."""
    for first, piece in sorted(pieces.items()):
        parts = [pieces.get(first + n) for n in range(piece.count)]
        whole = [part.data for n, part in enumerate(parts) if part is not None and part.number == n]
        if len(whole) == piece.count:
            yield b"".join(whole), first + piece.count
