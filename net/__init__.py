"""Moves sealed parcels between nodes; knows nothing of people, messages or databases.

From the wire up:

    io            a UDP socket and a clock for a machine without I/O
    link          Noise handshakes and encrypted sessions: cells and streams
    messages      every message that nodes exchange, as a schema
    parcel        what the network stores: boxes, records, chunks, their proof of work, and the store they lie in
    rendezvous    how nodes hear of one another: BitTorrent DHT, LAN broadcast, hints
    peers         which nodes are known and linked, and requests to one of them
    overlay       Kademlia: descriptors, the routing table, lookups, the size of the network
    reach         our address as others see it, NATs, dial-back, hole punching
    onion         Sphinx packets and circuits over relays, guards, cover traffic
    custodian     keeps parcels for strangers
    client        asks custodians: deposits, follows tags, fetches, searches
    node          all of it as one machine without I/O

An owner asks with ``requests`` and is told with ``events``. The other files are what these share. The simulator, a seeded
world of many nodes, is a package of its own.

Every protocol object has the same inputs, at the edge and inside, and time comes with them (``Instant``; a plain ``now:
float`` is its monotonic seconds, where nothing else is needed):

    receive…(what, now)        bytes or a message from another node
    on_<fact>(…, now)          something happened: on_link_down, on_circuit_lost, on_tags_named
    an imperative, (…, now)    the owner, or the part above, asks for something: fetch, read, suspect
    handle_timeout(now)        the time has come; does all that is due
    next_deadline() -> float   when it comes, in monotonic seconds: past when there is work now, math.inf for never

Nouns and ``is_…`` ask and change nothing. What comes out: events, or calls of those it was built with.
"""
