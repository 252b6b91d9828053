"""What strangers keep for us: boxes, records, and the work that pays for both (``docs/PROTOCOL.md`` 2)."""
