"""Circuits: telescoped through several relays at once, for questions and answers.

At a relay: ``admission`` decides who may build one, ``relay`` holds those that pass through (``transit``) and ``ends``
those that end here, ``queues`` share links between them. For ourselves: ``builder`` makes one along a path, ``pool`` keeps
one for each purpose, ``requests`` asks single nodes. ``stream`` is what both ends share: messages in, cells out.

Beside the stream: ``datagrams``, their numbers and layers, with ``datagram_relay`` and ``datagram_queues`` as ``relay`` and
``queues`` are for cells. ``rendezvous`` joins two circuits that end here, ``rendezvous_client`` asks another node to.
``ports`` is what all of this needs of the node.
"""
