"""Onion routing: no relay knows both who sends and who receives.

``packets`` is the cryptography of Sphinx packets and circuit layers, ``paths`` chooses guards and relays, ``circuits`` holds
circuits, strangers' and our own. ``packet_relay`` passes single packets on, ``packet_sender`` sends our own, ``cover`` hides
when they are sent; ``onion`` joins them. Written down in ``docs/PROTOCOL.md`` 10.
"""
