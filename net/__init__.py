"""Moves sealed parcels between nodes; knows nothing of people, messages or databases.

A tour, from the wire up: ``codec`` and ``primitives`` are bytes and ciphers; ``link`` turns datagrams into
encrypted links with cells and streams; ``parcel`` holds the three things the network stores (box, record, chunk) and
their proof of work; ``custodian`` keeps parcels for strangers, ``patron`` is the other side of that counter (deposits,
follows tags, fetches); ``node`` joins them into one machine without I/O. ``driver`` and ``transport`` give that machine
a clock and a socket; ``simulator`` gives it a seeded world instead.
"""
