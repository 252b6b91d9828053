"""The people layer: contacts and conversations over the network, without I/O; transactions in, effects out.

    format          codecs and rules that need no database: links, greetings, lanes, envelopes, items, records
    mail            the outbox: what must lie in the network, deposited until it is done
    conversation    lanes written and read, devices trusted, keys renewed, holes, resets
    contact         invitations, greetings, names, removal
    record          the account's own state in the network, and restoring it

``engine`` is the one door for the service above. A ``Work`` is one transaction; what is to be done after it is committed
are its ``effects``. ``memory`` holds what is known besides the database, of it ``tag_index`` which ids in the network are
for us. ``network_events`` gives each event of the node to its rules, ``maintenance`` does what is due now and then.
"""
