"""Nodes next to us: which are known (``table``), which to link with (``dialer``), and what goes to one of them.

``dialer`` keeps links to the endpoints of ``bootstraps`` and has others asked for peers (``peer_questions``); ``retry``
says when a connect is tried again. ``link_pool`` makes links on demand, ``sender`` uses one that is there, ``requests``
pairs questions with answers by the numbers of ``request_ids``, in the table of ``pending_requests``.
"""
