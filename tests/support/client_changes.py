"""The part of the in-memory core that changes rows: answers, reactions, other versions, pins, forwarding."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from core import api
from core.api import ApiError, Kind
from tests.support.world import Room


class FakeChanges:
    """Answers the commands about rows that are there. ``rooms``, ``now`` and ``emit`` are the client's."""

    rooms: list[Room]
    now: int

    def room(self, conversation: str) -> Room:
        """Return a conversation."""
        raise NotImplementedError

    def emit(self, event: api.Event) -> None:
        """Let an event happen."""
        raise NotImplementedError

    def row(self, message_id: str) -> api.Message:
        """Return a row of any conversation; raises unknown-message."""
        for room in self.rooms:
            for row in room.rows:
                if row.id == message_id:
                    return row
        raise ApiError(Kind.UNKNOWN_MESSAGE, "There is no such message.")

    def change(self, message_id: str, what: api.Change, change: Callable[[api.Message], api.Message]) -> None:
        """Let a row be another one, and tell."""
        for room in self.rooms:
            for index, row in enumerate(room.rows):
                if row.id == message_id:
                    room.rows[index] = change(row)
                    self.emit(api.MessageChanged(conversation=room.id, id=message_id, what=what))

    def quote_of(self, message_id: str | None) -> api.Quote | None:
        """Return what an answer to a row quotes."""
        if message_id is None:
            return None
        row = self.row(message_id)
        return api.Quote(sender=row.sender, text=row.text, kind=row.kind)

    def react(self, message_id: str, sender: str, emoji: str) -> None:
        """Let somebody put an emoji to a row; empty: take it back."""

        def changed(row: api.Message) -> api.Message:
            others = [
                msgspec.structs.replace(each, senders=[other for other in each.senders if other != sender])
                for each in row.reactions
            ]
            reactions = [each for each in others if each.senders]
            return msgspec.structs.replace(
                row, reactions=[*reactions, api.Reaction(emoji=emoji, senders=[sender])] if emoji else reactions
            )

        self.change(message_id, "reactions", changed)

    def _message_react(self, command: api.MessageReact) -> api.Done:
        self.react(command.id, "me", "" if command.remove else command.emoji)
        return api.Done()

    def _message_edit(self, command: api.MessageEdit) -> api.Done:
        if self.row(command.id).sender != "me":
            raise ApiError(Kind.NOT_ALLOWED, "Only its author changes a text.")
        self.change(
            command.id,
            "edited",
            lambda row: msgspec.structs.replace(row, text=command.text, edited_at=self.now),
        )
        return api.Done()

    def _message_pin(self, command: api.MessagePin) -> api.Done:
        self.change(command.id, "pinned", lambda row: msgspec.structs.replace(row, pinned=command.pinned))
        return api.Done()

    def _message_forward(self, command: api.MessageForward) -> api.MessageRef:
        text = self.row(command.id).text
        return api.MessageRef(id=self.room(command.conversation).say("me", text, self.now, forwarded=True).id)

    def _message_details(self, command: api.MessageDetails) -> api.Details:
        row = self.row(command.id)
        room = next(room for room in self.rooms if row in room.rows)
        ledger = [api.LedgerEntry(state="queued", at=row.sent_at), api.LedgerEntry(state="sent", at=row.sent_at + 4000)]
        said = [(row.text, row.sent_at)]
        if row.edited_at is not None:
            said.append((row.text, row.edited_at))
        versions = [
            api.Version(version=number, text=text, sent_at=at, state=row.state, ledger=ledger)
            for number, (text, at) in enumerate(said, 1)
        ]
        return api.Details(
            id=row.id, conversation=room.id, sender=row.sender, kind=row.kind, sent_at=row.sent_at, state=row.state,
            ledger=ledger if row.sender == "me" else [], versions=versions, copies=row.copies, until=row.until,
            late=row.late, device=row.device, known=row.known, reply_to=row.reply_to, quote=row.quote,
            forwarded=row.forwarded, provable=row.kind == "text",
        )  # fmt: skip

    def _message_proof(self, command: api.MessageProof) -> api.Proof:
        return api.Proof(
            proof=f"-----BEGIN SOTTOVOCE PROOF-----\n{self.row(command.id).id}\n-----END SOTTOVOCE PROOF-----"
        )
