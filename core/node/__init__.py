"""The node of this device: ``net.node`` with a socket, a clock, a disk and a memory.

``opening`` builds one by the owner's ``options``, ``service`` runs it, ``disk`` keeps what it knows; ``discovery`` and
``joining`` find others, with names looked up by ``resolver``. ``roles`` decides between full node and leaf, ``cover`` names
the settings of cover traffic, ``traffic`` counts bytes, ``status`` tells all of it.
"""
