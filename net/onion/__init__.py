"""Onion routing: no relay knows both who sends and who receives.

``cipher`` is the cryptography as the rest sees it: Sphinx packets (``sphinx``, ``wide_block``) and the layers of circuits;
``keyring`` holds a relay's keys and what it has seen; ``plain_cipher`` stands in for all of it in simulations. ``relay``
passes packets on, ``exchange`` circuits that ``setup_admission`` lets in; ``circuits`` are our own, along the paths that
``guards`` and ``paths`` choose, and ``cover`` hides when they are used. Written down in docs/PROTOCOL.md, "Onion".
"""
