"""Nodes next to us: which are known (``table``), whom to link with (``dialer``), and what goes to one of them.

``link_pool`` makes links on demand, ``sender`` uses one that is there, ``requests`` pairs questions with answers by the
numbers of ``request_ids``.
"""
