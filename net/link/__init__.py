"""Encrypted links between nodes over UDP.

From the outside in: ``layer`` sorts datagrams; ``envelope``, ``cookie``, ``admission``, ``handshake``, ``attempts`` and
``half_open`` lead to a link; ``table`` has those that are up, and says which has to go; ``session`` is a link, made of
``keys``, ``replay_window``, ``frames``, ``stream``, ``acknowledging``, ``paths``, ``recovery`` and ``congestion``. Nothing
here does I/O; all of it is written down in docs/PROTOCOL.md, section 1.
"""
