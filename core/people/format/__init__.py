"""Formats between people as pure codecs: bytes in, values or ``Malformed`` out. See ``docs/PROTOCOL.md`` 5–7."""
