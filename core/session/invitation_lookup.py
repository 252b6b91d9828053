"""Finds invitation links in what people paste or photograph, and the bundle that a link leads to.

Up to three custodians are asked for a link's record and the highest sequence number wins, so that a custodian that keeps an
old bundle cannot undo a revocation. A record that does not open with the link's keys counts as missing.
"""

from __future__ import annotations

from core.api import ApiError, Kind
from core.errors import Malformed, Newer, OpenFailed
from core.people.format.invitation import Bundle, Link, Tombstone, encode_link, links_in, newer_link_in, open_record
from core.people.format.link_search import SCHEME, TEXT_SIZE, likeliest
from net.errors import DecodeError
from net.events import RecordAnswered
from net.parcel.record import decode_record

# Custodians that must say that there is no such record to be believed (one where only one is known).
WITNESSES = 2


def read_link(text: str, our_identity: bytes, network_ms: int) -> Link:
    """Return the first link in a text that can be followed. Raises ``ApiError``: bad-invite, own-invite, invite-expired.

    Where none can, the first one says why.
    """
    refusals: list[ApiError] = []
    for link in links_in(text):
        if link.identity == our_identity:
            refusals.append(ApiError(Kind.OWN_INVITE, "This is your own invitation."))
        elif link.expires_at * 1000 <= network_ms:
            refusals.append(ApiError(Kind.INVITE_EXPIRED, "This invitation has expired."))
        else:
            return link
    if newer_link_in(text):
        refusals.append(_newer())
    if not refusals:
        message = "There is no whole sottovoce link in this, or something in it was changed."
        raise ApiError(Kind.BAD_INVITE, message)
    raise refusals[0]


def shown_links(text: str) -> str:
    """Return the links in a text as a screen shows them, side by side, or the partial link where none is whole."""
    return " ".join(map(encode_link, links_in(text))) or newer_link_in(text) or likeliest(text)


def is_whole(shown: str) -> bool:
    """Say whether what ``shown_links`` gave has all the characters of a link, right or wrong."""
    return shown.startswith(SCHEME) and len(shown) >= len(SCHEME) + TEXT_SIZE


def _newer() -> ApiError:
    message = "This invitation was made by a newer version of sottovoce: update this one to follow it."
    return ApiError(Kind.BAD_INVITE, message)


def _read(link: Link, data: bytes) -> tuple[int, Bundle | Tombstone]:
    record = decode_record(data)
    return record.sequence, open_record(link, record.ciphertext, record.sequence, record.expiry_hour)


def _open(link: Link, data: bytes | None) -> tuple[int, Bundle | Tombstone] | None:
    if data is None:
        return None
    try:
        return _read(link, data)
    except (DecodeError, Malformed, OpenFailed):
        return None


def _is_newer(link: Link, data: bytes | None) -> bool:
    if data is None:
        return False
    try:
        _read(link, data)
    except Newer:
        return True
    except (DecodeError, Malformed, OpenFailed):
        return False
    return False


def judge(link: Link, answers: list[RecordAnswered], known: int) -> Bundle:
    """Return the bundle that the answers of custodians show; ``known`` custodians could be asked.

    Raises ``ApiError``: invite-revoked, invite-used, invite-not-found, no-network.
    """
    found = [opened for answer in answers if (opened := _open(link, answer.record)) is not None]
    if not found and any(_is_newer(link, answer.record) for answer in answers):
        raise _newer()
    if not found:
        if len(answers) >= max(1, min(WITNESSES, known)):
            raise ApiError(Kind.INVITE_NOT_FOUND, "The network holds nothing for this invitation (yet).")
        raise ApiError(Kind.NO_NETWORK, "The network did not answer.")
    _, content = max(found, key=lambda pair: pair[0])
    match content:
        case Bundle():
            return content
        case Tombstone(reason="used"):
            raise ApiError(Kind.INVITE_USED, "This invitation was used up by others.")
        case _:
            raise ApiError(Kind.INVITE_REVOKED, "This invitation was revoked.")
