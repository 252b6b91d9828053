"""The part of the in-memory core that knows contacts: names, devices, blocking and removing."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from core import api
from core.api import ApiError, Kind
from tests.support.world import Room

# What the core calls odd about a contact, in its words.
WARNING_TEXTS: dict[api.ContactWarning, str] = {
    "look-alike": "This name looks like that of another contact.",
    "unknown-device": "There is a device that nobody vouches for.",
    "both-alive": "A known device and an unknown one are both in use.",
}


CODE = "".join(f"{n * 8191 % 100_000:05}" for n in range(1, 13))


class FakeContacts:
    """Answers the commands about contacts. ``rooms`` and ``emit`` are the client's."""

    rooms: list[Room]

    def room(self, conversation: str) -> Room:
        """Return a conversation."""
        raise NotImplementedError

    def emit(self, event: api.Event) -> None:
        """Let an event happen."""
        raise NotImplementedError

    def of_identity(self, identity: str) -> Room:
        """Return the conversation with a contact; raises unknown-contact."""
        for room in self.rooms:
            if room.identity == identity:
                return room
        raise ApiError(Kind.UNKNOWN_CONTACT, "There is no such contact.")

    def add_device(self, conversation: str, **fields: Any) -> None:
        """Let a device of a contact appear; ``fields`` are those of ``api.ContactDevice``."""
        room = self.room(conversation)
        device = api.ContactDevice(**fields)
        room.devices.append(device)
        self.emit(api.DeviceChanged(identity=room.identity, device=device.id, state=device.state))

    def _contact_list(self, command: api.ContactList) -> list[api.Contact]:
        known = sorted((self._contact(room) for room in self.rooms), key=lambda contact: contact.identity)
        return [contact for contact in known if contact.identity > (command.after or "")][: command.limit]

    def _contact(self, room: Room) -> api.Contact:
        return api.Contact(
            identity=room.identity,
            name=room.name,
            own_name=room.own_name,
            conversation=room.id,
            state=cast(Any, room.state),
            verified=room.verified,
            blocked=room.blocked,
            devices=list(room.devices),
            warning=room.warning,
            warning_text=WARNING_TEXTS[room.warning] if room.warning else "",
            rekey_overdue=room.rekey_overdue,
            **room.view,
            tells=["read", "presence"],
            exchanged=["read"],
        )

    def _contact_code(self, command: api.ContactCode) -> api.SecurityCode:
        self.of_identity(command.identity)
        return api.SecurityCode(digits=CODE, qr=f"SOTTOVOCE-CODE:{CODE}")

    def _contact_verify(self, command: api.ContactVerify) -> api.Done:
        given = command.code or command.image
        if given and CODE not in given:
            raise ApiError(Kind.BAD_CODE, "This is another code.")
        self.of_identity(command.identity).verified = command.verified
        return self._changed(command.identity)

    def _conversation_set(self, command: api.ConversationSet) -> api.Done:
        room = self.room(command.conversation)
        if command.muted_until is not None:
            room.view["muted_until"] = command.muted_until or None
        for field, value in (
            ("pinned", command.pinned), ("archived", command.archived), ("marked_unread", command.unread),
        ):  # fmt: skip
            if value is not None:
                room.view[field] = value
        self.emit(api.ConversationChanged(conversation=room.id))
        return api.Done()

    def _contact_rename(self, command: api.ContactRename) -> api.Done:
        room = self.of_identity(command.identity)
        room.name = command.name or room.own_name
        return self._changed(command.identity)

    def _contact_block(self, command: api.ContactBlock) -> api.Done:
        self.of_identity(command.identity).blocked = True
        return self._changed(command.identity)

    def _contact_unblock(self, command: api.ContactUnblock) -> api.Done:
        self.of_identity(command.identity).blocked = False
        return self._changed(command.identity)

    def _contact_remove(self, command: api.ContactRemove) -> api.Done:
        self.rooms.remove(self.of_identity(command.identity))
        return self._changed(command.identity)

    def _contact_confirm_device(self, command: api.ContactConfirmDevice) -> api.Done:
        room = self.of_identity(command.identity)
        found = next((device for device in room.devices if device.id == command.device), None)
        if found is None:
            raise ApiError(Kind.NO_SUCH_DEVICE, "There is no such device.")
        at = room.devices.index(found)
        room.devices[at : at + 1] = (
            [msgspec.structs.replace(found, state="confirmed", served=True)] if command.accept else []
        )
        room.warning = None
        state: api.DeviceState = "confirmed" if command.accept else "refused"
        self.emit(api.DeviceChanged(identity=room.identity, device=command.device, state=state))
        return api.Done()

    def _changed(self, identity: str) -> api.Done:
        self.emit(api.ContactChanged(identity=identity))
        return api.Done()

    def _conversation_delete(self, command: api.ConversationDelete) -> api.Deleted:
        room = self.room(command.conversation)
        deleted = fate_of(room.rows)
        room.rows, room.read_upto = [], 0
        if room.state != "open":
            self.rooms.remove(room)
        return deleted


def fate_of(rows: list[api.Message]) -> api.Deleted:
    """Return what becomes of rows that are deleted: what is queued has not left."""
    return api.Deleted(
        withdrawn=sum(row.state == "queued" for row in rows),
        on_their_way=sum(row.state in {"sent", "stored"} for row in rows),
    )
