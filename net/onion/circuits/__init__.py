"""Circuits: telescoped through several relays at once, for questions and answers.

At a relay: ``admission`` decides who may build one, ``relay`` holds those that pass through or end here (``transit``),
``queues`` share links between them. For ourselves: ``builder`` makes one along a path, ``pool`` keeps one for each
purpose, ``requests`` asks single nodes. ``stream`` is what both ends share: messages in, cells out.
"""
