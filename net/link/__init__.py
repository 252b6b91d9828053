"""Encrypted links between nodes over UDP.

From the outside in: ``layer`` sorts datagrams; ``envelope``, ``cookie``, ``admission``, ``handshake``, ``attempts`` and
``half_open`` lead to a link. ``live_links`` works those that are up, and ``table`` says which has to go. ``session`` is one
link: ``epochs`` renew its ``keys``, ``outbound`` sends, and ``replay_window``, ``frames``, ``stream``, ``acknowledging``,
``paths``, ``recovery`` and ``congestion`` are what it is made of. Nothing here does I/O; all of it is written down in
docs/PROTOCOL.md, section 1.
"""
