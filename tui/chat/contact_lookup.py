"""Finds one contact by its identity in the core's list of contacts, which is read page by page."""

from __future__ import annotations

from core.api import Client, Contact, ContactList

# Contacts read at once: nearly every account has fewer.
PAGE = 500


async def contact_of(client: Client, identity: str, page_size: int = PAGE) -> Contact | None:
    """Return the contact of an identity, None when there is none; raises ``ApiError``."""
    after: str | None = None
    while True:
        page = await client.call(ContactList(limit=page_size, after=after))
        found = next((contact for contact in page if contact.identity == identity), None)
        if found is not None or len(page) < page_size:
            return found
        after = page[-1].identity
